//! `zappa-rs invoke`: what it sends and prints, wherever the function runs, and the invocation on this machine.

pub(super) mod answer;
pub(super) mod function;
pub(super) mod input;
pub(super) mod latency;
mod local;
mod place;
pub(super) mod response;

pub(crate) use self::local::run as run_local;
