//! The table of idempotency, with what the function may do there.
//!
//! It is deleted with the stack: its locks and results are of no use to anything else, and expire within days.

use serde_json::{Value, json};

use super::{Input, Section};
use crate::logical_id;

pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    if !input.stage.idempotency {
        return;
    }
    resources.insert(
        logical_id::IDEMPOTENCY_TABLE.to_owned(),
        json!({
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
                "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
                "TimeToLiveSpecification": { "AttributeName": "expires_at", "Enabled": true },
            },
        }),
    );
}

/// What the function may do: take a lock, store a result, release a lock.
pub(super) fn statement(input: &Input<'_>) -> Option<Value> {
    input.stage.idempotency.then(|| {
        json!({
            "Sid": "Idempotency",
            "Effect": "Allow",
            "Action": ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            "Resource": { "Fn::GetAtt": [logical_id::IDEMPOTENCY_TABLE, "Arn"] },
        })
    })
}
