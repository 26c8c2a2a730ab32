//! Probes: what only a real AWS account can answer. `docs/with-an-account.md` has the commands, their cost and what to expect.
//!
//! Every probe is ignored unless it is named, refuses to run in an account that `ZAPPA_RS_LIVE_ACCOUNT` does not name, tags what
//! it creates and removes it, also after a panic. The tests that are not ignored hold the harness, on an emulator.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "clippy allows it in test functions, these are what they share")]
#![expect(
    clippy::print_stderr,
    reason = "what could not be removed has to be printed beside the panic that came first"
)]

#[path = "../deploy/app.rs"]
mod app;
#[allow(dead_code, reason = "a stage of an emulator is not what these tests deploy")]
#[path = "../deploy/stage.rs"]
mod emulated;
#[path = "../support/mod.rs"]
mod support;

mod account;
mod capacity;
mod gateways;
mod harness;
mod permissions;
mod stage;
mod templates;
