//! The function and its log group.

use serde_json::{Value, json};

use super::{Input, Section};
use crate::settings::{Architecture, LogFormat, Tracing, environment};

/// The runtime of a binary that speaks the Runtime API itself.
const RUNTIME: &str = "provided.al2023";

pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    let stage = input.stage;
    // Unnamed: a fixed name that survives `undeploy` would break the next deploy.
    resources.insert(
        "LogGroup".to_owned(),
        json!({
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "RetainExceptOnCreate",
            "UpdateReplacePolicy": "Retain",
            "Properties": { "RetentionInDays": stage.log_retention_days },
        }),
    );
    let role = match &stage.role_arn {
        Some(arn) => json!(arn),
        None => json!({ "Fn::GetAtt": ["Role", "Arn"] }),
    };
    let mut properties = json!({
        "FunctionName": input.identity.stack(),
        "Runtime": RUNTIME,
        "Handler": "bootstrap",
        "Code": { "S3Bucket": bucket(input), "S3Key": input.artifact.0 },
        "Role": role,
        "Architectures": [match stage.architecture {
            Architecture::Arm64 => "arm64",
            Architecture::X86_64 => "x86_64",
        }],
        "MemorySize": stage.memory_size,
        "Timeout": stage.timeout_seconds,
        "EphemeralStorage": { "Size": stage.ephemeral_storage },
        "Environment": { "Variables": environment(stage, &input.identity.project, &input.identity.stage) },
        "LoggingConfig": logging(input),
    });
    if let Some(description) = &stage.description {
        properties["Description"] = json!(description);
    }
    if stage.tracing == Tracing::Active {
        properties["TracingConfig"] = json!({ "Mode": "Active" });
    }
    if let Some(reserved) = stage.reserved_concurrency {
        properties["ReservedConcurrentExecutions"] = json!(reserved);
    }
    resources.insert("Function".to_owned(), json!({ "Type": "AWS::Lambda::Function", "Properties": properties }));
}

/// The bucket of the settings, or the tool's own, whose account only CloudFormation knows here.
fn bucket(input: &Input<'_>) -> Value {
    match &input.stage.s3_bucket {
        Some(bucket) => json!(bucket),
        None => json!({ "Fn::Sub": "zappa-rs-${AWS::AccountId}-${AWS::Region}" }),
    }
}

fn logging(input: &Input<'_>) -> Value {
    let mut logging = json!({
        "LogGroup": { "Ref": "LogGroup" },
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
