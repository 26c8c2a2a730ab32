//! The immutable versions and the aliases `live` that point to them, one for each function.
//!
//! A version's logical id carries a hash of everything that it freezes, so that it is published exactly when one of these
//! changes. The same hash is in the function's environment: Lambda publishes nothing where code and configuration are
//! those of the version before, also when only what they refer to has changed.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    Input, METADATA, capacity, metadata_mut, output,
    reference::needed_by,
    stack_function::{functions, wanted},
};
use crate::{
    digest::{hexadecimal, is_digest},
    logical_id::{self, FunctionIds},
    names::ALIAS,
    settings::{VERSION, VERSION_DIGITS},
};

/// Properties of a function that a version does not freeze: the zip's content is in the hash, not where it lies.
const NOT_FROZEN: [&str; 3] = ["Code", "ReservedConcurrentExecutions", "Tags"];

/// Adds versions and aliases to a template that has everything else.
pub(super) fn add(input: &Input<'_>, template: &mut Value) {
    for function in wanted(input) {
        let ids = FunctionIds::of(function.map(|function| function.name.as_str()));
        let mut alias = json!({
            "Type": "AWS::Lambda::Alias",
            "Properties": { "FunctionName": { "Ref": ids.function }, "Name": ALIAS },
        });
        if let Some(provisioned) = capacity::of(input, function) {
            alias["Properties"]["ProvisionedConcurrencyConfig"] =
                json!({ "ProvisionedConcurrentExecutions": provisioned.min() });
        }
        template["Resources"][&ids.live] = alias;
    }
    seal(template, input.sha256);
}

/// Gives a template the versions that its functions and code are, in the place of those it has.
pub(super) fn seal(template: &mut Value, sha256: &str) {
    for ids in functions(template) {
        seal_function(template, &ids, sha256);
    }
}

fn seal_function(template: &mut Value, ids: &FunctionIds, sha256: &str) {
    if let Some(old) = live_version(template, ids).map(str::to_owned)
        && let Some(resources) = template["Resources"].as_object_mut()
    {
        resources.remove(&old);
    }
    if let Some(variables) =
        template["Resources"][&ids.function]["Properties"]["Environment"]["Variables"].as_object_mut()
    {
        variables.remove(VERSION);
    }
    let hash = hash(template, ids, sha256);
    let id = ids.version(&hash);
    let resources = &mut template["Resources"];
    resources[&ids.function]["Properties"]["Environment"]["Variables"][VERSION] = json!(hash);
    resources[&id] = json!({
        "Type": "AWS::Lambda::Version",
        // What served once can be looked at until the next deploys prune it; one that never came up goes.
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
        "Properties": { "FunctionName": { "Ref": ids.function } },
    });
    let number = json!({ "Fn::GetAtt": [id, "Version"] });
    resources[&ids.live]["Properties"]["FunctionVersion"] = number.clone();
    let description = match &ids.name {
        Some(name) => format!("The version of {name} that serves"),
        None => "The version that serves".to_owned(),
    };
    template["Outputs"][ids.output(output::VERSION)] = json!({ "Description": description, "Value": number });
}

/// The logical id of the version that a function's alias points to.
pub(crate) fn live_version<'a>(template: &'a Value, ids: &FunctionIds) -> Option<&'a str> {
    template["Resources"][&ids.live]["Properties"]["FunctionVersion"]["Fn::GetAtt"][0].as_str()
}

/// The SHA-256 of the code that a template's live versions have.
pub(crate) fn released_digest(template: &Value) -> Option<&str> {
    template["Metadata"][METADATA]["CodeSha256"].as_str()
}

/// The key of the artifact that a template gives a function.
pub(crate) fn code_key<'a>(template: &'a Value, ids: &FunctionIds) -> Option<&'a str> {
    template["Resources"][&ids.function]["Properties"]["Code"]["S3Key"].as_str()
}

/// The SHA-256 of the code that a template gives a function: a candidate's, where one stands.
pub(crate) fn code_digest<'a>(template: &'a Value, ids: &FunctionIds) -> Option<&'a str> {
    let (_, name) = code_key(template, ids)?.rsplit_once('/')?;
    name.strip_suffix(".zip").filter(|digest| is_digest(digest))
}

/// How often the versions of a template had to be published again although nothing of them had changed, since Lambda had
/// lost one. The number is part of each version's hash, and every later template of the stack carries it on.
fn generation(template: &Value) -> u64 {
    template["Metadata"][METADATA]["Generation"].as_u64().unwrap_or_default()
}

