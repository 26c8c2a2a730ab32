//! The life of a stage behind each gateway: deploy, update, roll back, undeploy.

use serde_json::Value;

use crate::{
    stage::Stage,
    support::{emulator::REGION, load},
};

#[test]
fn a_rest_api_is_deployed_updated_rolled_back_and_removed() {
    run_lifecycle("rest");
}

#[test]
fn an_http_api_is_deployed_updated_rolled_back_and_removed() {
    run_lifecycle("http");
}

#[test]
fn a_function_url_is_deployed_updated_rolled_back_and_removed() {
    run_lifecycle("function_url");
}

fn run_lifecycle(api: &str) {
    let settings = |version: &str| {
        format!("api = \"{api}\"\nhealth_check = \"/health\"\nenvironment = {{ VERSION = \"{version}\" }}")
    };
    let stage = Stage::new(&settings("1"));
    let url = stage.ok_with(&["deploy"], "one");
    assert_eq!(url.lines().count(), 1, "{url}");
    assert_eq!(stage.visit(&url, "/").text(), "one 1");
    assert_eq!(stage.ok(&["url"]), url);
    assert_eq!(code_of(&stage), digest(&stage.zip("one")));

    stage.set(&settings("2"));
    let answers = while_visited(&stage, &url, || {
        assert_eq!(stage.ok_with(&["update"], "two"), url);
    });
    assert_eq!(stage.visit(&url, "/").text(), "two 2");
    assert!(answers.iter().all(|answer| answer == "200 one 1" || answer == "200 two 2"), "{answers:?}");
    assert_eq!(code_of(&stage), digest(&stage.zip("two")));

    let answers = while_visited(&stage, &url, || {
        stage.ok(&["rollback", "--yes"]);
    });
    assert_eq!(stage.visit(&url, "/").text(), "one 1");
    assert!(answers.iter().all(|answer| answer == "200 one 1" || answer == "200 two 2"), "{answers:?}");
    assert_eq!(code_of(&stage), digest(&stage.zip("one")));

    stage.ok(&["undeploy", "--yes", "--remove-logs"]);
    assert_eq!(remains(&stage), Vec::<String>::new());
}

/// Visits without a pause while something is done; the answers.
fn while_visited(stage: &Stage, url: &str, work: impl FnOnce()) -> Vec<String> {
    load::during(work, || {
        let answer = stage.visit(url, "/");
        format!("{} {}", answer.status, answer.text())
    })
}

/// What Lambda says that it runs behind the alias.
fn code_of(stage: &Stage) -> String {
    let answer = stage.account.aws(&["lambda", "get-function", "--function-name", "shop-dev", "--qualifier", "live"]);
    answer["Configuration"]["CodeSha256"].as_str().unwrap().to_owned()
}

fn digest(zip: &str) -> String {
    use sha2::Digest as _;
    base64_simd::STANDARD.encode_to_string(sha2::Sha256::digest(std::fs::read(zip).unwrap()))
}

/// All that the account still has, as the real `aws` command lists it; the shared bucket itself may stay.
pub(crate) fn remains(stage: &Stage) -> Vec<String> {
    let bucket = stage.bucket(REGION);
    let mut left = Vec::new();
    for (args, pointer) in [
        (&["cloudformation", "describe-stacks"][..], "/Stacks"),
        (&["lambda", "list-functions"], "/Functions"),
        (&["iam", "list-roles"], "/Roles"),
        (&["logs", "describe-log-groups"], "/logGroups"),
        (&["events", "list-rules"], "/Rules"),
        (&["apigateway", "get-rest-apis"], "/items"),
        (&["apigatewayv2", "get-apis"], "/Items"),
        (&["s3api", "list-object-versions", "--bucket", &bucket], "/Versions"),
        (&["s3api", "list-object-versions", "--bucket", &bucket], "/DeleteMarkers"),
    ] {
        let answer = stage.account.aws(args);
        let found = answer.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
        left.extend(found.iter().map(|one| format!("{}: {one}", args.join(" "))));
    }
    left
}
