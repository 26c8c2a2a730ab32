//! What invokes the function beside the gateway, read from the template, and when the schedules fire.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, de::Error as _};
use serde_json::{Error, Value, json};
use zappa_rs_adapter::contract;

use super::{
    arn, destination, mapping,
    stack::{ACCOUNT, properties},
};
use crate::{
    local::{
        description::{AsyncConfig, Events, Schedule},
        scheduler,
    },
    logical_id::{self, FunctionIds},
    regions,
    schedule::Timetable,
    template::functions,
};

/// `AWS::Scheduler::Schedule`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ScheduleProperties {
    name: String,
    schedule_expression: String,
    schedule_expression_timezone: Option<String>,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
    target: Target,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    input: String,
}

/// Reads the schedules and the configuration of asynchronous invocations.
pub(super) fn read(template: &Value, region: &str) -> Result<Events, Error> {
    let group = properties(template, logical_id::SCHEDULE_GROUP)["Name"].as_str().unwrap_or_default();
    let mut schedules = Vec::new();
    for resource in template["Resources"].as_object().into_iter().flat_map(|resources| resources.values()) {
        // Those that the settings have as `schedules`: others may invoke something else.
        let is_ours = resource["Type"] == "AWS::Scheduler::Schedule"
            && resource["Properties"]["GroupName"]["Ref"] == logical_id::SCHEDULE_GROUP;
        if is_ours {
            let target = &resource["Properties"]["Target"]["Arn"];
            let function = invoked(template, target).and_then(|ids| ids.name);
            schedules.push(Schedule { function, ..schedule(&resource["Properties"], group, region)? });
        }
    }
    Ok(Events {
        schedules,
        queues: mapping::queues(template, region)?,
        streams: mapping::streams(template, region)?,
        unpolled: mapping::unpolled(template),
        asynchronous: asynchronous(template, &FunctionIds::main(), region),
    })
}

/// The function whose alias a value refers to.
pub(super) fn invoked(template: &Value, value: &Value) -> Option<FunctionIds> {
    let alias = value["Ref"].as_str()?;
    functions(template).into_iter().find(|ids| ids.live == alias)
}

/// Reads the pairs of names and ARNs in the variable of the event sources, as far as their ARNs are known here.
pub(super) fn sources(value: &Value, template: &Value, region: &str) -> String {
    let (text, arns) = (&value["Fn::Sub"][0], &value["Fn::Sub"][1]);
    let known = text.as_str().unwrap_or_default().split(',').filter_map(|pair| {
        let (name, arn) = pair.split_once('=')?;
        let arn = match arn.strip_prefix("${").and_then(|rest| rest.split_once('}')) {
            Some((placeholder, part)) => match arn::resolve(&arns[placeholder], template, region) {
                Some(arn) => format!("{arn}{part}"),
                // A topic or queue of whichever cluster or broker.
                None => part.strip_prefix(contract::PART_SEPARATOR)?.to_owned(),
            },
            None => arn.to_owned(),
        };
        Some(format!("{name}={arn}"))
    });
    known.collect::<Vec<_>>().join(",")
}

fn schedule(properties: &Value, group: &str, region: &str) -> Result<Schedule, Error> {
    let ScheduleProperties { name, schedule_expression, schedule_expression_timezone, start_date, end_date, target } =
        ScheduleProperties::deserialize(properties)?;
    let zone = match schedule_expression_timezone {
        Some(zone) => TimeZone::get(&zone).map_err(Error::custom)?,
        None => TimeZone::UTC,
    };
    let expression = schedule_expression.parse().map_err(Error::custom)?;
    let partition = regions::partition(region).name;
    Ok(Schedule {
        function: None,
        arn: format!("arn:{partition}:scheduler:{region}:{ACCOUNT}:schedule/{group}/{name}"),
        name,
        timetable: Timetable { expression, zone, start: start_date, end: end_date },
        input: target.input,
    })
}

