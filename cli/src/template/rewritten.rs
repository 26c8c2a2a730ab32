//! A template that the hook `post_template` rewrote: what the tool relies on has to be as it was rendered.

use serde_json::{Map, Value};

use super::{
    METADATA, circle, exceeded, functions, output, referenced,
    text::{MAX_BYTES, serialize},
    version,
};
use crate::logical_id::{FunctionIds, is_own_resource};

/// What a function keeps of its properties: how it is found, started and told apart.
const KEPT_OF_FUNCTION: [&str; 6] = ["Architectures", "Code", "FunctionName", "Handler", "PackageType", "Runtime"];
/// What an alias keeps.
const KEPT_OF_ALIAS: [&str; 3] = ["FunctionName", "FunctionVersion", "Name"];
/// The beginning of the variables that the tool gives to a function.
const OWN_VARIABLES: &str = "ZAPPA_";

/// The template to deploy: the rewritten one, with versions of what it made of the functions.
///
/// # Errors
/// Everything that the tool or CloudFormation would not take, a sentence each.
pub(crate) fn accept(rendered: &Value, mut rewritten: Value, sha256: &str) -> Result<Value, Vec<String>> {
    let mut reasons = Vec::new();
    sections(rendered, &rewritten, &mut reasons);
    resources(rendered, &rewritten, &mut reasons);
    for ids in functions(rendered) {
        function(rendered, &rewritten, &ids, &mut reasons);
    }
    outputs(rendered, &rewritten, &mut reasons);
    if !reasons.is_empty() {
        return Err(reasons);
    }
    version::seal(&mut rewritten, sha256);
    limits(&rewritten, &mut reasons);
    if reasons.is_empty() { Ok(rewritten) } else { Err(reasons) }
}

/// The parts beside resources and outputs.
fn sections(rendered: &Value, rewritten: &Value, reasons: &mut Vec<String>) {
    if rewritten["Metadata"][METADATA] != rendered["Metadata"][METADATA] {
        reasons.push(format!("`{METADATA}` in `Metadata` was changed"));
    }
    if !rewritten["Transform"].is_null() {
        reasons.push("it has a `Transform`; macros of CloudFormation are not supported".to_owned());
    }
    let was = entries(&rendered["Parameters"]);
    for (name, parameter) in &was {
        if rewritten["Parameters"][name.as_str()] != **parameter {
            reasons.push(format!("parameter `{name}` was changed or removed"));
        }
    }
    for (name, parameter) in entries(&rewritten["Parameters"]) {
        if !rendered["Parameters"][name.as_str()].is_object() && parameter["Default"].is_null() {
            reasons.push(format!("parameter `{name}` has no `Default`, and the tool gives it no value"));
        }
    }
}

fn resources(rendered: &Value, rewritten: &Value, reasons: &mut Vec<String>) {
    for (id, resource) in entries(&rendered["Resources"]).into_iter().filter(|(id, _)| is_own_resource(id)) {
        let now = &rewritten["Resources"][id.as_str()];
        if !now.is_object() {
            reasons.push(format!("resource `{id}` was removed"));
        } else if now["Type"] != resource["Type"] {
            reasons.push(format!("resource `{id}` has another `Type`"));
        }
    }
    for (id, resource) in entries(&rewritten["Resources"]) {
        if !rendered["Resources"][id.as_str()].is_object() && is_own_resource(id) {
            reasons.push(format!("resource `{id}` has an id that the tool keeps for its own"));
        }
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            reasons.push(format!("resource `{id}` has an id that is not of letters and digits"));
        }
        if !resource["Type"].as_str().is_some_and(|kind| kind.contains("::")) {
            reasons.push(format!("resource `{id}` has no `Type`"));
        }
    }
}

