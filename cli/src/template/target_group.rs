//! The target group by which a load balancer of the user's own invokes the alias.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Input, Section, live, permission};
use crate::{digest::hexadecimal, logical_id};

/// The longest name of a target group.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html>
const MAX_NAME: usize = 32;
/// The digits of the hash in the name.
const HASH_DIGITS: usize = 8;

/// Adds the target group and its permission. The permission comes first, without which the alias cannot be registered; so it names the
/// group by its name and not by its ARN.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>
pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    let Some(group) = input.stage.target_group() else { return };
    let name = name(&input.identity.stack());
    let source = json!({ "Fn::Sub": format!(
        "arn:${{AWS::Partition}}:elasticloadbalancing:${{AWS::Region}}:${{AWS::AccountId}}:targetgroup/{name}/*"
    ) });
    resources.insert(
        logical_id::TARGET_GROUP_PERMISSION.to_owned(),
        permission("elasticloadbalancing.amazonaws.com", &source),
    );
    let mut properties = json!({
        "Name": name,
        "TargetType": "lambda",
        "Targets": [{ "Id": live() }],
        "TargetGroupAttributes": [{
            "Key": "lambda.multi_value_headers.enabled",
            "Value": group.multi_value_headers.to_string(),
        }],
        "HealthCheckEnabled": group.health_check.is_some(),
    });
    if let Some(path) = &group.health_check {
        properties["HealthCheckPath"] = json!(path);
    }
    resources.insert(
        logical_id::TARGET_GROUP.to_owned(),
        json!({
            "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
            "DependsOn": [logical_id::TARGET_GROUP_PERMISSION],
            "Properties": properties,
        }),
    );
}

/// The output: what a listener's rule forwards to.
pub(super) fn arn() -> Value {
    json!({ "Ref": logical_id::TARGET_GROUP })
}

/// The name, unique in account and region: the stack's with a short hash of it, since it is cut where it is long.
fn name(stack: &str) -> String {
    let mut hash = hexadecimal(&Sha256::digest(stack));
    hash.truncate(HASH_DIGITS);
    // Letters, digits and hyphens alone.
    let letters = stack.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' });
    let start: String = letters.take(MAX_NAME - HASH_DIGITS - 1).collect();
    format!("{}-{hash}", start.trim_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_and_differs_with_the_stack() {
        let long = "a-project-with-a-rather-long-name_and-more-prod";
        for stack in ["shop-prod", long, "a_b"] {
            let name = name(stack);
            assert!(name.len() <= MAX_NAME, "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{name}");
            assert!(!name.starts_with('-') && !name.ends_with('-'), "{name}");
        }
        assert_ne!(name("a_b"), name("a-b"));
        assert_ne!(name(long), name(&format!("{long}2")));
    }
}
