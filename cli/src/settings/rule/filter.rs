//! Rules of the filters of queues and streams, which Lambda refuses or which match nothing.

use crate::{
    pattern::Pattern,
    settings::{EventSource, SourceKind},
};

/// The most filters of a mapping, which Lambda raises to 10 on request.
const MAX_FILTERS: usize = 10;

/// The faults of the filters of a source.
pub(super) fn faults(source: &EventSource, kind: SourceKind<'_>) -> Vec<(&'static str, String)> {
    if !kind.is_polled() {
        return Vec::new();
    }
    let count = source.filters.len();
    let many = (count > MAX_FILTERS)
        .then(|| format!("there are {count} filters, and Lambda takes 5, or {MAX_FILTERS} with a raised quota"));
    let wrong = source.filters.iter().filter_map(|filter| Pattern::parse(filter).err()).map(|error| error.to_string());
    many.into_iter().chain(wrong).map(|sentence| ("filters", sentence)).collect()
}
