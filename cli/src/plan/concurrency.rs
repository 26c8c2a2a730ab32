//! The functions' reserved concurrency, which no version freezes: a change applies to the live version immediately.

use serde_json::Value;

use crate::template::functions;

const RESERVED: &str = "ReservedConcurrentExecutions";

/// Gives each function of a template the larger reservation of both, for as long as the live release serves.
pub(super) fn keep_larger(template: &mut Value, live: &Value, wanted: &Value) {
    for ids in functions(wanted) {
        let reserved = |template: &Value| template["Resources"][&ids.function]["Properties"][RESERVED].as_u64();
        let properties = template.pointer_mut(&format!("/Resources/{}/Properties", ids.function));
        let Some(properties) = properties.and_then(Value::as_object_mut) else { continue };
        match (reserved(live), reserved(wanted)) {
            (None, _) => properties.remove(RESERVED),
            (Some(live), None) => properties.insert(RESERVED.to_owned(), live.into()),
            (Some(live), Some(wanted)) => properties.insert(RESERVED.to_owned(), live.max(wanted).into()),
        };
    }
}

/// Whether the wanted reservation leaves no room for the instances that are provisioned now: CloudFormation changes the
/// function before the alias, and Lambda refuses a reservation that provisioned instances exceed.
pub(super) fn is_below_provisioned(live: &Value, wanted: &Value) -> bool {
    functions(wanted).into_iter().any(|ids| {
        let resources = &live["Resources"];
        let alias =
            &resources[&ids.live]["Properties"]["ProvisionedConcurrencyConfig"]["ProvisionedConcurrentExecutions"];
        // It may have been moved up to here, or by the timetable further.
        let scaled = &resources[&ids.scalable_target]["Properties"];
        let timetable = scaled["ScheduledActions"].as_array().into_iter().flatten();
        let bounds = timetable.flat_map(|action| {
            ["MinCapacity", "MaxCapacity"].map(|bound| action["ScalableTargetAction"][bound].as_u64())
        });
        let now = bounds.chain([alias.as_u64(), scaled["MaxCapacity"].as_u64()]).flatten().max();
        let reserved = wanted["Resources"][&ids.function]["Properties"][RESERVED].as_u64();
        matches!((now, reserved), (Some(now), Some(most)) if now > most)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_version_that_serves_keeps_its_instances() {
        let template = |reserved: Option<u64>| {
            let mut template = json!({ "Resources": { "Function": { "Properties": {} } } });
            if let Some(reserved) = reserved {
                template["Resources"]["Function"]["Properties"][RESERVED] = reserved.into();
            }
            template
        };
        for (live, wanted, expected) in
            [(None, Some(2), None), (Some(5), None, Some(5)), (Some(5), Some(2), Some(5)), (Some(2), Some(5), Some(5))]
        {
            let mut kept = template(wanted);
            keep_larger(&mut kept, &template(live), &template(wanted));
            assert_eq!(kept, template(expected), "{live:?} {wanted:?}");
        }
    }
}
