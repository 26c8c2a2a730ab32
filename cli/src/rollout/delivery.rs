//! What delivers events to a stage, as AWS has it: the schedules of its group and the event source mappings of its functions.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use serde::Serialize;
use serde_json::Value;

use super::{Error, Schedules, schedule_group::ScheduleGroup, stack_state::StackState};
use crate::{
    aws::{self, EventSourceMapping, Stack},
    logical_id::FunctionIds,
    names::{ALIAS, Identity},
    plan::{
        FoundMapping, MappingDrift, ScheduleDrift, ScheduleDriftKind, ScheduleFacts, ScheduleState, WantedMapping,
        mapping_drift, schedule_drift,
    },
    schedule::ScheduleField,
    settings::Stage,
    template::{self, StackMapping},
};

/// A schedule of the stack.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StageSchedule {
    pub(crate) name: String,
    /// Its expression in EventBridge Scheduler; where it cannot be read, by the stack.
    pub(crate) expression: Option<String>,
    /// Its state in EventBridge Scheduler; `None` where it does not exist.
    pub(crate) state: Option<ScheduleState>,
}

/// An event source mapping of the stack.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StageMapping {
    /// The event of the settings, else the logical id.
    pub(crate) event: String,
    /// The further function that gets its events; `None` is the main one.
    pub(crate) function: Option<String>,
    /// The ARN of its source; of a cluster without one, its servers and topic.
    pub(crate) source: Option<String>,
    /// Lambda's word, such as `Enabled`; `None` where it does not exist.
    pub(crate) state: Option<String>,
    /// What happened to the latest batch, as Lambda writes it.
    pub(crate) last_result: Option<String>,
    pub(crate) batch_size: Option<u64>,
}

/// The schedules of a stack, with their drift.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeliveredSchedules {
    pub(crate) schedules: Vec<StageSchedule>,
    pub(crate) drift: Vec<ScheduleDrift>,
}

/// The event source mappings of a stack, with their drift.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeliveredMappings {
    pub(crate) mappings: Vec<StageMapping>,
    pub(crate) drift: Vec<MappingDrift>,
}

/// The schedules of a stack as EventBridge Scheduler has them; no call where the stack has none.
///
/// # Errors
/// Scheduler could not be asked.
pub(crate) async fn delivered_schedules(
    region: &aws::Region,
    stack: &Stack,
    live: &Value,
) -> Result<DeliveredSchedules, Error> {
    let Some(Schedules { state, .. }) = Schedules::of(stack, live) else { return Ok(DeliveredSchedules::default()) };
    let group = ScheduleGroup::new(region, stack, live);
    let (wanted, found) = (group.wanted(state), group.read().await?);
    Ok(compare_schedules(&wanted, &found, state, is_at_rest(stack)))
}

/// The drift of a stack's schedules; no call where the stack has none. Those that are not to run are only listed.
///
/// # Errors
/// Scheduler could not be asked.
pub(super) async fn changed_schedules(
    region: &aws::Region,
    stack: &Stack,
    live: &Value,
) -> Result<Vec<ScheduleDrift>, Error> {
    match Schedules::of(stack, live) {
        Some(Schedules { state: ScheduleState::Disabled, .. }) if is_at_rest(stack) => {
            ScheduleGroup::new(region, stack, live).drift(ScheduleState::Disabled).await
        }
        _ => Ok(delivered_schedules(region, stack, live).await?.drift),
    }
}

