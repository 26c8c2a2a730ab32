//! Schedules and event sources: real messages reach their handlers through the deployed stack, and an update does not touch
//! what delivers them.

use std::{collections::BTreeMap, fs, time::Duration};

use serde_json::{Value, json};

use crate::{stage::Stage, support::poll::poll_until};

const DELIVERY_TIMEOUT: Duration = Duration::from_secs(120);

const SETTINGS: &str = r#"
timeout_seconds = 10
async_retries = 1
async_failure_destination = "Failed"
[stage.dev.resources.Jobs]
Type = "AWS::SQS::Queue"
Properties = { VisibilityTimeout = 10 }
[stage.dev.resources.Failed]
Type = "AWS::SQS::Queue"
Properties = { QueueName = "failed" }
[stage.dev.resources.News]
Type = "AWS::SNS::Topic"
[stage.dev.resources.Orders]
Type = "AWS::DynamoDB::Table"
[stage.dev.resources.Orders.Properties]
TableName = "orders"
BillingMode = "PAY_PER_REQUEST"
AttributeDefinitions = [{ AttributeName = "id", AttributeType = "S" }]
KeySchema = [{ AttributeName = "id", KeyType = "HASH" }]
StreamSpecification = { StreamViewType = "NEW_AND_OLD_IMAGES" }
[stage.dev.resources.Pictures]
Type = "AWS::S3::Bucket"
Properties = { BucketName = "shop-pictures" }
[[stage.dev.schedules]]
name = "tick"
expression = "rate(1 minute)"
[[stage.dev.events]]
name = "jobs"
sqs = "Jobs"
[[stage.dev.events]]
name = "news"
sns = "News"
[[stage.dev.events]]
name = "orders"
dynamodb = "Orders"
[[stage.dev.events]]
name = "pictures"
s3 = "Pictures"
[[stage.dev.events]]
name = "placed"
pattern = { source = ["com.example.shop"] }
"#;