/// A function, its alias and its version.
fn function(rendered: &Value, rewritten: &Value, ids: &FunctionIds, reasons: &mut Vec<String>) {
    let is_there = |id: &str| rewritten["Resources"][id].is_object();
    let mut kept = |id: &str, names: &[&str]| {
        let was = &rendered["Resources"][id]["Properties"];
        let is = &rewritten["Resources"][id]["Properties"];
        for name in names.iter().filter(|name| is_there(id) && was[**name] != is[**name]) {
            reasons.push(format!("`{name}` of resource `{id}` was changed"));
        }
    };
    kept(&ids.function, &KEPT_OF_FUNCTION);
    kept(&ids.live, &KEPT_OF_ALIAS);
    if let Some(version) = version::live_version(rendered, ids)
        && is_there(version)
        && rendered["Resources"][version] != rewritten["Resources"][version]
    {
        reasons.push(format!("resource `{version}` was changed"));
    }
    let variables = |template: &Value| -> Vec<(String, Value)> {
        let variables = entries(&template["Resources"][&ids.function]["Properties"]["Environment"]["Variables"]);
        let own = variables.into_iter().filter(|(name, _)| name.starts_with(OWN_VARIABLES));
        own.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    if is_there(&ids.function) && variables(rendered) != variables(rewritten) {
        reasons.push(format!("variables `{OWN_VARIABLES}…` of resource `{}` were changed", ids.function));
    }
}

fn outputs(rendered: &Value, rewritten: &Value, reasons: &mut Vec<String>) {
    for (name, output) in entries(&rendered["Outputs"]).into_iter().filter(|(name, _)| output::is_own(name)) {
        if rewritten["Outputs"][name.as_str()]["Value"] != output["Value"] {
            reasons.push(format!("output `{name}` was changed or removed"));
        }
    }
    for (name, output) in entries(&rewritten["Outputs"]) {
        if rendered["Outputs"][name.as_str()].is_null() && output::is_own(name) {
            reasons.push(format!("output `{name}` has a name that the tool keeps for its own"));
        }
        if output["Value"].is_null() {
            reasons.push(format!("output `{name}` has no `Value`"));
        }
    }
}

/// What CloudFormation refuses of a whole template.
fn limits(template: &Value, reasons: &mut Vec<String>) {
    let bytes = serialize(template).len();
    if bytes > MAX_BYTES {
        reasons.push(format!("it has {bytes} bytes, CloudFormation accepts {MAX_BYTES}"));
    }
    reasons.extend(exceeded(template).into_iter().map(|(_, sentence)| sentence));
    let has = |section: &str, id: &str| template[section].get(id).is_some();
    let parts = [&template["Resources"], &template["Outputs"]];
    let mut missing: Vec<&str> = parts.into_iter().flat_map(referenced).collect();
    missing.retain(|id| !id.contains("::") && !id.starts_with('!') && !has("Resources", id) && !has("Parameters", id));
    missing.sort_unstable();
    missing.dedup();
    reasons.extend(missing.iter().map(|id| format!("it refers to `{id}`, which is not a resource of the stack")));
    if let Some(circle) = circle(template) {
        reasons.push(format!("resources refer to each other in a circle: {}", circle.join(" → ")));
    }
}

/// The entries of a table, in the order of their names.
fn entries(table: &Value) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = table.as_object().map(Map::iter).into_iter().flatten().collect();
    entries.sort_by_key(|(name, _)| *name);
    entries
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::{Input, render},
        *,
    };
    use crate::{
        names::{ArtifactKey, Identity},
        settings::Stage,
    };

    const SHA256: &str = "00aa";

    fn rendered() -> Value {
        let identity = Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None };
        let mut stage = Stage { regions: vec!["eu-west-1".to_owned()], ..Stage::default() };
        stage.resources.insert("Table".to_owned(), json!({ "Type": "AWS::DynamoDB::Table", "Properties": {} }));
        let artifact = ArtifactKey::new(&identity, SHA256);
        render(&Input { identity: &identity, stage: &stage, region: "eu-west-1", artifact: &artifact, sha256: SHA256 })
    }

    fn accepted(change: impl FnOnce(&mut Value)) -> Result<Value, Vec<String>> {
        let rendered = rendered();
        let mut rewritten = rendered.clone();
        change(&mut rewritten);
        accept(&rendered, rewritten, SHA256)
    }

    fn live(template: &Value) -> &str {
        version::live_version(template, &FunctionIds::main()).unwrap()
    }

    #[test]
    fn a_template_as_it_was_is_the_same_again() {
        assert_eq!(accepted(|_| {}), Ok(rendered()));
    }

    #[test]
    fn additions_are_taken_and_a_changed_function_is_another_version() {
        let added = accepted(|template| {
            template["Resources"]["Topic"] = json!({ "Type": "AWS::SNS::Topic" });
            template["Outputs"]["Topic"] = json!({ "Value": { "Ref": "Topic" } });
            template["Parameters"]["Size"] = json!({ "Type": "String", "Default": "1" });
            template["Resources"].as_object_mut().unwrap().remove("Table");
        })
        .unwrap();
        assert_eq!(live(&added), live(&rendered()));
        let memory = accepted(|template| {
            template["Resources"]["Function"]["Properties"]["MemorySize"] = json!(512);
        })
        .unwrap();
        assert_ne!(live(&memory), live(&rendered()));
        assert!(memory["Resources"][live(&rendered())].is_null(), "the old version is still there");
    }

    #[test]
    fn what_the_tool_relies_on_has_to_stay() {
        type Change = fn(&mut Value);
        let changes: [(Change, &str); 15] = [
            (|template| template["Metadata"] = json!({}), "`zappa-rs` in `Metadata` was changed"),
            (|template| template["Transform"] = json!("AWS::Serverless-2016-10-31"), "it has a `Transform`"),
            (|template| template["Parameters"]["A"] = json!({ "Type": "String" }), "parameter `A` has no `Default`"),
            (|template| template["Resources"]["Live"] = json!(null), "resource `Live` was removed"),
            (|template| template["Resources"]["Role"]["Type"] = json!("A::B"), "resource `Role` has another `Type`"),
            (
                |template| template["Resources"]["HttpApi"] = json!({ "Type": "AWS::ApiGatewayV2::Api" }),
                "resource `HttpApi` has an id that the tool keeps",
            ),
            (|template| template["Resources"]["a-b"] = json!({ "Type": "A::B" }), "is not of letters and digits"),
            (|template| template["Resources"]["A"] = json!({}), "resource `A` has no `Type`"),
            (
                |template| template["Resources"]["Function"]["Properties"]["Code"] = json!({}),
                "`Code` of resource `Function` was changed",
            ),
            (
                |template| template["Resources"]["Live"]["Properties"]["Name"] = json!("x"),
                "`Name` of resource `Live` was changed",
            ),
            (
                |template| {
                    let variables = &mut template["Resources"]["Function"]["Properties"]["Environment"]["Variables"];
                    variables["ZAPPA_VERSION"] = json!("1");
                },
                "variables `ZAPPA_…` of resource `Function` were changed",
            ),
            (|template| template["Outputs"]["Url"]["Value"] = json!("x"), "output `Url` was changed"),
            (|template| template["Outputs"]["Candidate"] = json!({ "Value": "x" }), "has a name that the tool keeps"),
            (
                |template| template["Outputs"]["Mine"] = json!({ "Value": { "Ref": "Gone" } }),
                "it refers to `Gone`, which is not a resource of the stack",
            ),
            (
                |template| {
                    for number in 0..500 {
                        template["Resources"][format!("A{number}")] = json!({ "Type": "AWS::SNS::Topic" });
                    }
                },
                "CloudFormation accepts 500",
            ),
        ];
        for (change, expected) in changes {
            let reasons = accepted(change).unwrap_err();
            assert!(reasons.iter().any(|reason| reason.contains(expected)), "{expected}: {reasons:?}");
        }
    }
}