/// The schedules of a stack beside those that Scheduler has.
fn compare_schedules(
    wanted: &[ScheduleFacts],
    found: &[ScheduleFacts],
    state: ScheduleState,
    is_at_rest: bool,
) -> DeliveredSchedules {
    let expression = |facts: &ScheduleFacts| facts.fields.get(&ScheduleField::Expression).cloned().flatten();
    let schedule = |wanted: &ScheduleFacts| {
        let found = found.iter().find(|found| found.name == wanted.name);
        StageSchedule {
            name: wanted.name.clone(),
            expression: found.and_then(expression).or_else(|| expression(wanted)),
            state: found.map(|found| found.state),
        }
    };
    let mut drift = if is_at_rest { schedule_drift(wanted, found) } else { Vec::new() };
    if state == ScheduleState::Disabled {
        // CloudFormation sets the other fields when it enables the schedules.
        drift.retain(|drift| match &drift.kind {
            ScheduleDriftKind::Field(field, _) => *field == ScheduleField::Target,
            _ => true,
        });
    }
    DeliveredSchedules { schedules: wanted.iter().map(schedule).collect(), drift }
}

/// The event source mappings of a stack as Lambda has them; no call where the stack has none.
///
/// # Errors
/// Lambda or CloudFormation could not be asked.
pub(crate) async fn delivered_mappings(
    region: &aws::Region,
    identity: &Identity,
    stage: &Stage,
    stack: &Stack,
    live: &Value,
) -> Result<DeliveredMappings, Error> {
    let wanted = template::mappings(live);
    if wanted.is_empty() {
        return Ok(DeliveredMappings::default());
    }
    let functions: BTreeSet<&FunctionIds> = wanted.iter().map(|mapping| &mapping.function).collect();
    let list = async |ids: &FunctionIds| {
        Ok::<_, Error>(region.event_source_mappings(&identity.function(ids.name.as_deref()), ALIAS).await?)
    };
    let resources = async { Ok(region.stack_resources(&stack.name).await?) };
    let (resources, found) = tokio::try_join!(resources, try_join_all(functions.into_iter().map(list)))?;
    let ids: BTreeMap<String, String> =
        resources.into_iter().map(|resource| (resource.logical_id, resource.physical_id)).collect();
    let mut delivered = compare(&wanted, &ids, &found.concat(), stage, (stack, live), &region.cli_flags());
    let is_emulated = region.endpoint_url().is_some();
    delivered.drift.retain(|drift| !(is_emulated && drift.may_be_of_an_emulator()));
    Ok(delivered)
}

/// The mappings of a stack, by the ids of its resources, beside those that Lambda has.
fn compare(
    wanted: &[StackMapping],
    ids: &BTreeMap<String, String>,
    found: &[EventSourceMapping],
    stage: &Stage,
    (stack, live): (&Stack, &Value),
    cli_flags: &str,
) -> DeliveredMappings {
    let mapping = |wanted: &StackMapping| {
        let id = ids.get(&wanted.id);
        let found = found.iter().find(|found| Some(&found.id) == id);
        StageMapping {
            event: name_of(wanted, stage),
            function: wanted.function.name.clone(),
            source: found.and_then(|found| found.source.clone()),
            state: found.map(|found| found.state.clone()),
            last_result: found.and_then(|found| found.last_result.clone()),
            batch_size: found.and_then(|found| found.properties["BatchSize"].as_u64()),
        }
    };
    let as_wanted = |wanted: &StackMapping| WantedMapping {
        id: ids.get(&wanted.id).cloned(),
        name: name_of(wanted, stage),
        is_enabled: wanted.is_enabled,
        properties: with_destination(&wanted.properties, stack, live, ids),
    };
    let as_found = |found: &EventSourceMapping| FoundMapping {
        id: found.id.clone(),
        source: found.source.clone(),
        state: found.state.clone(),
        properties: found.properties.clone(),
    };
    let drift = if is_at_rest(stack) {
        let wanted: Vec<WantedMapping> = wanted.iter().map(as_wanted).collect();
        mapping_drift(&wanted, &found.iter().map(as_found).collect::<Vec<_>>(), cli_flags)
    } else {
        Vec::new()
    };
    DeliveredMappings { mappings: wanted.iter().map(mapping).collect(), drift }
}

