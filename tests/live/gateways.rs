//! What API Gateway makes of a change.

use serde_json::Value;

use crate::{account::eventually, app, stage::Stage, support::load};

/// The physical id of a resource of the stack.
fn physical(stage: &Stage, logical: &str) -> String {
    let stack = stage.stack();
    let args = ["cloudformation", "describe-stack-resource", "--stack-name", &stack, "--logical-resource-id", logical];
    stage.account.aws(&args)["StackResourceDetail"]["PhysicalResourceId"].as_str().unwrap().to_owned()
}

/// Costs less than a cent: one stack for three minutes, some requests.
#[test]
#[ignore = "creates a stack in a real account; see docs/with-an-account.md"]
fn default_stage_and_route_may_invoke() {
    let stage = Stage::new("default", "api = \"http\"");
    let url = stage.deploy("one");
    // A gateway that may not invoke answers 500 by itself; the application answers 404 to what it does not know.
    stage.expect(&url, "/", 200, "one ");
    stage.expect(&url, "/no/such/path?of=the&app", 404, "");
}

/// The rate of the gateway's stage, as API Gateway says it.
fn rate(stage: &Stage, api: &str) -> Option<f64> {
    let (call, key, id, name, rate) = match api {
        "rest" => ("apigateway", "--rest-api-id", "Api", "dev", "/methodSettings/*~1*/throttlingRateLimit"),
        _ => ("apigatewayv2", "--api-id", "HttpApi", "$default", "/DefaultRouteSettings/ThrottlingRateLimit"),
    };
    let answer = stage.account.aws(&[call, "get-stage", key, &physical(stage, id), "--stage-name", name]);
    answer.pointer(rate).and_then(Value::as_f64)
}

/// Costs less than a cent: two stacks for five minutes.
#[test]
#[ignore = "creates stacks in a real account; see docs/with-an-account.md"]
fn throttle_is_removed() {
    for api in ["rest", "http"] {
        let settings = format!("api = \"{api}\"");
        let stage = Stage::new("throttle", &format!("{settings}\nthrottle = {{ rate = 7, burst = 3 }}"));
        let url = stage.deploy("one");
        assert_eq!(rate(&stage, api), Some(7.0), "{api}");
        stage.set(&settings);
        assert_eq!(stage.deploy("one"), url, "{api}");
        assert_ne!(
            rate(&stage, api),
            Some(7.0),
            "{api}: the stage keeps the throttle that the settings no longer have"
        );
        stage.expect(&url, "/", 200, "one ");
    }
}

/// Costs less than a cent: one stack for five minutes.
#[test]
#[ignore = "creates a stack in a real account; see docs/with-an-account.md"]
fn binary_types_change_in_place() {
    let stage = Stage::new("binary", "");
    let url = stage.deploy("one");
    let types = || {
        let api = physical(&stage, "Api");
        let answer = stage.account.aws(&["apigateway", "get-rest-api", "--rest-api-id", &api]);
        let Value::Array(types) = &answer["binaryMediaTypes"] else { return Vec::new() };
        let mut types: Vec<_> = types.iter().map(|one| one.as_str().unwrap().to_owned()).collect();
        types.sort();
        types
    };
    assert_eq!(types(), ["*/*"]);
    for (written, expected) in [
        ("[\"image/png\", \"application/zip\"]", &["application/zip", "image/png"][..]),
        ("[\"image/png\"]", &["image/png"]),
        ("[\"*/*\"]", &["*/*"]),
    ] {
        stage.set(&format!("binary_media_types = {written}"));
        assert_eq!(stage.deploy("one"), url, "{written}: the API stays");
        assert_eq!(types(), expected);
        stage.expect(&url, "/", 200, "one ");
    }
}

