//! Whether a plan shifts traffic in steps, and what of it Lambda cannot split between two versions.

use serde_json::Value;

use super::{Steps, candidates, streaming};
use crate::{
    logical_id::FunctionIds,
    template::{is_gradual, live_version},
};

/// The functions whose aliases move in steps when the wanted template is sent. An alias that is created has nothing to move
/// from.
pub(crate) fn gradual(live: Option<&Value>, wanted: &Value, steps: &Steps) -> Vec<FunctionIds> {
    let (Some(live), Steps::Try { .. }) = (live, steps) else { return Vec::new() };
    let moves = |ids: &FunctionIds| live_version(live, ids).is_some() && is_gradual(wanted, ids);
    candidates(live, wanted).into_iter().filter(moves).collect()
}

/// What keeps Lambda from splitting the traffic of these functions between the live and the wanted version, in words.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html>
pub(crate) fn obstacles(live: &Value, wanted: &Value, functions: &[FunctionIds]) -> Vec<String> {
    let mut obstacles = Vec::new();
    for ids in functions {
        let name = ids.name.as_ref().map(|name| format!(" of function `{name}`")).unwrap_or_default();
        for (property, noun) in [("Role", "role"), ("DeadLetterConfig", "dead-letter target")] {
            let of = |template: &Value| template["Resources"][&ids.function]["Properties"][property].clone();
            if of(live) != of(wanted) {
                obstacles.push(format!("the {noun}{name} changes"));
            }
        }
    }
    if streaming::switches_methods(live, wanted) && functions.contains(&FunctionIds::main()) {
        obstacles.push("`streaming` changes, for which the gateway moves to the new version by itself".to_owned());
    }
    obstacles
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::without_keys::steps, *};

    fn template(version: &str, policy: &Value) -> Value {
        json!({
            "Resources": {
                "Function": { "Type": "AWS::Lambda::Function", "Properties": {
                    "Code": { "S3Key": version },
                    "Role": { "Fn::GetAtt": ["Role", "Arn"] },
                } },
                "Role": { "Type": "AWS::IAM::Role", "Properties": {} },
                version: { "Type": "AWS::Lambda::Version", "DeletionPolicy": "Retain" },
                "Live": {
                    "Properties": { "FunctionVersion": { "Fn::GetAtt": [version, "Version"] } },
                    "UpdatePolicy": policy,
                }
            }
        })
    }

    fn policy() -> Value {
        json!({ "CodeDeployLambdaAliasUpdate": { "ApplicationName": { "Ref": "TrafficApplication" } } })
    }

    #[test]
    fn an_alias_moves_in_steps_where_it_has_a_policy_and_another_version_to_move_from() {
        let live = template("Versiona", &policy());
        let count = |live: Option<&Value>, wanted: &Value| gradual(live, wanted, &steps(live, wanted)).len();
        assert_eq!(count(Some(&live), &template("Versionb", &policy())), 1);
        assert_eq!(count(Some(&live), &template("Versionb", &Value::Null)), 0);
        assert_eq!(count(Some(&live), &live), 0);
        assert_eq!(count(None, &template("Versionb", &policy())), 0);
        let mut without_alias = live.clone();
        without_alias["Resources"].as_object_mut().unwrap().remove("Live");
        assert_eq!(count(Some(&without_alias), &template("Versionb", &policy())), 0);
        let mut tagged = live.clone();
        tagged["Resources"]["Function"]["Properties"]["Tags"] = json!([]);
        assert_eq!(count(Some(&live), &tagged), 0);
    }

    #[test]
    fn a_changed_role_or_dead_letter_target_cannot_be_weighted() {
        let (live, main) = (template("Versiona", &policy()), [FunctionIds::main()]);
        let with = |path: &str, value: Value| {
            let mut wanted = template("Versionb", &policy());
            let (parent, key) = path.rsplit_once('/').unwrap();
            wanted.pointer_mut(parent).unwrap()[key] = value;
            obstacles(&live, &wanted, &main)
        };
        assert_eq!(obstacles(&live, &template("Versionb", &policy()), &main), Vec::<String>::new());
        assert_eq!(with("/Resources/Role/Properties/Policies", json!([1])), Vec::<String>::new());
        assert_eq!(with("/Resources/Function/Properties/Role", json!("arn:x")), ["the role changes"]);
        assert_eq!(
            with("/Resources/Function/Properties/DeadLetterConfig", json!({ "TargetArn": "arn:x" })),
            ["the dead-letter target changes"]
        );
    }
}
