//! The embedded cloud of `zappa-rs local`: a gateway, a Lambda Runtime API and the processes behind it.

pub mod description;
pub mod event;
