//! One workflow per command: load, check, plan, confirm, apply, report.

mod artifact;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod event;
mod faults;
mod hooks;
pub(crate) mod init;
mod interruptible;
pub(crate) mod invoke;
pub(crate) mod local;
pub(crate) mod package;
pub(crate) mod policy;
#[cfg_attr(not(feature = "deploy"), path = "unavailable.rs")]
pub(crate) mod remote;
mod rendering;
mod stage;
pub(crate) mod template;
mod templates;
pub(crate) mod token;
mod unwatched;
pub(crate) mod usage;

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

use crate::build::Cargo;

/// What a command needs of the world.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) cargo: Cargo,
    pub(crate) directory: PathBuf,
    pub(crate) region: String,
    pub(crate) environment: BTreeMap<OsString, OsString>,
}
