//! The calls that the tool makes itself. Tests compare the table with the recorded calls of real deploys.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Subject,
    handler::{ALARM, FUNCTION, LOG_GROUP},
};
use crate::{logical_id::FunctionIds, settings::pattern::is_pattern, template};

/// The type of an alarm.
const ALARM_TYPE: &str = "AWS::CloudWatch::Alarm";

/// A group of actions on the same resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) sid: &'static str,
    pub(super) actions: &'static [&'static str],
    pub(super) on: On,
}

/// What the actions are allowed on.
#[derive(Clone, Copy, Debug)]
pub(super) enum On {
    /// These know no resource.
    Everything,
    Bucket,
    /// What lies in the bucket for the stage.
    Objects,
    Stack,
    Function,
    /// The stack in any region: a first deploy looks for what the stage left where it was before.
    StackElsewhere,
    /// The stack that the stage would be without `function_name`.
    Namesake,
    /// The stage's log group, whose name CloudFormation makes of the stack's.
    LogGroup,
    /// The buckets outside of the stack whose events the app handles.
    SourceBuckets,
    /// The schedules of the stack's group.
    Schedules,
    /// Every log group of the stack, its log streams included.
    LogGroups,
    /// The alarms of the stack.
    Alarms,
    /// What API Gateway has once for all APIs of a region.
    GatewayAccount,
    /// All API keys, which have no name in their ARNs, and what belongs to usage plans.
    ApiKeys,
}