/// Carries the generation of the live template on to the wanted one.
pub(crate) fn keep_generation(wanted: &mut Value, live: &Value) {
    set_generation(wanted, generation(live));
}

/// Gives the wanted template versions that the live one does not have, whatever else is equal.
pub(crate) fn next_generation(wanted: &mut Value, live: &Value) {
    set_generation(wanted, generation(live) + 1);
}

fn set_generation(template: &mut Value, next: u64) {
    if generation(template) == next || live_version(template, &FunctionIds::main()).is_none() {
        return;
    }
    if let Some(metadata) = metadata_mut(template) {
        if next == 0 {
            metadata.remove("Generation");
        } else {
            metadata.insert("Generation".to_owned(), json!(next));
        }
        let sha256 = released_digest(template).unwrap_or_default().to_owned();
        seal(template, &sha256);
    }
}

/// The live template with the code of the wanted one: what `update --code-only` sends.
pub(crate) fn with_code(live: &Value, wanted: &Value, sha256: &str) -> Value {
    let mut template = without_candidates(live);
    let code = wanted["Resources"][logical_id::FUNCTION]["Properties"]["Code"].clone();
    for ids in functions(&template) {
        template["Resources"][&ids.function]["Properties"]["Code"] = code.clone();
    }
    template["Metadata"][METADATA]["CodeSha256"] = json!(sha256);
    seal(&mut template, sha256);
    template
}

/// The template without candidates: what is sent where they are given up. Of a function without an alias, the versions that
/// served stay.
pub(crate) fn without_candidates(template: &Value) -> Value {
    let mut without = template.clone();
    for ids in functions(template) {
        let live = live_version(template, &ids);
        if let Some(resources) = without["Resources"].as_object_mut() {
            let served = |resource: &Value| live.is_none() && resource["DeletionPolicy"].is_string();
            resources.retain(|id, resource| ids.hash_of(id).is_none() || Some(id.as_str()) == live || served(resource));
        }
        if let Some(outputs) = without["Outputs"].as_object_mut() {
            outputs.remove(&ids.output(output::CANDIDATE));
        }
    }
    without
}

/// A hash of code, configuration and whatever these refer to.
fn hash(template: &Value, ids: &FunctionIds, sha256: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(sha256);
    if generation(template) > 0 {
        hash.update(generation(template).to_be_bytes());
    }
    // What the role may do, how long logs are kept and how an API selects its routes takes effect without a new version.
    for id in needed_by(template, &[&ids.function], &[logical_id::ROLE, &ids.log_group, logical_id::WEBSOCKET_API]) {
        let mut resource = template["Resources"][id].clone();
        if id == ids.function
            && let Some(properties) = resource["Properties"].as_object_mut()
        {
            properties.retain(|name, _| !NOT_FROZEN.contains(&name.as_str()));
        }
        hash.update([0]);
        hash.update(id);
        hash.update(canonical(&resource));
    }
    let mut digits = hexadecimal(&hash.finalize());
    digits.truncate(VERSION_DIGITS);
    digits
}

