//! Zappa for Rust: an axum or tower service on AWS Lambda with one changed line.

mod run;

pub use run::{Error, run};
