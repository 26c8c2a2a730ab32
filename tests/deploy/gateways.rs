//! A stage that changes its gateway: what stops working is confirmed first, and the old gateway is deleted.

use crate::{stage::Stage, support::proxy::Proxy};

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
fn another_gateway_replaces_the_old_one() {
    let settings = |api: &str| format!("api = \"{api}\"\nhealth_check = \"/health\"");
    let stage = Stage::new(&settings("rest"));
    let mut url = stage.ok_with(&["deploy"], "one");
    for (api, expected) in [("http", [0, 1, 0]), ("function_url", [0, 0, 1]), ("rest", [1, 0, 0])] {
        stage.set(&settings(api));
        // A URL that stops working requires confirmation, and there is no terminal.
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
fn a_loss_is_confirmed_before_the_trial() {
    let mut stage = Stage::new("");
    stage.ok_with(&["deploy"], "one");
    stage.set("api = \"http\"");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let zip = stage.zip("two");
    let ended = stage.run(&["update", "--zip", &zip]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("stops working"), "{}", ended.stderr);
    let names: Vec<String> = proxy.take().iter().filter(|call| call.is_mutating()).map(|call| call.name()).collect();
    assert_eq!(names, ["s3:PutObject"], "the artifact alone");
}
