//! A deployed test application, which identifies its release by a file beside it and a variable.
//!
//! The file also selects its behaviour, so that one binary makes a healthy release, one that crashes at its start and
//! one that is unhealthy.
#![expect(clippy::print_stderr, reason = "the tests read what a program prints when it crashes")]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process,
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Path as AxumPath, State},
    http::{HeaderMap, StatusCode, header::HOST},
    routing::get,
};
use zappa_rs::{
    App, Authorizer, AuthorizerRequest, AuthorizerResponse, BoxError, Change, CognitoTrigger, Invocation, Record,
    S3Object, Secrets, Source,
};

static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
static REQUESTS: AtomicU64 = AtomicU64::new(0);

fn variant() -> String {
    let folder = std::env::var_os("LAMBDA_TASK_ROOT").unwrap_or_default();
    fs::read_to_string(Path::new(&folder).join("variant")).unwrap_or_default().trim().to_owned()
}

/// The identity of the release: `<variant> <VERSION>`.
async fn which() -> String {
    REQUESTS.fetch_add(1, Ordering::Relaxed);
    format!("{} {}", variant(), std::env::var("VERSION").unwrap_or_default())
}

/// The process id, the number of earlier requests of this process, and its age in milliseconds.
async fn instance() -> String {
    let requests = REQUESTS.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(300)).await;
    format!("{} {requests} {}", process::id(), BEGUN.elapsed().as_millis())
}

/// The host that the client asked for.
async fn host(headers: HeaderMap) -> String {
    headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned()
}

/// The ARN, the name and the URL of a link; without one, the error.
async fn linked(AxumPath(name): AxumPath<String>) -> String {
    match zappa_rs::link(&name) {
        Ok(link) => {
            let url = link.url().map_or_else(|error| error.to_string(), str::to_owned);
            format!("{}\n{}\n{url}", link.name(), link.arn().unwrap_or_default())
        }
        Err(error) => error.to_string(),
    }
}

/// What an authorizer knows about the client.
#[derive(serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    team: String,
    /// Who that is; the response says it by itself.
    #[serde(skip_serializing)]
    principal_id: String,
    /// The path that the authorizer saw.
    path: String,
}

/// Decides by the session that the header `x-session` names, which is also the token of an authorizer of that type.
async fn session(request: AuthorizerRequest, _: Invocation) -> Result<AuthorizerResponse, BoxError> {
    let header = request.headers().get("x-session").and_then(|value| value.to_str().ok());
    Ok(match header.or(request.token()) {
        Some("ada") => AuthorizerResponse::allow("ada").with_context(&Session {
            team: "red".to_owned(),
            principal_id: String::new(),
            path: request.path().unwrap_or("-").to_owned(),
        }),
        Some("crash") => return Err("no database".into()),
        Some("unknown") => AuthorizerResponse::unauthorized(),
        _ => AuthorizerResponse::deny(),
    })
}

async fn member(Authorizer(session): Authorizer<Session>) -> String {
    format!("{} of {}, authorized for {}", session.principal_id, session.team, session.path)
}

async fn health() -> (StatusCode, &'static str) {
    if variant() == "ill" { (StatusCode::INTERNAL_SERVER_ERROR, "ill") } else { (StatusCode::OK, "well") }
}

/// A message of a test: it ends the process, or else fails, until it was delivered so many times.
#[derive(serde::Deserialize)]
struct Job {
    number: u32,
    failures: u32,
    #[serde(default)]
    crashes: u32,
}

async fn job(job: Job, record: Record) -> Result<(), BoxError> {
    let attempt: u32 = record.get("/attributes/ApproximateReceiveCount").unwrap_or_default();
    if attempt <= job.crashes {
        process::abort();
    }
    if attempt <= job.failures {
        return Err(format!("attempt {attempt} of job {}", job.number).into());
    }
    eprintln!("job {} is done", job.number);
    Ok(())
}

async fn news(text: String, _: Record) -> Result<(), BoxError> {
    eprintln!("news: {text}");
    Ok(())
}

