//! The values that were read.

use std::collections::BTreeMap;

use super::Secret;

/// Names and values.
#[derive(Default)]
pub(super) struct Values(pub(super) BTreeMap<String, Secret>);

impl Values {
    pub(super) fn find(&self, name: &str) -> Option<Secret> {
        self.0.get(name).cloned()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}
