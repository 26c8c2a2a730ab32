//! The example `trivia` under `zappa-rs local`: played by a headless Chromium from a page at another origin, and attacked.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use base64_simd::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    support::{browser::Browser, examples, page, response::Response},
    tool::{self, Tool, command},
};

static BINARY: LazyLock<PathBuf> = LazyLock::new(|| examples::unoptimized("trivia", &["--package", "trivia"]));

/// The key of the newspaper.
const KEY: &str = "a-key-of-more-than-twenty-characters";
/// The path that only players may call.
const OWN: &str = "/dev/questions/1/user";

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/trivia")
}

/// The settings of the example, for a page at an origin.
fn project(origin: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = fs::read_to_string(example().join("zappa_settings.toml")).unwrap();
    assert!(settings.lines().count() < 40, "fewer than forty lines");
    let settings = settings.replace("http://localhost:8000", origin);
    fs::write(folder.path().join("zappa_settings.toml"), settings).unwrap();
    fs::copy(example().join(".env.dev"), folder.path().join(".env.dev")).unwrap();
    folder
}

fn serve(folder: &TempDir) -> Tool {
    let mut command = command(folder.path());
    command.env("NEWSPAPER_KEY", KEY);
    // Answers are in memory: one process has all of them.
    command.args(["local", "--port", "0", "--concurrency", "1", "--binary"]).arg(&*BINARY);
    Tool::start(command)
}

/// A development token of a player.
fn token(folder: &TempDir, name: &str) -> String {
    let mut command = command(folder.path());
    // A token needs no value of an API key.
    command.env_remove("NEWSPAPER_KEY").args(["token", "--sub", name]);
    let ended = crate::support::process::run(&mut command, tool::TIMEOUT);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.stdout.trim().to_owned()
}

/// The parts of a token that say which key signs it and for whom it is.
fn parts(token: &str) -> (Value, Value) {
    let part = |index: usize| {
        let text = token.split('.').nth(index).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode_to_vec(text).unwrap()).unwrap()
    };
    (part(0), part(1))
}

/// A token of a head, claims and a signature.
fn forge(head: &Value, claims: &Value, signature: &str) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode_to_string(value.to_string());
    format!("Bearer {}.{}.{signature}", encode(head), encode(claims))
}

#[test]
fn somebody_plays_from_a_page_at_another_origin() {
    let origin = page::serve(&example().join("page/index.html"));
    let folder = project(&origin);
    let tool = serve(&folder);
    let browser = Browser::new();
    browser.open(&format!("{origin}/?api={}", tool.url));
    browser.expect_text("#question-1 legend", "Which planet has the shortest day?");
    // Nobody has signed in. The page reads the refusal, which has the headers of CORS too.
    browser.click("#question-1 button:nth-of-type(2)");
    browser.expect_text("#question-1 output", "401: {\"message\":\"Unauthorized\"}");
    browser.write("#token", &token(&folder, "ada"));
    browser.click("#paste button");
    browser.click("#question-1 button:nth-of-type(2)");
    browser.expect_text("#question-1 output", "right");
    browser.click("#question-2 button:nth-of-type(1)");
    browser.expect_text("#question-2 output", "wrong");
    assert_eq!(browser.text("#points"), "1 points");
    let scores = tool.send("GET", "/dev/scores", &[("x-api-key", KEY)], "");
    assert_eq!((scores.status, &scores.json()[0]["points"]), (200, &json!(1)), "{}", scores.text());
}

/// Status, `x-amzn-errortype` and body.
fn refusal(response: &Response) -> (u16, String, String) {
    (response.status, response.header("x-amzn-errortype").unwrap_or_default(), response.text())
}

