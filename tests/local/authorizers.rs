//! Authorizers that are functions: a process of the stage decides, and the client gets what the gateway would send.

use std::path::Path;

use crate::{
    stage::project,
    support::examples,
    tool::{Tool, command},
};

fn served(folder: &Path) -> Tool {
    let mut command = command(folder);
    command.args(["local", "--port", "0", "--binary"]).arg(examples::binary("release"));
    Tool::start(command)
}

/// A stage whose authorizer is `table`, an inline table without its braces.
fn stage(api: &str, table: &str) -> String {
    format!(
        "api = \"{api}\"\nauthorizer = \"members\"\n\
         authorizers = {{ members = {{ {table}, identity_sources = [\"header.X-Session\"] }} }}\n"
    )
}

/// Status, type of the error and body of a request of a session.
fn ask(tool: &Tool, path: &str, session: Option<&str>) -> (u16, Option<String>, String) {
    let headers: Vec<(&str, &str)> = session.map(|session| ("x-session", session)).into_iter().collect();
    let response = tool.send("GET", path, &headers, "");
    (response.status, response.header("x-amzn-errortype"), response.text())
}

#[test]
fn a_rest_api_asks_its_function_and_refuses_in_its_own_words() {
    let folder = project(&stage("rest", "function = \"session\""));
    let mut tool = served(folder.path());
    let refused = |status, error: &str, body: &str| (status, Some(error.to_owned()), body.to_owned());
    let unauthorized = refused(401, "UnauthorizedException", r#"{"message":"Unauthorized"}"#);
    assert_eq!(ask(&tool, "/dev/member", Some("ada")).2, "ada of red, authorized for /member");
    assert_eq!(ask(&tool, "/dev/member", None), unauthorized);
    assert_eq!(ask(&tool, "/dev/member", Some("unknown")), unauthorized);
    let denied = r#"{"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}"#;
    assert_eq!(ask(&tool, "/dev/member", Some("eve")), refused(403, "AccessDeniedException", denied));
    tool.wait_for_line("authorizer `members`: the function refuses");
    let failed = refused(500, "AuthorizerConfigurationException", r#"{"message":null}"#);
    assert_eq!(ask(&tool, "/dev/member", Some("crash")), failed);
    tool.wait_for_line("authorizer `members`: the function failed: authorizer `session` failed: no database");
}

#[test]
fn a_token_is_validated_and_its_answer_is_kept_for_every_path() {
    let token = "function = \"session\", type = \"token\", validation = \"^[a-z]+$\", ttl_seconds = 60";
    let folder = project(&stage("rest", token));
    let tool = served(folder.path());
    assert_eq!(ask(&tool, "/dev/member", Some("Ada 1")).0, 401);
    assert_eq!(ask(&tool, "/dev/member", Some("eve")).0, 403);
    for path in ["/dev/member", "/dev/member", "/dev/"] {
        assert_eq!(ask(&tool, path, Some("ada")).0, 200, "{path}");
    }
    assert_eq!(ask(&tool, "/dev/member", Some("ada")).2, "ada of red, authorized for -");
}

#[test]
fn an_http_api_asks_with_payload_2_and_forged_context_reaches_no_handler() {
    let folder = project(&stage("http", "function = \"session\""));
    let tool = served(folder.path());
    assert_eq!(ask(&tool, "/member", Some("ada")).2, "ada of red, authorized for /member");
    assert_eq!(ask(&tool, "/member", None), (401, None, r#"{"message":"Unauthorized"}"#.to_owned()));
    assert_eq!(ask(&tool, "/member", Some("eve")), (403, None, r#"{"message":"Forbidden"}"#.to_owned()));
    let failed = (500, None, r#"{"message":"Internal Server Error"}"#.to_owned());
    assert_eq!(ask(&tool, "/member", Some("unknown")), failed);
    let forged = [("x-session", "ada"), ("principalid", "eve"), ("x-amzn-request-context", r#"{"authorizer":{}}"#)];
    assert_eq!(tool.send("GET", "/member", &forged, "").text(), "ada of red, authorized for /member");
}

#[test]
fn nobody_is_let_in_where_the_function_is_not_of_the_stage() {
    let folder = project(&stage("http", "arn = \"arn:aws:lambda:eu-west-1:123456789012:function:partner\""));
    let mut tool = served(folder.path());
    assert_eq!(ask(&tool, "/member", Some("ada")).0, 500);
    tool.wait_for_line("authorizer `members`: its function is not of this stage, and is not asked here");
}
