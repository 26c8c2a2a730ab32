//! The example `trivia` from its settings file: played by a headless Chromium with the user pool of the emulator, whose tokens are signed
//! with RSA, and refused there as on a laptop.
//!
//! The emulator's REST API drops the headers by which another origin may read responses, so that here the page is beside the API;
//! `zappa-rs local` is asked from another origin.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use serde_json::json;
use zip::CompressionMethod;

use crate::{
    access::{get, output_of, send, sign_up, unsigned},
    app,
    stage::{PATIENCE, Stage},
    support::{browser::Browser, client::Request, emulator::REGION, examples, page, process, response::Response},
};

static BINARY: LazyLock<PathBuf> = LazyLock::new(|| examples::unoptimized("trivia", &["--package", "trivia"]));

/// The key of the newspaper.
const KEY: &str = "a-key-of-more-than-twenty-characters";

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/trivia")
}

/// Runs a command of the tool that has to end well.
fn ok(stage: &Stage, args: &[&str]) -> String {
    let ended = process::run(stage.tool(args).env("NEWSPAPER_KEY", KEY), PATIENCE);
    assert_eq!(ended.code, Some(0), "{args:?}: {}{}", ended.stdout, ended.stderr);
    ended.stdout
}

#[test]
fn somebody_plays_on_the_emulator_and_others_are_refused() {
    let (account, _turn) = unsigned();
    let stage = Stage::of(account, &[REGION], "");
    let settings = fs::read_to_string(example().join("zappa_settings.toml")).unwrap();
    let settings = settings.replace(
        "[stage.dev]\naws_region = \"eu-central-1\"",
        &format!("[stage.dev]\narchitecture = \"x86_64\"\naws_region = \"{REGION}\""),
    );
    fs::write(stage.folder.path().join("zappa_settings.toml"), settings).unwrap();
    let zip = app::zip_of(&BINARY, "trivia", CompressionMethod::Stored);
    let url = ok(&stage, &["deploy", "--yes", "--zip", zip.to_str().unwrap()]);
    let (pool, client) = (output_of(&stage, "trivia-dev", "Pool"), output_of(&stage, "trivia-dev", "Client"));
    sign_up(&stage, &pool, "ada", "Engine-1843");

    // Refused as under `zappa-rs local`.
    let own = "/questions/1/user";
    let answer = |authorization: Option<&str>| {
        let request = Request::new("POST", own).with_body("application/json", r#"{"choice":1}"#);
        send(
            &stage,
            &url,
            match authorization {
                Some(value) => request.with("authorization", value),
                None => request,
            },
        )
    };
    let refusal = |response: &Response| (response.status, response.json()["message"].as_str().map(str::to_owned));
    for authorization in [None, Some("Bearer x.y.z"), Some("Basic YTpi")] {
        assert_eq!(refusal(&answer(authorization)), (401, Some("Unauthorized".to_owned())), "{authorization:?}");
    }
    for method in ["GET", "DELETE", "PATCH"] {
        assert_eq!(send(&stage, &url, Request::new(method, own)).status, 401, "{method}");
    }
    assert_eq!(refusal(&get(&stage, &url, "/scores", None)), (403, Some("Forbidden".to_owned())));
    let with_key = |key: &str| send(&stage, &url, Request::get("/scores").with("x-api-key", key));
    assert_eq!(with_key("a-key-of-somebody-else-1234").status, 403);
    assert_eq!((with_key(KEY).status, with_key(KEY).json()), (200, json!([])));

    // Played.
    let cognito = format!("http://{}", stage.account.address());
    let prefix = url.trim().trim_end_matches('/').splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap();
    let api = page::Beside { address: stage.account.address(), prefix };
    let origin = page::serve_beside(&example().join("page/index.html"), Some(api));
    let browser = Browser::new();
    browser.open(&format!("{origin}/?api={origin}/api&client={client}&cognito={cognito}"));
    browser.expect_text("#question-1 legend", "Which planet has the shortest day?");
    browser.write("#name", "ada");
    browser.write("#password", "Engine-1843");
    browser.click("#login button");
    browser.expect_text("#points", "signed in");
    browser.click("#question-1 button:nth-of-type(2)");
    browser.expect_text("#question-1 output", "right");
    assert_eq!(browser.text("#points"), "1 points");
    assert_eq!(with_key(KEY).json(), json!([{ "name": "ada", "points": 1 }]));
    ok(&stage, &["undeploy", "--yes"]);
}
