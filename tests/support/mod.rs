//! What tests from outside share: a client that is exact, processes that end with the test, the built examples.
//!
//! A test takes the rooms it needs. Nothing here knows what is right; that is for the tests to say.

#![allow(
    dead_code,
    reason = "each test is a crate of its own and uses a part of this; `expect` would fail in the one that uses all"
)]

pub(crate) mod answer;
pub(crate) mod call;
pub(crate) mod client;
pub(crate) mod emulator;
pub(crate) mod examples;
pub(crate) mod load;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod python;
pub(crate) mod server;
