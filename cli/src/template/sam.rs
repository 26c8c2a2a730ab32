//! The same as a SAM template, for teams whose pipelines speak SAM.
//!
//! What SAM has a form for is said in it: the function with its alias, its gateway and its rule. Expanded, it is the same
//! types with the same properties under SAM's own names. Everything else stays CloudFormation, which SAM passes on.

use serde_json::{Map, Value, json};

use super::{is_gradual, live_version, output};
use crate::logical_id::{self, FunctionIds};

/// Properties of the function that SAM takes as they are.
const SAME: [&str; 17] = [
    "Architectures",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "FunctionName",
    "Handler",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PublishToLatestPublished",
    "ReservedConcurrentExecutions",
    "Runtime",
    "TenancyConfig",
    "Timeout",
    "VpcConfig",
];

/// The alias, as SAM calls it.
const ALIAS: &str = "FunctionAliaslive";

/// The application of CodeDeploy, as SAM calls it.
const APPLICATION: &str = "ServerlessDeploymentApplication";

/// A template of ours in SAM's form.
pub(crate) fn sam(template: &Value) -> Value {
    let mut sam = template.clone();
    let version = live_version(template, &FunctionIds::main()).map(str::to_owned);
    let empty = Map::new();
    let source = template["Resources"].as_object().unwrap_or(&empty);
    let mut resources = source.clone();
    let mut function = function(source);
    // SAM makes version and alias of these, under names of its own.
    resources.remove(logical_id::LIVE);
    version.iter().for_each(|version| drop(resources.remove(version)));
    if let Some(provisioned) =
        source.get(logical_id::LIVE).map(|alias| &alias["Properties"]["ProvisionedConcurrencyConfig"])
        && !provisioned.is_null()
    {
        function["Properties"]["ProvisionedConcurrencyConfig"] = provisioned.clone();
    }
    if let Some(url) = resources.remove(logical_id::FUNCTION_URL) {
        // Its permissions are SAM's too.
        resources.remove(logical_id::FUNCTION_URL_PERMISSION);
        resources.remove(logical_id::FUNCTION_URL_INVOKE_PERMISSION);
        let same = |name: &str| url["Properties"].get(name).map(|value| (name.to_owned(), value.clone()));
        function["Properties"]["FunctionUrlConfig"] =
            ["AuthType", "Cors", "InvokeMode"].into_iter().filter_map(same).collect();
    }
    if is_gradual(template, &FunctionIds::main()) {
        function["Properties"]["DeploymentPreference"] = preference(&mut resources);
    }
    resources.insert(logical_id::FUNCTION.to_owned(), function);
    sam["Resources"] = Value::Object(resources);
    if let Some(outputs) = sam["Outputs"].as_object_mut() {
        outputs.remove(output::VERSION);
    }
    sam["Transform"] = json!("AWS::Serverless-2016-10-31");
    rename(&mut sam);
    sam
}

/// The deployment group of the main function as SAM's deployment preference, which takes it and the application out: SAM makes
/// both under names of its own.
fn preference(resources: &mut Map<String, Value>) -> Value {
    let group = resources.remove(&FunctionIds::main().traffic_group()).unwrap_or_default();
    resources.remove(logical_id::TRAFFIC_APPLICATION);
    let properties = &group["Properties"];
    let alarms = properties["AlarmConfiguration"]["Alarms"].as_array().into_iter().flatten();
    json!({
        "Type": properties["DeploymentConfigName"],
        "Alarms": alarms.map(|alarm| alarm["Name"].clone()).collect::<Vec<_>>(),
        "Role": properties["ServiceRoleArn"],
    })
}

fn function(source: &Map<String, Value>) -> Value {
    let function = &source[logical_id::FUNCTION]["Properties"];
    let mut properties = Map::new();
    for name in SAME {
        if !function[name].is_null() {
            properties.insert(name.to_owned(), function[name].clone());
        }
    }
    let code = &function["Code"];
    properties.insert("CodeUri".to_owned(), json!({ "Bucket": code["S3Bucket"], "Key": code["S3Key"] }));
    properties.insert("Role".to_owned(), function["Role"].clone());
    if !function["TracingConfig"].is_null() {
        properties.insert("Tracing".to_owned(), function["TracingConfig"]["Mode"].clone());
    }
    let instances = &function["CapacityProviderConfig"]["LambdaManagedInstancesCapacityProviderConfig"];
    if let Some(provider) = instances.get("CapacityProviderArn") {
        let mut config = json!({ "Arn": provider });
        if let Some(concurrency) = instances.get("PerExecutionEnvironmentMaxConcurrency") {
            config["PerExecutionEnvironmentMaxConcurrency"] = concurrency.clone();
        }
        properties.insert("CapacityProviderConfig".to_owned(), config);
    }
    if let Some(target) = function["DeadLetterConfig"].get("TargetArn") {
        let queue = json!({ "Type": dead_letter_type(source, target), "TargetArn": target });
        properties.insert("DeadLetterQueue".to_owned(), queue);
    }
    properties.insert("AutoPublishAlias".to_owned(), json!("live"));
    // Configuration is published as code is.
    properties.insert("AutoPublishAliasAllProperties".to_owned(), json!(true));
    json!({ "Type": "AWS::Serverless::Function", "Properties": properties })
}

/// The type of a dead-letter target in SAM's words, by the resource or the ARN that it is.
fn dead_letter_type(source: &Map<String, Value>, target: &Value) -> &'static str {
    let is_topic = match target["Ref"].as_str().and_then(|id| source.get(id)) {
        Some(resource) => resource["Type"] == "AWS::SNS::Topic",
        None => target.as_str().is_some_and(|arn| arn.split(':').nth(2) == Some("sns")),
    };
    if is_topic { "SNS" } else { "SQS" }
}

/// SAM names the alias by the function's name and its own: what referred to ours refers to that.
fn rename(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(rename),
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), &mut *value) {
                    ("Ref" | "DependsOn", Value::String(id)) => rename_id(id),
                    ("DependsOn", Value::Array(ids)) => {
                        ids.iter_mut().for_each(|id| {
                            if let Value::String(id) = id {
                                rename_id(id);
                            }
                        });
                    }
                    ("Fn::Sub", Value::String(text)) => rename_in(text),
                    ("Fn::Sub", Value::Array(parts)) => {
                        parts.iter_mut().for_each(|part| match part {
                            Value::String(text) => rename_in(text),
                            others => rename(others),
                        });
                    }
                    _ => rename(value),
                }
            }
        }
        _ => {}
    }
}

fn rename_id(id: &mut String) {
    match id.as_str() {
        logical_id::LIVE => ALIAS.clone_into(id),
        logical_id::TRAFFIC_APPLICATION => APPLICATION.clone_into(id),
        _ => {}
    }
}

fn rename_in(text: &mut String) {
    *text = text.replace("${Live}", &format!("${{{ALIAS}}}"));
}