async fn placed(detail: serde_json::Value, record: Record) -> Result<(), BoxError> {
    eprintln!("{} {}", record.get::<String>("/detail-type").unwrap_or_default(), detail["order"]);
    Ok(())
}

async fn picture(object: S3Object, _: Record) -> Result<(), BoxError> {
    eprintln!("{} of {}", object.event, object.key);
    Ok(())
}

async fn order(change: Change<serde_json::Value>, _: Record) -> Result<(), BoxError> {
    eprintln!("order {} is {:?}", change.key::<String>("id").unwrap_or_default(), change.kind);
    Ok(())
}

/// A record of a test: it fails until it was handled so many times by this process.
#[derive(serde::Deserialize)]
struct Click {
    number: u32,
    failures: u32,
}

async fn click(click: Click, _: Record) -> Result<(), BoxError> {
    static ATTEMPTS: Mutex<BTreeMap<u32, u32>> = Mutex::new(BTreeMap::new());
    let attempt = {
        let mut attempts = ATTEMPTS.lock().expect("nothing panics with it");
        let attempt = attempts.entry(click.number).or_default();
        *attempt += 1;
        *attempt
    };
    if attempt <= click.failures {
        return Err(format!("attempt {attempt} of click {}", click.number).into());
    }
    eprintln!("click {} is done", click.number);
    Ok(())
}

async fn tick(payload: serde_json::Value, _: Invocation) -> Result<(), BoxError> {
    if payload["fails"] == true {
        return Err("this tick fails".into());
    }
    eprintln!("tick {payload}");
    Ok(())
}

async fn leave(_: serde_json::Value, _: Invocation) -> Result<(), BoxError> {
    Ok(())
}

async fn double(number: i64, _: Invocation) -> Result<i64, BoxError> {
    Ok(number.checked_mul(2).expect("a product in range"))
}

/// The ARN of a link, by a further function.
async fn link(name: String, _: Invocation) -> Result<String, BoxError> {
    Ok(zappa_rs::link(&name)?.arn()?.to_owned())
}

/// A letter of a further function.
async fn mail(to: String, _: Invocation) -> Result<String, BoxError> {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    Ok(format!("{} {to}, says {}", variable("GREETING"), variable("AWS_LAMBDA_FUNCTION_NAME")))
}

#[tokio::main]
async fn main() -> Result<(), zappa_rs::Error> {
    LazyLock::force(&BEGUN);
    if variant() == "crash" || std::env::var_os("CRASH").is_some() {
        eprintln!("there is no database at the end of this cable");
        process::exit(3);
    }
    // A release whose secrets cannot be read does not start.
    let secrets = zappa_rs::secrets().await.unwrap_or_else(|error| {
        eprintln!("{error}");
        process::exit(4)
    });
    let secret = async |State(secrets): State<Secrets>, AxumPath(name): AxumPath<String>| {
        secrets.get(&name).map_or_else(|error| error.to_string(), |value| value.to_string())
    };
    let app = Router::new().route("/secret/{name}", get(secret)).with_state(secrets);
    let app = app.route("/", get(which)).route("/instance", get(instance)).route("/health", get(health));
    let app = app.route("/link/{name}", get(linked)).route("/host", get(host)).route("/member", get(member));
    let mut app = App::new(app);
    for number in 0..20 {
        app = app.schedule(format!("nightly-{number}"), tick);
    }
    for trigger in [CognitoTrigger::PreSignUp, CognitoTrigger::PostConfirmation, CognitoTrigger::UserMigration] {
        app = app.on_cognito(trigger, leave);
    }
    app.on(Source::CloudWatchLogs, leave)
        .on_sqs("jobs", job)
        .on_sns("news", news)
        .on_event_bridge("placed", placed)
        .on_s3("pictures", picture)
        .on_dynamodb("orders", order)
        .on_kinesis("clicks", click)
        .schedule("tick", tick)
        .function("double", double)
        .function("mail", mail)
        .function("links", link)
        .authorizer("session", session)
        .run()
        .await
}
