//! The templates of every feature, compared with `tests/golden/`. `ZAPPA_RS_WRITE=1` regenerates them, to be reviewed.
//!
//! A base is a whole template. A feature is a JSON Patch (RFC 6902) on its base, so that a review shows what the feature does
//! and nothing else. `tests/templates.rs` applies the patches and lints every template.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use serde_json::{Value, json};

use super::{Input, functions, render, sam};
use crate::{
    names::{ArtifactKey, Identity},
    settings::{Error, Settings, Stage},
};

/// The whole templates: name and settings. A feature's settings begin with its base's.
const BASES: [(&str, &str); 6] = [
    ("rest", ""),
    ("http", "api = \"http\""),
    ("function-url", "api = \"function_url\""),
    ("everything", EVERYTHING),
    ("everything-http", EVERYTHING_HTTP),
    ("everything-function-url", EVERYTHING_FUNCTION_URL),
];

/// The patches: name and settings.
const FEATURES: &[(&str, &str)] = &[
    ("rest-streaming", "streaming = true\ntimeout_seconds = 120"),
    ("function-url-streaming", "api = \"function_url\"\nstreaming = true"),
    ("rest-slow", "timeout_seconds = 300"),
    ("rest-cors", "cors = true"),
    ("rest-cors-origin", CORS_OF_ONE),
    ("rest-cors-origins", CORS_OF_SEVERAL),
    ("http-cors", "api = \"http\"\ncors = true"),
    ("http-cors-origins", HTTP_CORS_OF_SEVERAL),
    ("function-url-cors", "api = \"function_url\"\ncors = true"),
    ("function-url-cors-origins", FUNCTION_URL_CORS_OF_SEVERAL),
    ("rest-throttle", "throttle = { rate = 100.5, burst = 200 }"),
    ("http-throttle", "api = \"http\"\nthrottle = { rate = 100, burst = 200 }"),
    ("rest-edge", "endpoint = \"edge\""),
    ("rest-private", REST_PRIVATE),
    ("rest-resource-policy", REST_POLICY),
    ("rest-compression", "compression = 1024"),
    ("rest-access-log", "access_log = true\nlog_retention_days = 90"),
    ("http-access-log", "api = \"http\"\naccess_log = { format = \"$context.requestId $context.status\" }"),
    ("target-group", "target_group = true"),
    ("http-target-group", "api = \"http\"\ntarget_group = { multi_value_headers = false, health_check = \"/health\" }"),
    ("rest-iam", "iam_authorization = true"),
    ("http-iam", "api = \"http\"\nauthorizer = \"iam\""),
    ("function-url-iam", "api = \"function_url\"\nauthorizer = \"iam\""),
    ("api-keys", API_KEYS),
    ("rest-jwt", REST_JWT),
    ("http-jwt", HTTP_JWT),
    ("rest-authorizer-function", REST_AUTHORIZER_FUNCTION),
    ("rest-authorizer-arn", REST_AUTHORIZER_ARN),
    ("http-authorizer-function", HTTP_AUTHORIZER_FUNCTION),
    ("rest-cognito", REST_COGNITO),
    ("rest-cognito-clients", REST_COGNITO_CLIENTS),
    ("http-cognito", HTTP_COGNITO),
    ("http-jwt-cors", HTTP_JWT_CORS),
    ("http-cognito-of-the-stack", HTTP_COGNITO_OF_STACK),
    ("rest-routes", REST_ROUTES),
    ("rest-routes-weaker", REST_ROUTES_WEAKER),
    ("rest-routes-key", REST_ROUTES_KEY),
    ("http-routes", HTTP_ROUTES),
    ("http-routes-weaker", HTTP_ROUTES_WEAKER),
    ("rest-binary-types", "binary_media_types = [\"image/png\", \"font/*\"]"),
    ("base-path", "base_path = \"shop/v1\"\nrewrite_location = false"),
    ("keep-warm", "keep_warm = true"),
    ("keep-warm-five", "keep_warm = { count = 5, expression = \"cron(0/5 8-18 ? * MON-FRI *)\" }"),
    (
        "function",
        "architecture = \"x86_64\"\nmemory_size = 1024\nephemeral_storage = 1024\ndescription = \"Sells things\"",
    ),
    ("environment", "environment = { GREETING = \"hello\", STAGE = \"${stage} in ${region}\" }"),
    ("tracing", "tracing = \"active\""),
    ("logs", "log_level = \"warn\"\nlog_retention_days = 7"),
    ("logs-text", "log_format = \"text\""),
    ("concurrency", "reserved_concurrency = 20\nprovisioned_concurrency = 2"),
    ("concurrency-scaled", SCALED),
    ("bucket", "s3_bucket = \"my-artifacts\"\nfunction_name = \"storefront\""),
    ("role", "role_arn = \"arn:aws:iam::123456789012:role/shop\""),
    (
        "permissions",
        "permissions_boundary = \"arn:aws:iam::123456789012:policy/boundary\"\npermissions = [{ actions = [\"dynamodb:GetItem\"], resources = [\"arn:aws:dynamodb:eu-west-1:123456789012:table/x\"], conditions = { StringEquals = { \"aws:RequestedRegion\" = \"${region}\" } } }]",
    ),
    ("resources", RESOURCES),
    ("schedules", SCHEDULES),
    ("events", EVENTS),
    ("events-elsewhere", EVENTS_ELSEWHERE),
    ("idempotency", "idempotency = true"),
    ("secrets", SECRETS),
    ("links", LINKS),
    ("links-by-name", LINKS_BY_NAME),
    ("links-encrypted", LINKS_ENCRYPTED),
    ("asynchronous", ASYNCHRONOUS),
    ("functions", FUNCTIONS),
    ("alarms", "alarms = true"),
    ("traffic", "alarms = true\ntraffic = \"canary 10% 5m\""),
    ("traffic-functions", TRAFFIC),
    ("alarms-http", ALARMS_HTTP),
    ("alarms-function-url", ALARMS_FUNCTION_URL),
    ("vpc", VPC),
    ("tenancy", "tenancy = { tenant = \"header.x-tenant-id\" }\n[[stage.dev.functions]]\nname = \"mail\""),
    ("tenancy-of-an-authorizer", "tenancy = { tenant = \"context.authorizer.tenant\" }"),
    ("managed-instances", MANAGED),
    ("efs", EFS),
    ("s3-files", S3_FILES),
    ("attachments", ATTACHMENTS),
    ("attachments-of-the-stack", ATTACHMENTS_OF_STACK),
    ("events-pushed", EVENTS_PUSHED),
    ("events-of-brokers", EVENTS_OF_BROKERS),
    ("events-of-rules", EVENTS_OF_RULES),
    ("domain", "domain = \"api.example.com\""),
    ("function-url-domain", "api = \"function_url\"\ndomain = \"api.example.com\""),
    ("http-domain", "api = \"http\"\ndomain = { name = \"api.example.com\", base_path = \"shop\" }"),
    ("closed", "domain = \"api.example.com\"\ndefault_endpoint = false"),
    ("http-closed", HTTP_CLOSED),
    ("websocket", "[stage.dev.websocket]"),
    ("websocket-routes", WEBSOCKET),
];

