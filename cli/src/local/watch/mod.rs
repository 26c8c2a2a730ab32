//! The file watcher of `--watch`: the files that a build was made of, debounced, and those whose content has changed.
//!
//! Cargo's own dep-info says what matters beside Rust sources, so an application that writes into its folder (a
//! database, a log) does not make a circle of builds. Neither does a build script that writes the same bytes once more:
//! a file has changed when its bytes have. One that writes other bytes each time into an included folder makes none
//! either. Hidden and ignored folders are not looked at unless they are included.

mod content;
mod folders;
mod include;
mod manifest;
mod source;
mod workspace;

pub(crate) use self::{content::fingerprint, include::Include, workspace::Watch};
