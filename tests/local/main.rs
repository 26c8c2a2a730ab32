//! `zappa-rs local` from outside: the command's words and exit codes, the gateway, the Runtime API and the Invoke API over
//! real sockets, with a function that misbehaves on request.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "clippy allows it in test functions, these are what they share")]

mod access;
mod authorizers;
mod brokers;
mod building;
mod cors;
mod credentials;
mod functions;
mod gateway;
mod invoke;
mod invoke_api;
mod life;
mod routes;
mod runtime_api;
mod schedules;
mod shop;
#[expect(dead_code, reason = "the tests of the crate take all of it")]
#[path = "../jwt/signer.rs"]
mod signer;
mod stage;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/tls.rs"]
mod tls;
mod tool;
mod trivia;
mod usage;
mod watching;
mod websocket;
