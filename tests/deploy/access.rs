//! Who may call a deployed stage: the gateway of the emulator asks for a token of a user pool, or for a signature.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{
    stage::Stage,
    support::{
        client::{Client, Request},
        emulator::{self, Account, REGION},
        response::Response,
    },
};

/// A pool with a client whose users sign in with a password.
const POOL: &str = r#"
[stage.dev.resources.Users]
Type = "AWS::Cognito::UserPool"
[stage.dev.resources.Page]
Type = "AWS::Cognito::UserPoolClient"
Properties = { UserPoolId = { Ref = "Users" }, ExplicitAuthFlows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] }
[stage.dev.outputs]
Pool = { Ref = "Users" }
Client = { Ref = "Page" }
"#;

/// Gets a path without a signature, as a browser does.
pub(crate) fn get(stage: &Stage, url: &str, path: &str, authorization: Option<&str>) -> Response {
    let request = Request::get(path);
    send(
        stage,
        url,
        match authorization {
            Some(value) => request.with("authorization", value),
            None => request,
        },
    )
}

/// The same with any request.
pub(crate) fn send(stage: &Stage, url: &str, request: Request) -> Response {
    let rest = url.trim().strip_prefix("http://").unwrap();
    let prefix = rest.split_once('/').map_or("", |(_, prefix)| prefix.trim_end_matches('/'));
    Client::connect(stage.account.address()).unwrap().send(&request.below(&format!("/{prefix}"))).unwrap()
}

/// An output of the stack.
fn output(stage: &Stage, name: &str) -> String {
    output_of(stage, "shop-dev", name)
}

/// An output of a stack.
pub(crate) fn output_of(stage: &Stage, stack: &str, name: &str) -> String {
    let stacks = stage.account.aws(&["cloudformation", "describe-stacks", "--stack-name", stack]);
    let outputs = stacks["Stacks"][0]["Outputs"].as_array().unwrap();
    let found = outputs.iter().find(|output| output["OutputKey"] == name).unwrap();
    found["OutputValue"].as_str().unwrap().to_owned()
}

/// Makes a user with a password.
pub(crate) fn sign_up(stage: &Stage, pool: &str, user: &str, password: &str) {
    let account = &stage.account;
    account.aws(&["cognito-idp", "admin-create-user", "--user-pool-id", pool, "--username", user]);
    let set = ["cognito-idp", "admin-set-user-password", "--user-pool-id", pool, "--username", user];
    account.aws(&[&set[..], &["--password", password, "--permanent"]].concat());
}

/// Signs a new user in; the ID token.
fn sign_in(stage: &Stage, pool: &str, client: &str) -> String {
    let (user, password) = ("ada", "Engine-1843");
    sign_up(stage, pool, user, password);
    let account = &stage.account;
    let parameters = format!("USERNAME={user},PASSWORD={password}");
    let begin = ["cognito-idp", "initiate-auth", "--auth-flow", "USER_PASSWORD_AUTH", "--client-id", client];
    let answer = account.aws(&[&begin[..], &["--auth-parameters", &parameters]].concat());
    answer["AuthenticationResult"]["IdToken"].as_str().unwrap().to_owned()
}

/// The account of the emulator that requests without a signature belong to.
const UNSIGNED: &str = "000000000000";

/// That account, for one test at a time: stages have the same name in all tests.
pub(crate) fn unsigned() -> (Account, MutexGuard<'static, ()>) {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    (Account::at(emulator::account().address(), UNSIGNED.to_owned()), turn)
}

#[test]
fn an_http_api_lets_in_whom_the_settings_say_and_nobody_else() {
    let (account, _turn) = unsigned();
    let pool = "cognito = [\"Users\"], clients = [\"Page\"]";
    let settings = |authorizer: &str| {
        format!("api = \"http\"\nauthorizer = \"{authorizer}\"\nauthorizers = {{ users = {{ {pool} }} }}\n{POOL}")
    };
    let stage = Stage::of(account, &[REGION], &settings("users"));
    let url = stage.ok_with(&["deploy"], "good");
    let token = sign_in(&stage, &output(&stage, "Pool"), &output(&stage, "Client"));
    assert_eq!(get(&stage, &url, "/", None).status, 401);
    assert_eq!(get(&stage, &url, "/", Some("Bearer x.y.z")).status, 401);
    let (head, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("Bearer {head}.{}", signature.chars().rev().collect::<String>());
    assert_eq!(get(&stage, &url, "/", Some(&forged)).status, 401);
    let answer = get(&stage, &url, "/", Some(&format!("Bearer {token}")));
    assert_eq!((answer.status, answer.text().trim()), (200, "good"));

    // An update of the code keeps it.
    stage.ok_with(&["update"], "better");
    assert_eq!(get(&stage, &url, "/", None).status, 401);

    // A path of a public stage that asks for a token.
    stage.set(&format!(
        "{}[[stage.dev.routes]]\npath = \"/admin/{{proxy+}}\"\nauthorizer = \"users\"\n",
        settings("none")
    ));
    stage.ok_with(&["deploy"], "better");
    assert_eq!(get(&stage, &url, "/", None).text().trim(), "better");
    for path in ["/admin", "/admin/x"] {
        assert_eq!(get(&stage, &url, path, None).status, 401, "{path}");
        assert_eq!(get(&stage, &url, path, Some(&format!("Bearer {token}"))).status, 404, "the application's {path}");
    }
    for path in ["//admin", "/Admin", "/a/../admin", "/admin;x", "/%61dmin/x", "/%2561dmin"] {
        let refused = get(&stage, &url, path, None).status;
        assert!(matches!(refused, 401 | 403), "{path}: {refused}");
    }

    stage.set(&settings("iam"));
    stage.ok_with(&["deploy"], "better");
    assert_eq!(get(&stage, &url, "/", None).status, 403);
    assert_eq!(stage.visit(&url, "/").text().trim(), "better");

    stage.set(&settings("none"));
    stage.ok_with(&["deploy"], "better");
    assert_eq!(get(&stage, &url, "/", None).text().trim(), "better");
    stage.ok(&["undeploy", "--yes"]);
}

#[test]
fn every_method_of_a_rest_api_asks_for_a_signature_where_iam_decides() {
    let stage = Stage::new("iam_authorization = true");
    let url = stage.ok_with(&["deploy"], "good");
    assert_eq!(stage.visit(&url, "/").text().trim(), "good");
    let apis = stage.account.aws(&["apigateway", "get-rest-apis"]);
    let id = apis["items"][0]["id"].as_str().unwrap();
    let resources = stage.account.aws(&["apigateway", "get-resources", "--rest-api-id", id, "--embed", "methods"]);
    for resource in resources["items"].as_array().unwrap() {
        assert_eq!(resource["resourceMethods"]["ANY"]["authorizationType"], "AWS_IAM", "{resource}");
    }
}
