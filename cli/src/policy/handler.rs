//! A table of the AWS calls that CloudFormation makes for the caller, by resource type.
//!
//! By the permissions of the handlers in CloudFormation's resource schemas
//! (<https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html>), without what belongs to
//! properties that our templates do not set. What a handler reads after it has made something belongs in: without it the
//! resource counts as failed.

use super::name::Name;

/// What making, changing and deleting one type of resource takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) kind: &'static str,
    pub(super) actions: &'static [&'static str],
    pub(super) on: On,
    /// Where AWS lists the service's actions and their resources.
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers of the table"))]
    page: &'static str,
}

/// What the actions are allowed on. ARNs are those behind `arn:<partition>:`.
#[derive(Clone, Copy, Debug)]
pub(super) enum On {
    /// Whatever the template says: these know no name, or none before they are made. Without any, everything.
    Fixed(&'static [&'static str]),
    /// The resources of the template of this type, by name.
    Named(Name),
    /// The functions of the template, with their versions and aliases.
    Functions,
}

/// A name that CloudFormation makes where the template gives none.
const NAMED: Name = Name { property: "Name", made: "{stack}-{id}-*", longest: usize::MAX, arns: &[] };

/// The names of alarms.
pub(super) const ALARM: Name =
    Name { property: "AlarmName", longest: 255, arns: &["cloudwatch:{region}:*:alarm:{name}"], ..NAMED };

/// The names of log groups.
pub(super) const LOG_GROUP: Name = Name {
    property: "LogGroupName",
    longest: 512,
    arns: &["logs:{region}:*:log-group:{name}", "logs:{region}:*:log-group:{name}:*"],
    ..NAMED
};

/// The names of functions.
pub(super) const FUNCTION: Name = Name {
    property: "FunctionName",
    longest: 64,
    arns: &["lambda:{region}:*:function:{name}", "lambda:{region}:*:function:{name}:*"],
    ..NAMED
};

/// The names of roles.
pub(super) const ROLE: Name = Name { property: "RoleName", longest: 64, arns: &["iam::*:role/{name}"], ..NAMED };

/// What CloudFormation does with an alarm.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html>
pub(super) const ALARM_ACTIONS: &[&str] = &[
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:ListTagsForResource",
    "cloudwatch:PutMetricAlarm",
    "cloudwatch:TagResource",
    "cloudwatch:UntagResource",
];

/// What CloudFormation does with a part of API Gateway.
const API_GATEWAY_ACTIONS: &[&str] = &[
    "apigateway:DELETE",
    "apigateway:GET",
    "apigateway:PATCH",
    "apigateway:POST",
    "apigateway:PUT",
    "apigateway:TagResource",
    "apigateway:UntagResource",
];