/// Every action of the tool's own, with what it is for.
pub(super) const DIRECT: [Row; 21] = [
    Row { sid: "Caller", actions: &["sts:GetCallerIdentity"], on: On::Everything },
    Row {
        sid: "ListBucket",
        actions: &["s3:GetBucketPolicy", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"],
        on: On::Bucket,
    },
    Row {
        sid: "MakeBucket",
        actions: &[
            "s3:CreateBucket",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
        ],
        on: On::Bucket,
    },
    Row {
        sid: "Artifacts",
        actions: &[
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "s3:GetObject",
            "s3:PutObject",
        ],
        on: On::Objects,
    },
    Row {
        sid: "Stack",
        actions: &[
            "cloudformation:ContinueUpdateRollback",
            "cloudformation:CreateChangeSet",
            "cloudformation:CreateStack",
            "cloudformation:DeleteChangeSet",
            "cloudformation:DeleteStack",
            "cloudformation:DescribeChangeSet",
            "cloudformation:DescribeEvents",
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStacks",
            "cloudformation:ExecuteChangeSet",
            "cloudformation:GetTemplate",
            "cloudformation:ListStackResources",
            "cloudformation:RollbackStack",
            "cloudformation:TagResource",
            "cloudformation:UpdateStack",
            "cloudformation:UpdateTerminationProtection",
        ],
        on: On::Stack,
    },
    // `list` and sweeps find stages by the tags of stacks, which takes all of them.
    Row {
        sid: "ListStages",
        actions: &["cloudformation:DescribeStacks", "cloudformation:ListStacks"],
        on: On::Everything,
    },
    Row {
        sid: "TryFunction",
        actions: &["lambda:GetFunctionConfiguration", "lambda:InvokeFunction", "lambda:ListVersionsByFunction"],
        on: On::Function,
    },
    Row {
        sid: "ServeVersion",
        actions: &["lambda:GetAlias", "lambda:UpdateAlias", "lambda:UpdateFunctionCode"],
        on: On::Function,
    },
    Row { sid: "PruneVersions", actions: &["lambda:DeleteFunction", "lambda:ListAliases"], on: On::Function },
    Row { sid: "Namesake", actions: &["cloudformation:DescribeStacks"], on: On::Namesake },
    Row { sid: "OtherRegions", actions: &["cloudformation:DescribeStacks"], on: On::StackElsewhere },
    Row { sid: "ReadLogs", actions: &["logs:FilterLogEvents", "logs:StartLiveTail"], on: On::LogGroups },
    Row { sid: "RemoveLogs", actions: &["logs:DeleteLogGroup"], on: On::LogGroup },
    Row {
        sid: "BucketEvents",
        actions: &["s3:GetBucketNotification", "s3:PutBucketNotification"],
        on: On::SourceBuckets,
    },
    // No resource can be named for the two.
    Row { sid: "ListMappings", actions: &["lambda:ListEventSourceMappings"], on: On::Everything },
    Row { sid: "ListSchedules", actions: &["scheduler:ListSchedules"], on: On::Everything },
    Row { sid: "RestoreSchedules", actions: &["scheduler:GetSchedule", "scheduler:UpdateSchedule"], on: On::Schedules },
    Row { sid: "Alarms", actions: &["cloudwatch:DescribeAlarms"], on: On::Alarms },
    // The values that `deploy` compares, and the commands `keys` and `undeploy`.
    Row {
        sid: "ApiKeys",
        actions: &[
            "apigateway:DELETE",
            "apigateway:GET",
            "apigateway:POST",
            "apigateway:PUT",
            "apigateway:TagResource",
        ],
        on: On::ApiKeys,
    },
    Row { sid: "LogRole", actions: &["apigateway:GET"], on: On::GatewayAccount },
    Row { sid: "Figures", actions: &["cloudwatch:GetMetricData"], on: On::Everything },
];

pub(super) fn statements(subject: &Subject<'_>) -> Vec<Value> {
    let is_own_bucket = subject.stage().s3_bucket.is_none();
    let has_namesake = subject.identity.stack() != subject.identity.derived();
    let has_buckets = subject.stages.iter().any(|stage| !stage.outside_buckets().is_empty());
    let is_swept = is_pattern(&subject.identity.stage) || subject.stage().expires.is_some();
    let has_schedules = subject.has_schedules();
    let has_alarms = subject.kinds().contains(ALARM_TYPE);
    let has_plans = subject.kinds().contains("AWS::ApiGateway::UsagePlan");
    let has_access_log = subject.templates.iter().any(template::has_rest_access_log);
    let has_mappings = subject.kinds().contains("AWS::Lambda::EventSourceMapping");
    DIRECT
        .iter()
        .filter(|row| is_own_bucket || row.sid != "MakeBucket")
        .filter(|row| has_namesake || row.sid != "Namesake")
        .filter(|row| is_swept || row.sid != "ListStages")
        .filter(|row| has_buckets || row.sid != "BucketEvents")
        .filter(|row| has_alarms || row.sid != "Alarms")
        .filter(|row| has_mappings || row.sid != "ListMappings")
        .filter(|row| has_access_log || row.sid != "LogRole")
        .filter(|row| has_plans || row.sid != "ApiKeys")
        .filter(|row| has_schedules || !matches!(row.sid, "ListSchedules" | "RestoreSchedules"))
        .map(|row| subject.statement(row.sid, row.actions, &row.on.arns(subject), None))
        .collect()
}

impl On {
    /// The part after `arn:<partition>:`.
    fn arns(self, subject: &Subject<'_>) -> Vec<String> {
        let stack = subject.identity.stack();
        match self {
            Self::Everything => Vec::new(),
            Self::Bucket => subject.buckets().iter().map(|bucket| format!("s3:::{bucket}")).collect(),
            Self::Objects => {
                let prefix = subject.identity.prefix();
                subject.buckets().iter().map(|bucket| format!("s3:::{bucket}/{prefix}*")).collect()
            }
            Self::Stack => vec![format!("cloudformation:{{region}}:*:stack/{stack}/*")],
            Self::StackElsewhere => vec![format!("cloudformation:*:*:stack/{stack}/*")],
            Self::Namesake => {
                vec![format!("cloudformation:{{region}}:*:stack/{}/*", subject.identity.derived())]
            }
            Self::Function => subject.arns(&FUNCTION, "AWS::Lambda::Function"),
            Self::SourceBuckets => {
                let buckets: BTreeSet<&str> = subject.stages.iter().flat_map(|stage| stage.outside_buckets()).collect();
                buckets.into_iter().map(|bucket| format!("s3:::{bucket}")).collect()
            }
            Self::Schedules => vec![format!("scheduler:{{region}}:*:schedule/{stack}/*")],
            Self::LogGroups => subject.arns(&LOG_GROUP, "AWS::Logs::LogGroup"),
            Self::GatewayAccount => vec!["apigateway:{region}::/account".to_owned()],
            Self::ApiKeys => ["/apikeys", "/apikeys/*", "/tags/*", "/usageplans/*"]
                .map(|path| format!("apigateway:{{region}}::{path}"))
                .to_vec(),
            Self::Alarms => subject.arns(&ALARM, ALARM_TYPE),
            Self::LogGroup => {
                let functions = subject.stage().functions.iter().map(|function| Some(function.name.as_str()));
                let groups = [None].into_iter().chain(functions).map(|name| FunctionIds::of(name).log_group);
                groups.map(|group| format!("logs:{{region}}:*:log-group:{stack}-{group}-*")).collect()
            }
        }
    }
}
