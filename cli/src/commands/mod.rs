//! One short story per command.

mod address;
pub(crate) mod check;
pub(crate) mod completions;
mod departed;
pub(crate) mod deploy;
pub(crate) mod diff;
mod dry_run;
mod faults;
mod fleet;
mod gate;
pub(crate) mod init;
pub(crate) mod local;
pub(crate) mod look;
mod outcome;
pub(crate) mod package;
pub(crate) mod policy;
pub(crate) mod rollback;
mod stage;
pub(crate) mod template;
pub(crate) mod undeploy;
pub(crate) mod usage;
mod wanted;

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

use crate::build::Cargo;

/// What a command needs of the world.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) cargo: Cargo,
    pub(crate) directory: PathBuf,
    pub(crate) region: String,
    pub(crate) environment: BTreeMap<OsString, OsString>,
}