const HTTP_CLOSED: &str = r#"api = "http"
[stage.dev.domain]
name = "api.example.com"
base_path = "shop"
mutual_tls = { truststore_uri = "s3://trust/clients.pem" }
"#;

const API_KEYS: &str = r#"api_key_required = true
[stage.dev.usage_plans.free]
quota = { limit = 1000, period = "day" }
throttle = { rate = 5, burst = 10 }
keys = ["mobile", { name = "partner", value = "0123456789abcdefghij" }]
[stage.dev.usage_plans.gold]
quota = { limit = 1000000, period = "month" }
"#;

const REST_ROUTES: &str = r#"cors = true
throttle = { rate = 100, burst = 200 }
[[stage.dev.routes]]
path = "/admin/{proxy+}"
authorizer = "users"
throttle = { rate = 5, burst = 10 }
[[stage.dev.routes]]
path = "/items/{id}"
methods = ["PUT", "DELETE"]
authorizer = "iam"
[[stage.dev.routes]]
path = "/items/{id}"
methods = ["GET"]
[stage.dev.authorizers.users]
cognito = ["arn:aws:cognito-idp:${region}:123456789012:userpool/${region}_abcdefghi"]
"#;

/// The stage asks for a token, and single paths do not.
const REST_ROUTES_WEAKER: &str = r#"authorizer = "users"
[[stage.dev.routes]]
path = "/"
methods = ["GET"]
authorizer = "none"
[[stage.dev.routes]]
path = "/docs/{file}"
authorizer = "none"
throttle = { rate = 5, burst = 10 }
[stage.dev.authorizers.users]
cognito = ["arn:aws:cognito-idp:${region}:123456789012:userpool/${region}_abcdefghi"]
"#;

const REST_ROUTES_KEY: &str = r#"
usage_plans = { partners = { keys = ["newspaper"] } }

[[stage.dev.routes]]
path = "/scores"
methods = ["GET"]
api_key_required = true
"#;

const HTTP_ROUTES: &str = r#"api = "http"
cors = true
throttle = { rate = 100, burst = 200 }
[[stage.dev.routes]]
path = "/admin/{proxy+}"
authorizer = "oidc"
throttle = { rate = 5, burst = 10 }
[[stage.dev.routes]]
path = "/items/{id}"
methods = ["PUT", "DELETE"]
authorizer = "iam"
[[stage.dev.routes]]
path = "/items/{id}"
methods = ["GET"]
[stage.dev.authorizers.oidc]
jwt = { issuer = "https://id.example.com", audience = ["shop"] }
"#;

const HTTP_ROUTES_WEAKER: &str = r#"api = "http"
authorizer = "oidc"
cors = true
[[stage.dev.routes]]
path = "/"
methods = ["GET"]
authorizer = "none"
[[stage.dev.routes]]
path = "/{page}"
authorizer = "none"
[stage.dev.authorizers.oidc]
jwt = { issuer = "https://id.example.com", audience = ["shop"] }
"#;

const REST_JWT: &str = r#"authorizer = "oidc"
[stage.dev.authorizers.oidc]
jwt = { issuer = "https://id.example.com", audience = ["shop"], algorithms = ["RS256", "ES256"] }
scopes = ["read", "write"]
"#;

const HTTP_JWT: &str = r#"api = "http"
authorizer = "oidc"
[stage.dev.authorizers]
oidc = { jwt = { issuer = "https://id.example.com/", audience = ["shop", "admin"] }, scopes = ["read"] }
"#;

const HTTP_JWT_CORS: &str = r#"api = "http"
authorizer = "oidc"
cors = true
[stage.dev.authorizers]
oidc = { jwt = { issuer = "https://id.example.com", audience = ["shop"] } }
"#;

const REST_AUTHORIZER_FUNCTION: &str = r#"authorizer = "session"
[stage.dev.authorizers.session]
function = "session"
identity_sources = ["header.Authorization", "query.key"]
ttl_seconds = 300
memory_size = 256
"#;

const REST_AUTHORIZER_ARN: &str = r#"authorizer = "partner"
[stage.dev.authorizers.partner]
arn = "arn:aws:lambda:${region}:123456789012:function:partner:live"
type = "token"
validation = "^Bearer .+$"
"#;

const HTTP_AUTHORIZER_FUNCTION: &str = r#"api = "http"
authorizer = "session"
[stage.dev.authorizers]
session = { function = "session", identity_sources = ["header.Authorization"], timeout_seconds = 5 }
"#;

