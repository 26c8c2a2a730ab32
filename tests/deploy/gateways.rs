//! A stage that changes its gateway, and a document that is too long to be sent inline.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{
    stage::Stage,
    support::{emulator::REGION, proxy::Proxy},
};

/// How many APIs of each kind the account has: REST, HTTP, Function URLs.
fn gateways(stage: &Stage) -> [usize; 3] {
    let count = |args: &[&str], list: &str| stage.account.aws(args)[list].as_array().map_or(0, Vec::len);
    [
        count(&["apigateway", "get-rest-apis"], "items"),
        count(&["apigatewayv2", "get-apis"], "Items"),
        count(&["lambda", "list-function-url-configs", "--function-name", "shop-dev"], "FunctionUrlConfigs"),
    ]
}

#[test]
fn another_gateway_takes_over_and_the_old_one_goes() {
    let settings = |api: &str| format!("api = \"{api}\"\nhealth_check = \"/health\"");
    let stage = Stage::new(&settings("rest"));
    let mut url = stage.ok_with(&["deploy"], "one");
    for (api, expected) in [("http", [0, 1, 0]), ("function_url", [0, 0, 1]), ("rest", [1, 0, 0])] {
        stage.set(&settings(api));
        // What stops answering is asked about, and without a terminal nobody can be.
        let zip = stage.zip("one");
        let asked = stage.run(&["update", "--zip", &zip]);
        assert_ne!(asked.code, Some(0), "{api}: {}", asked.stderr);
        assert!(
            asked.stderr.contains("/ stops working; the new URL is printed at the end\n"),
            "{api}: {}",
            asked.stderr
        );
        let lines =
            asked.stderr.lines().filter(|line| line.starts_with("  delete AWS::") || line.ends_with("at the end"));
        assert!(lines.count() >= 2, "one line each: {}", asked.stderr);
        assert_eq!(stage.visit(&url, "/").text(), "one ", "{api}");
        url = stage.ok_with(&["update"], "one");
        assert_eq!(stage.visit(&url, "/").text(), "one ", "{api}");
        assert_eq!(gateways(&stage), expected, "{api}");
    }
}

#[test]
fn a_document_that_is_too_long_goes_by_the_bucket_and_leaves_it() {
    let mut resources = String::new();
    for number in 0..80 {
        let description = "x".repeat(800);
        let _ = write!(
            resources,
            "\n[stage.dev.resources.Queue{number}]\nType = \"AWS::SQS::Queue\"\n\
             Metadata = {{ Why = \"{description}\" }}\n",
        );
    }
    let mut stage = Stage::new(&resources);
    let document = stage.ok(&["template"]);
    assert!(document.len() > 51_200, "{}", document.len());
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let url = stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    assert!(proxy.take().iter().any(|call| call.operation == "PutObject" && call.subject.contains("/templates/")));
    let bucket = stage.bucket(REGION);
    let kept = stage.account.aws(&["s3api", "list-objects-v2", "--bucket", &bucket]);
    let keys: Vec<&str> =
        kept["Contents"].as_array().unwrap().iter().filter_map(|object| object["Key"].as_str()).collect();
    assert!(keys.iter().all(|key| !key.contains("/templates/")), "{keys:?}");
    let template: Value = stage.account.aws(&["cloudformation", "get-template", "--stack-name", "shop-dev"]);
    assert!(template["TemplateBody"]["Resources"]["Queue79"].is_object(), "{template}");
}
