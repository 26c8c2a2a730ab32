//! Commands that need no AWS, from outside: exit code, stdout and stderr of the real binary, without and with a terminal.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "clippy allows it in test functions, these are what they share")]

mod architecture;
mod check;
mod completions;
#[cfg(target_os = "linux")]
mod doctor;
mod event;
mod external;
mod help;
#[cfg(target_os = "linux")]
mod hooks;
mod init;
mod invoke;
mod list;
#[cfg(target_os = "linux")]
mod package;
#[allow(dead_code, reason = "one of its two functions is enough here")]
#[path = "../support/poll.rs"]
mod poll;
#[allow(dead_code, reason = "commands are run to their end here")]
#[path = "../support/process.rs"]
mod process;
mod schema;
mod terminal;
mod tool;
