//! Further functions of a stage on this machine: processes of their own, by the Invoke API and by schedules.

use std::collections::BTreeMap;

use crate::{
    stage::{project, served},
    tool::Tool,
};

const SETTINGS: &str = r#"
environment = { SHARED = "yes", MAIL = "${fn:mail}" }
[[stage.dev.functions]]
name = "mail"
timeout_seconds = 7
environment = { GREETING = "dear", APP = "${fn:main}" }
[[stage.dev.schedules]]
name = "often"
expression = "rate(1 day)"
payload = { do = "!error!" }
function = "mail"
"#;

/// The variables of the process that a function's name or ARN invokes.
fn variables(tool: &Tool, function: &str) -> BTreeMap<String, String> {
    let path = format!("/2015-03-31/functions/{}/invocations", function.replace(':', "%3A"));
    let reply = tool.send("POST", &path, &[], r#"{"do":"!env!"}"#);
    assert_eq!(reply.status, 200, "{function}: {}", reply.text());
    let body = reply.json()["body"].as_str().unwrap().to_owned();
    let pairs = body.split('|').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn a_further_function_has_its_own_processes_and_is_found_by_name_and_arn() {
    let folder = project(SETTINGS);
    let tool = served(folder.path(), &["--no-schedules"]);
    let main = variables(&tool, "shop-dev");
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-mail:live";
    assert_eq!(main["MAIL"], arn);
    assert_eq!(main.get("ZAPPA_FUNCTION"), None);
    for name in ["mail", "shop-dev-mail", "shop-dev-mail:live", arn] {
        let mail = variables(&tool, name);
        assert_eq!(mail["ZAPPA_FUNCTION"], "mail", "{name}");
        assert_eq!(mail["AWS_LAMBDA_FUNCTION_NAME"], "shop-dev-mail", "{name}");
        assert_eq!((mail["GREETING"].as_str(), mail["SHARED"].as_str()), ("dear", "yes"), "{name}");
        assert!(mail["APP"].ends_with(":function:shop-dev:live"), "{name}");
    }
    // The SDK of the app finds the Invoke API here.
    assert_eq!(main["AWS_ENDPOINT_URL_LAMBDA"], format!("http://{}", tool.address));
    let reply = tool.send("POST", "/2015-03-31/functions/mial/invocations", &[], "{}");
    assert_eq!(reply.status, 404);
    assert!(reply.text().contains("function:shop-dev-mail`"), "{}", reply.text());
}

#[test]
fn the_schedule_of_a_further_function_runs_there() {
    let folder = project(SETTINGS);
    let mut tool = served(folder.path(), &[]);
    tool.wait_for_line("schedule `often` failed (attempt 1 of 3) and runs again in ");
    // The request of the gateway is the first event of the main function.
    assert!(tool.get("/").text().ends_with(" 1"), "the schedule ran in the main function");
}
