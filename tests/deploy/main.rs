//! The commands that change AWS, from outside: the tool against an emulator, a proxy between them that counts and spoils
//! calls, the real `aws` command, and visitors of the URL.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "clippy allows it in test functions, these are what they share")]

#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code, reason = "the closing of a terminal is tested with the commands")]
#[path = "../commands/terminal.rs"]
mod terminal;

mod access;
mod alarms;
mod app;
mod authorizers;
mod aws_errors;
mod bucket;
mod calls;
mod chaos;
mod codedeploy;
mod concurrency;
mod cors;
mod credentials;
mod delivery;
mod departed;
mod distributions;
mod domains;
mod drift;
mod endpoints;
mod exposure;
mod express;
mod fast;
mod fast_watch;
mod functions;
mod gateways;
mod harness;
mod hooks;
mod instant;
mod interrupts;
mod invoke;
mod keep_warm;
mod keys;
mod lifecycle;
mod links;
mod list;
mod live;
mod live_tail;
mod ownership;
mod polling;
mod previews;
mod proxies;
mod qanda;
mod refusal;
mod regions;
mod removal;
mod roles;
mod rollback;
mod routes;
mod schedules;
mod secrets;
mod shop;
mod sources;
mod stack;
mod stack_state;
mod stage;
mod state;
mod storm;
mod streaming;
mod sweep;
mod tail;
mod traffic;
mod trials;
mod trivia;
mod unicode;
mod uploads;