const REST_COGNITO: &str = r#"authorizer = "users"
[stage.dev.authorizers.users]
cognito = ["arn:aws:cognito-idp:${region}:123456789012:userpool/${region}_abcdefghi"]
scopes = ["shop/read"]
"#;

const REST_COGNITO_CLIENTS: &str = r#"authorizer = "users"
[stage.dev.authorizers.users]
cognito = ["Users", "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abcdefghi"]
clients = ["Page", "1h57kf5cpq17m0eml12EXAMPLE"]
[stage.dev.resources.Users]
Type = "AWS::Cognito::UserPool"
[stage.dev.resources.Page]
Type = "AWS::Cognito::UserPoolClient"
Properties = { UserPoolId = { Ref = "Users" } }
"#;

const HTTP_COGNITO: &str = r#"api = "http"
authorizer = "users"
[stage.dev.authorizers.users]
cognito = ["arn:aws:cognito-idp:${region}:123456789012:userpool/${region}_abcdefghi"]
clients = ["1h57kf5cpq17m0eml12EXAMPLE"]
"#;

const HTTP_COGNITO_OF_STACK: &str = r#"api = "http"
authorizer = "users"
[stage.dev.authorizers.users]
cognito = ["Users"]
clients = ["Page"]
scopes = ["shop/read"]
[stage.dev.resources.Users]
Type = "AWS::Cognito::UserPool"
[stage.dev.resources.Page]
Type = "AWS::Cognito::UserPoolClient"
Properties = { UserPoolId = { Ref = "Users" } }
"#;

const TRAFFIC: &str = r#"api = "http"
traffic = "linear 20% 4m"
permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
[[stage.dev.functions]]
name = "mail"
[stage.dev.alarms]
throttles = false
p99_duration_ms = false
"#;

const ALARMS_HTTP: &str = r#"api = "http"
[[stage.dev.functions]]
name = "mail"
timeout_seconds = 300
[stage.dev.alarms]
actions = ["Alerts", "oncall", "arn:aws:lambda:${region}:123456789012:function:page"]
errors = { threshold = 3, period_seconds = 300, periods = 3, datapoints = 2 }
throttles = false
gateway_5xx = 20
p99_duration_ms = 800
treat_missing_data = "ignore"
[stage.dev.resources.Alerts]
Type = "AWS::SNS::Topic"
"#;

const ALARMS_FUNCTION_URL: &str = r#"api = "function_url"
alarms = "arn:aws:sns:eu-west-1:123456789012:oncall"
"#;

