//! What a deploy says about a stage that everybody may call, and the parts of the gateway that the emulator makes.

use crate::{
    stage::Stage,
    support::emulator::{self, REGION},
};

/// The line that says so.
const PUBLIC: &str = "everybody who knows the URL can call the stage";

#[test]
fn a_public_stage_says_so_once_and_a_protected_one_asks() {
    let stage = Stage::of(emulator::account(), &[REGION], "authorizer = \"iam\"");
    let zip = stage.zip("one");
    let deploy = |flags: &[&str]| stage.run(&[&["deploy", "--zip", &zip], flags].concat());
    let closed = deploy(&[]);
    assert_eq!((closed.code, closed.stderr.contains(PUBLIC)), (Some(0), false), "{}", closed.stderr);
    stage.set("authorizer = \"none\"\nprotected = true");
    // Nobody can answer.
    let asked = deploy(&[]);
    assert_eq!(asked.code, Some(2), "{}", asked.stderr);
    assert!(asked.stderr.contains(PUBLIC) && asked.stderr.contains("--yes"), "{}", asked.stderr);
    // So it is with one path that asks, and with a policy that lets everybody in.
    for rest in ["routes = [{ path = \"/a\", authorizer = \"iam\" }]", "resource_policy = [{}]"] {
        stage.set(&format!("authorizer = \"none\"\nprotected = true\n{rest}"));
        let asked = deploy(&[]);
        assert_eq!((asked.code, asked.stderr.contains(PUBLIC)), (Some(2), true), "{}", asked.stderr);
    }
    stage.set("authorizer = \"none\"");
    let opened = deploy(&[]);
    assert_eq!((opened.code, opened.stderr.contains(PUBLIC)), (Some(0), true), "{}", opened.stderr);
    let again = stage.with(&["deploy"], "two");
    assert_eq!((again.code, again.stderr.contains(PUBLIC)), (Some(0), false), "{}", again.stderr);
    stage.ok(&["undeploy", "--yes"]);
    stage.set("protected = true");
    assert_eq!(deploy(&[]).code, Some(2));
    let agreed = deploy(&["--yes"]);
    assert_eq!((agreed.code, agreed.stderr.contains(PUBLIC)), (Some(0), true), "{}", agreed.stderr);
}

/// Gives the account the role by which REST APIs write logs.
fn let_gateway_log(stage: &Stage) {
    let role = "op=replace,path=/cloudwatchRoleArn,value=arn:aws:iam::123456789012:role/gateway-logs";
    stage.account.aws(&["apigateway", "update-account", "--patch-operations", role]);
}

#[test]
fn the_first_access_log_of_a_rest_api_needs_the_role_of_the_account() {
    let stage = Stage::of(emulator::account(), &[REGION], "access_log = true");
    let zip = stage.zip("one");
    let deploy = || stage.run(&["deploy", "--zip", &zip]);
    // What the deploy looks up is all that its policy has more.
    let may_look = || stage.ok(&["policy", "deploy"]).contains("::/account\"");
    assert!(may_look());
    let refused = deploy();
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    for part in ["API Gateway has no role in eu-central-1", "hint: ", "aws apigateway update-account"] {
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    let stacks = stage.account.aws(&["cloudformation", "list-stacks"]);
    assert_eq!(stacks["StackSummaries"].as_array().map(Vec::len), Some(0), "{stacks}");
    // An HTTP API writes without it.
    stage.set("api = \"http\"\naccess_log = true");
    assert!(!may_look());
    assert_eq!(deploy().code, Some(0));
    stage.ok(&["undeploy", "--yes", "--remove-logs"]);
    stage.set("access_log = true");
    let_gateway_log(&stage);
    assert_eq!(deploy().code, Some(0));
}

#[test]
fn a_load_balancer_reaches_the_alias_by_the_target_group_of_the_stack() {
    let settings = "access_log = true\ncompression = 1024\nendpoint = \"edge\"\nresource_policy = [{}]\ntarget_group = { health_check = \"/health\" }";
    let stage = Stage::of(emulator::account(), &[REGION], settings);
    let_gateway_log(&stage);
    stage.ok_with(&["deploy"], "one");
    let stacks = stage.account.aws(&["cloudformation", "describe-stacks", "--stack-name", "shop-dev"]);
    let outputs = stacks["Stacks"][0]["Outputs"].as_array().unwrap();
    let output = |name: &str| {
        let found = outputs.iter().find(|output| output["OutputKey"] == name);
        found.unwrap_or_else(|| panic!("{name}: {outputs:?}"))["OutputValue"].as_str().unwrap()
    };
    let groups =
        stage.account.aws(&["elbv2", "describe-target-groups", "--target-group-arns", output("TargetGroupArn")]);
    assert_eq!(groups["TargetGroups"][0]["TargetType"], "lambda", "{groups}");
    assert_eq!(groups["TargetGroups"][0]["HealthCheckPath"], "/health", "{groups}");
    let logs = stage.account.aws(&["logs", "describe-log-groups", "--log-group-name-prefix", output("AccessLogGroup")]);
    assert_eq!(logs["logGroups"].as_array().map(Vec::len), Some(1), "{logs}");
    let removed = stage.ok(&["undeploy", "--yes", "--remove-logs"]);
    assert!(removed.contains(output("AccessLogGroup")), "{removed}");
}
