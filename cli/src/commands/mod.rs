//! One workflow per command: load, check, plan, confirm, apply, report.

mod address;
mod answer;
mod artifact;
pub(crate) mod check;
pub(crate) mod completions;
mod confirm;
mod departed;
pub(crate) mod deploy;
pub(crate) mod diff;
mod dry_run;
mod failure;
mod faults;
mod fleet;
pub(crate) mod init;
pub(crate) mod inspect;
mod interruptible;
pub(crate) mod local;
mod new_release;
mod outcome;
pub(crate) mod package;
pub(crate) mod policy;
mod record;
pub(crate) mod rollback;
mod stage;
pub(crate) mod template;
pub(crate) mod undeploy;
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