/// Reads the configuration of a function's alias; of values that only the cloud knows, Lambda's default.
pub(super) fn asynchronous(template: &Value, ids: &FunctionIds, region: &str) -> AsyncConfig {
    let mut config = AsyncConfig::default();
    let resources = template["Resources"].as_object();
    let found = resources
        .into_iter()
        .flat_map(|resources| resources.values())
        .find(|resource| resource["Type"] == "AWS::Lambda::EventInvokeConfig" && is_of_function(resource, ids));
    let Some(properties) = found.map(|resource| &resource["Properties"]) else { return config };
    if let Some(retries) = properties["MaximumRetryAttempts"].as_u64().and_then(|retries| u32::try_from(retries).ok()) {
        config.retries = retries.min(config.retries);
    }
    if let Some(seconds) = properties["MaximumEventAgeInSeconds"].as_u64() {
        config.max_age = Duration::from_secs(seconds);
    }
    config.failure_destination = match &properties["DestinationConfig"]["OnFailure"]["Destination"] {
        Value::Null => None,
        value => Some(destination::read(value, template, region)),
    };
    config
}

fn is_of_function(resource: &Value, ids: &FunctionIds) -> bool {
    resource["Properties"]["FunctionName"]["Ref"] == ids.function
}

/// When a schedule fires next.
#[derive(Debug)]
pub(super) struct NextTime<'a> {
    schedule: &'a Schedule,
    time: Option<Timestamp>,
}

/// Computes when each schedule fires first, if they are created now.
pub(super) fn next_times(schedules: &[Schedule], now: Timestamp) -> Vec<NextTime<'_>> {
    schedules.iter().map(|schedule| NextTime { schedule, time: scheduler::first(schedule, now) }).collect()
}

impl NextTime<'_> {
    pub(super) fn sentence(&self) -> String {
        let Schedule { name, timetable, .. } = self.schedule;
        let Some(time) = self.time else { return format!("`{name}` never: none of its times is to come") };
        match timetable.zone.iana_name() {
            Some(zone) if timetable.zone != TimeZone::UTC => {
                let local = timetable.zone.to_datetime(time);
                format!("`{name}` next at {local:.0} in {zone}, {time:.0}")
            }
            _ => format!("`{name}` next at {time:.0}"),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({ "name": self.schedule.name, "next": self.time.map(|time| format!("{time:.0}")) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::description::Destination;

    fn event_config(properties: &Value) -> AsyncConfig {
        let mut properties = properties.clone();
        properties["FunctionName"] = json!({ "Ref": "Function" });
        let resources = json!({ "Async": { "Type": "AWS::Lambda::EventInvokeConfig", "Properties": properties } });
        asynchronous(&json!({ "Resources": resources }), &FunctionIds::main(), "eu-west-1")
    }

    #[test]
    fn the_asynchronous_configuration_is_that_of_the_function() {
        let read = event_config(&json!({
            "MaximumRetryAttempts": 1,
            "MaximumEventAgeInSeconds": 90,
            "DestinationConfig": { "OnFailure": { "Destination": { "Fn::GetAtt": ["Failed", "Arn"] } } },
        }));
        let expected = AsyncConfig {
            retries: 1,
            max_age: Duration::from_secs(90),
            failure_destination: Some(Destination::Other("Failed".to_owned())),
            ..AsyncConfig::default()
        };
        assert_eq!(read, expected);
        // What only the cloud knows.
        let unknown = event_config(&json!({ "MaximumRetryAttempts": { "Ref": "Retries" } }));
        assert_eq!(unknown, AsyncConfig::default());
        let other = json!({ "Resources": { "Async": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": { "FunctionName": "other", "MaximumRetryAttempts": 0 },
        } } });
        assert_eq!(asynchronous(&other, &FunctionIds::main(), "eu-west-1"), AsyncConfig::default());
    }
}