const VPC: &str = r#"
[stage.dev.vpc]
subnets = { eu-west-1 = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"], us-east-1 = ["subnet-0123456789abcdef2"] }
security_groups = ["sg-0123456789abcdef0"]
ipv6 = true
[[stage.dev.functions]]
name = "mail"
"#;

const SCALED: &str = r#"
reserved_concurrency = 60
[stage.dev.provisioned_concurrency]
min = 2
max = 20
utilization = 0.7
schedules = [
    { expression = "cron(0 7 ? * MON-FRI *)", timezone = "Europe/Berlin", min = 10, max = 50 },
    { expression = "cron(0 20 ? * MON-FRI *)", timezone = "Europe/Berlin", min = 2, max = 20 },
]
[[stage.dev.functions]]
name = "mail"
provisioned_concurrency = 3
[[stage.dev.functions]]
name = "report"
provisioned_concurrency = { min = 1, max = 4, utilization = 0.5 }
"#;

const MANAGED: &str = r#"
memory_size = 4096
managed_instances = { capacity_provider = "arn:aws:lambda:eu-west-1:123456789012:capacity-provider:shop", concurrency = 16 }
"#;

const EFS: &str = r#"
vpc = { subnets = ["subnet-0123456789abcdef0"], security_groups = ["sg-0123456789abcdef0"] }
efs = { access_point = "Point", mount = "/mnt/data" }
[stage.dev.resources.Files]
Type = "AWS::EFS::FileSystem"
DeletionPolicy = "Retain"
UpdateReplacePolicy = "Retain"
[stage.dev.resources.Point]
Type = "AWS::EFS::AccessPoint"
Properties = { FileSystemId = { Ref = "Files" } }
[stage.dev.resources.Target]
Type = "AWS::EFS::MountTarget"
Properties = { FileSystemId = { Ref = "Files" }, SubnetId = "subnet-0123456789abcdef0", SecurityGroups = ["sg-0123456789abcdef1"] }
"#;

const S3_FILES: &str = r#"
vpc = { subnets = ["subnet-0123456789abcdef0"], security_groups = ["sg-0123456789abcdef0"] }
[stage.dev.efs]
access_point = { eu-west-1 = "arn:aws:s3files:eu-west-1:123456789012:file-system/fs-0123456789abcdef0/access-point/fsap-0123456789abcdef0" }
mount = "/mnt/bucket"
"#;

const ATTACHMENTS: &str = r#"
layers = ["arn:aws:lambda:eu-west-1:123456789012:layer:fonts:3", "arn:aws:lambda:eu-west-1:123456789012:layer:collector:12"]
kms_key_arn = { eu-west-1 = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
dead_letter_target = "failed"
async_failure_destination = "failed"
[[stage.dev.functions]]
name = "mail"
"#;

const ATTACHMENTS_OF_STACK: &str = r#"
layers = ["Fonts"]
kms_key_arn = "Key"
dead_letter_target = "Failed"
vpc = { subnets = ["Private"], security_groups = ["Access"] }
[stage.dev.resources.Fonts]
Type = "AWS::Lambda::LayerVersion"
Properties = { Content = { S3Bucket = "company-layers", S3Key = "fonts.zip" } }
[stage.dev.resources.Failed]
Type = "AWS::SNS::Topic"
[stage.dev.resources.Private]
Type = "AWS::EC2::Subnet"
Properties = { VpcId = "vpc-0123456789abcdef0", CidrBlock = "10.0.1.0/24" }
[stage.dev.resources.Access]
Type = "AWS::EC2::SecurityGroup"
Properties = { GroupDescription = "The shop at its database", VpcId = "vpc-0123456789abcdef0" }
[stage.dev.resources.Key]
Type = "AWS::KMS::Key"
DeletionPolicy = "Retain"
UpdateReplacePolicy = "Retain"
Properties.EnableKeyRotation = true
[stage.dev.resources.Key.Properties.KeyPolicy]
Version = "2012-10-17"
Statement = [{ Effect = "Allow", Principal = { AWS = { "Fn::Sub" = "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" } }, Action = "kms:*", Resource = "*" }]
"#;

const REST_PRIVATE: &str = r#"
endpoint = { type = "private", vpc_endpoints = ["vpce-0123456789abcdef0"] }

[[stage.dev.resource_policy]]
conditions = { StringEquals = { "aws:SourceVpce" = "vpce-0123456789abcdef0" } }
"#;

const REST_POLICY: &str = r#"
[[stage.dev.resource_policy]]

[[stage.dev.resource_policy]]
effect = "deny"
paths = ["dev/*/admin/*"]
conditions = { NotIpAddress = { "aws:SourceIp" = ["203.0.113.0/24"] } }

[[stage.dev.resource_policy]]
effect = "deny"
principals = ["arn:aws:iam::123456789012:user/mallory"]
"#;

const CORS_OF_ONE: &str = r#"
[stage.dev.cors]
allowed_origins = ["https://shop.example.com"]
allowed_methods = ["GET", "POST"]
allowed_headers = ["authorization", "content-type"]
expose_headers = ["etag", "x-total"]
max_age_seconds = 600
allow_credentials = true
"#;

const CORS_OF_SEVERAL: &str = r#"
[stage.dev.cors]
allowed_origins = ["https://shop.example.com", "http://localhost:5173"]
allowed_methods = ["*"]
expose_headers = ["etag"]
"#;

const HTTP_CORS_OF_SEVERAL: &str = r#"api = "http"
[stage.dev.cors]
allowed_origins = ["https://shop.example.com", "http://localhost:5173"]
allow_credentials = true
"#;

const FUNCTION_URL_CORS_OF_SEVERAL: &str = r#"api = "function_url"
[stage.dev.cors]
allowed_origins = ["https://shop.example.com", "http://localhost:5173"]
expose_headers = ["etag"]
allow_credentials = true
"#;

const WEBSOCKET: &str = r#"api = "http"
[stage.dev.websocket]
routes = ["$connect", "$disconnect", "$default", "send-message", "ask"]
route_selection = "$request.body.type"
responses = ["ask", "$default"]
throttle = { rate = 100, burst = 200 }
"#;

const SECRETS: &str = r#"
secrets_kms_keys = ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
[stage.dev.secrets]
DATABASE_URL = "ssm:/shop/${stage}/db"
LIMIT = "ssm?:limit:3"
"*" = "ssm:/shop/${stage}/*"
STRIPE_KEY = "secretsmanager:shop/stripe#key"
STRIPE_SECRET = "secretsmanager:shop/stripe#secret"
PARTNER = "secretsmanager:arn:aws:secretsmanager:us-east-1:210987654321:secret:partner-AbCdEf"
"#;

const LINKS: &str = r#"
link = [
    "Orders", "Plain:write", "Jobs", "Bulk:write", "News", "Pictures", "Reports:read", "Uploads:write", "Bus", "Clicks:read",
    "Archive", "Workflow", "Quick", "Password", "Limit:read", "Helper",
]
resources.Orders.Type = "AWS::DynamoDB::Table"
resources.Orders.DeletionPolicy = "Retain"
resources.Orders.UpdateReplacePolicy = "Retain"
resources.Plain.Type = "AWS::DynamoDB::Table"
resources.Plain.DeletionPolicy = "Retain"
resources.Plain.UpdateReplacePolicy = "Retain"
resources.Jobs = { Type = "AWS::SQS::Queue", DeletionPolicy = "Delete", UpdateReplacePolicy = "Delete" }
resources.Bulk = { Type = "AWS::SQS::Queue", DeletionPolicy = "Delete", UpdateReplacePolicy = "Delete" }
resources.News = { Type = "AWS::SNS::Topic" }
resources.Pictures = { Type = "AWS::S3::Bucket", DeletionPolicy = "Retain", UpdateReplacePolicy = "Retain" }
resources.Reports = { Type = "AWS::S3::Bucket", DeletionPolicy = "Retain", UpdateReplacePolicy = "Retain" }
resources.Uploads = { Type = "AWS::S3::Bucket", DeletionPolicy = "Retain", UpdateReplacePolicy = "Retain" }
resources.Bus = { Type = "AWS::Events::EventBus", Properties.Name = "shop" }
resources.Clicks = { Type = "AWS::Kinesis::Stream", DeletionPolicy = "Delete", UpdateReplacePolicy = "Delete" }
resources.Archive.Type = "AWS::KinesisFirehose::DeliveryStream"
resources.Workflow.Type = "AWS::StepFunctions::StateMachine"
resources.Quick.Type = "AWS::StepFunctions::StateMachine"
resources.Password = { Type = "AWS::SecretsManager::Secret", DeletionPolicy = "Delete", UpdateReplacePolicy = "Delete" }
resources.Limit.Type = "AWS::SSM::Parameter"
resources.Helper.Type = "AWS::Lambda::Function"
[[stage.dev.functions]]
name = "mail"
[stage.dev.resources.Orders.Properties]
BillingMode = "PAY_PER_REQUEST"
AttributeDefinitions = [{ AttributeName = "id", AttributeType = "S" }, { AttributeName = "day", AttributeType = "S" }]
KeySchema = [{ AttributeName = "id", KeyType = "HASH" }]
GlobalSecondaryIndexes = [{ IndexName = "day", KeySchema = [{ AttributeName = "day", KeyType = "HASH" }], Projection = { ProjectionType = "ALL" } }]
PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled = true }
[stage.dev.resources.Plain.Properties]
BillingMode = "PAY_PER_REQUEST"
AttributeDefinitions = [{ AttributeName = "id", AttributeType = "S" }]
KeySchema = [{ AttributeName = "id", KeyType = "HASH" }]
[stage.dev.resources.Archive.Properties]
S3DestinationConfiguration = { BucketARN = { "Fn::GetAtt" = ["Reports", "Arn"] }, RoleARN = "arn:aws:iam::123456789012:role/archive" }
[stage.dev.resources.Workflow.Properties]
RoleArn = "arn:aws:iam::123456789012:role/workflow"
DefinitionString = "{\"StartAt\":\"End\",\"States\":{\"End\":{\"Type\":\"Succeed\"}}}"
[stage.dev.resources.Quick.Properties]
StateMachineType = "EXPRESS"
RoleArn = "arn:aws:iam::123456789012:role/workflow"
DefinitionString = "{\"StartAt\":\"End\",\"States\":{\"End\":{\"Type\":\"Succeed\"}}}"
[stage.dev.resources.Limit.Properties]
Name = "/shop/limit"
Type = "String"
Value = "3"
[stage.dev.resources.Helper.Properties]
Runtime = "nodejs22.x"
Handler = "index.handler"
Role = "arn:aws:iam::123456789012:role/helper"
Code = { ZipFile = "exports.handler = async () => {}" }
"#;

const LINKS_BY_NAME: &str = r#"
[stage.dev.link]
orders = "arn:aws:dynamodb:eu-west-1:210987654321:table/orders-${stage}:read"
jobs = "arn:aws:sqs:${region}:${AWS::AccountId}:jobs:write"
pictures = "arn:aws:s3:::pictures-${AWS::AccountId}"
events = "Bus"
[stage.dev.resources.Bus]
Type = "AWS::Events::EventBus"
Properties = { Name = "shop" }
"#;

const LINKS_ENCRYPTED: &str = r#"
link = ["Orders", "Sessions:read", "Jobs:read", "News", "Pictures", "Clicks", "Password:read"]
resources.Key.Type = "AWS::KMS::Key"
resources.Key.DeletionPolicy = "Retain"
resources.Key.UpdateReplacePolicy = "Retain"
resources.Key.Properties.EnableKeyRotation = true
resources.Alias = { Type = "AWS::KMS::Alias", Properties = { AliasName = "alias/shop", TargetKeyId = { Ref = "Key" } } }
resources.Orders.Type = "AWS::DynamoDB::Table"
resources.Orders.DeletionPolicy = "Retain"
resources.Orders.UpdateReplacePolicy = "Retain"
resources.Sessions.Type = "AWS::DynamoDB::Table"
resources.Sessions.DeletionPolicy = "Retain"
resources.Sessions.UpdateReplacePolicy = "Retain"
resources.Jobs = { Type = "AWS::SQS::Queue", DeletionPolicy = "Delete", UpdateReplacePolicy = "Delete", Properties.KmsMasterKeyId = { Ref = "Alias" } }
resources.News = { Type = "AWS::SNS::Topic", Properties.KmsMasterKeyId = "alias/shop" }
resources.Pictures.Type = "AWS::S3::Bucket"
resources.Pictures.DeletionPolicy = "Retain"
resources.Pictures.UpdateReplacePolicy = "Retain"
resources.Clicks.Type = "AWS::Kinesis::Stream"
resources.Clicks.DeletionPolicy = "Delete"
resources.Clicks.UpdateReplacePolicy = "Delete"
resources.Password = { Type = "AWS::SecretsManager::Secret", DeletionPolicy = "Delete", UpdateReplacePolicy = "Delete", Properties.KmsKeyId = { Ref = "Key" } }
[stage.dev.resources.Key.Properties.KeyPolicy]
Version = "2012-10-17"
Statement = [{ Effect = "Allow", Principal = { AWS = { "Fn::Sub" = "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" } }, Action = "kms:*", Resource = "*" }]
[stage.dev.resources.Orders.Properties]
BillingMode = "PAY_PER_REQUEST"
AttributeDefinitions = [{ AttributeName = "id", AttributeType = "S" }]
KeySchema = [{ AttributeName = "id", KeyType = "HASH" }]
SSESpecification = { SSEEnabled = true, SSEType = "KMS", KMSMasterKeyId = { "Fn::GetAtt" = ["Key", "Arn"] } }
[stage.dev.resources.Sessions.Properties]
BillingMode = "PAY_PER_REQUEST"
AttributeDefinitions = [{ AttributeName = "id", AttributeType = "S" }]
KeySchema = [{ AttributeName = "id", KeyType = "HASH" }]
SSESpecification = { SSEEnabled = true, SSEType = "KMS", KMSMasterKeyId = "1234abcd-12ab-34cd-56ef-1234567890ab" }
[stage.dev.resources.Pictures.Properties.BucketEncryption]
ServerSideEncryptionConfiguration = [{ ServerSideEncryptionByDefault = { SSEAlgorithm = "aws:kms", KMSMasterKeyID = { Ref = "Key" } } }]
[stage.dev.resources.Clicks.Properties]
StreamEncryption = { EncryptionType = "KMS", KeyId = { Ref = "Key" } }
"#;

const SCHEDULES: &str = r#"
[[stage.dev.schedules]]
name = "nightly"
expression = "cron(0 3 * * ? *)"
timezone = "Europe/Berlin"
flexible_minutes = 15
[[stage.dev.schedules]]
name = "poll"
expression = "rate(5 minutes)"
start = "2027-01-31T03:00:00Z"
end = "2028-01-31T03:00:00Z"
payload = { depth = 3 }
delivery_retries = 3
dead_letter_queue = "undelivered"
"#;

const FUNCTIONS: &str = r#"
timeout_seconds = 20
environment = { GREETING = "hello", MAIL = "${fn:mail}" }
idempotency = true
outputs = { Aliases = "${fn:main} ${fn:mail}" }
[[stage.dev.functions]]
name = "mail"
description = "Sends mail"
memory_size = 512
timeout_seconds = 60
ephemeral_storage = 1024
reserved_concurrency = 5
environment = { GREETING = "dear ${fn:report}", APP = "${fn:main}" }
async_retries = 0
async_failure_destination = "Failed"
[[stage.dev.functions]]
name = "report"
[[stage.dev.schedules]]
name = "nightly"
expression = "cron(0 3 * * ? *)"
function = "report"
[[stage.dev.schedules]]
name = "poll"
expression = "rate(5 minutes)"
function = "main"
[stage.dev.resources.Failed]
Type = "AWS::SQS::Queue"
DeletionPolicy = "Delete"
UpdateReplacePolicy = "Delete"
Properties = { SqsManagedSseEnabled = true }
[stage.dev.resources.Users]
Type = "AWS::Cognito::UserPool"
DeletionPolicy = "Retain"
UpdateReplacePolicy = "Retain"
[[stage.dev.events]]
name = "jobs"
sqs = "jobs"
function = "mail"
[[stage.dev.events]]
name = "orders"
sqs = "orders"
[[stage.dev.events]]
name = "news"
sns = "news"
function = "mail"
[[stage.dev.events]]
name = "placed"
pattern = { source = ["com.example.shop"] }
function = "report"
[[stage.dev.events]]
name = "audit"
logs = "/aws/lambda/other"
function = "report"
[[stage.dev.events]]
name = "users"
cognito = "Users"
triggers = ["post_confirmation"]
function = "mail"
"#;

const EVENTS: &str = r#"
timeout_seconds = 20
[stage.dev.resources.Jobs]
Type = "AWS::SQS::Queue"
DeletionPolicy = "Delete"
UpdateReplacePolicy = "Delete"
Properties = { VisibilityTimeout = 120, SqsManagedSseEnabled = true }
[stage.dev.resources.Failed]
Type = "AWS::SQS::Queue"
DeletionPolicy = "Delete"
UpdateReplacePolicy = "Delete"
Properties = { SqsManagedSseEnabled = true }
[stage.dev.resources.Orders]
Type = "AWS::DynamoDB::Table"
DeletionPolicy = "Retain"
UpdateReplacePolicy = "Retain"
[stage.dev.resources.Orders.Properties]
BillingMode = "PAY_PER_REQUEST"
AttributeDefinitions = [{ AttributeName = "id", AttributeType = "S" }]
KeySchema = [{ AttributeName = "id", KeyType = "HASH" }]
StreamSpecification = { StreamViewType = "NEW_AND_OLD_IMAGES" }
[stage.dev.resources.News]
Type = "AWS::SNS::Topic"
Properties = { KmsMasterKeyId = "alias/aws/sns" }
[stage.dev.resources.Pictures]
Type = "AWS::S3::Bucket"
DeletionPolicy = "Retain"
UpdateReplacePolicy = "Retain"
[[stage.dev.events]]
name = "jobs"
sqs = "Jobs"
batch_size = 100
batch_window_seconds = 2
max_concurrency = 5
filters = [{ body = { kind = ["resize"] } }]
[[stage.dev.events]]
name = "orders"
dynamodb = "Orders"
parallelization = 2
retries = 5
failure_destination = "Failed"
[[stage.dev.events]]
name = "news"
sns = "News"
filters = [{ kind = ["urgent"] }]
[[stage.dev.events]]
name = "pictures"
s3 = "Pictures"
pattern = { detail-type = ["Object Created"] }
[[stage.dev.events]]
name = "removed"
s3 = "Pictures"
pattern = { detail-type = ["Object Deleted"] }
[[stage.dev.events]]
name = "placed"
pattern = { source = ["com.example.shop"], detail-type = ["Order Placed"] }
"#;

const EVENTS_ELSEWHERE: &str = r#"
[[stage.dev.events]]
name = "jobs"
sqs = "jobs.fifo"
enabled = false
[[stage.dev.events]]
name = "clicks"
kinesis = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"
starting_position = "latest"
[[stage.dev.events]]
name = "news"
sns = "news"
[[stage.dev.events]]
name = "pictures"
s3 = "company-pictures"
[[stage.dev.events]]
name = "audit"
bus = "audit"
pattern = { source = ["com.example.audit"] }
"#;

const EVENTS_PUSHED: &str = r#"
[stage.dev.resources.Users]
Type = "AWS::Cognito::UserPool"
DeletionPolicy = "Retain"
UpdateReplacePolicy = "Retain"
Properties = { LambdaConfig = { KMSKeyID = "arn:aws:kms:eu-west-1:123456789012:key/0123" } }
[stage.dev.resources.Audit]
Type = "AWS::Logs::LogGroup"
DeletionPolicy = "Retain"
UpdateReplacePolicy = "Retain"
Properties = { RetentionInDays = 30 }
[[stage.dev.events]]
name = "users"
cognito = "Users"
triggers = ["pre_sign_up", "custom_email_sender"]
[[stage.dev.events]]
name = "staff"
cognito = "eu-west-1_AbCdEfGhI"
triggers = ["post_confirmation"]
[[stage.dev.events]]
name = "audit"
logs = "Audit"
[[stage.dev.events]]
name = "jobs"
sqs = "jobs"
min_pollers = 2
max_pollers = 50
[[stage.dev.events]]
name = "errors"
logs = "/aws/lambda/other"
filter_pattern = "ERROR"
"#;

const EVENTS_OF_BROKERS: &str = r#"
[stage.dev.resources.Shop]
Type = "AWS::MSK::ServerlessCluster"
[stage.dev.resources.Shop.Properties]
ClusterName = "shop"
ClientAuthentication = { Sasl = { Iam = { Enabled = true } } }
VpcConfigs = [{ SubnetIds = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"], SecurityGroups = ["sg-0123456789abcdef0"] }]
[stage.dev.resources.Login]
Type = "AWS::SecretsManager::Secret"
DeletionPolicy = "Retain"
UpdateReplacePolicy = "Retain"
Properties = { GenerateSecretString = { SecretStringTemplate = "{\"username\":\"shop\"}", GenerateStringKey = "password" } }
[stage.dev.resources.Access]
Type = "AWS::EC2::SecurityGroup"
Properties = { GroupDescription = "Lambda at the brokers", VpcId = "vpc-0123456789abcdef0" }
[[stage.dev.events]]
name = "orders"
msk = "Shop"
topic = "orders"
consumer_group = "shop-dev"
batch_size = 500
batch_window_seconds = 5
min_pollers = 1
max_pollers = 10
filters = [{ value = { kind = ["placed"] } }]
failure_destination = "failed"
[[stage.dev.events]]
name = "audit"
msk = "arn:aws:kafka:eu-west-1:123456789012:cluster/audit/6cc0432b-8618-4f44-bccc-e1fbd8fb7c4d-2"
topic = "audit"
secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_audit-a1B2c3"
starting_position = "at_timestamp"
starting_time = "2027-01-31T03:00:00Z"
[[stage.dev.events]]
name = "clicks"
kafka = { servers = ["kafka.example.com:9092"], subnets = ["subnet-0123456789abcdef0"], security_groups = ["Access"], root_certificate = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:kafka-ca-a1B2c3" }
topic = "clicks"
secret = "Login"
authentication = "mutual_tls"
starting_position = "latest"
[[stage.dev.events]]
name = "letters"
mq = "arn:aws:mq:eu-west-1:123456789012:broker:mail:b-1234a5b6-78cd-901e-2ab3-3a45b6c178d9"
queue = "letters"
virtual_host = "staff"
secret = "Login"
batch_size = 10
enabled = false
"#;

const EVENTS_OF_RULES: &str = r#"
[stage.dev.resources.Inbound]
Type = "AWS::SES::ReceiptRuleSet"
[[stage.dev.events]]
name = "telemetry"
iot = "SELECT *, topic(2) AS device FROM 'devices/+/state' WHERE temperature > 50"
[[stage.dev.events]]
name = "doors"
iot = "SELECT * FROM 'doors/#'"
enabled = false
[[stage.dev.events]]
name = "support"
ses = { rule_set = "Inbound", recipients = ["support@example.com"], scan = true, require_tls = true }
[[stage.dev.events]]
name = "other"
ses = { rule_set = "company", recipients = [".example.org"], after = "spam" }
enabled = false
"#;

const ASYNCHRONOUS: &str = r#"
async_retries = 1
async_max_age_seconds = 3600
async_failure_destination = "Failed"
[stage.dev.resources.Failed]
Type = "AWS::S3::Bucket"
DeletionPolicy = "Retain"
UpdateReplacePolicy = "Retain"
"#;

const RESOURCES: &str = r#"
permissions = [{ actions = ["dynamodb:GetItem", "dynamodb:PutItem"], resources = [{ "Fn::GetAtt" = ["Table", "Arn"] }] }]
outputs = { TableName = { Ref = "Table" }, TableArn = { Value = { "Fn::GetAtt" = ["Table", "Arn"] }, Description = "The table" } }
[stage.dev.resources.Table]
Type = "AWS::DynamoDB::Table"
DeletionPolicy = "Retain"
UpdateReplacePolicy = "Retain"
[stage.dev.resources.Table.Properties]
BillingMode = "PAY_PER_REQUEST"
AttributeDefinitions = [{ AttributeName = "id", AttributeType = "S" }]
KeySchema = [{ AttributeName = "id", KeyType = "HASH" }]
"#;

const EVERYTHING: &str = r#"
memory_size = 512
timeout_seconds = 20
ephemeral_storage = 2048
description = "Sells things"
environment = { GREETING = "hello", QUEUE_URL = { Ref = "Queue" } }
tracing = "active"
log_level = "info"
log_retention_days = 90
reserved_concurrency = 50
provisioned_concurrency = 1
streaming = true
base_path = "shop"
throttle = { rate = 50, burst = 100 }
keep_warm = 3
tags = { team = "shop" }
permissions = [{ actions = ["sqs:SendMessage"], resources = [{ "Fn::GetAtt" = ["Queue", "Arn"] }] }]
outputs = { QueueUrl = { Ref = "Queue" } }
resources = { Queue = { Type = "AWS::SQS::Queue", DeletionPolicy = "Delete", UpdateReplacePolicy = "Delete", Properties = { SqsManagedSseEnabled = true } } }
"#;

const EVERYTHING_HTTP: &str = r#"
api = "http"
architecture = "x86_64"
memory_size = 512
timeout_seconds = 20
description = "Sells things"
environment = { QUEUE = { Ref = "Queue" }, API = { Ref = "HttpApi" } }
tracing = "active"
log_level = "info"
reserved_concurrency = 50
provisioned_concurrency = 1
base_path = "shop"
rewrite_location = false
throttle = { rate = 50, burst = 100 }
keep_warm = { count = 2, expression = "rate(5 minutes)" }
permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
permissions = [{ actions = ["sqs:SendMessage"], resources = [{ "Fn::GetAtt" = ["Queue", "Arn"] }] }]
outputs = { Live = { "Fn::Sub" = ["${Live}#${name}", { name = { Ref = "Queue" } }] } }
resources = { Queue = { Type = "AWS::SQS::Queue", DeletionPolicy = "Delete", UpdateReplacePolicy = "Delete", Properties = { SqsManagedSseEnabled = true } } }
"#;

const EVERYTHING_FUNCTION_URL: &str = r#"
api = "function_url"
memory_size = 512
timeout_seconds = 900
description = "Sells things"
environment = { GREETING = "hello" }
tracing = "active"
log_format = "text"
streaming = true
reserved_concurrency = 50
keep_warm = true
s3_bucket = "my-artifacts"
role_arn = "arn:aws:iam::123456789012:role/shop"
resources = { Topic = { Type = "AWS::SNS::Topic", DependsOn = ["Live"], Properties = { KmsMasterKeyId = "alias/aws/sns" } } }
"#;

fn load(settings: &str) -> Result<Stage, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zappa_settings.toml");
    let text = format!("[project]\nname = \"shop\"\n[stage.dev]\naws_region = \"eu-west-1\"\n{settings}\n");
    fs::write(&path, text).unwrap();
    let selection = Settings::load(&path, &BTreeMap::new()).and_then(|settings| settings.choose(None))?;
    Ok(selection.primary().clone())
}

fn stage(settings: &str) -> Stage {
    load(settings).unwrap_or_else(|error| panic!("{error}"))
}

pub(super) fn made(settings: &str) -> Value {
    let stage = stage(settings);
    let identity =
        Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: stage.function_name.clone() };
    let sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let artifact = ArtifactKey::new(&identity, sha256);
    render(&Input { identity: &identity, stage: &stage, region: "eu-west-1", artifact: &artifact, sha256 })
}

/// The base of a feature, by the front end that its settings name.
fn base(settings: &str) -> (&'static str, &'static str) {
    let base = BASES.iter().skip(1).find(|(_, base)| settings.starts_with(base));
    *base.unwrap_or(&BASES[0])
}

/// A template and its SAM form without the versions' hashes, which every feature changes.
fn without_hash(settings: &str) -> (Value, Value) {
    let template = made(settings);
    let functions = functions(&template).into_iter();
    let hashes = functions.map(|ids| {
        let variables = &template["Resources"][&ids.function]["Properties"]["Environment"]["Variables"];
        variables["ZAPPA_VERSION"].as_str().unwrap()
    });
    let hashes: Vec<&str> = hashes.collect();
    let without = |text: String, hash: &&str| text.replace(hash, "Hash");
    let replaced = |template: &Value| serde_json::from_str(&hashes.iter().fold(template.to_string(), without)).unwrap();
    (replaced(&template), replaced(&sam(&template)))
}

/// The files of all bases and features, by their path in the folder.
fn files() -> BTreeMap<String, Value> {
    let mut files = BTreeMap::new();
    for (name, settings) in BASES {
        let template = made(settings);
        files.insert(format!("sam/{name}.json"), sam(&template));
        files.insert(format!("{name}.json"), template);
    }
    for &(name, settings) in FEATURES {
        let (base, base_settings) = base(settings);
        let (before, after) = (without_hash(base_settings), without_hash(settings));
        let patch = json!({
            "base": base,
            "template": json_patch::diff(&before.0, &after.0),
            "sam": json_patch::diff(&before.1, &after.1),
        });
        files.insert(format!("features/{name}.json"), patch);
    }
    files
}

#[test]
fn every_feature_makes_the_template_that_was_reviewed() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden");
    let mut stale = Vec::new();
    for (name, template) in files() {
        let text = serde_json::to_string_pretty(&template).unwrap() + "\n";
        let path = folder.join(&name);
        if std::env::var_os("ZAPPA_RS_WRITE").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &text).unwrap();
        } else if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            stale.push(name);
        }
    }
    assert!(
        stale.is_empty(),
        "{stale:?} differ; `ZAPPA_RS_WRITE=1 cargo test -p zappa-rs-cli golden` regenerates them"
    );
}

