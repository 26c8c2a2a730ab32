//! Resources that a stage names and its stack does not have.

use std::collections::BTreeSet;

use super::{SourceKind, Stage};

impl Stage {
    /// The names of the buckets outside of the stack whose events the app handles.
    pub(crate) fn outside_buckets(&self) -> BTreeSet<&str> {
        let buckets = self.events.iter().filter_map(|source| match source.kind() {
            SourceKind::S3(bucket) if !self.resources.contains_key(bucket) => bucket.rsplit(':').next(),
            _ => None,
        });
        buckets.collect()
    }
}
