//! The settings as types: a stage after `extends` is merged and variables are substituted.
//!
//! The doc comments are the reference (`docs/settings.md`) and the descriptions of the JSON Schema, so they speak to
//! the user who writes the file. Ranges and patterns are the schema's; nothing is checked here.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    access_log::AccessLogSetting,
    alarm::Alarms,
    authorizer::Authorizer,
    by_region::ByRegion,
    capacity::Provisioned,
    compute::{ManagedInstances, Tenancy},
    cors::CorsSetting,
    domain::DomainSetting,
    endpoint::EndpointSetting,
    file_system::FileSystem,
    function::Function,
    hook::Hooks,
    link::Links,
    network::Vpc,
    resource_policy::ResourceStatement,
    route::Route,
    source::{EventSource, Schedule},
    target_group::TargetGroupSetting,
    usage_plan::UsagePlan,
    value::{
        Api, Architecture, Builder, KeepWarm, LogFormat, LogLevel, OnFailure, Statement, Throttle, Tracing, Variable,
    },
    websocket::WebSocket,
};
use crate::{gateway::limit::REST_TIMEOUT_SECONDS, lambda};

/// What is built, for every stage.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Project {
    /// The first half of the names of stack and function. Default: the package's name.
    pub(crate) name: Option<String>,
    /// The package to build, where the workspace has several.
    pub(crate) package: Option<String>,
    /// The binary to build, where the package has several.
    pub(crate) bin: Option<String>,
    /// An example to build instead of a binary.
    pub(crate) example: Option<String>,
    /// Features to build with.
    pub(crate) features: Vec<String>,
}

