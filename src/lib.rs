//! Zappa for Rust: an axum or tower service on AWS Lambda with one changed line.

mod run;

pub use run::{Error, run};

/// The README's code compiles and says what is true.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
