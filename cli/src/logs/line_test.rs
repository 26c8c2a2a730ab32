//! The lines that Lambda, `tracing` and the adapter write.

use super::{
    Level,
    line::{Kind, Line},
};

/// Level, request id and text of a line.
fn parsed(message: &str) -> (Option<Level>, Option<String>, String) {
    let Line { level, request_id, text, .. } = Line::parse(message);
    (level, request_id.map(Into::into), text.into())
}

const ID: &str = "8f3a2c1d-0000-4000-8000-000000000001";

#[test]
fn lambdas_lines_of_text_bracket_an_invocation_and_report_it() {
    for (message, kind) in
        [(format!("START RequestId: {ID} Version: 7"), Kind::Start), (format!("END RequestId: {ID}\n"), Kind::End)]
    {
        let line = Line::parse(&message);
        assert_eq!((line.kind.clone(), line.request_id.as_deref(), line.is_bracket()), (kind, Some(ID), true));
    }
    assert!(Line::parse("INIT_START Runtime Version: provided:al2023.v100\tRuntime Version ARN: arn").is_bracket());
    let report = format!(
        "REPORT RequestId: {ID}\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 256 MB\tMax Memory Used: 45 MB\t\
         Init Duration: 20.50 ms\t\nXRAY TraceId: 1-5\tSegmentId: 1\tSampled: true\t"
    );
    assert_eq!(
        parsed(&report),
        (None, Some(ID.to_owned()), "done in 12.34 ms, billed 13 ms, memory 45/256 MB, cold start 20.50 ms".to_owned())
    );
    let report = format!("REPORT RequestId: {ID}\tDuration: 3000.00 ms\tStatus: timeout");
    assert_eq!(parsed(&report).0, Some(Level::Error));
    assert_eq!(parsed(&report).2, "failed (timeout) in 3000.00 ms");
}

#[test]
fn lambdas_lines_of_json_say_the_same() {
    let start = format!(r#"{{"time":"t","type":"platform.start","record":{{"requestId":"{ID}","version":"7"}}}}"#);
    assert_eq!(Line::parse(&start).kind, Kind::Start);
    assert_eq!(Line::parse(&start).request_id.as_deref(), Some(ID));
    let report = format!(
        r#"{{"time":"t","type":"platform.report","record":{{"requestId":"{ID}","status":"error","errorType":"Runtime.ExitError",
        "metrics":{{"durationMs":3.1,"billedDurationMs":4,"memorySizeMB":128,"maxMemoryUsedMB":30,"initDurationMs":12.5}}}}}}"#
    );
    assert_eq!(
        parsed(&report),
        (
            Some(Level::Error),
            Some(ID.to_owned()),
            "failed (error, Runtime.ExitError) in 3.10 ms, billed 4 ms, memory 30/128 MB, cold start 12.50 ms"
                .to_owned()
        )
    );
    let fault = format!(r#"{{"time":"t","type":"platform.fault","record":"RequestId: {ID} Error: Runtime exited"}}"#);
    assert_eq!(parsed(&fault).0, Some(Level::Error));
    assert!(
        Line::parse(r#"{"time":"t","type":"platform.initRuntimeDone","record":{"status":"success"}}"#).is_bracket()
    );
}

#[test]
fn lines_of_failed_invocations_are_errors_of_their_request() {
    for (message, text) in [
        (
            format!("2026-11-29T16:00:00.000Z {ID} Task timed out after 3.00 seconds"),
            "Task timed out after 3.00 seconds",
        ),
        (
            format!("RequestId: {ID} Error: Runtime exited with error: exit status 101"),
            "Error: Runtime exited with error: exit status 101",
        ),
        (format!("ERROR RequestId: {ID} the handler panicked"), "the handler panicked"),
    ] {
        assert_eq!(parsed(&message), (Some(Level::Error), Some(ID.to_owned()), text.to_owned()), "{message}");
    }
}

#[test]
fn json_of_tracing_is_readable_with_the_request_id_of_its_span() {
    let flat = format!(
        r#"{{"timestamp":"t","level":"INFO","message":"signed in","user":7,"name":"A B","target":"shop::login","span":{{"name":"invocation","request_id":"{ID}"}}}}"#
    );
    let expected = r#"signed in name="A B" user=7 (shop::login)"#;
    assert_eq!(parsed(&flat), (Some(Level::Info), Some(ID.to_owned()), expected.to_owned()));
    let nested = format!(
        r#"{{"timestamp":"t","level":"WARN","fields":{{"message":"slow","ms":81}},"spans":[{{"name":"a"}},{{"request_id":"{ID}"}}]}}"#
    );
    assert_eq!(parsed(&nested), (Some(Level::Warn), Some(ID.to_owned()), "slow ms=81".to_owned()));
}

#[test]
fn json_of_other_runtimes_is_readable_too() {
    let message = format!(
        r#"{{"timestamp":"t","level":"ERROR","requestId":"{ID}","errorType":"TypeError","errorMessage":"no","stackTrace":["at a","at b"]}}"#
    );
    assert_eq!(parsed(&message), (Some(Level::Error), Some(ID.to_owned()), "TypeError: no\nat a\nat b".to_owned()));
    assert_eq!(parsed("{not json}"), (None, None, "{not json}".to_owned()));
    assert_eq!(parsed("{}"), (None, None, String::new()));
}

#[test]
fn text_has_the_level_that_it_begins_with() {
    for (message, level, text) in [
        ("2026-11-29T16:00:00.123456Z  WARN shop: low on tea", Some(Level::Warn), "shop: low on tea"),
        ("\u{1b}[2m2026-11-29T16:00:00Z\u{1b}[0m \u{1b}[31mERROR\u{1b}[0m shop: out", Some(Level::Error), "shop: out"),
        ("[ERROR] out of tea", Some(Level::Error), "out of tea"),
        ("INFO: tea", Some(Level::Info), "tea"),
        ("2026-11-29T16:00:00Z tea", None, "tea"),
        ("error in the tea", None, "error in the tea"),
        ("Tea", None, "Tea"),
        ("", None, ""),
        ("größe", None, "größe"),
    ] {
        assert_eq!(parsed(message), (level, None, text.to_owned()), "{message}");
    }
}

#[test]
fn a_panic_begins_with_the_sentence_of_rusts_own_hook() {
    for message in [
        "thread 'main' panicked at src/main.rs:5:9:",
        "thread 'tokio-runtime-worker' (17) panicked at src/main.rs:5:9:",
        "thread '<unnamed>' panicked at 'old', src/main.rs:5:9",
    ] {
        let line = Line::parse(message);
        assert_eq!((line.kind, line.level), (Kind::Panic, Some(Level::Error)), "{message}");
    }
    assert_eq!(Line::parse("thread 'main' is fine").kind, Kind::Text);
}
