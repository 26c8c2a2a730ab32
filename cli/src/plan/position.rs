//! The starting position of a stream's mapping, which cannot be changed.
//!
//! CloudFormation would create the mapping again before it deletes the old one, and Lambda has one mapping of a source to a
//! function: the update would fail in the middle.

use serde_json::Value;

use crate::logical_id::MAPPING_PREFIX;

/// A mapping whose starting position a template changes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MovedPosition {
    /// The mapping's logical id.
    pub(crate) mapping: String,
    pub(crate) live: String,
    pub(crate) wanted: String,
}

/// Whether a template has mappings with a starting position.
pub(crate) fn has_positions(template: &Value) -> bool {
    mappings(template).any(|(_, mapping)| position(mapping).is_some())
}

/// The first mapping of both templates whose starting position differs.
pub(crate) fn moved_position(live: &Value, wanted: &Value) -> Option<MovedPosition> {
    mappings(wanted).find_map(|(id, mapping)| {
        let (before, after) = (position(&live["Resources"][id])?, position(mapping)?);
        (before != after).then(|| MovedPosition {
            mapping: id.clone(),
            live: before.to_lowercase(),
            wanted: after.to_lowercase(),
        })
    })
}

fn mappings(template: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    resources.filter(|(id, _)| id.starts_with(MAPPING_PREFIX))
}

fn position(mapping: &Value) -> Option<&str> {
    mapping["Properties"]["StartingPosition"].as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_mapping_of_both_templates_can_have_moved() {
        let template = |id: &str, position: &str| json!({ "Resources": { id: { "Properties": { "StartingPosition": position } } } });
        let live = template("MappingClicks", "TRIM_HORIZON");
        assert_eq!(moved_position(&live, &live), None);
        assert_eq!(moved_position(&live, &template("MappingOrders", "LATEST")), None);
        assert_eq!(moved_position(&live, &template("Own", "LATEST")), None);
        let moved = moved_position(&live, &template("MappingClicks", "LATEST")).unwrap();
        assert_eq!((&*moved.mapping, &*moved.live, &*moved.wanted), ("MappingClicks", "trim_horizon", "latest"));
        assert!(has_positions(&live) && !has_positions(&json!({ "Resources": { "MappingJobs": {} } })));
    }
}