/// The properties of a mapping, with the ARN of a failure destination that is a resource of the stack.
fn with_destination(properties: &Value, stack: &Stack, live: &Value, ids: &BTreeMap<String, String>) -> Value {
    let mut properties = properties.clone();
    let Some(destination) = properties.pointer_mut("/DestinationConfig/OnFailure/Destination") else {
        return properties;
    };
    let id = destination["Ref"].as_str().or_else(|| destination["Fn::GetAtt"][0].as_str());
    let arn = id.and_then(|id| arn_of(live["Resources"][id]["Type"].as_str()?, ids.get(id)?, &stack.id));
    if let Some(arn) = arn {
        *destination = arn.into();
    }
    properties
}

/// The ARN of a queue, topic or bucket by its physical id, in the account and region of a stack.
fn arn_of(kind: &str, physical_id: &str, stack_id: &str) -> Option<String> {
    let mut parts = stack_id.split(':');
    let (partition, region, account) = (parts.nth(1)?, parts.nth(1)?, parts.next()?);
    match kind {
        "AWS::SQS::Queue" => {
            let name = physical_id.rsplit('/').next()?;
            Some(format!("arn:{partition}:sqs:{region}:{account}:{name}"))
        }
        "AWS::S3::Bucket" => Some(format!("arn:{partition}:s3:::{physical_id}")),
        _ => physical_id.starts_with("arn:").then(|| physical_id.to_owned()),
    }
}

/// The event of the settings that a mapping is made of; where the settings have changed since, or it is the user's own, its
/// logical id.
fn name_of(mapping: &StackMapping, stage: &Stage) -> String {
    let is_its = |id: &str| id == mapping.id;
    let event = stage.events.iter().find(|event| is_its(&template::mapping_id(event)));
    event.map_or_else(|| mapping.id.clone(), |event| event.name.clone())
}

/// A stack that is being changed has no drift.
fn is_at_rest(stack: &Stack) -> bool {
    StackState::of(stack.status.as_str()) == StackState::None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::ScheduleFields;

    #[test]
    fn a_destination_of_the_stack_is_known_by_its_physical_id() {
        let stack = "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/shop-dev/1";
        for (kind, id, arn) in [
            (
                "AWS::SQS::Queue",
                "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q",
                Some("arn:aws-cn:sqs:cn-north-1:123456789012:q"),
            ),
            (
                "AWS::SNS::Topic",
                "arn:aws-cn:sns:cn-north-1:123456789012:t",
                Some("arn:aws-cn:sns:cn-north-1:123456789012:t"),
            ),
            ("AWS::S3::Bucket", "b", Some("arn:aws-cn:s3:::b")),
            ("Custom::Queue", "q", None),
        ] {
            assert_eq!(arn_of(kind, id, stack).as_deref(), arn, "{kind}");
        }
    }

    #[test]
    fn a_schedule_is_shown_as_scheduler_has_it_and_a_disabled_one_by_what_matters() {
        let facts = |state, expression: &str, target: &str| ScheduleFacts {
            name: "nightly".to_owned(),
            state,
            fields: ScheduleFields::from([
                (ScheduleField::Expression, Some(expression.to_owned())),
                (ScheduleField::Target, Some(target.to_owned())),
            ]),
        };
        for (state, expected) in [(ScheduleState::Enabled, 2), (ScheduleState::Disabled, 1)] {
            let wanted = [facts(state, "rate(1 minute)", "arn:live")];
            let found = [facts(state, "rate(7 hours)", "arn:other")];
            let delivered = compare_schedules(&wanted, &found, state, true);
            assert_eq!(delivered.schedules[0].expression.as_deref(), Some("rate(7 hours)"));
            assert_eq!(delivered.schedules[0].state, Some(state));
            assert_eq!(delivered.drift.len(), expected, "{:?}", delivered.drift);
            assert_eq!(compare_schedules(&wanted, &found, state, false).drift, []);
            let missing = compare_schedules(&wanted, &[], state, true);
            assert_eq!(missing.schedules[0].expression.as_deref(), Some("rate(1 minute)"));
            assert_eq!(missing.schedules[0].state, None);
        }
    }
}
