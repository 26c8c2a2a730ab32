//! `zappa-rs invoke`: what it sends and prints, wherever the function runs, and the invocation on this machine.

pub(super) mod answer;
pub(super) mod called;
mod function;
pub(super) mod input;
mod latency;
mod local;
mod muted;
pub(super) mod named;
mod origin;
pub(super) mod physical;
mod place;
pub(super) mod repeat;
pub(super) mod response;
pub(super) mod schedule;

pub(crate) use self::local::run as run_local;
