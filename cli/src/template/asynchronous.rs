//! The configuration of asynchronous invocations on the aliases: retries, age and the destination of failures.
//!
//! Schedules, topics, buckets and rules invoke the function asynchronously: they learn that Lambda has the event and not how
//! the handler ended, so their own dead-letter queues never see a handler's failure.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html>

use serde_json::{Value, json};

use super::{Input, Section, destination, stack_function::wanted};
use crate::{lambda, logical_id::FunctionIds, names::ALIAS, settings::Function};

/// Adds the configuration of each function that has an asynchronous source or a setting of it.
pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    for function in wanted(input) {
        add_config(input, function, resources);
    }
}

fn add_config(input: &Input<'_>, function: Option<&Function>, resources: &mut Section) {
    let stage = input.stage;
    let ids = FunctionIds::of(function.map(|function| function.name.as_str()));
    let retries = function.and_then(|function| function.async_retries).or(stage.async_retries);
    let max_age = function.and_then(|function| function.async_max_age_seconds).or(stage.async_max_age_seconds);
    let failures = failures(input, function);
    let has_setting = retries.is_some() || max_age.is_some() || failures.is_some();
    let name = ids.name.as_deref();
    let has_source = stage.schedules.iter().any(|schedule| schedule.further() == name)
        || stage.events.iter().any(|source| source.further() == name && source.kind().is_asynchronous());
    if !has_setting && !has_source {
        return;
    }
    let mut properties = json!({
        "FunctionName": { "Ref": ids.function },
        "Qualifier": ALIAS,
        // Lambda's own, so that what is configured by hand on the alias is drift that the next change resets.
        "MaximumRetryAttempts": retries.unwrap_or(lambda::MAX_ASYNC_RETRIES),
        "MaximumEventAgeInSeconds": max_age.unwrap_or(lambda::MAX_ASYNC_AGE_SECONDS),
    });
    if let Some(failures) = failures {
        properties["DestinationConfig"] = json!({ "OnFailure": { "Destination": destination::arn(input, failures) } });
    }
    resources.insert(
        ids.async_config,
        // The alias has to exist, and nothing here refers to it.
        json!({ "Type": "AWS::Lambda::EventInvokeConfig", "DependsOn": ids.live, "Properties": properties }),
    );
}

/// What the functions' role may do with the destinations.
pub(super) fn statements(input: &Input<'_>) -> Vec<Value> {
    let mut statements = Vec::new();
    for failures in wanted(input).filter_map(|function| failures(input, function)) {
        let statement = destination::statement(input, failures);
        if !statements.contains(&statement) {
            statements.push(statement);
        }
    }
    statements
}

/// Where the failures of a function go.
fn failures<'a>(input: &Input<'a>, function: Option<&'a Function>) -> Option<&'a str> {
    let own = function.and_then(|function| function.async_failure_destination.as_deref());
    own.or(input.stage.async_failure_destination.as_deref())
}
