//! Custom resources of the stage's own functions. CloudFormation calls the alias, so that each has to wait for it.

use serde_json::{Value, json};

use super::reference::needed_by;
use crate::{
    logical_id::FunctionIds,
    settings::{MAIN, Stage, function_reference},
};

/// A custom resource, and the function that its service token names.
struct Custom<'a> {
    id: &'a str,
    function: &'a str,
    /// The logical id of the alias that CloudFormation calls.
    live: String,
}

/// The custom resources whose `ServiceToken` has a `${fn:NAME}`.
fn customs(stage: &Stage) -> impl Iterator<Item = Custom<'_>> {
    stage.resources.iter().filter_map(|(id, resource)| {
        let kind = resource["Type"].as_str()?;
        if !kind.starts_with("Custom::") && kind != "AWS::CloudFormation::CustomResource" {
            return None;
        }
        let names = function_reference::references(&resource["Properties"]["ServiceToken"]);
        let [function] = names[..] else { return None };
        let live = FunctionIds::of(Some(function).filter(|name| *name != MAIN)).live;
        Some(Custom { id, function, live })
    })
}

/// Makes each custom resource depend on the alias that handles it, unless the alias needs the resource itself: the reference
/// by `${fn:NAME}` is a name, and no dependency. At the removal of the stack it is deleted before the alias, too.
pub(super) fn depend_on_aliases(stage: &Stage, template: &mut Value) {
    for Custom { id, live, .. } in customs(stage) {
        let is_known = template["Resources"][&live].is_object();
        let needs = |from: &str, to: &str| needed_by(template, &[from], &[]).contains(to);
        if !is_known || needs(id, &live) || needs(&live, id) {
            continue;
        }
        let depends = &mut template["Resources"][id]["DependsOn"];
        *depends = match depends.take() {
            Value::String(other) => json!([other, live]),
            Value::Array(mut others) => {
                others.push(json!(live));
                others.into()
            }
            _ => json!(live),
        };
    }
}

/// The custom resources that CloudFormation creates before the alias that handles them, with the function.
pub(crate) fn before_their_alias(stage: &Stage, template: &Value) -> Vec<(String, String)> {
    let is_before = |custom: &Custom<'_>| needed_by(template, &[&custom.live], &[]).contains(custom.id);
    customs(stage).filter(is_before).map(|custom| (custom.id.to_owned(), custom.function.to_owned())).collect()
}

/// The function that handles a custom resource, by its logical id, or else by its type.
pub(crate) fn function_of_custom<'a>(stage: &'a Stage, id: &str, kind: &str) -> Option<&'a str> {
    let of_type = || customs(stage).find(|custom| stage.resources[custom.id]["Type"] == kind);
    customs(stage).find(|custom| custom.id == id).or_else(of_type).map(|custom| custom.function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_custom_resource_waits_for_its_alias_unless_the_alias_needs_it() {
        let custom = |function: &str, depends: Value| {
            json!({
                "Type": "Custom::Seed",
                "DependsOn": depends,
                "Properties": { "ServiceToken": { "Fn::Sub": format!("${{fn:{function}}}") } },
            })
        };
        let stage = Stage {
            resources: [
                ("Plain", custom("main", Value::Null)),
                ("One", custom("main", json!("Table"))),
                ("Several", custom("mail", json!(["Table", "Queue"]))),
                ("Given", custom("main", json!("Live"))),
                ("Through", custom("main", json!("Plain"))),
                ("Needed", custom("main", Value::Null)),
                ("Elsewhere", json!({ "Type": "Custom::Seed", "Properties": { "ServiceToken": "arn:x" } })),
                ("Rule", json!({ "Type": "AWS::Events::Rule", "Properties": { "ServiceToken": { "Fn::Sub": "${fn:main}" } } })),
            ]
            .map(|(id, resource)| (id.to_owned(), resource))
            .into(),
            ..Stage::default()
        };
        let mut template = json!({ "Resources": stage.resources });
        template["Resources"]["Live"] = json!({ "Properties": { "Function": { "Ref": "Function" } } });
        template["Resources"][FunctionIds::of(Some("mail")).live] = json!({});
        template["Resources"]["Function"] = json!({ "Environment": { "A": { "Fn::GetAtt": ["Needed", "Rows"] } } });
        depend_on_aliases(&stage, &mut template);
        for (id, expected) in [
            ("Plain", json!("Live")),
            ("One", json!(["Table", "Live"])),
            ("Several", json!(["Table", "Queue", FunctionIds::of(Some("mail")).live])),
            ("Given", json!("Live")),
            ("Through", json!("Plain")),
            ("Needed", Value::Null),
            ("Elsewhere", Value::Null),
            ("Rule", Value::Null),
        ] {
            assert_eq!(template["Resources"][id]["DependsOn"], expected, "{id}");
        }
        assert_eq!(before_their_alias(&stage, &template), [("Needed".to_owned(), "main".to_owned())]);
        let once = template.clone();
        depend_on_aliases(&stage, &mut template);
        assert_eq!(template, once);
    }
}
