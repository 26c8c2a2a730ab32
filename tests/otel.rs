//! Spans of a program on the Lambda Runtime API, as a receiver of OTLP gets them: before the response is posted, below
//! the right parent, and never at the price of a response.
//!
//! The environment decides where spans go, and one process cannot change its own: each test runs `program` in a process
//! of its own, a test that is ignored otherwise.

#[path = "lambda/runtime_api.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod runtime_api;
#[path = "support/mod.rs"]
mod support;

use std::{
    future::pending,
    net::{SocketAddr, TcpListener},
    process::Command,
    time::{Duration, Instant},
};

use axum::{Router, body::Body, http::HeaderMap, routing::get};
use bytes::Bytes;
use runtime_api::{Posted, RuntimeApi};
use serde_json::Value;
use support::{
    client::{Client, Request},
    process::{Process, Stream},
    python,
};
use tracing::Instrument as _;
use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};
use zappa_rs_adapter::{Adapter, BoxError, Dispatch, Invocation, otel, plain, runtime};

const BOUND: Duration = Duration::from_secs(30);
const TRACE: &str = "5759e988bd862e3fe1be46a994272793";

async fn parent(headers: HeaderMap) -> String {
    let work = async { tracing::info!("working") };
    work.instrument(tracing::info_span!("query", db.system = "postgresql")).await;
    headers.get("traceparent").map_or("none", |value| value.to_str().unwrap_or("no text")).to_owned()
}

async fn stream() -> Body {
    let frames = futures_util::stream::unfold(0, |count| async move {
        drop(tracing::info_span!("frame", count));
        (count < 3).then(|| (Ok::<_, BoxError>(Bytes::from_static(b"frame ")), count + 1))
    });
    Body::from_stream(frames)
}

async fn nightly(_: Value, _: Invocation) -> Result<(), BoxError> {
    Err("the database is away".into())
}

fn router() -> Router {
    Router::new().route("/parent", get(parent)).route("/stream", get(stream)).route(
        "/panic",
        get(|| async {
            if true {
                panic!("as intended")
            }
        }),
    )
}

/// Serves the app on the Runtime API, or answers one request of the plain server if there is none.
#[tokio::test]
#[ignore = "the program of the others"]
async fn program() {
    tracing_subscriber::registry()
        .with(otel::layer())
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false))
        .init();
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        let options = zappa_rs_adapter::Options::from_variables(|name| std::env::var(name).ok());
        let adapter = Adapter::new(router()).with_options(options);
        let adapter = adapter.with_dispatch(Dispatch::new().with_schedule("nightly", nightly));
        runtime::run(adapter, pending()).await.expect("the Runtime API stays");
    } else {
        otel::export_in_background();
        let request = axum::http::Request::get("/parent").body(Body::empty()).expect("a request");
        let client = SocketAddr::from(([127, 0, 0, 1], 1));
        plain::serve(router(), request, client).await;
        pending::<()>().await;
    }
}

/// A receiver, which ends with the test.
struct Receiver {
    _process: Process,
    address: SocketAddr,
}

impl Receiver {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/support/otlp.py");
        let mut process = Process::start(Command::new(python::tool("python")).arg(script));
        let port = process.wait_for(BOUND, "the receiver's port", |stream, line| {
            (stream == Stream::Stdout).then(|| line.trim().parse().ok()).flatten()
        });
        Self { _process: process, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    /// All spans that it has now.
    fn spans(&self) -> Vec<Value> {
        let mut client = Client::connect(self.address).expect("the receiver listens");
        let response = client.send(&Request::get("/spans")).expect("the receiver answers").json();
        response.as_array().expect("a list").clone()
    }

    fn span(&self, name: &str) -> Value {
        let spans = self.spans();
        let found = spans.iter().find(|span| span["name"] == name);
        found.unwrap_or_else(|| panic!("no span `{name}`: {spans:#?}")).clone()
    }
}

fn start(api: Option<&RuntimeApi>, receiver: SocketAddr, variables: &[(&str, &str)]) -> Process {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command
        .args(["--ignored", "--nocapture", "program"])
        .env_clear()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{receiver}"));
    if let Some(api) = api {
        command.envs([
            ("AWS_LAMBDA_RUNTIME_API", api.address.to_string().as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "shop-prod"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "7"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ]);
    }
    Process::start(command.envs(variables.iter().copied()))
}

/// A Function URL's event.
fn event(path: &str, headers: &str) -> String {
    format!(
        r#"{{"version":"2.0","rawPath":"{path}","headers":{{"host":"shop.example","x-forwarded-proto":"https"{headers}}},
            "requestContext":{{"domainName":"x.lambda-url.eu-west-1.on.aws","http":{{"method":"GET"}}}}}}"#
    )
}

