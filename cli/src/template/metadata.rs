//! The tool's part of a template's `Metadata`.

use serde_json::{Map, Value};

/// Its key.
pub(crate) const METADATA: &str = "zappa-rs";

/// The tool's part of a template's metadata; `None` if the template has none.
pub(crate) fn metadata_mut(template: &mut Value) -> Option<&mut Map<String, Value>> {
    template.get_mut("Metadata")?.get_mut(METADATA)?.as_object_mut()
}
