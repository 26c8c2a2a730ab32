//! What CloudFormation calls on the caller's behalf, by type of resource. Each row names the AWS page that it is from.

use serde_json::{Value, json};

use super::Subject;

/// What making, changing and deleting one type of resource takes.
#[derive(Clone, Copy, Debug)]
struct Row {
    kind: &'static str,
    actions: &'static [&'static str],
    /// The ARN behind `arn:<partition>:`, with `{region}`, `{stack}`; `*` where the actions know no resource, or none
    /// before it is made.
    arn: &'static str,
    /// Where AWS lists the service's actions and their resources.
    #[cfg_attr(not(test), expect(dead_code, reason = "for whoever reads the table"))]
    page: &'static str,
}

/// By the handlers' permissions in CloudFormation's resource schemas
/// (<https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html>, field `handlers`), narrowed
/// to the properties that our documents set.
const ROWS: [Row; 17] = [
    Row {
        kind: "AWS::ApiGateway::RestApi",
        actions: &[
            "apigateway:DELETE",
            "apigateway:GET",
            "apigateway:PATCH",
            "apigateway:POST",
            "apigateway:PUT",
            "apigateway:TagResource",
        ],
        arn: "apigateway:{region}::/*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html",
    },
    Row {
        kind: "AWS::ApiGatewayV2::Api",
        actions: &[
            "apigateway:DELETE",
            "apigateway:GET",
            "apigateway:PATCH",
            "apigateway:POST",
            "apigateway:PUT",
            "apigateway:TagResource",
        ],
        arn: "apigateway:{region}::/*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html",
    },
    Row {
        kind: "AWS::Events::Rule",
        actions: &[
            "events:DeleteRule",
            "events:DescribeRule",
            "events:ListTargetsByRule",
            "events:PutRule",
            "events:PutTargets",
            "events:RemoveTargets",
            "events:TagResource",
            "events:UntagResource",
        ],
        arn: "events:{region}:*:rule/{stack}-*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html",
    },
    Row {
        kind: "AWS::IAM::Role",
        actions: &[
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:PutRolePolicy",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRole",
        ],
        arn: "iam::*:role/{stack}-Role-*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html",
    },
    Row {
        kind: "AWS::Lambda::Alias",
        actions: &[
            "lambda:CreateAlias",
            "lambda:DeleteAlias",
            "lambda:DeleteProvisionedConcurrencyConfig",
            "lambda:GetAlias",
            "lambda:GetProvisionedConcurrencyConfig",
            "lambda:PutProvisionedConcurrencyConfig",
            "lambda:UpdateAlias",
        ],
        arn: "lambda:{region}:*:function:{stack}*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html",
    },
    Row {
        kind: "AWS::Lambda::Function",
        actions: &[
            "lambda:CreateFunction",
            "lambda:DeleteFunction",
            "lambda:DeleteFunctionConcurrency",
            "lambda:GetFunction",
            "lambda:GetFunctionCodeSigningConfig",
            "lambda:GetRuntimeManagementConfig",
            "lambda:PutFunctionConcurrency",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
        ],
        arn: "lambda:{region}:*:function:{stack}*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html",
    },
    Row {
        kind: "AWS::Lambda::Permission",
        actions: &["lambda:AddPermission", "lambda:GetPolicy", "lambda:RemovePermission"],
        arn: "lambda:{region}:*:function:{stack}*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html",
    },
    Row {
        kind: "AWS::Lambda::Url",
        actions: &[
            "lambda:CreateFunctionUrlConfig",
            "lambda:DeleteFunctionUrlConfig",
            "lambda:GetFunctionUrlConfig",
            "lambda:UpdateFunctionUrlConfig",
        ],
        arn: "lambda:{region}:*:function:{stack}*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html",
    },
    Row {
        kind: "AWS::Lambda::Version",
        actions: &["lambda:GetFunctionConfiguration", "lambda:ListVersionsByFunction", "lambda:PublishVersion"],
        arn: "lambda:{region}:*:function:{stack}*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html",
    },
    Row {
        kind: "AWS::Logs::LogGroup",
        actions: &[
            "logs:CreateLogGroup",
            "logs:DeleteLogGroup",
            "logs:DescribeLogGroups",
            "logs:ListTagsForResource",
            "logs:PutRetentionPolicy",
            "logs:TagResource",
            "logs:UntagResource",
        ],
        // DescribeLogGroups is asked without a name.
        arn: "logs:{region}:*:log-group:*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html",
    },
    Row {
        kind: "AWS::DynamoDB::Table",
        actions: &[
            "dynamodb:CreateTable",
            "dynamodb:DeleteTable",
            "dynamodb:DescribeContinuousBackups",
            "dynamodb:DescribeTable",
            "dynamodb:DescribeTimeToLive",
            "dynamodb:ListTagsOfResource",
            "dynamodb:TagResource",
            "dynamodb:UntagResource",
            "dynamodb:UpdateContinuousBackups",
            "dynamodb:UpdateTable",
            "dynamodb:UpdateTimeToLive",
        ],
        arn: "dynamodb:{region}:*:table/{stack}-*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html",
    },
    Row {
        kind: "AWS::SQS::Queue",
        actions: &[
            "sqs:CreateQueue",
            "sqs:DeleteQueue",
            "sqs:GetQueueAttributes",
            "sqs:ListQueueTags",
            "sqs:SetQueueAttributes",
            "sqs:TagQueue",
            "sqs:UntagQueue",
        ],
        arn: "sqs:{region}:*:{stack}-*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html",
    },
    Row {
        kind: "AWS::SNS::Topic",
        actions: &[
            "sns:CreateTopic",
            "sns:DeleteTopic",
            "sns:GetTopicAttributes",
            "sns:ListTagsForResource",
            "sns:SetTopicAttributes",
            "sns:TagResource",
            "sns:UntagResource",
        ],
        arn: "sns:{region}:*:{stack}-*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html",
    },
    Row {
        kind: "AWS::S3::Bucket",
        actions: &[
            "s3:CreateBucket",
            "s3:DeleteBucket",
            "s3:GetBucketTagging",
            "s3:ListBucket",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketTagging",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
        ],
        arn: "s3:::{stack}-*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html",
    },
    Row {
        kind: "AWS::SSM::Parameter",
        actions: &[
            "ssm:AddTagsToResource",
            "ssm:DeleteParameter",
            "ssm:GetParameters",
            "ssm:PutParameter",
            "ssm:RemoveTagsFromResource",
        ],
        arn: "ssm:{region}:*:parameter/*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html",
    },
    Row {
        kind: "AWS::SecretsManager::Secret",
        actions: &[
            "secretsmanager:CreateSecret",
            "secretsmanager:DeleteSecret",
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetRandomPassword",
            "secretsmanager:TagResource",
            "secretsmanager:UntagResource",
            "secretsmanager:UpdateSecret",
        ],
        arn: "secretsmanager:{region}:*:secret:*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html",
    },
    Row {
        kind: "AWS::CloudWatch::Alarm",
        actions: &[
            "cloudwatch:DeleteAlarms",
            "cloudwatch:DescribeAlarms",
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:TagResource",
            "cloudwatch:UntagResource",
        ],
        arn: "cloudwatch:{region}:*:alarm:{stack}-*",
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html",
    },
];