#[test]
fn a_handler_variable_of_the_adapter_is_set_for_what_the_settings_say() {
    let variables = |settings: &str| {
        let template = made(settings);
        let variables = template["Resources"]["Function"]["Properties"]["Environment"]["Variables"].clone();
        let names = variables.as_object().unwrap().iter().filter(|(name, _)| *name != "ZAPPA_VERSION");
        names.map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(variables(""), "ZAPPA_PROJECT=shop ZAPPA_STAGE=dev");
    assert_eq!(
        variables("streaming = true\nbase_path = \"/shop/\"\nrewrite_location = false"),
        "ZAPPA_BASE_PATH=/shop ZAPPA_PROJECT=shop ZAPPA_REWRITE_LOCATION=off ZAPPA_STAGE=dev ZAPPA_STREAMING=rest"
    );
    assert!(variables("streaming = true\napi = \"function_url\"").contains("ZAPPA_STREAMING=function-url"));
}

/// Logical ids and types of all templates, without what the settings bring.
fn own_resources() -> BTreeMap<String, BTreeSet<String>> {
    let mut kinds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, settings) in BASES.iter().chain(FEATURES) {
        let brought = stage(settings).resources;
        let template = made(settings);
        for (id, resource) in template["Resources"].as_object().unwrap() {
            if !brought.contains_key(id) {
                kinds.entry(id.clone()).or_default().insert(resource["Type"].as_str().unwrap().to_owned());
            }
        }
    }
    kinds
}

/// CloudFormation: "Update of resource type is not permitted".
#[test]
fn no_id_changes_its_type_when_a_stage_goes_to_another_gateway() {
    for (id, kinds) in own_resources() {
        assert_eq!(kinds.len(), 1, "{id}: {kinds:?}");
    }
}

#[test]
fn no_resource_of_the_settings_takes_the_place_of_one_of_ours() {
    for id in own_resources().keys() {
        let settings = format!("resources = {{ {id} = {{ Type = \"AWS::SNS::Topic\" }} }}");
        let error = load(&settings).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("of the stack's own"), "{id}: {error}");
    }
}
