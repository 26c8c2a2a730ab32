//! The commands that change AWS, from outside: the tool against an emulator, a proxy between them that counts and spoils
//! calls, the real `aws` command, and visitors of the URL.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "clippy allows it in test functions, these are what they share")]

#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code, reason = "nobody closes a window here")]
#[path = "../commands/terminal.rs"]
mod terminal;

mod app;
mod bucket;
mod by_hand;
mod calls;
mod characters;
mod credentials;
mod departed;
mod express;
mod failures;
mod gateways;
mod going_back;
mod harness;
mod in_the_way;
mod interrupts;
mod odd;
mod ownership;
mod proxies;
mod refusals;
mod regions;
mod removal;
mod roles;
mod stage;
mod state;
mod streaming;
mod sweep;
mod trials;
mod uploads;
mod warm;
mod whole_way;
