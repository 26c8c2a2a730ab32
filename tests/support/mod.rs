//! Support for tests: an exact HTTP client, processes that end with the test, the binaries of the examples, emulators.
//!
//! A test takes the modules that it needs. Nothing here asserts behaviour; the tests do.

#![allow(
    dead_code,
    reason = "each test is a crate of its own and uses a part of this; `expect` would fail in the one that uses all"
)]

pub(crate) mod aws;
pub(crate) mod browser;
pub(crate) mod call;
pub(crate) mod client;
pub(crate) mod emulator;
pub(crate) mod examples;
pub(crate) mod load;
pub(crate) mod page;
pub(crate) mod poll;
pub(crate) mod port;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod python;
pub(crate) mod response;
pub(crate) mod server;