#[test]
fn twenty_hostile_requests_get_the_refusals_of_the_gateway() {
    let folder = project("https://trivia.example");
    let tool = serve(&folder);
    let good = format!("Bearer {}", token(&folder, "ada"));
    let (head, claims) = parts(good.trim_start_matches("Bearer "));
    let signature = good.rsplit('.').next().unwrap().to_owned();
    let with = |value: &Value, name: &str, replaced: Value| {
        let mut value = value.clone();
        value[name] = replaced;
        value
    };
    let flipped: String = signature.chars().rev().collect();
    let mine = with(&claims, "sub", json!("somebody else"));
    let tokens = [
        ("nothing", String::new()),
        ("no token", "Bearer".to_owned()),
        ("three words", "Bearer x.y.z".to_owned()),
        ("another scheme", good.replace("Bearer", "Basic")),
        ("no signature", forge(&head, &claims, "")),
        ("another signature", forge(&head, &claims, &flipped)),
        ("other claims", forge(&head, &mine, &signature)),
        ("no algorithm", forge(&with(&head, "alg", json!("none")), &mine, "")),
        ("a shared secret", forge(&with(&head, "alg", json!("HS256")), &mine, &signature)),
        ("a key of nobody", forge(&with(&head, "kid", json!("other")), &claims, &signature)),
        ("expired", forge(&head, &with(&claims, "exp", json!(1)), &signature)),
        ("deep JSON", format!("Bearer {}.{}.x", URL_SAFE_NO_PAD.encode_to_string("[".repeat(3_000)), "e30")),
    ];
    let unauthorized = (401, "UnauthorizedException".to_owned(), r#"{"message":"Unauthorized"}"#.to_owned());
    for (what, value) in &tokens {
        let headers = [("authorization", value.as_str()), ("content-type", "application/json")];
        let headers = if value.is_empty() { &headers[1..] } else { &headers[..] };
        let response = tool.send("POST", OWN, headers, r#"{"choice":1}"#);
        assert_eq!(refusal(&response), unauthorized, "{what}");
    }
    // Claims that the client makes itself.
    let forged = [("x-amzn-oidc-data", "x.y.z"), ("x-amzn-claims", "{\"sub\":\"ada\"}")];
    assert_eq!(refusal(&tool.send("POST", OWN, &forged, r#"{"choice":1}"#)), unauthorized);
    // Every method of the path has the same authorizer.
    for method in ["GET", "DELETE", "PATCH"] {
        assert_eq!(refusal(&tool.send(method, OWN, &[], "")), unauthorized, "{method}");
    }
    // Other spellings of the path reach nobody's handler.
    for path in [
        "/dev//questions/1/user",
        "/dev/questions//1/user",
        "/dev/questions//user",
        "/dev/questions/%2F/user",
        "/dev/questions/1/%75ser",
        "/dev/questions/1/user/",
        "/dev/x/../questions/1/user",
        "/dev/Questions/1/User",
        "/dev/questions/1/user;x",
        "/dev/questions%2F1%2Fuser",
    ] {
        let status = tool.send("POST", path, &[("content-type", "application/json")], r#"{"choice":1}"#).status;
        assert!([401, 403, 404].contains(&status), "{path}: {status}");
    }
    // Keys.
    let forbidden = (403, "ForbiddenException".to_owned(), r#"{"message":"Forbidden"}"#.to_owned());
    for (what, headers) in [
        ("no key", &[][..]),
        ("another key", &[("x-api-key", "a-key-of-somebody-else-1234")]),
        ("empty", &[("x-api-key", "")]),
    ] {
        assert_eq!(refusal(&tool.send("GET", "/dev/scores", headers, "")), forbidden, "{what}");
    }
    assert_eq!(refusal(&tool.send("GET", &format!("/dev/scores?x-api-key={KEY}"), &[], "")), forbidden);
    // A page of somebody else.
    let asked = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    let preflight = tool.send("OPTIONS", OWN, &asked, "");
    assert_eq!(preflight.header("access-control-allow-origin"), Some("https://trivia.example".to_owned()));
    // The owner comes through all this.
    let headers = [("authorization", good.as_str()), ("content-type", "application/json")];
    assert_eq!(tool.send("POST", OWN, &headers, r#"{"choice":1}"#).status, 200);
    // More than the plan lets through at once.
    let statuses: Vec<u16> =
        (0..30).map(|_| tool.send("GET", "/dev/scores", &[("x-api-key", KEY)], "").status).collect();
    assert!(statuses.contains(&200) && statuses.contains(&429), "{statuses:?}");
}