/// JSON with sorted keys, whatever map the parser was built with.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let sorted: std::collections::BTreeMap<&String, String> =
                fields.iter().map(|(key, value)| (key, canonical(value))).collect();
            let parts: Vec<String> =
                sorted.into_iter().map(|(key, value)| format!("{}:{value}", Value::from(key.as_str()))).collect();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", parts.join(","))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Value {
        json!({
            "Resources": {
                "Function": { "Properties": {
                    "Code": { "S3Key": "a" },
                    "MemorySize": 1,
                    "Role": { "Fn::GetAtt": ["Role", "Arn"] },
                    "Environment": { "Variables": { "TABLE": { "Ref": "Table" } } }
                } },
                "Live": { "Properties": {} },
                "Role": { "Properties": { "Policies": [] } },
                "Table": { "Properties": { "Name": "one" } },
                "Other": { "Properties": {} }
            },
            "Outputs": {}
        })
    }

    fn live_id(template: &Value) -> Option<&str> {
        live_version(template, &FunctionIds::main())
    }

    fn version(change: impl Fn(&mut Value)) -> String {
        let mut template = template();
        change(&mut template);
        seal(&mut template, "ab12");
        live_version(&template, &FunctionIds::main()).unwrap().to_owned()
    }

    #[test]
    fn what_a_version_freezes_makes_a_new_one_and_nothing_else_does() {
        let before = version(|_| {});
        for (path, is_frozen) in [
            ("/Resources/Function/Properties/MemorySize", true),
            // Only its name may be what the function is told, but it may be another table.
            ("/Resources/Table/Properties/Name", true),
            ("/Resources/Function/Properties/Code/S3Key", false),
            ("/Resources/Role/Properties/Policies", false),
            ("/Resources/Other/Properties", false),
        ] {
            let after = version(|template| *template.pointer_mut(path).unwrap() = json!("changed"));
            assert_eq!(after != before, is_frozen, "{path}");
        }
        let tagged = version(|template| template["Resources"]["Function"]["Properties"]["Tags"] = json!([]));
        assert_eq!(tagged, before);
    }

    #[test]
    fn a_change_of_one_functions_settings_makes_a_version_of_that_one_alone() {
        let mail = FunctionIds::of(Some("mail"));
        let with_mail = |memory: u32| {
            let mut template = template();
            template["Resources"][&mail.function] = json!({ "Properties": {
                "MemorySize": memory,
                "Environment": { "Variables": { "ZAPPA_FUNCTION": "mail" } },
            } });
            template["Resources"][&mail.live] = json!({ "Properties": {} });
            seal(&mut template, "ab12");
            template
        };
        let (one, two) = (with_mail(1), with_mail(2));
        assert_eq!(live_id(&one), live_id(&two));
        assert_eq!(live_id(&one), Some(&*version(|_| {})));
        assert_ne!(live_version(&one, &mail), live_version(&two, &mail));
        assert_eq!(
            two["Outputs"][mail.output("Version")]["Value"]["Fn::GetAtt"][0].as_str(),
            live_version(&two, &mail)
        );
        // A candidate of one function goes without a version of the other.
        let mut first = one.clone();
        let candidate = live_version(&two, &mail).unwrap();
        first["Resources"][candidate] = two["Resources"][candidate].clone();
        first["Outputs"][mail.output("Candidate")] = json!({});
        assert_eq!(without_candidates(&first), one);
        // Code alone is that of every function.
        let coded = with_code(&one, &two, "cd34");
        assert_ne!(live_id(&coded), live_id(&one));
        assert_ne!(live_version(&coded, &mail), live_version(&one, &mail));
        assert_eq!(coded["Resources"][&mail.function]["Properties"]["MemorySize"], 1);
    }

    #[test]
    fn a_change_of_code_alone_takes_nothing_else_of_the_settings() {
        let mut live = template();
        seal(&mut live, "ab12");
        let mut wanted = template();
        wanted["Resources"]["Function"]["Properties"]["MemorySize"] = json!(2);
        wanted["Resources"]["Function"]["Properties"]["Code"]["S3Key"] = json!("b");
        seal(&mut wanted, "cd34");
        let after = with_code(&live, &wanted, "cd34");
        assert_eq!(after["Resources"]["Function"]["Properties"]["Code"]["S3Key"], "b");
        assert_eq!(after["Resources"]["Function"]["Properties"]["MemorySize"], 1);
        assert_ne!(live_id(&after), live_id(&live));
        // Its version is not the wanted one's, or a later deploy would take it for that.
        assert_ne!(live_id(&after), live_id(&wanted));
        assert_eq!(with_code(&live, &live, "ab12")["Resources"], live["Resources"]);
    }

    #[test]
    fn a_version_that_was_lost_is_published_under_another_id_and_stays_so() {
        let mut wanted = template();
        wanted["Metadata"][METADATA]["CodeSha256"] = json!("ab12");
        seal(&mut wanted, "ab12");
        let live = wanted.clone();
        keep_generation(&mut wanted, &live);
        assert_eq!(wanted, live);

        let mut again = wanted.clone();
        next_generation(&mut again, &live);
        assert_ne!(live_id(&again), live_id(&live));
        // What the settings say stays the same; the next deploy of it finds nothing to change.
        keep_generation(&mut wanted, &again);
        assert_eq!(wanted, again);
        keep_generation(&mut wanted, &live);
        assert_eq!(wanted, live);
    }

    #[test]
    fn sealing_again_takes_the_old_version_away() {
        let mut template = template();
        seal(&mut template, "ab12");
        let once = template.clone();
        seal(&mut template, "ab12");
        assert_eq!(template, once);
        let old = live_id(&once).unwrap();
        seal(&mut template, "cd34");
        assert!(template["Resources"][old].is_null());
    }
}
