//! The schedules of a template that was sent: what EventBridge Scheduler should have.

use serde_json::Value;

use super::functions;
use crate::{
    logical_id::{SCHEDULE_GROUP, SCHEDULES_STATE, output::LIVE_ARN},
    schedule::{ScheduleField, ScheduleFields},
};

/// The time zone of a schedule that names none.
const UTC: &str = "UTC";

/// A schedule of a template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StackSchedule {
    pub(crate) name: String,
    /// The output with the ARN that it invokes; `None` where it invokes something else than an alias of the stack.
    pub(crate) output: Option<String>,
    /// Its other fields; without those that only CloudFormation knows, or that Scheduler chooses.
    pub(crate) fields: ScheduleFields,
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
            fields: fields(properties),
        })
    };
    let resources = template["Resources"].as_object().into_iter().flatten();
    resources.filter_map(|(_, resource)| schedule(&resource["Properties"])).collect()
}

/// The fields that a template says.
fn fields(properties: &Value) -> ScheduleFields {
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let said = |value: &Value| scalar(value).map(Some);
    // What it leaves out, the schedule does not have.
    let or_none = |value: &Value| if value.is_null() { Some(None) } else { said(value) };
    let (target, window) = (&properties["Target"], &properties["FlexibleTimeWindow"]);
    let timezone = &properties["ScheduleExpressionTimezone"];
    let known = [
        (ScheduleField::Expression, said(&properties["ScheduleExpression"])),
        (ScheduleField::Timezone, if timezone.is_null() { Some(Some(UTC.to_owned())) } else { said(timezone) }),
        (ScheduleField::Start, or_none(&properties["StartDate"])),
        (ScheduleField::End, or_none(&properties["EndDate"])),
        (
            ScheduleField::FlexibleMinutes,
            if window["Mode"] == "OFF" { Some(None) } else { said(&window["MaximumWindowInMinutes"]) },
        ),
        (ScheduleField::Input, said(&target["Input"])),
        (ScheduleField::Retries, said(&target["RetryPolicy"]["MaximumRetryAttempts"])),
        (ScheduleField::MaxAge, said(&target["RetryPolicy"]["MaximumEventAgeInSeconds"])),
        (ScheduleField::DeadLetterQueue, said(&target["DeadLetterConfig"]["Arn"])),
    ];
    known.into_iter().filter_map(|(field, value)| Some((field, value?))).collect()
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
            fields: ScheduleFields::from([
                (ScheduleField::Expression, Some("rate(1 hour)".to_owned())),
                (ScheduleField::Timezone, Some(timezone.to_owned())),
                (ScheduleField::Start, None),
                (ScheduleField::End, None),
            ]),
        };
        assert_eq!(schedules(&template), [schedule("a", Some("LiveArn"), "UTC"), schedule("b", None, "Europe/Berlin")]);
    }
    #[test]
    fn every_field_that_the_template_says_is_known_and_no_other() {
        let properties = json!({
            "ScheduleExpression": { "Fn::Sub": "rate(${N} hours)" },
            "StartDate": "2030-01-01T00:00:00Z",
            "FlexibleTimeWindow": { "Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5 },
            "Target": {
                "Input": "{}",
                "RetryPolicy": { "MaximumRetryAttempts": 3 },
                "DeadLetterConfig": { "Arn": { "Fn::GetAtt": ["Dead", "Arn"] } },
            },
        });
        let text = |text: &str| Some(text.to_owned());
        let expected = ScheduleFields::from([
            (ScheduleField::Timezone, text("UTC")),
            (ScheduleField::Start, text("2030-01-01T00:00:00Z")),
            (ScheduleField::End, None),
            (ScheduleField::FlexibleMinutes, text("5")),
            (ScheduleField::Input, text("{}")),
            (ScheduleField::Retries, text("3")),
        ]);
        assert_eq!(fields(&properties), expected);
        let fields = fields(&json!({
            "FlexibleTimeWindow": { "Mode": "OFF" },
            "Target": { "DeadLetterConfig": { "Arn": "arn:dead" } },
        }));
        assert_eq!(fields[&ScheduleField::FlexibleMinutes], None);
        assert_eq!(fields[&ScheduleField::DeadLetterQueue], text("arn:dead"));
        assert!(!fields.contains_key(&ScheduleField::Expression));
    }
}
