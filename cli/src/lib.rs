//! The tool behind the `zappa-rs` command: builds a service, deploys it, and runs it here as if it were deployed.

pub mod local;
