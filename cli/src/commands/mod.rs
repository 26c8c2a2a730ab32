//! One short story per command.

pub(crate) mod local;
pub(crate) mod usage;
