//! The starting position and the consumer group of a mapping, which cannot be changed.
//!
//! CloudFormation would create the mapping again before it deletes the old one, and Lambda has one mapping of a source to a
//! function: the update would fail in the middle. Lambda itself refuses another consumer group.

use serde_json::Value;

use crate::logical_id::MAPPING_PREFIX;

/// A mapping of which a template changes where it reads from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MovedPosition {
    /// The mapping's logical id.
    pub(crate) mapping: String,
    /// The setting that changes.
    pub(crate) setting: &'static str,
    /// Its values; `None` where it is not set.
    pub(crate) live: Option<String>,
    pub(crate) wanted: Option<String>,
}

/// The value of a setting in a mapping.
type ValueOf = fn(&Value) -> Option<String>;

/// The settings that cannot be changed.
const VALUES: [(&str, ValueOf); 3] =
    [("starting_position", position), ("starting_time", time), ("consumer_group", group)];

/// Whether a template has mappings with a starting position.
pub(crate) fn has_positions(template: &Value) -> bool {
    mappings(template).any(|(_, mapping)| position(mapping).is_some())
}

/// The first mapping of both templates whose starting position or consumer group differs.
pub(crate) fn moved_position(live: &Value, wanted: &Value) -> Option<MovedPosition> {
    mappings(wanted).find_map(|(id, wanted)| {
        let live = &live["Resources"][id];
        position(live)?;
        let (setting, value) = VALUES.into_iter().find(|(_, value)| value(live) != value(wanted))?;
        Some(MovedPosition { mapping: id.clone(), setting, live: value(live), wanted: value(wanted) })
    })
}

fn mappings(template: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    resources.filter(|(id, _)| id.starts_with(MAPPING_PREFIX))
}

fn position(mapping: &Value) -> Option<String> {
    mapping["Properties"]["StartingPosition"].as_str().map(str::to_lowercase)
}

fn time(mapping: &Value) -> Option<String> {
    let seconds = mapping["Properties"]["StartingPositionTimestamp"].as_i64()?;
    jiff::Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}

fn group(mapping: &Value) -> Option<String> {
    let properties = &mapping["Properties"];
    ["AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig"]
        .iter()
        .find_map(|key| properties[*key]["ConsumerGroupId"].as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(id: &str, properties: &Value) -> Value {
        json!({ "Resources": { id: { "Properties": properties } } })
    }

    #[test]
    fn only_a_mapping_of_both_templates_can_have_moved() {
        let at = |id: &str, position: &str| template(id, &json!({ "StartingPosition": position }));
        let live = at("MappingClicks", "TRIM_HORIZON");
        assert_eq!(moved_position(&live, &live), None);
        assert_eq!(moved_position(&live, &at("MappingOrders", "LATEST")), None);
        assert_eq!(moved_position(&live, &at("Own", "LATEST")), None);
        let moved = moved_position(&live, &at("MappingClicks", "LATEST")).unwrap();
        assert_eq!((&*moved.mapping, moved.setting), ("MappingClicks", "starting_position"));
        assert_eq!((moved.live.as_deref(), moved.wanted.as_deref()), (Some("trim_horizon"), Some("latest")));
        assert!(has_positions(&live) && !has_positions(&json!({ "Resources": { "MappingJobs": {} } })));
    }

    #[test]
    fn another_time_or_consumer_group_has_moved_too() {
        let reads = |seconds: i64, group: Value| {
            let properties = json!({
                "StartingPosition": "AT_TIMESTAMP",
                "StartingPositionTimestamp": seconds,
                "AmazonManagedKafkaEventSourceConfig": { "ConsumerGroupId": group },
            });
            template("MappingOrders", &properties)
        };
        let live = reads(1_801_364_400, json!("shop"));
        let moved = moved_position(&live, &reads(1_801_364_401, json!("shop"))).unwrap();
        assert_eq!(
            (moved.setting, moved.live.as_deref(), moved.wanted.as_deref()),
            ("starting_time", Some("2027-01-31T03:00:00Z"), Some("2027-01-31T03:00:01Z"))
        );
        let moved = moved_position(&live, &reads(1_801_364_400, Value::Null)).unwrap();
        assert_eq!((moved.setting, moved.live.as_deref(), moved.wanted), ("consumer_group", Some("shop"), None));
    }
}
