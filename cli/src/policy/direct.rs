//! The calls that the tool makes itself. Tests compare the table with the recorded calls of real deploys.

use serde_json::{Value, json};

use super::Subject;

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
    /// The stage's log group, whose name CloudFormation makes of the stack's.
    LogGroup,
}

/// Every action of the tool's own, with what it is for.
pub(super) const DIRECT: [Row; 9] = [
    Row { sid: "Caller", actions: &["sts:GetCallerIdentity"], on: On::Everything },
    Row {
        sid: "ListBucket",
        actions: &["s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketPolicy"],
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
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStacks",
            "cloudformation:ExecuteChangeSet",
            "cloudformation:GetTemplate",
            "cloudformation:TagResource",
            "cloudformation:UpdateStack",
            "cloudformation:UpdateTerminationProtection",
        ],
        on: On::Stack,
    },
    Row {
        sid: "TryFunction",
        actions: &["lambda:GetFunctionConfiguration", "lambda:InvokeFunction", "lambda:ListVersionsByFunction"],
        on: On::Function,
    },
    Row { sid: "PruneVersions", actions: &["lambda:DeleteFunction"], on: On::Function },
    Row { sid: "RemoveLogs", actions: &["logs:DeleteLogGroup"], on: On::LogGroup },
    Row { sid: "Figures", actions: &["cloudwatch:GetMetricData"], on: On::Everything },
];

pub(super) fn statements(subject: &Subject<'_>) -> Vec<Value> {
    let is_own_bucket = subject.stage.s3_bucket.is_none();
    DIRECT
        .iter()
        .filter(|row| is_own_bucket || row.sid != "MakeBucket")
        .map(
            |row| json!({ "Sid": row.sid, "Effect": "Allow", "Action": row.actions, "Resource": row.on.arns(subject) }),
        )
        .collect()
}

impl On {
    fn arns(self, subject: &Subject<'_>) -> Value {
        let partition = subject.partition();
        let stack = subject.identity.stack();
        let in_regions = |make: &dyn Fn(&str) -> String| -> Vec<String> {
            subject.regions.iter().map(|region| make(region)).collect()
        };
        match self {
            Self::Everything => json!("*"),
            Self::Bucket => json!(format!("arn:{partition}:s3:::{}", subject.bucket())),
            Self::Objects => json!(format!("arn:{partition}:s3:::{}/{}*", subject.bucket(), subject.identity.prefix())),
            Self::Stack => {
                json!(in_regions(&|region| format!("arn:{partition}:cloudformation:{region}:*:stack/{stack}/*")))
            }
            Self::Function => json!(
                subject
                    .regions
                    .iter()
                    .flat_map(|region| {
                        let arn = format!("arn:{partition}:lambda:{region}:*:function:{stack}");
                        [format!("{arn}:*"), arn]
                    })
                    .collect::<Vec<_>>()
            ),
            Self::LogGroup => {
                json!(in_regions(&|region| format!("arn:{partition}:logs:{region}:*:log-group:{stack}-LogGroup-*")))
            }
        }
    }
}
