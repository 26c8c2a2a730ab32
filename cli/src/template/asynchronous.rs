//! The configuration of asynchronous invocations on the alias: retries, age and the destination of failures.
//!
//! Schedules, topics, buckets and rules invoke the function asynchronously: they learn that Lambda has the event and not how
//! the handler ended, so their own dead-letter queues never see a handler's failure.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html>

use serde_json::{Value, json};

use super::{Input, Section, destination};
use crate::{
    lambda,
    logical_id::{ASYNC_CONFIG, FUNCTION, LIVE},
    names::ALIAS,
};

/// Adds the configuration where the stage has an asynchronous source or a setting of it.
pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    let stage = input.stage;
    let has_setting =
        stage.async_retries.is_some() || stage.async_max_age_seconds.is_some() || failures(input).is_some();
    let has_source = !stage.schedules.is_empty() || stage.events.iter().any(|source| source.kind().is_asynchronous());
    if !has_setting && !has_source {
        return;
    }
    let mut properties = json!({
        "FunctionName": { "Ref": FUNCTION },
        "Qualifier": ALIAS,
        // Lambda's own, so that what is configured by hand on the alias is drift that the next change resets.
        "MaximumRetryAttempts": stage.async_retries.unwrap_or(lambda::MAX_ASYNC_RETRIES),
        "MaximumEventAgeInSeconds": stage.async_max_age_seconds.unwrap_or(lambda::MAX_ASYNC_AGE_SECONDS),
    });
    if let Some(failures) = failures(input) {
        properties["DestinationConfig"] = json!({ "OnFailure": { "Destination": destination::arn(input, failures) } });
    }
    resources.insert(
        ASYNC_CONFIG.to_owned(),
        // The alias has to exist, and nothing here refers to it.
        json!({ "Type": "AWS::Lambda::EventInvokeConfig", "DependsOn": LIVE, "Properties": properties }),
    );
}

/// What the function's role may do with the destination.
pub(super) fn statement(input: &Input<'_>) -> Option<Value> {
    failures(input).map(|failures| destination::statement(input, failures))
}

fn failures<'a>(input: &Input<'a>) -> Option<&'a str> {
    input.stage.async_failure_destination.as_deref()
}
