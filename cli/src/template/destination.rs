//! Destinations of failures: the ARN, and the statement by which the function's role sends there.

use serde_json::{Value, json};

use super::Input;
use crate::settings::DestinationKind;

/// The ARN of a destination.
pub(super) fn arn(input: &Input<'_>, destination: &str) -> Value {
    kind(input, destination).arn(destination, |id| input.stage.resources.contains_key(id))
}

/// The permission to send to a destination. Lambda asks for it when the destination is configured.
pub(super) fn statement(input: &Input<'_>, destination: &str) -> Value {
    let (kind, arn) = (kind(input, destination), arn(input, destination));
    let resource = match kind {
        DestinationKind::Bucket => {
            let objects = json!({ "Fn::Join": ["", [arn, "/*"]] });
            json!([arn, objects])
        }
        _ => arn,
    };
    json!({ "Effect": "Allow", "Action": kind.actions(), "Resource": resource })
}

/// The kind of a destination that passed the rules.
fn kind(input: &Input<'_>, destination: &str) -> DestinationKind {
    DestinationKind::of(destination, &input.stage.resources).unwrap_or(DestinationKind::Queue)
}
