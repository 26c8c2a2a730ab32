//! The binaries on a Lambda Runtime API over a real socket: every failure gets a response, and the process
//! keeps running.

mod runtime_api;
#[path = "../support/mod.rs"]
mod support;

use std::{process::Command, time::Duration};

use runtime_api::{Event, Posted, Reception, RuntimeApi};
use serde_json::Value;
use support::{
    examples,
    process::{Process, Stream},
};

const BOUND: Duration = Duration::from_secs(30);

/// Starts an example as Lambda would.
fn start(example: &str, api: &RuntimeApi, variables: &[(&str, &str)]) -> Process {
    let mut command = Command::new(examples::binary(example));
    command.env_clear().envs([
        ("AWS_LAMBDA_RUNTIME_API", api.address.to_string().as_str()),
        ("AWS_LAMBDA_FUNCTION_NAME", "f"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ]);
    Process::start(command.envs(variables.iter().copied()))
}

/// A Function URL's event.
fn get(path: &str) -> String {
    format!(
        r#"{{"version":"2.0","rawPath":"{path}","requestContext":{{"domainName":"x.lambda-url.eu-west-1.on.aws","http":{{"method":"GET"}}}}}}"#
    )
}

fn json(posted: &Posted) -> Value {
    serde_json::from_slice(&posted.body).unwrap_or_else(|error| panic!("{error}: {posted:?}"))
}

/// Checks that the process is alive, by a request that succeeds.
fn assert_lives(api: &RuntimeApi) {
    api.give("harmless", get("/cookies"));
    let posted = api.wait_for_post();
    assert_eq!(posted.path, "/2018-06-01/runtime/invocation/harmless/response");
    assert_eq!(json(&posted)["statusCode"], 200);
}

#[test]
fn failures_of_the_app_are_responses_and_the_process_keeps_running() {
    let api = RuntimeApi::start();
    let _process = start("faults", &api, &[]);
    for (path, status) in [
        ("/latin1", 200),
        ("/panic", 500),
        ("/panic-in-body", 500),
        ("/error-in-body", 500),
        ("/error-mid-stream", 500),
        ("/seven-megabytes", 500),
    ] {
        api.give("r-1", get(path));
        let posted = api.wait_for_post();
        assert_eq!(posted.path, "/2018-06-01/runtime/invocation/r-1/response", "{path}");
        assert!(posted.head.contains("lambda-runtime-invocation-id: once-r-1\r\n"), "{}", posted.head);
        let response = json(&posted);
        assert_eq!(response["statusCode"], status, "{path}: {response}");
        if status == 500 {
            let body: Value = serde_json::from_str(response["body"].as_str().expect("text")).expect("JSON");
            assert_eq!(body["requestId"], "r-1", "{path}: {body}");
        }
    }
    assert_lives(&api);
}

#[test]
fn handler_that_is_too_slow_gets_a_response_before_the_deadline() {
    let api = RuntimeApi::start();
    let mut process = start("faults", &api, &[]);
    let timeout = Duration::from_secs(2);
    let reception = Reception::Accepted;
    api.give_event(Event { id: "late".to_owned(), payload: get("/never").into(), timeout, reception });
    assert_eq!(json(&api.wait_for_post())["statusCode"], 504);
    process.wait_for(BOUND, "the log line of a response after its deadline", |_, line| {
        (line.contains("late") && line.contains("deadline")).then_some(())
    });
    assert_lives(&api);
}

#[test]
fn stream_that_breaks_ends_with_trailers_on_the_wire() {
    let api = RuntimeApi::start();
    let _process = start("faults", &api, &[("ZAPPA_STREAMING", "function-url")]);
    api.give("r-1", get("/error-mid-stream"));
    let posted = api.wait_for_post();
    assert!(posted.head.contains("lambda-runtime-function-response-mode: streaming\r\n"), "{}", posted.head);
    assert!(posted.head.contains("content-type: application/vnd.awslambda.http-integration-response\r\n"));
    let delimiter = posted.body.windows(8).position(|bytes| bytes == [0; 8]).expect("eight NULs");
    let prelude: Value = serde_json::from_slice(&posted.body[..delimiter]).expect("a prelude");
    assert_eq!(prelude["statusCode"], 200);
    assert!(posted.trailers.starts_with("lambda-runtime-function-error-type: ZappaRs.BodyError\r\n"), "{posted:?}");
    assert!(posted.trailers.contains("\r\nlambda-runtime-function-error-body: "), "{posted:?}");
    let body = String::from_utf8_lossy(&posted.body[delimiter + 8..]);
    assert!(!body.contains("errorType"), "the error is not among the client's bytes: {body}");
    api.give("r-2", get("/seven-megabytes"));
    let long = api.wait_for_post();
    assert!(long.body.len() > 7_000_000 && long.trailers.is_empty(), "{} bytes", long.body.len());
}

#[test]
fn what_is_no_event_is_a_loud_error_and_the_process_lives_on() {
    let api = RuntimeApi::start();
    let _process = start("faults", &api, &[]);
    for (payload, kind) in [
        (&b"{\"version\":"[..], "ZappaRs.MalformedEvent"),
        (b"", "ZappaRs.MalformedEvent"),
        (b"[1]", "ZappaRs.MalformedEvent"),
        (b"\"\xff\"", "ZappaRs.MalformedEvent"),
        (b"{\"hello\":1}", "ZappaRs.UnknownEvent"),
        (b"{\"Records\":[{\"eventSource\":\"aws:sqs\"}]}", "ZappaRs.UnmappedEvent"),
        (b"{\"type\":\"TOKEN\",\"methodArn\":\"arn\"}", "ZappaRs.UnmappedEvent"),
    ] {
        api.give("r-1", payload);
        let posted = api.wait_for_post();
        assert_eq!(posted.path, "/2018-06-01/runtime/invocation/r-1/error");
        assert!(posted.head.contains(&format!("lambda-runtime-function-error-type: {}", kind.to_lowercase())));
        assert_eq!(json(&posted)["errorType"], kind, "{}", String::from_utf8_lossy(payload));
    }
    assert_lives(&api);
}

#[test]
fn response_that_lambda_rejects_is_logged_and_the_process_keeps_running() {
    let api = RuntimeApi::start();
    let mut process = start("faults", &api, &[]);
    for (id, reception) in [("refused", Reception::Rejected), ("closing", Reception::Closing)] {
        let payload = get("/cookies").into_bytes();
        api.give_event(Event { id: id.to_owned(), payload, timeout: BOUND, reception });
        assert_eq!(json(&api.wait_for_post())["statusCode"], 200);
    }
    process.wait_for(BOUND, "the log line of a refused response", |_, line| {
        (line.contains("refused") && line.contains("413") && line.contains("RequestEntityTooLarge")).then_some(())
    });
    api.wait_for_close();
    assert_lives(&api);
}

#[test]
fn keep_warm_events_never_reach_the_app() {
    let api = RuntimeApi::start();
    let _process = start("faults", &api, &[("AWS_LAMBDA_LOG_STREAM_NAME", "instance-7")]);
    api.give("r-1", r#"{"zappa_rs":"keep-warm"}"#);
    let mut answer = json(&api.wait_for_post());
    let handlers =
        answer.as_object_mut().and_then(|answer| answer.remove("handlers")).expect("the registered handlers");
    assert_eq!(answer, serde_json::json!({ "zappa_rs": "keep-warm", "instance": "instance-7" }));
    assert_eq!((&handlers["sqs"], &handlers["schedule"]), (&serde_json::json!([]), &serde_json::json!([])));
}

#[test]
fn a_hundred_invocations_run_at_once_where_the_platform_says_so() {
    let api = RuntimeApi::start();
    let _process = start("faults", &api, &[("AWS_LAMBDA_MAX_CONCURRENCY", "100")]);
    // Every worker polls before there is an event, so none of them has responded to another one first.
    api.wait_for_polls(100);
    for number in 0..100 {
        api.give(&format!("r-{number}"), get("/status/200"));
    }
    let mut paths: Vec<String> = (0..100).map(|_| api.wait_for_post().path).collect();
    paths.sort();
    let mut expected: Vec<String> =
        (0..100).map(|number| format!("/2018-06-01/runtime/invocation/r-{number}/response")).collect();
    expected.sort();
    assert_eq!(paths, expected);
    assert_lives(&api);
}

#[test]
fn sigterm_ends_an_idle_process_cleanly() {
    let api = RuntimeApi::start();
    let process = start("faults", &api, &[]);
    api.wait_for_polls(1);
    process.signal("TERM");
    assert!(process.wait(BOUND).0.success());
    assert!(api.registrations().is_empty(), "without a hook no extension registers");
}

#[test]
fn sigterm_lets_an_invocation_finish_and_runs_the_hooks_in_order() {
    let api = RuntimeApi::start();
    let mut process = start("events", &api, &[]);
    api.give("r-1", r#"{"zappa_rs":"function","name":"linger","payload":500}"#);
    process.wait_for(BOUND, "the log line of a lingering shutdown", |_, line| line.contains("lingering").then_some(()));
    process.signal("TERM");
    assert_eq!(json(&api.wait_for_post()), "done");
    let (status, stdout, stderr) = process.wait(BOUND);
    assert!(status.success(), "{stdout}{stderr}");
    let lines: Vec<&str> = stdout.lines().filter(|line| line.contains("good-bye")).collect();
    assert!(lines.len() == 2 && lines[0].contains("saying"), "{stdout}{stderr}");
    let registered = api.registrations();
    assert!(registered[0].contains("lambda-extension-name: zappa-rs-shutdown\r\n"), "{registered:?}");
}

#[test]
fn handlers_are_called_by_name_and_by_source() {
    let api = RuntimeApi::start();
    let mut process = start("events", &api, &[]);
    for (event, expected) in [
        (r#"{"zappa_rs":"function","name":"double","payload":21}"#, r#"{"doubled":42,"request_id":"r-1"}"#),
        (r#"{"zappa_rs":"schedule","name":"nightly"}"#, r#""cleaned""#),
        (r#"{"Records":[{"eventSource":"aws:sqs"},{}]}"#, r#"{"jobs":2}"#),
    ] {
        api.give("r-1", event);
        let posted = api.wait_for_post();
        assert_eq!(posted.path, "/2018-06-01/runtime/invocation/r-1/response", "{event}");
        assert_eq!(String::from_utf8_lossy(&posted.body), expected);
    }
    for (event, kind) in [
        (r#"{"zappa_rs":"function","name":"double","payload":"x"}"#, "ZappaRs.Payload"),
        (r#"{"zappa_rs":"function","name":"double","payload":9223372036854775807}"#, "ZappaRs.Handler"),
        (r#"{"zappa_rs":"task","name":"report","payload":1}"#, "ZappaRs.Handler"),
        (r#"{"zappa_rs":"function","name":"nightly"}"#, "ZappaRs.UnmappedEvent"),
    ] {
        api.give("r-2", event);
        let posted = api.wait_for_post();
        assert_eq!(posted.path, "/2018-06-01/runtime/invocation/r-2/error", "{event}");
        assert_eq!(json(&posted)["errorType"], kind, "{event}");
    }
    // Every line of an invocation carries its request id, also in the JSON of `zappa_rs::init_tracing`.
    process.wait_for(BOUND, "the error of request r-2 in the log", |stream, line| {
        let line: Value = serde_json::from_str(line).ok().filter(|_| stream == Stream::Stdout)?;
        (line["request_id"] == "r-2" && line["level"] == "ERROR").then_some(())
    });
}

#[test]
fn second_run_of_a_process_is_an_error_and_the_first_responds() {
    let api = RuntimeApi::start();
    let process = start("mains", &api, &[("MAIN", "two-runs")]);
    for _ in 0..4 {
        api.give("r-1", get("/"));
        assert_eq!(json(&api.wait_for_post())["body"], "one");
    }
    process.signal("TERM");
    assert_second_run(process);
}

#[test]
fn second_run_whose_error_is_dropped_is_logged() {
    let api = RuntimeApi::start();
    let mut process = start("mains", &api, &[("MAIN", "spawned-run")]);
    process.wait_for(BOUND, "the error of a second call of run", |stream, line| {
        let is_named = line.starts_with("ERROR ") && line.contains("`run` was called a second time in this process");
        (stream == Stream::Stderr && is_named).then_some(())
    });
    api.give("r-1", get("/"));
    assert_eq!(json(&api.wait_for_post())["body"], "one");
    process.signal("TERM");
    assert!(process.wait(BOUND).0.success(), "the first `run` ends as if there had been no second");
}

#[test]
fn run_after_a_shutdown_is_an_error_and_takes_no_event() {
    let api = RuntimeApi::start();
    let process = start("mains", &api, &[("MAIN", "run-again")]);
    api.give("r-1", get("/"));
    assert_eq!(json(&api.wait_for_post())["body"], "one");
    process.signal("TERM");
    let stdout = assert_second_run(process);
    assert_eq!(stdout, "over\n", "the second hook has nothing to end");
    assert_eq!(api.registrations().len(), 1, "one process is one extension");
}

#[test]
fn listener_of_the_program_is_not_opened_on_lambda() {
    let api = RuntimeApi::start();
    // Its closure fails, as there is no socket to inherit.
    let _process = start("mains", &api, &[("MAIN", "activated")]);
    api.give("r-1", get("/"));
    assert_eq!(json(&api.wait_for_post())["body"], "activated");
}

/// Waits for the process to end with the error of a second run; returns its stdout.
fn assert_second_run(process: Process) -> String {
    let (status, stdout, stderr) = process.wait(BOUND);
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("`run` was called a second time in this process"), "{stderr}");
    assert!(stderr.contains("hint: serve all by one `run`"), "{stderr}");
    stdout
}

#[test]
fn missing_variable_of_lambda_is_named() {
    let api = RuntimeApi::start();
    let process = start("faults", &api, &[("AWS_LAMBDA_FUNCTION_NAME", "")]);
    let (status, _, stderr) = process.wait(BOUND);
    assert!(!status.success());
    assert!(stderr.contains("`AWS_LAMBDA_FUNCTION_NAME`"), "{stderr}");
}
