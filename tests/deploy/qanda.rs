//! The example `qanda` from its settings file: a signed command of Slack, the asynchronous function, the page and the digest.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    sync::{LazyLock, mpsc},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use zip::CompressionMethod;

use crate::{
    app,
    stage::{PATIENCE, Stage},
    support::{
        client::{Client, Request},
        emulator::{self, REGION},
        examples,
        process::{self, Process, Stream},
        response::Response,
    },
};

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

/// The folder of the example.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/qanda")
}

/// The binary. It is not optimised: the AWS SDK would take minutes, and these tests are about what it does.
fn binary() -> &'static Path {
    static BINARY: LazyLock<PathBuf> = LazyLock::new(|| examples::unoptimized("qanda", &[]));
    &BINARY
}

/// A stage with the settings of the example, for this machine.
fn stage() -> Stage {
    let stage = Stage::of(emulator::account(), &[REGION], "");
    let settings = fs::read_to_string(folder().join("zappa_settings.toml")).unwrap();
    let settings = settings.replace("api = \"http\"\n", "api = \"http\"\narchitecture = \"x86_64\"\n");
    fs::write(stage.folder.path().join("zappa_settings.toml"), settings).unwrap();
    stage
}

/// Runs a command of the tool that has to end well.
fn ok(stage: &Stage, args: &[&str]) -> String {
    let ended = process::run(stage.tool(args).env("SLACK_SIGNING_SECRET", SECRET), PATIENCE);
    assert_eq!(ended.code, Some(0), "{args:?}: {}{}", ended.stdout, ended.stderr);
    ended.stdout
}

/// A server in the place of Slack's, which takes the answers to commands.
struct Slack {
    url: String,
    posted: mpsc::Receiver<Value>,
}

impl Slack {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/commands/1", listener.local_addr().unwrap());
        let (sender, posted) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut reader = BufReader::new(stream);
                let (mut line, mut length) = (String::new(), 0);
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                reader
                    .get_mut()
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
                    .unwrap();
                if sender.send(serde_json::from_slice(&body).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { url, posted }
    }

    /// The text of the next message.
    fn next(&self) -> String {
        let message = self.posted.recv_timeout(Duration::from_secs(60)).expect("`answer` posts to the response URL");
        message["text"].as_str().unwrap().to_owned()
    }
}

/// A command, signed as Slack does with a secret.
fn command(secret: &str, text: &str, response_url: &str) -> Request {
    let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let response_url = response_url.replace(':', "%3A").replace('/', "%2F");
    let body = format!("command=%2Fqanda&text={}&user_name=ada&response_url={response_url}", text.replace(' ', "+"));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    Request::new("POST", "/slack")
        .with("x-slack-request-timestamp", timestamp.to_string())
        .with("x-slack-signature", format!("v0={signature}"))
        .with_body("application/x-www-form-urlencoded", body)
}

fn form(path: &str, body: &str) -> Request {
    Request::new("POST", path).with_body("application/x-www-form-urlencoded", body)
}

/// What the article shows, by requests to wherever the app is served.
fn talk(send: &dyn Fn(Request) -> Response, slack: &Slack) {
    let refused = send(command("other", "Where is the coffee machine?", &slack.url));
    assert_eq!((refused.status, refused.text().as_str()), (401, "the request is not signed by Slack"));

    let response = send(command(SECRET, "Where is the coffee machine?", &slack.url));
    assert_eq!(response.status, 200, "{}", response.text());
    assert!(response.text().contains("ephemeral") && response.text().contains("coffee machine"), "{}", response.text());
    assert!(slack.next().starts_with("Nobody has answered this yet"));

    let page = send(Request::get("/")).text();
    let (_, rest) = page.split_once("/questions/").expect("the question is on the page");
    let (id, _) = rest.split_once('/').unwrap();
    let answered = send(form(&format!("/questions/{id}/answer"), "answer=On+the+second+floor&name=bob"));
    assert_eq!(answered.status, 303, "{}", answered.text());
    assert!(send(Request::get("/")).text().contains("On the second floor"));

    send(command(SECRET, "where is that coffee machine", &slack.url));
    assert!(slack.next().starts_with("On the second floor"), "an answered question answers one that is alike");
    send(command(SECRET, "Who has the key?", &slack.url));
    assert!(slack.next().starts_with("Nobody"));
}