/// Everything that the function has logged.
pub(crate) fn log(stage: &Stage) -> String {
    let groups = stage.account.aws(&["logs", "describe-log-groups"]);
    let group = groups["logGroups"][0]["logGroupName"].as_str().unwrap().to_owned();
    let events = stage.account.aws(&["logs", "filter-log-events", "--log-group-name", &group]);
    let events = events["events"].as_array().unwrap().iter();
    events.map(|event| event["message"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

fn wait_for(stage: &Stage, line: &str) {
    poll_until(&format!("the log line `{line}`"), DELIVERY_TIMEOUT, || log(stage).contains(line));
}

/// Everything in the stack's template that delivers events, by logical id.
pub(crate) fn delivery(stage: &Stage) -> BTreeMap<String, Value> {
    let template = stage.account.aws(&["cloudformation", "get-template", "--stack-name", "shop-dev"]);
    let resources = template["TemplateBody"]["Resources"].as_object().unwrap().clone().into_iter();
    let prefixes = ["AsyncConfig", "Mapping", "Rule", "Schedule", "Subscription", "TopicPermission"];
    resources.filter(|(id, _)| prefixes.iter().any(|prefix| id.starts_with(prefix))).collect()
}

#[test]
fn events_of_every_source_reach_their_handlers() {
    let stage = Stage::new(SETTINGS);
    stage.ok_with(&["deploy"], "one");
    let queues = stage.account.aws(&["sqs", "list-queues", "--queue-name-prefix", "shop-dev-Jobs"]);
    let queue = queues["QueueUrls"][0].as_str().unwrap().to_owned();

    // The second message fails once and is delivered again; the others are not.
    for number in 1..=3 {
        let body = json!({ "number": number, "failures": u32::from(number == 2) }).to_string();
        stage.account.aws(&["sqs", "send-message", "--queue-url", &queue, "--message-body", &body]);
    }
    let topic = stage.account.aws(&["sns", "list-topics"])["Topics"][0]["TopicArn"].as_str().unwrap().to_owned();
    stage.account.aws(&["sns", "publish", "--topic-arn", &topic, "--message", "rust 2.0"]);
    let entry = json!([{ "Source": "com.example.shop", "DetailType": "Order Placed", "Detail": "{\"order\":4711}" }]);
    stage.account.aws(&["events", "put-events", "--entries", &entry.to_string()]);
    stage.account.aws(&["dynamodb", "put-item", "--table-name", "orders", "--item", r#"{"id":{"S":"o-1"}}"#]);

    let picture = stage.folder.path().join("cat.png");
    fs::write(&picture, "miaow").unwrap();
    let body = picture.to_str().unwrap();
    stage.account.aws(&["s3api", "put-object", "--bucket", "shop-pictures", "--key", "in/a cat.png", "--body", body]);

    for line in ["job 1 is done", "job 3 is done", "news: rust 2.0", "Order Placed 4711", "order o-1 is Insert"] {
        wait_for(&stage, line);
    }
    wait_for(&stage, "job 2 is done");
    let log = log(&stage);
    assert_eq!(log.matches("is done").count(), 3, "{log}");

    wait_for(&stage, "ObjectCreated:Put of in/a cat.png");
    wait_for(&stage, "tick {");

    let config = ["lambda", "get-function-event-invoke-config", "--function-name", "shop-dev", "--qualifier", "live"];
    let config = stage.account.aws(&config);
    assert_eq!(config["MaximumRetryAttempts"], 1, "{config}");
    let destination = config["DestinationConfig"]["OnFailure"]["Destination"].as_str().unwrap();
    assert!(destination.ends_with(":failed"), "{config}");

    // An update of the code changes nothing of what delivers events.
    let before = delivery(&stage);
    assert_eq!(before.len(), 11, "{before:?}");
    stage.ok_with(&["update"], "two");
    assert_eq!(delivery(&stage), before);
    stage.account.aws(&["sns", "publish", "--topic-arn", &topic, "--message", "rust 3.0"]);
    wait_for(&stage, "news: rust 3.0");
}

const PUSHED: &str = r#"
[stage.dev.resources.Users]
Type = "AWS::Cognito::UserPool"
Properties = { UserPoolName = "users" }
[stage.dev.resources.Audit]
Type = "AWS::Logs::LogGroup"
Properties = { LogGroupName = "audit" }
[[stage.dev.events]]
name = "users"
cognito = "Users"
triggers = ["pre_sign_up", "post_confirmation"]
[[stage.dev.events]]
name = "staff"
cognito = "eu-central-1_AbCdEfGhI"
triggers = ["user_migration"]
[[stage.dev.events]]
name = "audit"
logs = "Audit"
filter_pattern = "ERROR"
"#;

#[test]
fn log_groups_and_user_pools_call_the_alias() {
    let stage = Stage::new(PUSHED);
    let deployed = stage.with(&["deploy"], "one");
    assert_eq!(deployed.code, Some(0), "{}", deployed.stderr);
    let alias = ":function:shop-dev:live";
    // A pool outside of the stack stays as it is.
    assert!(deployed.stderr.contains("set its triggers (UserMigration) to arn:aws:lambda:"), "{}", deployed.stderr);

    let pools = stage.account.aws(&["cognito-idp", "list-user-pools", "--max-results", "5"]);
    let id = pools["UserPools"][0]["Id"].as_str().unwrap();
    let pool = stage.account.aws(&["cognito-idp", "describe-user-pool", "--user-pool-id", id]);
    for trigger in ["PreSignUp", "PostConfirmation"] {
        let called = pool["UserPool"]["LambdaConfig"][trigger].as_str().unwrap_or_default();
        assert!(called.ends_with(alias), "{trigger}: {pool}");
    }
    let filters = stage.account.aws(&["logs", "describe-subscription-filters", "--log-group-name", "audit"]);
    let filter = &filters["subscriptionFilters"][0];
    assert!(filter["destinationArn"].as_str().unwrap().ends_with(alias), "{filters}");
    assert_eq!(filter["filterPattern"], "ERROR");

    let policy = ["lambda", "get-policy", "--function-name", "shop-dev", "--qualifier", "live"];
    let policy = stage.account.aws(&policy)["Policy"].as_str().unwrap().to_owned();
    for source in [":userpool/eu-central-1_AbCdEfGhI", &format!(":userpool/{id}"), ":log-group:audit:*"] {
        assert!(policy.contains(source), "{source}: {policy}");
    }
}

const OUTSIDE: &str = r#"
[[stage.dev.events]]
name = "pictures"
s3 = "company-pictures"
"#;

#[test]
fn the_events_of_an_existing_bucket_are_switched_on_once_and_stay_on() {
    let stage = Stage::new(OUTSIDE);
    let bucket = ["--bucket", "company-pictures"];
    let location = ["--create-bucket-configuration", "LocationConstraint=eu-central-1"];
    stage.account.aws(&[&["s3api", "create-bucket"], &bucket[..], &location].concat());
    let queue = stage.account.aws(&["sqs", "create-queue", "--queue-name", "of-others"]);
    let args = ["sqs", "get-queue-attributes", "--attribute-names", "QueueArn", "--queue-url"];
    let arn = stage.account.aws(&[&args[..], &[queue["QueueUrl"].as_str().unwrap()]].concat());
    let arn = &arn["Attributes"]["QueueArn"];
    let before =
        json!({ "QueueConfigurations": [{ "Id": "mine", "QueueArn": arn, "Events": ["s3:ObjectRemoved:*"] }] });
    let before = before.to_string();
    let put = ["s3api", "put-bucket-notification-configuration", "--notification-configuration", &before];
    stage.account.aws(&[&put[..], &bucket].concat());
    let notifications =
        || stage.account.aws(&[&["s3api", "get-bucket-notification-configuration"][..], &bucket].concat());

    let deployed = stage.with(&["deploy"], "one");
    assert_eq!(deployed.code, Some(0), "{}", deployed.stderr);
    assert!(deployed.stderr.contains("the events of bucket company-pictures for EventBridge"), "{}", deployed.stderr);
    let after = notifications();
    assert!(after["EventBridgeConfiguration"].is_object(), "{after}");
    assert_eq!(after["QueueConfigurations"][0]["Id"], "mine", "{after}");

    let picture = stage.folder.path().join("cat.png");
    fs::write(&picture, "miaow").unwrap();
    let body = ["--key", "cat.png", "--body", picture.to_str().unwrap()];
    stage.account.aws(&[&["s3api", "put-object"], &bucket[..], &body].concat());
    wait_for(&stage, "ObjectCreated:Put of cat.png");

    let updated = stage.with(&["update"], "two");
    assert_eq!(updated.code, Some(0), "{}", updated.stderr);
    assert!(!updated.stderr.contains("the events of bucket"), "{}", updated.stderr);
    stage.ok(&["undeploy", "--yes"]);
    assert!(notifications()["EventBridgeConfiguration"].is_object());
}
