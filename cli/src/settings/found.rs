//! The errors that the resolution of stages finds, by whom they concern.

use super::fault::Fault;

/// The errors that were found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) faults: Vec<Fault>,
    /// Unset variables: an error only for a deploy of that stage.
    pub(super) unset: Vec<Fault>,
    /// Unset variables within `environment`: an error only for a command that sends it.
    pub(super) unset_values: Vec<Fault>,
    /// Unset variables that are the values of API keys: an error only for a command that sends or compares them.
    pub(super) unset_keys: Vec<Fault>,
}

impl Found {
    /// How many there are, of all kinds.
    pub(super) fn count(&self) -> usize {
        self.faults.len() + self.unset.len() + self.unset_values.len() + self.unset_keys.len()
    }

    /// All of them, of whatever kind.
    pub(super) fn all(mut self) -> Vec<Fault> {
        self.faults.append(&mut self.unset);
        self.faults.append(&mut self.unset_values);
        self.faults.append(&mut self.unset_keys);
        self.faults
    }

    /// Forgets the variables that a command for inspection does without.
    pub(super) fn forget_values(&mut self) {
        self.unset_values.clear();
        self.unset_keys.clear();
    }
}