pub(super) const ROWS: [Row; 44] = [
    Row {
        kind: "AWS::ApiGateway::RestApi",
        actions: API_GATEWAY_ACTIONS,
        on: On::Fixed(&[
            "apigateway:{region}::/restapis",
            "apigateway:{region}::/restapis/*",
            "apigateway:{region}::/tags/*",
        ]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html",
    },
    Row {
        kind: "AWS::ApiGateway::ApiKey",
        actions: API_GATEWAY_ACTIONS,
        on: On::Fixed(&[
            "apigateway:{region}::/apikeys",
            "apigateway:{region}::/apikeys/*",
            "apigateway:{region}::/tags/*",
        ]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html",
    },
    Row {
        kind: "AWS::ApiGateway::UsagePlan",
        actions: API_GATEWAY_ACTIONS,
        on: On::Fixed(&[
            "apigateway:{region}::/usageplans",
            "apigateway:{region}::/usageplans/*",
            "apigateway:{region}::/tags/*",
        ]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html",
    },
    Row {
        kind: "AWS::ApiGatewayV2::Api",
        actions: API_GATEWAY_ACTIONS,
        on: On::Fixed(&["apigateway:{region}::/apis", "apigateway:{region}::/apis/*", "apigateway:{region}::/tags/*"]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html",
    },
    Row {
        kind: "AWS::ApplicationAutoScaling::ScalableTarget",
        // These know no resource before it is made, or none at all.
        actions: &[
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScheduledActions",
            "application-autoscaling:RegisterScalableTarget",
        ],
        on: On::Fixed(&[]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapplicationautoscaling.html",
    },
    Row {
        kind: "AWS::ApplicationAutoScaling::ScalableTarget",
        actions: &[
            "application-autoscaling:DeleteScheduledAction",
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:PutScheduledAction",
        ],
        on: On::Fixed(&["application-autoscaling:{region}:*:scalable-target/*"]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapplicationautoscaling.html",
    },
    Row {
        kind: "AWS::ApplicationAutoScaling::ScalingPolicy",
        actions: &["application-autoscaling:DescribeScalingPolicies"],
        on: On::Fixed(&[]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapplicationautoscaling.html",
    },
    Row {
        kind: "AWS::ApplicationAutoScaling::ScalingPolicy",
        actions: &["application-autoscaling:DeleteScalingPolicy", "application-autoscaling:PutScalingPolicy"],
        on: On::Fixed(&["application-autoscaling:{region}:*:scalable-target/*"]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapplicationautoscaling.html",
    },
    Row {
        kind: "AWS::CloudWatch::Alarm",
        actions: ALARM_ACTIONS,
        on: On::Named(ALARM),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html",
    },
    Row {
        kind: "AWS::CodeDeploy::Application",
        // With its deployment groups, and the deployments that an alias's update policy asks for.
        actions: &[
            "codedeploy:CreateApplication",
            "codedeploy:CreateDeployment",
            "codedeploy:CreateDeploymentGroup",
            "codedeploy:DeleteApplication",
            "codedeploy:DeleteDeploymentGroup",
            "codedeploy:GetApplication",
            "codedeploy:GetApplicationRevision",
            "codedeploy:GetDeployment",
            "codedeploy:GetDeploymentGroup",
            "codedeploy:ListTagsForResource",
            "codedeploy:RegisterApplicationRevision",
            "codedeploy:TagResource",
            "codedeploy:UntagResource",
            "codedeploy:UpdateApplication",
            "codedeploy:UpdateDeploymentGroup",
        ],
        on: On::Named(Name {
            property: "ApplicationName",
            longest: 100,
            arns: &["codedeploy:{region}:*:application:{name}", "codedeploy:{region}:*:deploymentgroup:{name}/*"],
            ..NAMED
        }),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html",
    },
    Row {
        kind: "AWS::CodeDeploy::Application",
        // This action knows no resource.
        actions: &["codedeploy:StopDeployment"],
        on: On::Fixed(&[]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html",
    },
    Row {
        kind: "AWS::CodeDeploy::DeploymentConfig",
        actions: &[
            "codedeploy:CreateDeploymentConfig",
            "codedeploy:DeleteDeploymentConfig",
            "codedeploy:GetDeploymentConfig",
        ],
        // Also those that every account has.
        on: On::Fixed(&["codedeploy:{region}:*:deploymentconfig:*"]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html",
    },
    Row {
        kind: "AWS::Cognito::UserPool",
        // This action knows no resource.
        actions: &["cognito-idp:CreateUserPool"],
        on: On::Fixed(&[]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html",
    },
    Row {
        kind: "AWS::Cognito::UserPool",
        actions: &[
            "cognito-idp:AddCustomAttributes",
            "cognito-idp:DeleteUserPool",
            "cognito-idp:DescribeUserPool",
            "cognito-idp:GetUserPoolMfaConfig",
            "cognito-idp:ListTagsForResource",
            "cognito-idp:SetUserPoolMfaConfig",
            "cognito-idp:TagResource",
            "cognito-idp:UntagResource",
            "cognito-idp:UpdateUserPool",
        ],
        // The id, which the ARN ends with, is made up.
        on: On::Fixed(&["cognito-idp:{region}:*:userpool/*"]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html",
    },
    Row {
        kind: "AWS::DynamoDB::Table",
        actions: &[
            "dynamodb:CreateTable",
            "dynamodb:DeleteTable",
            "dynamodb:DescribeContinuousBackups",
            "dynamodb:DescribeContributorInsights",
            "dynamodb:DescribeKinesisStreamingDestination",
            "dynamodb:DescribeTable",
            "dynamodb:DescribeTimeToLive",
            "dynamodb:GetResourcePolicy",
            "dynamodb:ListTagsOfResource",
            "dynamodb:TagResource",
            "dynamodb:UntagResource",
            "dynamodb:UpdateContinuousBackups",
            "dynamodb:UpdateTable",
            "dynamodb:UpdateTimeToLive",
        ],
        on: On::Named(Name {
            property: "TableName",
            longest: 255,
            arns: &["dynamodb:{region}:*:table/{name}"],
            ..NAMED
        }),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html",
    },
    Row {
        kind: "AWS::ElasticLoadBalancingV2::TargetGroup",
        // These actions know no resource.
        actions: &[
            "elasticloadbalancing:DescribeTags",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
        ],
        on: On::Fixed(&[]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html",
    },
    Row {
        kind: "AWS::ElasticLoadBalancingV2::TargetGroup",
        actions: &[
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:CreateTargetGroup",
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            "elasticloadbalancing:RegisterTargets",
            "elasticloadbalancing:RemoveTags",
        ],
        on: On::Named(Name { longest: 32, arns: &["elasticloadbalancing:{region}:*:targetgroup/{name}/*"], ..NAMED }),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html",
    },
    Row {
        kind: "AWS::Events::EventBus",
        actions: &[
            "events:CreateEventBus",
            "events:DeleteEventBus",
            "events:DescribeEventBus",
            "events:ListTagsForResource",
            "events:PutPermission",
            "events:RemovePermission",
            "events:TagResource",
            "events:UntagResource",
            "events:UpdateEventBus",
        ],
        on: On::Named(Name { longest: 256, arns: &["events:{region}:*:event-bus/{name}"], ..NAMED }),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html",
    },
    Row {
        kind: "AWS::Events::Rule",
        actions: &[
            "events:DeleteRule",
            "events:DescribeRule",
            "events:ListTagsForResource",
            "events:ListTargetsByRule",
            "events:PutRule",
            "events:PutTargets",
            "events:RemoveTargets",
            "events:TagResource",
            "events:UntagResource",
        ],
        on: On::Named(Name { property: "Name", longest: 64, arns: &["events:{region}:*:rule/{name}"], ..NAMED }),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html",
    },
    Row {
        kind: "AWS::IAM::Role",
        actions: &[
            "iam:AttachRolePolicy",
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:DeleteRolePermissionsBoundary",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRole",
            "iam:UpdateRoleDescription",
        ],
        on: On::Named(ROLE),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html",
    },
    Row {
        kind: "AWS::IoT::TopicRule",
        actions: &[
            "iot:CreateTopicRule",
            "iot:DeleteTopicRule",
            "iot:GetTopicRule",
            "iot:ListTagsForResource",
            "iot:ReplaceTopicRule",
            "iot:TagResource",
            "iot:UntagResource",
        ],
        on: On::Fixed(&["iot:{region}:*:rule/*"]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiot.html",
    },
    Row {
        kind: "AWS::Kinesis::Stream",
        actions: &[
            "kinesis:AddTagsToStream",
            "kinesis:CreateStream",
            "kinesis:DecreaseStreamRetentionPeriod",
            "kinesis:DeleteStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:IncreaseStreamRetentionPeriod",
            "kinesis:ListTagsForStream",
            "kinesis:RemoveTagsFromStream",
            "kinesis:StartStreamEncryption",
            "kinesis:StopStreamEncryption",
            "kinesis:UpdateShardCount",
            "kinesis:UpdateStreamMode",
        ],
        on: On::Named(Name { longest: 128, arns: &["kinesis:{region}:*:stream/{name}"], ..NAMED }),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesisdatastreams.html",
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
        on: On::Functions,
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html",
    },
    Row {
        kind: "AWS::Lambda::EventInvokeConfig",
        actions: &[
            "lambda:DeleteFunctionEventInvokeConfig",
            "lambda:GetFunctionEventInvokeConfig",
            "lambda:PutFunctionEventInvokeConfig",
            "lambda:UpdateFunctionEventInvokeConfig",
        ],
        on: On::Functions,
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html",
    },
    Row {
        kind: "AWS::Lambda::EventSourceMapping",
        // This action knows no resource.
        actions: &["lambda:CreateEventSourceMapping"],
        on: On::Fixed(&[]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html",
    },
    Row {
        kind: "AWS::Lambda::EventSourceMapping",
        actions: &[
            "lambda:DeleteEventSourceMapping",
            "lambda:GetEventSourceMapping",
            "lambda:ListTags",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:UpdateEventSourceMapping",
        ],
        on: On::Fixed(&["lambda:{region}:*:event-source-mapping:*"]),
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
            "lambda:GetFunctionConfiguration",
            "lambda:GetFunctionRecursionConfig",
            "lambda:GetFunctionScalingConfig",
            "lambda:GetRuntimeManagementConfig",
            "lambda:ListTags",
            "lambda:PutFunctionConcurrency",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
        ],
        on: On::Functions,
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html",
    },
    Row {
        kind: "AWS::Lambda::Permission",
        actions: &["lambda:AddPermission", "lambda:GetPolicy", "lambda:RemovePermission"],
        on: On::Functions,
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
        on: On::Functions,
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html",
    },
    Row {
        kind: "AWS::Lambda::Version",
        actions: &[
            "lambda:DeleteFunction",
            "lambda:GetFunctionConfiguration",
            "lambda:GetProvisionedConcurrencyConfig",
            "lambda:GetRuntimeManagementConfig",
            "lambda:ListVersionsByFunction",
            "lambda:PublishVersion",
        ],
        on: On::Functions,
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html",
    },
    Row {
        kind: "AWS::Logs::LogGroup",
        // This action knows no resource.
        actions: &["logs:DescribeResourcePolicies"],
        on: On::Fixed(&[]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html",
    },
    Row {
        kind: "AWS::Logs::LogGroup",
        actions: &["logs:DescribeLogGroups"],
        on: On::Fixed(&["logs:{region}:*:log-group:*"]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html",
    },
    Row {
        kind: "AWS::Logs::LogGroup",
        actions: &[
            "logs:CreateLogGroup",
            "logs:DeleteLogGroup",
            "logs:DeleteRetentionPolicy",
            "logs:DescribeIndexPolicies",
            "logs:GetDataProtectionPolicy",
            "logs:ListTagsForResource",
            "logs:PutRetentionPolicy",
            "logs:TagResource",
            "logs:UntagResource",
        ],
        on: On::Named(LOG_GROUP),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html",
    },
    Row {
        kind: "AWS::Logs::SubscriptionFilter",
        actions: &["logs:DeleteSubscriptionFilter", "logs:DescribeSubscriptionFilters", "logs:PutSubscriptionFilter"],
        on: On::Fixed(&["logs:{region}:*:log-group:*"]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html",
    },
    Row {
        kind: "AWS::S3::Bucket",
        actions: &[
            "s3:CreateBucket",
            "s3:DeleteBucket",
            "s3:GetAccelerateConfiguration",
            "s3:GetAnalyticsConfiguration",
            "s3:GetBucketAbac",
            "s3:GetBucketAcl",
            "s3:GetBucketCORS",
            "s3:GetBucketLogging",
            "s3:GetBucketMetadataTableConfiguration",
            "s3:GetBucketNotification",
            "s3:GetBucketObjectLockConfiguration",
            "s3:GetBucketOwnershipControls",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketTagging",
            "s3:GetBucketVersioning",
            "s3:GetBucketWebsite",
            "s3:GetEncryptionConfiguration",
            "s3:GetIntelligentTieringConfiguration",
            "s3:GetInventoryConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:GetMetricsConfiguration",
            "s3:GetReplicationConfiguration",
            "s3:ListBucket",
            "s3:ListTagsForResource",
            "s3:PutBucketNotification",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketTagging",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
            "s3:TagResource",
            "s3:UntagResource",
        ],
        on: On::Named(Name { property: "BucketName", longest: 63, arns: &["s3:::{name}"], ..NAMED }),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html",
    },
    Row {
        kind: "AWS::SES::ReceiptRule",
        // These know no resource.
        actions: &[
            "ses:CreateReceiptRule",
            "ses:DeleteReceiptRule",
            "ses:DescribeReceiptRule",
            "ses:UpdateReceiptRule",
        ],
        on: On::Fixed(&[]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonses.html",
    },
    Row {
        kind: "AWS::SNS::Subscription",
        // These know no resource.
        actions: &["sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"],
        on: On::Fixed(&[]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html",
    },
    Row {
        kind: "AWS::SNS::Subscription",
        actions: &["sns:Subscribe"],
        on: On::Fixed(&["sns:{region}:*:*"]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html",
    },
    Row {
        kind: "AWS::SNS::Topic",
        actions: &[
            "sns:CreateTopic",
            "sns:DeleteTopic",
            "sns:GetDataProtectionPolicy",
            "sns:GetTopicAttributes",
            "sns:ListSubscriptionsByTopic",
            "sns:ListTagsForResource",
            "sns:SetTopicAttributes",
            "sns:Subscribe",
            "sns:TagResource",
            "sns:Unsubscribe",
            "sns:UntagResource",
        ],
        on: On::Named(Name { property: "TopicName", longest: 256, arns: &["sns:{region}:*:{name}"], ..NAMED }),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html",
    },
    Row {
        kind: "AWS::SQS::Queue",
        actions: &[
            "sqs:CreateQueue",
            "sqs:DeleteQueue",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ListQueueTags",
            "sqs:SetQueueAttributes",
            "sqs:TagQueue",
            "sqs:UntagQueue",
        ],
        on: On::Named(Name { property: "QueueName", longest: 80, arns: &["sqs:{region}:*:{name}"], ..NAMED }),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html",
    },
    Row {
        kind: "AWS::SSM::Parameter",
        actions: &[
            "ssm:AddTagsToResource",
            "ssm:DeleteParameter",
            "ssm:GetParameters",
            "ssm:ListTagsForResource",
            "ssm:PutParameter",
            "ssm:RemoveTagsFromResource",
        ],
        on: On::Named(Name {
            property: "Name",
            made: "CFN-{id}-*",
            arns: &["ssm:{region}:*:parameter/{name}"],
            ..NAMED
        }),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html",
    },
    Row {
        kind: "AWS::Scheduler::Schedule",
        actions: &[
            "scheduler:CreateSchedule",
            "scheduler:DeleteSchedule",
            "scheduler:GetSchedule",
            "scheduler:UpdateSchedule",
        ],
        on: On::Fixed(&["scheduler:{region}:*:schedule/*/*"]),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html",
    },
    Row {
        kind: "AWS::Scheduler::ScheduleGroup",
        actions: &[
            "scheduler:CreateScheduleGroup",
            "scheduler:DeleteSchedule",
            "scheduler:DeleteScheduleGroup",
            "scheduler:GetScheduleGroup",
            "scheduler:ListTagsForResource",
            "scheduler:TagResource",
            "scheduler:UntagResource",
        ],
        on: On::Named(Name {
            property: "Name",
            longest: 64,
            arns: &["scheduler:{region}:*:schedule-group/{name}", "scheduler:{region}:*:schedule/{name}/*"],
            ..NAMED
        }),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html",
    },
    Row {
        kind: "AWS::SecretsManager::Secret",
        actions: &[
            "secretsmanager:CreateSecret",
            "secretsmanager:DeleteSecret",
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetRandomPassword",
            "secretsmanager:GetSecretValue",
            "secretsmanager:TagResource",
            "secretsmanager:UntagResource",
            "secretsmanager:UpdateSecret",
        ],
        on: On::Named(Name {
            property: "Name",
            made: "{id}-*",
            arns: &["secretsmanager:{region}:*:secret:{name}-*"],
            ..NAMED
        }),
        page: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{super::service::family, *};

    #[test]
    fn every_row_names_its_page_and_its_actions_are_of_one_service() {
        for row in &ROWS {
            assert!(row.page.starts_with("https://docs.aws.amazon.com/service-authorization/"), "{}", row.kind);
            assert!(row.actions.is_sorted(), "{}", row.kind);
            let service = row.actions[0].split(':').next();
            assert!(row.actions.iter().all(|action| action.split(':').next() == service), "{}", row.kind);
        }
    }

    /// Read handlers that need nothing, since what they read for is in no template of ours: the role of a rule's target,
    /// the definition of an HTTP API in a bucket, and the key of a mapping's filters.
    const NOT_NEEDED: [(&str, &str); 3] = [
        ("AWS::ApiGatewayV2::Api", "s3:getObject"),
        ("AWS::Events::Rule", "iam:PassRole"),
        ("AWS::Lambda::EventSourceMapping", "kms:Decrypt"),
    ];

    /// CloudFormation reads a resource after it made or changed it, and fails it where that is denied. The file holds what
    /// AWS's resource schemas list for their read handlers.
    #[test]
    fn every_action_of_a_read_handler_is_allowed() {
        let text = include_str!("../../../tests/fixtures/read_handlers.json");
        let handlers: BTreeMap<String, Vec<String>> = serde_json::from_str(text).unwrap();
        for row in &ROWS {
            assert!(handlers.contains_key(row.kind), "`tests/fixtures/read_handlers.json` lacks {}", row.kind);
        }
        for (kind, actions) in &handlers {
            let rows = ROWS.iter().filter(|row| row.kind == family(kind));
            let allowed: BTreeSet<&str> = rows.flat_map(|row| row.actions).copied().collect();
            for action in actions.iter().map(String::as_str) {
                let is_needed = !NOT_NEEDED.contains(&(kind.as_str(), action));
                assert_eq!(allowed.contains(action), is_needed, "{kind}: {action}");
            }
        }
    }
}
