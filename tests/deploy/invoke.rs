//! `invoke`: functions by name, events and requests reach what is live, and failures say where to look.

use serde_json::Value;

use crate::stage::{Ended, Stage};

/// Asserts the exit code and words of stderr.
fn assert_failed(ended: &Ended, code: i32, wanted: &[&str]) {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "{ended:?}");
    for words in wanted {
        assert!(ended.stderr.contains(words), "no `{words}`: {}", ended.stderr);
    }
}

#[test]
fn what_is_live_answers_by_name_by_event_and_by_request() {
    let stage = Stage::new("");
    assert_failed(&stage.run(&["invoke", "dev", "-n", "double"]), 1, &["hint: `zappa-rs deploy dev` creates it"]);
    stage.ok_with(&["deploy"], "one");
    let first: Value = serde_json::from_str(&stage.ok(&["releases", "dev", "--json"])).unwrap();
    let first = first[0]["release"].as_str().unwrap().to_owned();

    assert_eq!(stage.ok(&["invoke", "-n", "double", "-d", "21"]), "42");
    assert_eq!(stage.ok(&["invoke", "--http", "/", "-H", "accept: */*"]), "one ");
    let event = stage.folder.path().join("event.json");
    std::fs::write(&event, stage.ok(&["event", "function", "--set", "name=double", "--set", "payload=4"])).unwrap();
    assert_eq!(stage.ok(&["invoke", "--event", "event.json"]), "8");
    let json: Value = serde_json::from_str(&stage.ok(&["invoke", "-n", "double", "-d", "1", "--json"])).unwrap();
    assert_eq!((&json["payload"], &json["function_error"]), (&Value::from(2), &Value::Null));

    let unknown = stage.run(&["invoke", "-n", "doubel"]);
    assert_failed(&unknown, 1, &["the function failed: ZappaRs.UnmappedEvent", "hint: did you mean `double`?"]);
    let overflow = stage.run(&["invoke", "-n", "double", "-d", "9223372036854775807"]);
    assert_failed(&overflow, 1, &["the function failed: ZappaRs.Handler", "release.rs:"]);

    let queued = stage.run(&["invoke", "-n", "double", "-d", "1", "--async"]);
    assert_eq!((queued.code, queued.stdout.as_str()), (Some(0), ""), "{queued:?}");
    let repeated = stage.ok(&["invoke", "-n", "double", "-d", "1", "--repeat", "4", "--parallel", "2", "--json"]);
    let summary: Value = serde_json::from_str(&repeated).unwrap();
    assert_eq!((summary["invocations"].as_u64(), summary["errors"].as_u64()), (Some(4), Some(0)), "{summary}");

    stage.ok_with(&["update"], "two");
    assert_eq!(stage.ok(&["invoke", "--http", "/"]), "two ");
    assert_eq!(stage.ok(&["invoke", "--http", "/", "--qualifier", &first]), "one ");
    assert_failed(&stage.run(&["invoke", "--http", "/", "--qualifier", "zz"]), 1, &["zz"]);
}