/// The first of these brings the row that stands for it: a service that knows one kind of ARN for all.
fn row_of(kind: &str) -> Option<&'static Row> {
    let family = if kind.starts_with("AWS::ApiGateway::") {
        "AWS::ApiGateway::RestApi"
    } else if kind.starts_with("AWS::ApiGatewayV2::") {
        "AWS::ApiGatewayV2::Api"
    } else {
        kind
    };
    ROWS.iter().find(|row| row.kind == family)
}

/// Whether the table knows a type.
pub(super) fn is_known(kind: &str) -> bool {
    row_of(kind).is_some()
}

pub(super) fn statements(subject: &Subject<'_>) -> Vec<Value> {
    let kinds = subject.kinds();
    let (partition, stack) = (subject.partition(), subject.identity.stack());
    let mut rows: Vec<&Row> = kinds.iter().filter_map(|kind| row_of(kind)).collect();
    rows.dedup_by_key(|row| row.kind);
    let mut statements: Vec<Value> = rows
        .iter()
        .map(|row| {
            let arn = row.arn.replace("{stack}", &stack);
            let mut arns: Vec<String> = subject
                .regions
                .iter()
                .map(|region| format!("arn:{partition}:{}", arn.replace("{region}", region)))
                .collect();
            arns.dedup();
            json!({
                "Sid": row.kind.replace("AWS::", "").replace("::", ""),
                "Effect": "Allow",
                "Action": row.actions,
                "Resource": arns,
                // Only what CloudFormation asks for in the caller's name.
                "Condition": { "ForAnyValue:StringEquals": { "aws:CalledVia": "cloudformation.amazonaws.com" } },
            })
        })
        .collect();
    let role = match &subject.stage.role_arn {
        Some(role) => role.clone(),
        None => format!("arn:{partition}:iam::*:role/{stack}-Role-*"),
    };
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    statements.push(json!({
        "Sid": "PassFunctionRole",
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": role,
        "Condition": { "StringEquals": { "iam:PassedToService": "lambda.amazonaws.com" } },
    }));
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_its_page_and_its_actions_are_of_the_service() {
        for row in &ROWS {
            assert!(row.page.starts_with("https://docs.aws.amazon.com/"), "{}", row.kind);
            assert!(row.actions.is_sorted(), "{}", row.kind);
            let service = row.actions[0].split(':').next();
            assert!(row.actions.iter().all(|action| action.split(':').next() == service), "{}", row.kind);
        }
    }

    #[test]
    fn every_type_of_our_own_documents_is_known() {
        for kind in [
            "AWS::ApiGateway::Deployment",
            "AWS::ApiGateway::Method",
            "AWS::ApiGateway::Resource",
            "AWS::ApiGateway::RestApi",
            "AWS::ApiGateway::Stage",
            "AWS::ApiGatewayV2::Integration",
            "AWS::ApiGatewayV2::Route",
            "AWS::ApiGatewayV2::Stage",
            "AWS::Events::Rule",
            "AWS::IAM::Role",
            "AWS::Lambda::Alias",
            "AWS::Lambda::Function",
            "AWS::Lambda::Permission",
            "AWS::Lambda::Url",
            "AWS::Lambda::Version",
            "AWS::Logs::LogGroup",
        ] {
            assert!(is_known(kind), "{kind}");
        }
        assert!(!is_known("AWS::Rare::Thing"));
    }
}
