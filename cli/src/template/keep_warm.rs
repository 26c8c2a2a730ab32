//! One rule that calls the alias with our own event, once for each instance to be kept.
//!
//! The targets of one rule are called at once, and each call holds its instance for a moment, so that one instance cannot
//! answer for all. The application is not asked and has no part in it.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>

use serde_json::{Value, json};
use zappa_rs_adapter::contract;

use super::{Input, Section, live, permission};
use crate::{logical_id, settings::KeepWarm};

/// How often, where the settings do not say: Lambda ends what idles for some five to fifteen minutes.
const EXPRESSION: &str = "rate(4 minutes)";

pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    let (count, expression) = match &input.stage.keep_warm {
        KeepWarm::Switch(false) => return,
        KeepWarm::Switch(true) => (1, EXPRESSION),
        KeepWarm::Count(count) => (count.0, EXPRESSION),
        KeepWarm::Rule { count, expression } => (count.0, expression.as_str()),
    };
    let event = json!({ contract::EVENT_KEY: contract::KIND_KEEP_WARM }).to_string();
    let targets: Vec<Value> = (1..=count)
        .map(|number| {
            json!({
                "Id": format!("instance-{number}"),
                "Arn": live(),
                "Input": event,
                // Late is useless: the next one comes anyway. This bounds EventBridge's delivery alone: Lambda's own retries of
                // asynchronous invocations are bound by an `EventInvokeConfig`, one per alias, which would bind the user's
                // events as well.
                "RetryPolicy": { "MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60 },
            })
        })
        .collect();
    resources.insert(
        logical_id::KEEP_WARM_RULE.to_owned(),
        json!({
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Description": format!("Keeps {} warm", input.identity.stack()),
                "ScheduleExpression": expression,
                "State": "ENABLED",
                "Targets": targets,
            },
        }),
    );
    resources.insert(
        logical_id::KEEP_WARM_PERMISSION.to_owned(),
        permission("events.amazonaws.com", &json!({ "Fn::GetAtt": [logical_id::KEEP_WARM_RULE, "Arn"] })),
    );
}