/// Costs less than a cent: one stack for ten minutes, some thousand requests.
#[test]
#[ignore = "creates a stack in a real account; see docs/with-an-account.md"]
fn streaming_is_switched_under_load() {
    let stage = Stage::new("streaming", "");
    let url = stage.deploy("one");
    stage.expect(&url, "/", 200, "one ");
    for (settings, variant) in [("streaming = true", "two"), ("", "one")] {
        stage.set(settings);
        let zip = app::zip(variant);
        let update = || {
            stage.ok(&["update", "--yes", "--zip", zip.to_str().unwrap()]);
        };
        let answers = load::during(update, || stage.visit(&url, "/"));
        let garbled: Vec<_> = answers
            .iter()
            .filter(|answer| {
                answer.status != 200 || !answer.is_whole || !["one ", "two "].contains(&answer.text().as_str())
            })
            .collect();
        assert!(garbled.is_empty(), "{} of {} with {settings:?}: {:?}", garbled.len(), answers.len(), garbled[0]);
        stage.expect(&url, "/", 200, &format!("{variant} "));
    }
}

/// Costs less than a cent: three stacks for ten minutes, some requests.
#[test]
#[ignore = "creates stacks in a real account; see docs/with-an-account.md"]
fn preflights_are_answered_until_the_setting_goes() {
    let (known, foreign) = ("https://b.example", "https://evil.example");
    for (api, status) in [("rest", 204), ("http", 204), ("function_url", 200)] {
        let settings = format!("api = \"{api}\"");
        let origins = "[stage.dev.cors]\nallowed_origins = [\"https://a.example\", \"https://b.example\"]";
        let stage = Stage::new("cors", &format!("{settings}\n{origins}"));
        let url = stage.deploy("one");
        let ask = |origin: &str| {
            let response = stage.account.preflight(&url, origin).map_err(|error| error.to_string())?;
            Ok::<_, String>((response.status, response.header("access-control-allow-origin")))
        };
        let expect = |origin: &str, wanted: (u16, Option<String>)| {
            eventually(api, || match ask(origin)? {
                found if found == wanted => Ok(()),
                found => Err(format!("{found:?} and not {wanted:?}")),
            });
        };
        expect(known, (status, Some(known.to_owned())));
        expect(foreign, (status, None));
        stage.set(&settings);
        assert_eq!(stage.deploy("one"), url, "{api}: the URL stays");
        // The application knows no `OPTIONS`.
        expect(known, (405, None));
    }
}

/// `/admin` and what is below it, for users of a pool that has none.
const ADMIN: &str = r#"
[[stage.dev.routes]]
path = "/admin/{proxy+}"
authorizer = "users"

[stage.dev.authorizers]
users = { cognito = ["Users"], clients = ["Page"] }

[stage.dev.resources]
Users = { Type = "AWS::Cognito::UserPool" }
Page = { Type = "AWS::Cognito::UserPoolClient", Properties = { UserPoolId = { Ref = "Users" } } }
"#;

/// Costs less than a cent: two stacks for six minutes, some requests.
#[test]
#[ignore = "creates stacks in a real account; see docs/with-an-account.md"]
fn no_spelling_reaches_a_protected_path() {
    let spellings = ["/admin/", "//admin", "/%61dmin", "/%2561dmin", "/Admin", "/a/../admin", "/./admin", "/admin;x"];
    let encoded =
        ["/admin%2Fx", "/admin/%2e%2e/admin", "/a%2F..%2Fadmin", "/%2Fadmin", "/admin%00", "/admin%3Fx", "/%5Cadmin"];
    for api in ["rest", "http"] {
        let stage = Stage::new("spellings", &format!("api = \"{api}\"\n{ADMIN}"));
        let url = stage.deploy("one");
        stage.expect(&url, "/", 200, "one ");
        // The application answers 404 without a body to what it does not know; gateway and crate say why they refuse.
        stage.expect(&url, "/unprotected", 404, "");
        for path in ["/admin", "/admin/x"].into_iter().chain(spellings).chain(encoded) {
            let response = stage.visit(&url, path);
            let text = response.text();
            println!("{api}: {path}: {} {text}", response.status);
            let is_of_application = response.status < 400 || response.status == 404 && text.is_empty();
            assert!(!is_of_application, "{api}: {path} reached the application: {} {text}", response.status);
        }
    }
}
