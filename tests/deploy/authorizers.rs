//! Authorizers that are functions: the gateway of the emulator asks the function of the stack.

use serde_json::Value;

use crate::{
    stage::Stage,
    support::{client::Request, emulator::REGION, response::Response},
};

/// Gets a path as a client of a session. The signature says whose account it is and is not what the stage asks for.
fn get(stage: &Stage, url: &str, path: &str, session: Option<&str>) -> Response {
    let rest = url.trim().strip_prefix("http://").unwrap();
    let prefix = rest.split_once('/').map_or("", |(_, prefix)| prefix.trim_end_matches('/'));
    let request = Request::get(format!("/{prefix}{path}"));
    let request = match session {
        Some(session) => request.with("x-session", session),
        None => request,
    };
    stage.account.send(REGION, "execute-api", request).unwrap()
}

fn answer(stage: &Stage, url: &str, session: Option<&str>) -> (u16, String) {
    let response = get(stage, url, "/member", session);
    (response.status, response.text().trim().to_owned())
}

/// The only authorizer of the only API, as the `aws` command shows it.
fn authorizer(stage: &Stage, service: &str) -> Value {
    let (list, id, option) = match service {
        "apigateway" => ("get-rest-apis", "id", "--rest-api-id"),
        _ => ("get-apis", "ApiId", "--api-id"),
    };
    let apis = stage.account.aws(&[service, list]);
    let api = apis["items"][0][id].as_str().or(apis["Items"][0][id].as_str()).unwrap();
    let found = stage.account.aws(&[service, "get-authorizers", option, api]);
    let items = if found["items"].is_array() { &found["items"] } else { &found["Items"] };
    assert_eq!(items.as_array().map(Vec::len), Some(1), "{found}");
    items[0].clone()
}

#[test]
fn an_http_api_asks_the_function_of_the_stack_and_the_app_reads_what_it_said() {
    let settings = |more: &str| {
        format!(
            "api = \"http\"\nauthorizer = \"members\"\n[stage.dev.authorizers.members]\n{more}\n\
             identity_sources = [\"header.X-Session\"]"
        )
    };
    let stage = Stage::new(&settings("function = \"sesion\""));
    let ended = stage.with(&["deploy"], "good");
    assert!(ended.stderr.contains("register it by `App::authorizer(\"sesion\", …)`"), "{}", ended.stderr);

    stage.set(&settings("function = \"session\""));
    let url = stage.ok_with(&["deploy"], "good");
    assert_eq!(answer(&stage, &url, Some("ada")), (200, "ada of red, authorized for /member".to_owned()));
    assert_eq!(answer(&stage, &url, Some("eve")).0, 403);
    assert_eq!(answer(&stage, &url, None).0, 401);
    assert_eq!(answer(&stage, &url, Some("crash")).0, 500);
    let found = authorizer(&stage, "apigatewayv2");
    assert_eq!(found["AuthorizerPayloadFormatVersion"], "2.0");
    assert_eq!(found["EnableSimpleResponses"], true);
    assert!(
        found["AuthorizerUri"].as_str().unwrap().ends_with(":function:shop-dev-session:live/invocations"),
        "{found}"
    );

    // Answers are kept: the handler sees no path, and one answer serves all of them.
    stage.set(&settings("function = \"session\"\nttl_seconds = 300"));
    stage.ok_with(&["deploy"], "good");
    assert_eq!(answer(&stage, &url, Some("ada")), (200, "ada of red, authorized for -".to_owned()));
    assert_eq!(get(&stage, &url, "/", Some("ada")).text().trim(), "good");
    stage.ok(&["undeploy", "--yes"]);
}

#[test]
fn a_rest_api_asks_an_authorizer_of_either_type() {
    let settings = |more: &str| {
        format!(
            "authorizer = \"members\"\n[stage.dev.authorizers.members]\nfunction = \"session\"\n{more}\n\
             identity_sources = [\"header.X-Session\"]"
        )
    };
    let stage = Stage::new(&settings("type = \"token\"\nvalidation = \"^[a-z]+$\""));
    let url = stage.ok_with(&["deploy"], "good");
    assert_eq!(answer(&stage, &url, Some("ada")), (200, "ada of red, authorized for -".to_owned()));
    for (session, status) in
        [(Some("eve"), 403), (Some("unknown"), 401), (Some("crash"), 500), (Some("Ada 1"), 401), (None, 401)]
    {
        assert_eq!(answer(&stage, &url, session).0, status, "{session:?}");
    }
    let found = authorizer(&stage, "apigateway");
    assert_eq!((&found["type"], &found["identityValidationExpression"]), (&"TOKEN".into(), &"^[a-z]+$".into()));

    stage.set(&settings("type = \"request\""));
    stage.ok_with(&["deploy"], "good");
    assert_eq!(answer(&stage, &url, Some("ada")), (200, "ada of red, authorized for /member".to_owned()));
    assert_eq!(answer(&stage, &url, Some("eve")).0, 403);
    let policy =
        stage.account.aws(&["lambda", "get-policy", "--function-name", "shop-dev-session", "--qualifier", "live"]);
    let policy: Value = serde_json::from_str(policy["Policy"].as_str().unwrap()).unwrap();
    let id = authorizer(&stage, "apigateway")["id"].as_str().unwrap().to_owned();
    let condition = policy["Statement"][0]["Condition"].to_string();
    assert!(condition.contains(&format!("/authorizers/{id}")), "{condition}");
}
