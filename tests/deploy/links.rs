//! Links from the settings to the running functions: what the app gets names the resources that the stack created.

use serde_json::{Value, json};

use crate::{stage::Stage, support::emulator::REGION};

const SETTINGS: &str = r#"
health_check = "/link/Orders"
link = ["Orders", "Jobs:write", "News", "Pictures:read"]
[[stage.dev.functions]]
name = "links"
[stage.dev.resources.Orders]
Type = "AWS::DynamoDB::Table"
[stage.dev.resources.Orders.Properties]
BillingMode = "PAY_PER_REQUEST"
AttributeDefinitions = [{ AttributeName = "id", AttributeType = "S" }]
KeySchema = [{ AttributeName = "id", KeyType = "HASH" }]
[stage.dev.resources]
Jobs = { Type = "AWS::SQS::Queue" }
News = { Type = "AWS::SNS::Topic" }
Pictures = { Type = "AWS::S3::Bucket" }
"#;

/// Name, ARN and URL (or the error) of a link, as the app has them.
fn link(stage: &Stage, url: &str, name: &str) -> [String; 3] {
    let text = stage.visit(url, &format!("/link/{name}")).text();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.try_into().unwrap_or_else(|lines| panic!("{lines:?}"))
}

#[test]
fn each_link_names_its_resource_in_every_function() {
    let stage = Stage::new(SETTINGS);
    let url = stage.ok_with(&["deploy"], "good");
    let account = &stage.account;

    let [table, table_arn, none] = link(&stage, &url, "Orders");
    assert_eq!(none, "the link `Orders` has no URL: it is no queue");
    let item = r#"{"id":{"S":"1"}}"#;
    account.aws(&["dynamodb", "put-item", "--table-name", &table, "--item", item]);
    let described = account.aws(&["dynamodb", "describe-table", "--table-name", &table]);
    assert_eq!(described["Table"]["TableArn"], json!(table_arn));

    let [queue, queue_arn, queue_url] = link(&stage, &url, "Jobs");
    account.aws(&["sqs", "send-message", "--queue-url", &queue_url, "--message-body", "x"]);
    assert!(queue_url.ends_with(&format!("/{queue}")), "{queue_url}");
    let attributes =
        account.aws(&["sqs", "get-queue-attributes", "--queue-url", &queue_url, "--attribute-names", "All"]);
    assert_eq!(attributes["Attributes"]["QueueArn"], json!(queue_arn));
    assert_eq!(attributes["Attributes"]["ApproximateNumberOfMessages"], "1");

    let [_, topic_arn, _] = link(&stage, &url, "News");
    account.aws(&["sns", "publish", "--topic-arn", &topic_arn, "--message", "x"]);
    let [bucket, ..] = link(&stage, &url, "Pictures");
    account.aws(&["s3api", "put-object", "--bucket", &bucket, "--key", "x"]);

    // A further function has the same ones.
    assert_eq!(stage.ok(&["invoke", "-n", "links", "-d", r#""Orders""#]).trim(), json!(table_arn).to_string());
    let missing = stage.visit(&url, "/link/orders").text();
    let known =
        "there is no link `orders`; the links are `Jobs`, `News`, `Orders`, `Pictures` (add `link = [\"orders\"]`";
    assert!(missing.starts_with(known), "{missing}");

    // The role in the account allows what `policy function` says, with the ARNs of these resources.
    let policy = account.aws(&["iam", "get-role-policy", "--role-name", &role(&stage), "--policy-name", "function"]);
    let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap();
    let allowed = |action: &str| {
        statements
            .iter()
            .find(|statement| statement["Action"].as_array().is_some_and(|all| all.contains(&json!(action))))
    };
    for (action, resource) in [
        ("dynamodb:UpdateItem", json!(table_arn)),
        ("sqs:SendMessage", json!(queue_arn)),
        ("sns:Publish", json!(topic_arn)),
        ("s3:ListBucket", json!(format!("arn:aws:s3:::{bucket}"))),
        ("s3:GetObject", json!(format!("arn:aws:s3:::{bucket}/*"))),
    ] {
        assert_eq!(allowed(action).unwrap_or_else(|| panic!("{action}"))["Resource"], resource);
    }
    for action in ["sqs:ReceiveMessage", "s3:PutObject"] {
        assert_eq!(allowed(action), None, "{action}");
    }
    let printed: Value = serde_json::from_str(&stage.ok(&["policy", "function"])).unwrap();
    assert_eq!(printed["Statement"].as_array().unwrap().len(), statements.len());
}

/// The name of the function's role.
fn role(stage: &Stage) -> String {
    let configuration = stage.account.aws(&["lambda", "get-function-configuration", "--function-name", "shop-dev"]);
    configuration["Role"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

#[test]
fn an_arn_is_linked_by_a_name_and_a_role_of_ones_own_is_left_alone() {
    let stage = Stage::new(
        r#"
role_arn = "arn:aws:iam::000000000000:role/own"
link = { jobs = "arn:aws:sqs:${region}:${AWS::AccountId}:jobs-${stage}:write" }
"#,
    );
    let url = stage.ok_with(&["deploy"], "good");
    let caller = stage.account.aws(&["sts", "get-caller-identity"]);
    let account = caller["Account"].as_str().unwrap();
    let arn = format!("arn:aws:sqs:{REGION}:{account}:jobs-dev");
    let queue_url = format!("https://sqs.{REGION}.amazonaws.com/{account}/jobs-dev");
    assert_eq!(link(&stage, &url, "jobs"), ["jobs-dev".to_owned(), arn, queue_url]);
    let policy = stage.run(&["policy", "function"]);
    assert_eq!(policy.code, Some(0), "{}", policy.stderr);
    assert!(policy.stdout.contains("sqs:SendMessage"), "{}", policy.stdout);
    assert!(policy.stderr.contains("role/own`, which no deploy changes"), "{}", policy.stderr);
}
