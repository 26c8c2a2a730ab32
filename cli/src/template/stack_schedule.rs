//! The schedules of a template that was sent: what EventBridge Scheduler should have.

use serde_json::Value;

use super::functions;
use crate::logical_id::{SCHEDULE_GROUP, SCHEDULES_STATE, output::LIVE_ARN};

/// The time zone of a schedule that names none.
const UTC: &str = "UTC";

/// A schedule of a template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StackSchedule {
    pub(crate) name: String,
    /// The output with the ARN that it invokes; `None` where it invokes something else than an alias of the stack.
    pub(crate) output: Option<String>,
    /// Its times; `None` where only CloudFormation knows them.
    pub(crate) expression: Option<String>,
    pub(crate) timezone: Option<String>,
}

/// The schedules in the stage's group whose state is the parameter's. One of the user's own whose name CloudFormation makes,
/// or that is in another group, is none of them.
pub(crate) fn schedules(template: &Value) -> Vec<StackSchedule> {
    let functions = functions(template);
    let schedule = |properties: &Value| {
        let is_reference = |key: &str, id: &str| properties[key]["Ref"] == id;
        if !is_reference("State", SCHEDULES_STATE) || !is_reference("GroupName", SCHEDULE_GROUP) {
            return None;
        }
        let text = |key: &str| properties[key].as_str().map(str::to_owned);
        let invoked = functions.iter().find(|ids| properties["Target"]["Arn"]["Ref"] == *ids.live);
        Some(StackSchedule {
            name: text("Name")?,
            output: invoked.map(|ids| ids.output(LIVE_ARN)),
            expression: text("ScheduleExpression"),
            timezone: match &properties["ScheduleExpressionTimezone"] {
                Value::Null => Some(UTC.to_owned()),
                zone => zone.as_str().map(str::to_owned),
            },
        })
    };
    let resources = template["Resources"].as_object().into_iter().flatten();
    resources.filter_map(|(_, resource)| schedule(&resource["Properties"])).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_schedules_of_a_template_are_those_of_its_group_and_parameter() {
        let own = |name: &str, more: Value| {
            let mut properties = json!({
                "Name": name,
                "GroupName": { "Ref": "ScheduleGroup" },
                "State": { "Ref": "SchedulesState" },
                "ScheduleExpression": "rate(1 hour)",
                "Target": { "Arn": { "Ref": "Live" } },
            });
            properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "Properties": properties })
        };
        let template = json!({ "Resources": {
            "A": own("a", json!({})),
            "B": own("b", json!({ "ScheduleExpressionTimezone": "Europe/Berlin", "Target": { "Arn": "arn:other" } })),
            "AlwaysEnabled": own("c", json!({ "State": "ENABLED" })),
            "Elsewhere": own("d", json!({ "GroupName": "others" })),
            "Nameless": { "Properties": { "GroupName": { "Ref": "ScheduleGroup" }, "State": { "Ref": "SchedulesState" } } },
        } });
        let schedule = |name: &str, output: Option<&str>, timezone: &str| StackSchedule {
            name: name.to_owned(),
            output: output.map(str::to_owned),
            expression: Some("rate(1 hour)".to_owned()),
            timezone: Some(timezone.to_owned()),
        };
        assert_eq!(schedules(&template), [schedule("a", Some("LiveArn"), "UTC"), schedule("b", None, "Europe/Berlin")]);
    }
}
