//! Whether traffic can be shifted to a release before its template is sent: its versions are all that differs.

use serde_json::{Value, json};

use crate::{
    logical_id::FunctionIds,
    template::{functions, live_version, metadata_mut, output},
};

/// Whether two templates differ in nothing but code and the functions' own properties, all of which a version freezes or
/// leaves to the stack. Where anything else differs, such as the role or the gateway, an old version may not run by itself.
pub(crate) fn differ_in_functions_alone(live: &Value, wanted: &Value) -> bool {
    let all = functions(wanted);
    functions(live) == all && without_functions(live, &all) == without_functions(wanted, &all)
}

/// The aliases of a template that have provisioned concurrency, which takes a while to follow an alias.
pub(crate) fn has_provisioned_concurrency(template: &Value) -> bool {
    functions(template)
        .iter()
        .any(|ids| !template["Resources"][&ids.live]["Properties"]["ProvisionedConcurrencyConfig"].is_null())
}

/// A template without what differs between two releases of the same resources.
fn without_functions(template: &Value, functions: &[FunctionIds]) -> Value {
    let mut without = template.clone();
    for ids in functions {
        let version = live_version(template, ids).map(str::to_owned);
        if let (Some(version), Some(resources)) = (version, without["Resources"].as_object_mut()) {
            resources.remove(&version);
        }
        for (path, part) in [
            (format!("/Resources/{}/Properties", ids.function), json!({})),
            (format!("/Resources/{}/Properties/FunctionVersion", ids.live), Value::Null),
            (format!("/Outputs/{}/Value", ids.output(output::VERSION)), Value::Null),
        ] {
            if let Some(found) = without.pointer_mut(&path) {
                *found = part;
            }
        }
    }
    if let Some(metadata) = metadata_mut(&mut without) {
        metadata.remove("Release");
        metadata.remove("CodeSha256");
    }
    without
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change of a template.
    type Edit = (&'static str, Value);

    fn template(version: &str, code: &str) -> Value {
        json!({
            "Metadata": { "zappa-rs": { "Release": version, "CodeSha256": code, "Generation": 1 } },
            "Resources": {
                "Function": { "DependsOn": ["Role"], "Properties": { "Code": { "S3Key": code }, "MemorySize": 128 } },
                version: { "Type": "AWS::Lambda::Version" },
                "Live": { "Properties": { "FunctionVersion": { "Fn::GetAtt": [version, "Version"] } } },
                "Role": { "Properties": { "Policies": [] } },
                "Table": { "Properties": { "TableName": "one" } }
            },
            "Outputs": { "Version": { "Description": "that serves", "Value": { "Fn::GetAtt": [version, "Version"] } } }
        })
    }

    #[test]
    fn only_functions_and_their_versions_may_differ() {
        let live = template("Versionb", "b");
        let cases: [(Edit, bool); 7] = [
            (("/Resources/Function/Properties/MemorySize", json!(256)), true),
            (("/Resources/Function/Properties/Code", json!({})), true),
            (("/Resources/Function/DependsOn", json!([])), false),
            (("/Resources/Role/Properties/Policies", json!([1])), false),
            (("/Resources/Table/Properties/TableName", json!("two")), false),
            (("/Resources/Live/Properties/Name", json!("other")), false),
            (("/Metadata/zappa-rs/Generation", json!(2)), false),
        ];
        assert!(differ_in_functions_alone(&live, &template("Versiona", "a")));
        for ((path, value), is_alone) in cases {
            let mut wanted = template("Versiona", "a");
            let (parent, key) = path.rsplit_once('/').unwrap();
            wanted.pointer_mut(parent).unwrap()[key] = value;
            assert_eq!(differ_in_functions_alone(&live, &wanted), is_alone, "{path}");
        }
        let mut candidate = live;
        candidate["Resources"]["Versionc"] = json!({ "Type": "AWS::Lambda::Version" });
        assert!(!differ_in_functions_alone(&candidate, &template("Versiona", "a")), "a candidate waits for its trial");
    }

    #[test]
    fn provisioned_concurrency_is_seen_at_the_alias() {
        let mut live = template("Versiona", "a");
        assert!(!has_provisioned_concurrency(&live));
        live["Resources"]["Live"]["Properties"]["ProvisionedConcurrencyConfig"] = json!({});
        assert!(has_provisioned_concurrency(&live));
    }
}