/// One stage: its regions, its function and its gateway.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Stage {
    // Where
    /// The regions that the stage runs in. `aws_region = "eu-west-1"` is the same for one.
    pub(crate) regions: Vec<String>,
    /// The region that is deployed first; the others follow when it serves.
    pub(crate) canary_region: Option<String>,
    /// What the other regions do when one fails: stay with the new release, or go back.
    pub(crate) on_failure: OnFailure,
    /// The role that CloudFormation works with instead of yours.
    pub(crate) cloudformation_role_arn: Option<String>,
    /// The stack cannot be deleted, nothing is replaced without being asked for, and a deploy asks before it makes the stage public.
    pub(crate) protected: bool,
    /// How long the stage lives after its last update: a number of hours, days or weeks up to a year, such as `12h`, `3d`
    /// or `2w`. Nothing removes it by itself: `zappa-rs undeploy --expired` does. Not for a `protected` stage, and a stage that has no `*` in its name cannot get it
    /// by `extends`.
    pub(crate) expires: Option<String>,
    /// CloudFormation's express mode in every phase of a deploy: a deploy ends when the configuration is applied, and
    /// gateway and alias may become ready after that. Default: on for a stage of a pattern, and else only for a candidate,
    /// which its trial proves ready. Functions in a VPC, which are not ready for minutes, are never sent so.
    pub(crate) express: bool,
    /// The profile in your AWS configuration.
    pub(crate) profile_name: Option<String>,
    /// The bucket that artifacts go to. Default: one per account and region, in the account-regional namespace of S3.
    pub(crate) s3_bucket: Option<String>,
    /// The function's name, and the stack's. Default: `<project>-<stage>`.
    pub(crate) function_name: Option<String>,
    /// Tags of everything that can have tags.
    pub(crate) tags: BTreeMap<String, String>,

    // Build
    /// How the binary is made for Lambda.
    pub(crate) builder: Builder,
    /// The command line of `builder = "command"`, run by the shell in the workspace's root.
    pub(crate) build_command: Option<String>,
    /// Where `builder = "command"` leaves the binary, from the workspace's root.
    pub(crate) build_output: Option<String>,
    /// The target triple. Default: the architecture's, with the C library of `provided.al2023`.
    pub(crate) target: Option<String>,
    /// The Cargo profile.
    pub(crate) profile: String,
    /// Features to build with, beside the project's.
    pub(crate) features: Vec<String>,
    /// Files and folders that go into the zip beside the binary, as paths or globs from the settings file. A folder and
    /// `*` bring hidden files too; neither looks into cargo's target folder or `.git` on its way down. A link brings
    /// what it points to, out of the folder too. All files have the date 1980-01-01, or the one of the variable
    /// `SOURCE_DATE_EPOCH`.
    pub(crate) include: Vec<String>,

    // Hooks
    /// Commands of your own around the tool's phases, a table `[stage.NAME.hooks]`.
    pub(crate) hooks: Hooks,

    // Function
    /// The processor.
    pub(crate) architecture: Architecture,
    /// Memory in MB; the share of a processor grows with it.
    #[schemars(range(min = lambda::MIN_MEMORY, max = lambda::MAX_MEMORY))]
    pub(crate) memory_size: u32,
    /// How long one invocation may take. A REST API waits 29 seconds, an HTTP API 30; above 900, only queues, streams
    /// and asynchronous invocations can use the rest, where the region takes it.
    #[schemars(range(min = 1, max = lambda::MAX_TIMEOUT_SECONDS))]
    pub(crate) timeout_seconds: u32,
    /// Space in `/tmp` in MB.
    #[schemars(range(min = lambda::MIN_EPHEMERAL_STORAGE, max = lambda::MAX_EPHEMERAL_STORAGE))]
    pub(crate) ephemeral_storage: u32,
    /// What the function is for, in the console.
    pub(crate) description: Option<String>,
    /// The function's variables: texts, or CloudFormation expressions such as `{ Ref = "Table" }`. They are in plain
    /// text in the template and in the records of the releases: a secret is named here and read by the application.
    pub(crate) environment: BTreeMap<String, Variable>,
    /// X-Ray traces.
    pub(crate) tracing: Tracing,
    /// The least severe log line that is kept; needs `log_format = "json"`. Default: what Lambda keeps, `info`.
    pub(crate) log_level: Option<LogLevel>,
    /// How Lambda writes its own log lines.
    pub(crate) log_format: LogFormat,
    /// How long logs are kept, one of the numbers that CloudWatch knows.
    pub(crate) log_retention_days: u32,
    /// Instances that are kept for this function and are the most it gets.
    #[schemars(range(min = 1))]
    pub(crate) reserved_concurrency: Option<u32>,
    /// Instances that are started before they are needed and are paid for all the time: a number, or a table of `min`, `max` and
    /// what moves between them, `utilization` or `schedules`.
    pub(crate) provisioned_concurrency: Option<Provisioned>,

    /// The ARNs of layers, each with its version, which Lambda unpacks into `/opt`: up to 5, in the order in which they are laid over
    /// each other. A logical id of `resources` names a layer of the stack. A list, or a table of regions with the list of each.
    pub(crate) layers: ByRegion<Vec<String>>,
    /// The customer managed key of KMS with which Lambda encrypts the functions' variables: its ARN, or a logical id of
    /// `resources`. A table of regions gives each its own. Default: a key of Lambda's.
    pub(crate) kms_key_arn: Option<ByRegion<String>>,

    /// Lambda runs the functions on instances of EC2 in your account: `{ capacity_provider = "arn:…", concurrency = 16 }`. A process
    /// works on several requests at once. Only for a new stage: Lambda fixes it when it creates a function.
    pub(crate) managed_instances: Option<ManagedInstances>,
    /// No process of the main function serves two tenants: `{ tenant = "header.x-tenant-id" }`. Only for a new stage with a REST
    /// API: Lambda fixes it when it creates a function.
    pub(crate) tenancy: Option<Tenancy>,

    /// Further functions of the same zip, each a table `[[stage.NAME.functions]]`.
    pub(crate) functions: Vec<Function>,

    // Network
    /// The VPC in which the functions reach a database or another private service. All their connections go through it: AWS's
    /// services and the internet are reached by a NAT gateway or VPC endpoints only.
    pub(crate) vpc: Option<Vpc>,
    /// The file system that all instances share: `{ access_point = "arn:…", mount = "/mnt/data" }`, of Amazon EFS or S3 Files. It
    /// needs `vpc`, whose security groups the mount targets admit at port 2049.
    pub(crate) efs: Option<FileSystem>,

    // Gateway
    /// The gateway in front of the function. A stage of a pattern such as `[stage."pr-*"]` has `http`, unless it or a stage
    /// that it extends says otherwise.
    pub(crate) api: Api,
    /// The path in front of every request behind a custom domain, such as `shop`.
    pub(crate) base_path: Option<String>,
    /// Redirects and cookie paths get the stage or base path back.
    pub(crate) rewrite_location: bool,
    /// The media types whose bodies a REST API passes on untouched.
    pub(crate) binary_media_types: Vec<String>,
    /// Answers are passed on as they are written (REST API, Function URL).
    pub(crate) streaming: bool,
    /// Pages of other origins may call the stage from a browser (CORS), and the gateway answers their preflights: `true` for
    /// all origins without credentials, or a table `[stage.NAME.cors]`. Default: left to the application.
    pub(crate) cors: CorsSetting,
    /// A REST API compresses responses of at least so many bytes for clients that accept it, by `gzip` or `deflate`. Default: it
    /// passes them on as they are.
    pub(crate) compression: Option<u32>,
    /// The gateway writes a line for each request to a log group of its own: `true`, or `{ format = "…" }` (REST API, HTTP API). In a
    /// REST API it needs a role in the account's settings of API Gateway.
    pub(crate) access_log: AccessLogSetting,
    /// A target group by which a load balancer (ALB) of your own invokes the function, beside `api`: `true`, or a table. Its ARN is
    /// an output of the stack.
    pub(crate) target_group: TargetGroupSetting,
    /// The most requests that the gateway lets through (REST API, HTTP API).
    pub(crate) throttle: Option<Throttle>,
    /// Who may call the stage: a name of `authorizers`, `iam` (callers sign with credentials of AWS) or `none`. Default: everybody.
    pub(crate) authorizer: Option<String>,
    /// The authorizers by name, each `{ jwt = { issuer, audience } }` or `{ cognito = ["arn:…"], clients = ["…"] }`, with `scopes`.
    pub(crate) authorizers: BTreeMap<String, Authorizer>,
    /// The same as `authorizer = "iam"`.
    pub(crate) iam_authorization: bool,
    /// Where a REST API is reached: `regional`, `edge` (by CloudFront's locations), `private` (from VPCs only), or
    /// `{ type = "private", vpc_endpoints = ["vpce-…"] }`.
    pub(crate) endpoint: EndpointSetting,
    /// The statements of the policy that says who may call a REST API, each a table `[[stage.NAME.resource_policy]]`. A private API
    /// needs one.
    pub(crate) resource_policy: Vec<ResourceStatement>,
    /// Every request needs an API key of one of `usage_plans`, in its header `x-api-key` (REST API). A key tells callers apart for
    /// quotas and throttles; it is no login.
    pub(crate) api_key_required: bool,
    /// The usage plans by name, each a table `[stage.NAME.usage_plans.PLAN]` of `quota`, `throttle` and `keys` (REST API).
    pub(crate) usage_plans: BTreeMap<String, UsagePlan>,
    /// Rules for single paths beside the catch-all (REST API, HTTP API), each a table `[[stage.NAME.routes]]`.
    pub(crate) routes: Vec<Route>,
    /// The domain that leads to the stage: a name such as `api.example.com`, or a table `[stage.NAME.domain]`. Several stages
    /// share a domain by base paths; that of a Function URL, which CloudFront serves, leads to one.
    pub(crate) domain: Option<DomainSetting>,
    /// Whether the API's own URL answers beside `domain` (REST API, HTTP API). With `false`, clients of it get the status 403; it is
    /// closed when the domain leads to the stage, and opened before the stage leaves it. Default: `false` where the domain has
    /// `mutual_tls`, and else `true`. The WebSocket API has a URL of its own, which stays.
    pub(crate) default_endpoint: Option<bool>,
    /// A WebSocket API beside the gateway, a table `[stage.NAME.websocket]`.
    pub(crate) websocket: Option<WebSocket>,

    // Permission
    /// A role of your own instead of the one that the stack makes.
    pub(crate) role_arn: Option<String>,
    /// What the function may do beside writing its logs.
    pub(crate) permissions: Vec<Statement>,
    /// The policy that bounds the role that the stack makes.
    pub(crate) permissions_boundary: Option<String>,
    /// The resources that the app works with: logical ids of `resources`, such as `["Table", "Queue:write", "Bucket:read"]`,
    /// or a table of names with logical ids or ARNs. Each gives the function the permissions of its type, for reading,
    /// writing or, without `:read` and `:write`, both; `zappa_rs::link("Table")` knows its name, ARN and URL.
    pub(crate) link: Links,

    // Secrets
    /// Secrets of the app by name, each with the place of its value: `ssm:/path/name`, `secretsmanager:name` or
    /// `secretsmanager:name#field`; with `?` behind the service an optional one. `"*" = "ssm:/path/*"` takes all parameters
    /// below a path. The function may read these and no others; `zappa_rs::secrets()` reads them at the start.
    pub(crate) secrets: BTreeMap<String, String>,
    /// The ARNs of the customer managed keys of KMS with which `secrets` are encrypted. The keys of AWS, `aws/ssm` and
    /// `aws/secretsmanager`, need no entry.
    pub(crate) secrets_kms_keys: Vec<String>,

    // Events
    /// Instances that are kept warm by a schedule.
    pub(crate) keep_warm: KeepWarm,
    /// Schedules, each a table `[[stage.NAME.schedules]]`.
    pub(crate) schedules: Vec<Schedule>,
    /// Sources of events, each a table `[[stage.NAME.events]]`.
    pub(crate) events: Vec<EventSource>,
    /// A DynamoDB table for `Idempotency::from_env` of the app, which costs by its requests. With `role_arn`, that role must
    /// allow `dynamodb:PutItem`, `UpdateItem` and `DeleteItem` on it. It is deleted with the stack.
    pub(crate) idempotency: bool,
    /// How often Lambda repeats an asynchronous invocation that failed: of a schedule, a topic, a bucket, EventBridge, or
    /// one that you make. Default: twice, after 1 and 2 minutes.
    #[schemars(range(max = lambda::MAX_ASYNC_RETRIES))]
    pub(crate) async_retries: Option<u32>,
    /// How old the event of an asynchronous invocation may become before it is given up. Default: 6 hours.
    #[schemars(range(min = lambda::MIN_ASYNC_AGE_SECONDS, max = lambda::MAX_ASYNC_AGE_SECONDS))]
    pub(crate) async_max_age_seconds: Option<u32>,
    /// Where asynchronous invocations that were given up go: the queue, topic, bucket, event bus or function, as a logical
    /// id of `resources`, an ARN or the name of a queue. Without it they are lost.
    pub(crate) async_failure_destination: Option<String>,
    /// The queue or topic that gets the events, without the error, of asynchronous invocations that were given up: a logical id of
    /// `resources`, an ARN or the name of a queue. `async_failure_destination` tells the error, too.
    pub(crate) dead_letter_target: Option<String>,

    // Alarms
    /// Alarms of CloudWatch: `true` for all with their defaults, the SNS topic that is told (a logical id of `resources`, a
    /// name or an ARN), a list of several, or a table `[stage.NAME.alarms]`. Each costs about $0.10 a month.
    pub(crate) alarms: Alarms,
    /// How traffic is shifted to a new release: `"canary 10% 5m"` is 10% for 5 minutes and then all, `"linear 10% 3m"` is 10% more
    /// every 3 minutes. It runs on AWS's side, and the first of `alarms` rolls it back. Default: all at once.
    pub(crate) traffic: Option<String>,

    // More
    /// CloudFormation resources of your own, by logical id. They are part of the stack and may refer to its others.
    pub(crate) resources: BTreeMap<String, serde_json::Value>,
    /// CloudFormation outputs of your own, by name.
    pub(crate) outputs: BTreeMap<String, serde_json::Value>,
    /// The path that a new release is asked for before it takes traffic. Default: only its start is tried.
    pub(crate) health_check: Option<String>,
    /// A function registered in the app that the new release runs before it takes traffic, such as a migration.
    pub(crate) before_traffic: Option<String>,
    /// How many releases can be rolled back to.
    #[schemars(range(min = 2))]
    pub(crate) retain_releases: u32,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            regions: Vec::new(),
            canary_region: None,
            on_failure: OnFailure::default(),
            cloudformation_role_arn: None,
            protected: false,
            expires: None,
            express: false,
            profile_name: None,
            s3_bucket: None,
            function_name: None,
            tags: BTreeMap::new(),
            builder: Builder::default(),
            build_command: None,
            build_output: None,
            target: None,
            profile: "release".to_owned(),
            features: Vec::new(),
            include: Vec::new(),
            hooks: Hooks::default(),
            architecture: Architecture::default(),
            memory_size: 256,
            timeout_seconds: REST_TIMEOUT_SECONDS,
            ephemeral_storage: lambda::MIN_EPHEMERAL_STORAGE,
            description: None,
            environment: BTreeMap::new(),
            tracing: Tracing::default(),
            log_level: None,
            log_format: LogFormat::default(),
            log_retention_days: 30,
            reserved_concurrency: None,
            provisioned_concurrency: None,
            layers: ByRegion::default(),
            kms_key_arn: None,
            managed_instances: None,
            tenancy: None,
            functions: Vec::new(),
            vpc: None,
            efs: None,
            api: Api::default(),
            base_path: None,
            rewrite_location: true,
            binary_media_types: vec!["*/*".to_owned()],
            streaming: false,
            cors: CorsSetting::default(),
            compression: None,
            access_log: AccessLogSetting::default(),
            target_group: TargetGroupSetting::default(),
            throttle: None,
            authorizer: None,
            authorizers: BTreeMap::new(),
            iam_authorization: false,
            endpoint: EndpointSetting::default(),
            resource_policy: Vec::new(),
            api_key_required: false,
            usage_plans: BTreeMap::new(),
            routes: Vec::new(),
            domain: None,
            default_endpoint: None,
            websocket: None,
            role_arn: None,
            permissions: Vec::new(),
            permissions_boundary: None,
            link: Links::default(),
            secrets: BTreeMap::new(),
            secrets_kms_keys: Vec::new(),
            keep_warm: KeepWarm::default(),
            schedules: Vec::new(),
            events: Vec::new(),
            idempotency: false,
            async_retries: None,
            async_max_age_seconds: None,
            async_failure_destination: None,
            alarms: Alarms::default(),
            dead_letter_target: None,
            traffic: None,
            resources: BTreeMap::new(),
            outputs: BTreeMap::new(),
            health_check: None,
            before_traffic: None,
            retain_releases: 10,
        }
    }
}