fn body(posted: &Posted) -> String {
    let response: Value = serde_json::from_slice(&posted.body).unwrap_or_else(|error| panic!("{error}: {posted:?}"));
    response["body"].as_str().expect("text").to_owned()
}

#[test]
fn spans_of_a_request_arrive_before_its_response_and_continue_its_trace() {
    let (api, receiver) = (RuntimeApi::start(), Receiver::start());
    let _process = start(Some(&api), receiver.address, &[("ZAPPA_PROJECT", "shop")]);
    api.give("r-1", event("/parent", ""));
    let posted = api.wait_for_post();
    let (request, query) = (receiver.span("GET"), receiver.span("query"));
    assert_eq!(receiver.spans().len(), 2, "{:#?}", receiver.spans());
    assert_eq!(request["kind"], "SPAN_KIND_SERVER");
    assert_eq!(request["trace_id"], TRACE, "the trace that AWS began");
    assert_eq!(request["parent"], "53995c3f42cd8ad8");
    assert_eq!(query["parent"], request["span_id"]);
    assert_eq!(query["attributes"]["db.system"], "postgresql");
    let seen = format!("00-{TRACE}-{}-01", request["span_id"].as_str().expect("an id"));
    assert_eq!(body(&posted), seen, "the app sees its span's context");
    for (key, value) in [
        ("http.request.method", "GET"),
        ("url.path", "/parent"),
        ("url.scheme", "https"),
        ("server.address", "shop.example"),
        ("faas.invocation_id", "r-1"),
        ("faas.trigger", "http"),
    ] {
        assert_eq!(request["attributes"][key], value, "{key}");
    }
    assert_eq!(request["attributes"]["http.response.status_code"], 200);
    assert_eq!(request["attributes"]["faas.coldstart"], true);
    assert_eq!(request["resource"]["service.name"], "shop");
    assert_eq!(request["resource"]["faas.version"], "7");

    let client = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    api.give("r-2", event("/parent", &format!(r#","traceparent":"{client}""#)));
    assert_eq!(body(&api.wait_for_post()), client, "the client's header stays as it was");
    let spans = receiver.spans();
    let second = spans.iter().find(|span| span["attributes"]["faas.invocation_id"] == "r-2").expect("its span");
    assert_eq!(second["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(second["parent"], "b7ad6b7169203331");
    assert_eq!(second["attributes"]["faas.coldstart"], false);
}

#[test]
fn failures_are_errors_of_their_spans() {
    let (api, receiver) = (RuntimeApi::start(), Receiver::start());
    let _process = start(Some(&api), receiver.address, &[]);
    api.give("r-1", event("/panic", ""));
    api.wait_for_post();
    let span = receiver.span("GET");
    assert_eq!(span["status"], "STATUS_CODE_ERROR");
    assert_eq!(span["attributes"]["http.response.status_code"], 500);
    api.give("e-1", r#"{"zappa_rs":"schedule","name":"nightly"}"#);
    assert!(api.wait_for_post().path.ends_with("/e-1/error"));
    let span = receiver.span("schedule `nightly`");
    assert_eq!(span["kind"], "SPAN_KIND_CONSUMER");
    assert_eq!(span["status"], "STATUS_CODE_ERROR");
    assert!(span["message"].as_str().is_some_and(|text| text.contains("the database is away")), "{span}");
    assert_eq!(span["trace_id"], TRACE);
}

#[test]
fn a_stream_ends_once_the_spans_of_its_body_have_arrived() {
    let (api, receiver) = (RuntimeApi::start(), Receiver::start());
    let _process = start(Some(&api), receiver.address, &[("ZAPPA_STREAMING", "function-url")]);
    api.give("r-1", event("/stream", ""));
    let posted = api.wait_for_post();
    assert!(posted.body.ends_with(b"frame frame frame "), "{posted:?}");
    assert!(posted.trailers.is_empty(), "{posted:?}");
    let spans = receiver.spans();
    assert_eq!(spans.iter().filter(|span| span["name"] == "frame").count(), 4, "{spans:#?}");
    assert!(spans.iter().any(|span| span["name"] == "GET"), "{spans:#?}");
}

#[test]
fn a_receiver_that_is_away_or_silent_costs_no_response() {
    // It accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let closed = TcpListener::bind("127.0.0.1:0").expect("loopback").local_addr().expect("bound");
    for (receiver, reason) in [(silent.local_addr().expect("bound"), "no response within 300 ms"), (closed, "refused")]
    {
        let api = RuntimeApi::start();
        let mut process = start(Some(&api), receiver, &[("OTEL_EXPORTER_OTLP_TIMEOUT", "300")]);
        api.give("r-1", event("/parent", ""));
        assert!(body(&api.wait_for_post()).starts_with("00-"));
        let begin = Instant::now();
        api.give("r-2", event("/parent", ""));
        assert!(body(&api.wait_for_post()).starts_with("00-"));
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
        process.wait_for(BOUND, "the warning", |_, line| {
            (line.contains("spans were not exported by OTLP") && line.contains(reason)).then_some(())
        });
    }
}

#[test]
fn the_sampler_decides_about_traces_that_x_ray_does_not_sample() {
    let (api, receiver) = (RuntimeApi::start(), Receiver::start());
    let _process = start(Some(&api), receiver.address, &[("OTEL_TRACES_SAMPLER", "parentbased_always_off")]);
    api.give("r-1", event("/parent", ""));
    assert!(body(&api.wait_for_post()).ends_with("-00"));
    api.give("r-2", event("/parent", r#","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01""#));
    api.wait_for_post();
    let spans = receiver.spans();
    assert!(spans.iter().all(|span| span["trace_id"] == "0af7651916cd43dd8448eb211c80319c"), "{spans:#?}");
    assert_eq!(spans.len(), 2, "{spans:#?}");
}

#[test]
fn the_plain_server_exports_in_the_background() {
    let receiver = Receiver::start();
    let _process = start(None, receiver.address, &[]);
    support::poll::poll_until("the spans arrive", BOUND, || receiver.spans().len() == 2);
    let request = receiver.span("GET");
    assert_eq!(request["parent"], "", "it begins a trace");
    assert_eq!(receiver.span("query")["trace_id"], request["trace_id"]);
}

/// The median time of a request with its spans switched off and exported, in turns: `-- --ignored cost --nocapture`.
#[test]
#[ignore = "a measurement"]
fn cost_of_an_export() {
    let receiver = Receiver::start();
    let start_measured = |variables: &[(&str, &str)]| {
        let api = RuntimeApi::start();
        let variables = [variables, &[("RUST_LOG", "off")]].concat();
        let process = start(Some(&api), receiver.address, &variables);
        (api, process, Vec::new())
    };
    let mut pair = [start_measured(&[("OTEL_SDK_DISABLED", "true")]), start_measured(&[])];
    for round in 0..600 {
        for (api, _, times) in &mut pair {
            let begin = Instant::now();
            api.give("r-1", event("/parent", ""));
            api.wait_for_post();
            // The first ones are cold.
            if round >= 100 {
                times.push(begin.elapsed());
            }
        }
    }
    let [off, on] = pair.map(|(_, _, mut times)| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    println!("off {off:?}, exported {on:?}, {:?} more", on.saturating_sub(off));
}
