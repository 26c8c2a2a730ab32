//! The functions, the main one and further ones, each with its log group.

use serde_json::{Value, json};

use super::{
    Input, Section, attachment, file_system,
    stack_function::{functions, wanted},
};
use crate::{
    logical_id::{self, FunctionIds},
    names::Namespace,
    settings::{Architecture, Function, LogFormat, Tracing, environment},
};

/// The runtime of a binary that speaks the Runtime API itself.
const RUNTIME: &str = "provided.al2023";

pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    for function in wanted(input) {
        let ids = FunctionIds::of(function.map(|function| function.name.as_str()));
        add_function(input, function, &ids, resources);
    }
}

/// Adds a further function, or the main one.
fn add_function(input: &Input<'_>, function: Option<&Function>, ids: &FunctionIds, resources: &mut Section) {
    let stage = input.stage;
    // Unnamed: a fixed name that survives `undeploy` would break the next deploy.
    resources.insert(
        ids.log_group.clone(),
        json!({
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "RetainExceptOnCreate",
            "UpdateReplacePolicy": "Retain",
            "Properties": { "RetentionInDays": stage.log_retention_days },
        }),
    );
    let role = match &stage.role_arn {
        Some(arn) => json!(arn),
        None => json!({ "Fn::GetAtt": [logical_id::ROLE, "Arn"] }),
    };
    let mut properties = json!({
        "FunctionName": input.identity.function(ids.name.as_deref()),
        "Runtime": RUNTIME,
        "Handler": "bootstrap",
        "Code": { "S3Bucket": bucket(input), "S3Key": input.artifact.0 },
        "Role": role,
        "Architectures": [match stage.architecture {
            Architecture::Arm64 => "arm64",
            Architecture::X86_64 => "x86_64",
        }],
        "MemorySize": function.and_then(|function| function.memory_size).unwrap_or(stage.memory_size),
        "Timeout": stage.timeout_of(ids.name.as_deref()),
        "EphemeralStorage": {
            "Size": function.and_then(|function| function.ephemeral_storage).unwrap_or(stage.ephemeral_storage),
        },
        "Environment": {
            "Variables": environment(stage, function, &input.identity.project, &input.identity.stage),
        },
        "LoggingConfig": logging(input, ids),
    });
    if let Some(description) = function.map_or(&stage.description, |function| &function.description) {
        properties["Description"] = json!(description);
    }
    if stage.tracing == Tracing::Active {
        properties["TracingConfig"] = json!({ "Mode": "Active" });
    }
    if let Some(reserved) = function.map_or(stage.reserved_concurrency, |function| function.reserved_concurrency) {
        properties["ReservedConcurrentExecutions"] = json!(reserved);
    }
    attachment::set(input, &mut properties);
    // Further functions may have events, which have no tenant.
    if function.is_none() && stage.tenancy.is_some() {
        properties["TenancyConfig"] = json!({ "TenantIsolationMode": "PER_TENANT" });
    }
    let mut resource = json!({ "Type": "AWS::Lambda::Function", "Properties": properties });
    let mount_targets = file_system::mount_targets(input);
    if !mount_targets.is_empty() {
        resource["DependsOn"] = json!(mount_targets);
    }
    resources.insert(ids.function.clone(), resource);
}

/// The bucket of the settings, or the tool's own.
fn bucket(input: &Input<'_>) -> Value {
    match &input.stage.s3_bucket {
        Some(bucket) => json!(bucket),
        None => own_bucket(Namespace::of_region(input.region)),
    }
}

/// The tool's bucket, whose account only CloudFormation knows here.
fn own_bucket(namespace: Namespace) -> Value {
    json!({ "Fn::Sub": namespace.bucket("${AWS::AccountId}", "${AWS::Region}") })
}

/// The namespace of the tool's bucket that a template takes its code from; `None` for a bucket of the user's.
fn namespace(template: &Value) -> Option<Namespace> {
    let bucket = &template["Resources"][logical_id::FUNCTION]["Properties"]["Code"]["S3Bucket"];
    [Namespace::AccountRegional, Namespace::Global].into_iter().find(|namespace| *bucket == own_bucket(*namespace))
}

/// Makes a template's functions take their code from the tool's bucket in a namespace. A bucket of the user's stays.
pub(crate) fn set_namespace(template: &mut Value, wanted: Namespace) {
    if namespace(template).is_some_and(|found| found != wanted) {
        for ids in functions(template) {
            template["Resources"][&ids.function]["Properties"]["Code"]["S3Bucket"] = own_bucket(wanted);
        }
    }
}

fn logging(input: &Input<'_>, ids: &FunctionIds) -> Value {
    let mut logging = json!({
        "LogGroup": { "Ref": ids.log_group },
        "LogFormat": match input.stage.log_format {
            LogFormat::Json => "JSON",
            LogFormat::Text => "Text",
        },
    });
    if let Some(level) = input.stage.log_level {
        logging["ApplicationLogLevel"] = json!(level.as_aws());
    }
    logging
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tools_bucket_changes_its_namespace_and_a_bucket_of_the_users_stays() {
        let template = |bucket: Value| json!({ "Resources": { "Function": { "Properties": { "Code": { "S3Bucket": bucket, "S3Key": "k" } } } } });
        let mut own = template(own_bucket(Namespace::AccountRegional));
        set_namespace(&mut own, Namespace::Global);
        assert_eq!(own, template(json!({ "Fn::Sub": "zappa-rs-${AWS::AccountId}-${AWS::Region}" })));
        assert_eq!(namespace(&own), Some(Namespace::Global));
        let mut given = template(json!("my-artifacts"));
        set_namespace(&mut given, Namespace::Global);
        assert_eq!(given, template(json!("my-artifacts")));
        assert_eq!(namespace(&Value::Null), None);
    }
}
