//! Further functions: each is deployed, tried and rolled back with the release, and none of them takes traffic before all are
//! tried.

use serde_json::{Value, json};

use crate::{
    lifecycle::remains,
    stage::Stage,
    support::{client::Request, emulator::REGION},
};

const FUNCTIONS: [&str; 3] = ["shop-dev", "shop-dev-mail", "shop-dev-report"];

/// The settings, with the greeting of one function and the variables of another.
fn settings(greeting: &str, report: &str) -> String {
    format!(
        r#"
environment = {{ MAIL = "${{fn:mail}}" }}
[[stage.dev.functions]]
name = "mail"
memory_size = 512
environment = {{ GREETING = "{greeting}", APP = "${{fn:main}}" }}
[[stage.dev.functions]]
name = "report"
environment = {{ {report} }}
[[stage.dev.schedules]]
name = "tick"
expression = "rate(1 day)"
function = "report"
"#
    )
}

/// Asks Lambda about a function.
fn lambda(stage: &Stage, method: &'static str, path: &str, body: Option<&Value>) -> Value {
    let request = Request::new(method, format!("/2015-03-31/functions/{path}"));
    let request = match body {
        Some(body) => request.with_body("application/json", body.to_string()),
        None => request,
    };
    let response = stage.account.send(REGION, "lambda", request).unwrap();
    assert!(response.status < 300, "{method} {path}: {}", response.text());
    response.json()
}

/// The version behind the alias of each function.
fn live(stage: &Stage) -> Vec<String> {
    let version = |function| lambda(stage, "GET", &format!("{function}/aliases/live"), None)["FunctionVersion"].clone();
    FUNCTIONS.into_iter().map(|function| version(function).as_str().unwrap().to_owned()).collect()
}

fn greeting(stage: &Stage) -> String {
    stage.ok(&["invoke", "-n", "mail", "-d", r#""ada""#])
}

#[test]
fn further_functions_are_deployed_tried_rolled_back_and_removed_with_the_main_one() {
    let stage = Stage::new(&settings("hello", ""));
    let url = stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    assert_eq!(greeting(&stage), r#""hello ada, says shop-dev-mail""#);
    assert_eq!(stage.ok(&["invoke", "-n", "tick", "--kind", "schedule", "-d", "1"]), "null");
    assert_eq!(stage.ok(&["invoke", "-n", "double", "--function", "mail", "-d", "2"]), "4");
    let unknown = stage.run(&["invoke", "-n", "double", "--function", "mial"]);
    assert!(unknown.code == Some(2) && unknown.stderr.contains("did you mean `mail`?"), "{}", unknown.stderr);

    // A reference is the ARN of the alias, which answers a plain payload.
    let variables =
        lambda(&stage, "GET", "shop-dev/configuration?Qualifier=live", None)["Environment"]["Variables"].clone();
    let arn = variables["MAIL"].as_str().unwrap();
    assert!(arn.ends_with(":function:shop-dev-mail:live"), "{arn}");
    let answer = lambda(&stage, "POST", &format!("{arn}/invocations"), Some(&json!("grace")));
    assert_eq!(answer, "hello grace, says shop-dev-mail");

    // Only what changed has a candidate.
    let before = live(&stage);
    stage.set(&settings("dear", ""));
    let updated = stage.with(&["update"], "one");
    assert_eq!(updated.code, Some(0), "{}", updated.stderr);
    assert_eq!(updated.stderr.matches("Trying").count(), 1, "{}", updated.stderr);
    assert!(updated.stderr.contains("of function `mail`: its start"), "{}", updated.stderr);
    assert_eq!(greeting(&stage), r#""dear ada, says shop-dev-mail""#);
    let after = live(&stage);
    assert!(after[0] == before[0] && after[1] != before[1] && after[2] == before[2], "{before:?} {after:?}");

    // One that fails its trial holds all of them back.
    stage.set(&settings("dearest", r#"CRASH = "yes""#));
    let failed = stage.with(&["update"], "two");
    assert_eq!(failed.code, Some(1), "{}", failed.stderr);
    assert!(failed.stderr.contains("of function `report` failed its trial (its start)"), "{}", failed.stderr);
    assert!(failed.stderr.contains("no traffic was shifted"), "{}", failed.stderr);
    assert_eq!(live(&stage), after);
    assert_eq!(greeting(&stage), r#""dear ada, says shop-dev-mail""#);
    assert_eq!(stage.visit(&url, "/").text(), "one ");

    stage.ok(&["rollback", "--yes"]);
    assert_eq!(greeting(&stage), r#""hello ada, says shop-dev-mail""#);
    stage.ok(&["undeploy", "--yes", "--remove-logs"]);
    assert_eq!(remains(&stage), Vec::<String>::new());
}

#[test]
fn what_was_changed_by_hand_of_a_further_function_is_seen_and_restored() {
    let stage = Stage::new(&settings("hello", ""));
    stage.ok_with(&["deploy"], "one");
    let whole = live(&stage);
    let latest = json!({ "FunctionVersion": "$LATEST" });
    lambda(&stage, "PUT", "shop-dev-mail/aliases/live", Some(&latest));
    let sentence = "function `mail`: the alias `live` points to `$LATEST`, which is no version";
    assert!(stage.ok(&["status"]).contains(sentence));
    stage.ok_with(&["deploy"], "one");
    assert_eq!(live(&stage), whole);

    let delete = |path: &str| {
        let request = Request::new("DELETE", format!("/2015-03-31/functions/{path}"));
        assert!(stage.account.send(REGION, "lambda", request).unwrap().status < 300);
    };
    for (deleted, sentence) in [
        ("shop-dev-mail/aliases/live", "function `mail`: the alias `live` does not exist"),
        ("shop-dev-mail", "function `mail`: the function does not exist"),
    ] {
        delete(deleted);
        assert!(stage.ok(&["status"]).contains(sentence), "{deleted}");
        stage.ok_with(&["deploy"], "one");
        assert_eq!(greeting(&stage), r#""hello ada, says shop-dev-mail""#, "{deleted}");
    }
    let status: Value = serde_json::from_str(&stage.ok(&["status", "--json"])).unwrap();
    let functions = status[0]["functions"].as_array().unwrap();
    assert_eq!(functions.len(), 2, "{status}");
    assert!(functions[0]["version"].is_string() && functions[0]["log_group"].is_string(), "{status}");

    // One that leaves the settings goes, and the others stay.
    stage.set("");
    stage.ok_with(&["update"], "one");
    let functions = stage.account.aws(&["lambda", "list-functions"])["Functions"].clone();
    let names: Vec<&str> =
        functions.as_array().unwrap().iter().map(|function| function["FunctionName"].as_str().unwrap()).collect();
    assert_eq!(names, ["shop-dev"]);
}