#[test]
fn the_deployed_stack_does_what_the_readme_says() {
    let (stage, slack) = (stage(), Slack::start());
    let zip = app::zip_of(binary(), "qanda", CompressionMethod::Deflated);
    let url = ok(&stage, &["deploy", "--yes", "--zip", zip.to_str().unwrap()]);
    let (_, path) = url.trim().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let prefix = format!("/{}", path.trim_end_matches('/'));
    talk(&|request| stage.account.send(REGION, "execute-api", request.below(&prefix)).unwrap(), &slack);

    let tables = stage.account.aws(&["dynamodb", "list-tables"]);
    let table = tables["TableNames"][0].as_str().unwrap();
    let items = stage.account.aws(&["dynamodb", "scan", "--table-name", table]);
    assert_eq!(items["Count"], 3, "{items}");
    let digest: Value = serde_json::from_str(&ok(&stage, &["invoke", "dev", "-n", "digest"])).unwrap();
    assert_eq!(digest["open"], 1, "{digest}");

    // Its recorded events.
    let event = |name: &str| folder().join("events").join(name).to_str().unwrap().to_owned();
    let digest: Value = serde_json::from_str(&ok(&stage, &["invoke", "--event", &event("digest.json")])).unwrap();
    assert_eq!(digest["open"], 1, "{digest}");
    let old: Value = serde_json::from_str(&ok(&stage, &["invoke", "--event", &event("slack-command.json")])).unwrap();
    assert_eq!(old["statusCode"], 401, "{old}");
    ok(&stage, &["undeploy", "--yes"]);
}

#[test]
fn local_serves_it_with_the_table_of_an_emulator() {
    let (stage, slack) = (stage(), Slack::start());
    let table = ["--attribute-definitions", "AttributeName=id,AttributeType=S", "--key-schema"];
    let create = [&["dynamodb", "create-table", "--table-name", "questions"], &table[..]].concat();
    let billing = ["AttributeName=id,KeyType=HASH", "--billing-mode", "PAY_PER_REQUEST"];
    stage.account.aws(&[&create[..], &billing[..]].concat());
    let (url, key) = (stage.account.url(), &stage.account.key);
    let env = format!(
        "ZAPPA_LINK_Questions=questions\nAWS_ENDPOINT_URL_DYNAMODB={url}\nAWS_ACCESS_KEY_ID={key}\nAWS_SECRET_ACCESS_KEY=test\n"
    );
    fs::write(stage.folder.path().join(".env.dev"), env).unwrap();
    let mut local = stage.tool(&["local", "--port", "0", "--no-schedules", "--binary", binary().to_str().unwrap()]);
    // What is polled in an emulator would be another test.
    local.env_remove("AWS_ENDPOINT_URL").env("SLACK_SIGNING_SECRET", SECRET);
    let mut tool = Process::start(&mut local);
    let url = tool.wait_for(PATIENCE, "the URL", |stream, line| (stream == Stream::Stdout).then(|| line.to_owned()));
    let address = url.trim().trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let send = |request: Request| Client::connect(address).unwrap().send(&request).unwrap();
    talk(&send, &slack);

    let invoke = Request::new("POST", "/2015-03-31/functions/qanda-dev-digest/invocations");
    let digest = send(invoke.with_body("application/json", "null"));
    assert_eq!(digest.status, 200, "{}", digest.text());
    let digest: Value = serde_json::from_str(&digest.text()).unwrap();
    assert_eq!(digest["open"], json!(1), "{digest}");
}
