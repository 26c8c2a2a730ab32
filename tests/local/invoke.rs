//! `zappa-rs invoke --local`: the real binary runs once, without a server.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    stage::project,
    tool::{raw, run},
};

/// Invokes the raw function in a folder.
fn invoke(folder: &Path, flags: &[&str]) -> (i32, String, String) {
    run(folder, &[&["invoke", "--local", "--binary", raw().to_str().unwrap()], flags].concat())
}

#[test]
fn the_binary_answers_an_event_a_name_and_a_request_and_ends() {
    let folder = project("environment = { MODE = \"fast\" }\n");
    fs::write(folder.path().join("event.json"), r#"{"say":"!env!"}"#).unwrap();
    let (code, stdout, stderr) = invoke(folder.path(), &["--event", "event.json", "--env", "COLOUR=red"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("MODE=fast") && stdout.contains("COLOUR=red"), "the stage's environment: {stdout}");
    assert!(stderr.contains("Invoked shop-dev on this machine"), "{stderr}");

    let (code, stdout, _) = invoke(folder.path(), &["-n", "resize", "-d", "{\"say\":\"!log!\"}", "--json"]);
    let json: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &json["function_error"]), (0, &Value::Null), "{stdout}");
    assert!(json["log"].as_str().is_some_and(|log| log.contains("raw: on stderr")), "{stdout}");

    let (code, stdout, stderr) = invoke(folder.path(), &["--http", "/!facts!"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("Responded 200 OK"), "the gateway's response: {stderr}");
    assert!(!stdout.contains("statusCode"), "stdout is the body: {stdout}");

    let (_, stdout, _) = invoke(folder.path(), &["-n", "resize"]);
    let pid = stdout.split(' ').nth(1).unwrap();
    let is_alive = Command::new("kill").args(["-0", pid]).stderr(Stdio::null()).status().unwrap().success();
    assert!(!is_alive, "the process {pid} has ended");
}

#[test]
fn the_log_goes_to_stderr_as_it_is_written() {
    let folder = project("");
    let (_, stdout, stderr) = invoke(folder.path(), &["-n", "resize", "-d", "\"!log!\""]);
    assert!(stderr.contains("raw: on stdout\n") && stderr.contains("raw: on stderr\n"), "{stderr}");
    assert_eq!(stderr.matches("raw: on stderr").count(), 1, "each line once: {stderr}");
    assert!(!stdout.contains("raw: on"), "{stdout}");
}

#[test]
fn a_function_error_is_told_and_fails_the_command() {
    let folder = project("timeout_seconds = 1\n");
    for (wish, words) in [
        ("error", ["error: the function failed: Raw.Error: as wished", ""]),
        ("crash", ["Runtime.ExitError", "its output is above"]),
        ("hang", ["Sandbox.Timedout", "Task timed out after 1.00 seconds"]),
    ] {
        let (code, stdout, stderr) = invoke(folder.path(), &["-n", "x", "-d", &format!("\"!{wish}!\"")]);
        assert_eq!((code, stdout.as_str()), (1, ""), "{wish}: {stderr}");
        assert!(words.iter().all(|word| stderr.contains(word)), "{wish}: {stderr}");
    }
    let (code, _, stderr) = invoke(folder.path(), &["-n", "x", "--env", "RAW_INIT_CRASH=1"]);
    assert!(code == 1 && stderr.contains("raw: cannot start") && stderr.contains("Runtime.ExitError"), "{stderr}");
}

#[test]
fn a_further_function_runs_with_its_own_configuration() {
    let further = "[[stage.dev.functions]]\nname = \"mail\"\nenvironment = { SENDER = \"ada\" }\n";
    let folder = project(further);
    let env = ["-d", "\"!env!\""];
    let (_, stdout, stderr) = invoke(folder.path(), &[&["-n", "mail"], &env[..]].concat());
    assert!(stdout.contains("SENDER=ada") && stdout.contains("ZAPPA_FUNCTION=mail"), "{stdout}{stderr}");
    assert!(stderr.contains("Invoked shop-dev-mail on this machine"), "{stderr}");
    let (_, stdout, _) = invoke(folder.path(), &[&["-n", "other", "--function", "mail"], &env[..]].concat());
    assert!(stdout.contains("ZAPPA_FUNCTION=mail"), "{stdout}");
    let (_, stdout, _) = invoke(folder.path(), &[&["-n", "other"], &env[..]].concat());
    assert!(!stdout.contains("ZAPPA_FUNCTION") && !stdout.contains("SENDER"), "{stdout}");
    let (code, _, stderr) = invoke(folder.path(), &["-n", "other", "--function", "mial"]);
    assert!(code == 2 && stderr.contains("did you mean `mail`?"), "{stderr}");
}

#[test]
fn a_schedule_and_an_event_run_in_the_function_that_the_settings_say() {
    let folder = project(
        "memory_size = 256\n[[stage.dev.functions]]\nname = \"report\"\nmemory_size = 512\ntimeout_seconds = 2\n\
         environment = { KIND = \"nightly\" }\n\
         [[stage.dev.schedules]]\nname = \"night\"\nexpression = \"rate(1 day)\"\nfunction = \"report\"\n\
         [[stage.dev.events]]\nname = \"jobs\"\nsqs = \"jobs\"\nfunction = \"report\"\n\
         [stage.dev.resources.Paid]\nType = \"AWS::SQS::Queue\"\n\
         [[stage.dev.events]]\nname = \"paid\"\nsqs = \"Paid\"\nfunction = \"report\"\n\
         [stage.dev.resources.Files]\nType = \"AWS::S3::Bucket\"\nProperties = { BucketName = \"shop-files\" }\n\
         [[stage.dev.events]]\nname = \"files\"\ns3 = \"Files\"\nfunction = \"report\"\n",
    );
    let queue = |name: &str| {
        let arn = format!("arn:aws:sqs:eu-west-1:1:{name}");
        json!({ "Records": [{ "eventSource": "aws:sqs", "eventSourceARN": arn, "body": "!env!" }] })
    };
    let bucket = json!({ "source": "aws.s3", "detail": { "bucket": { "name": "shop-files" }, "say": "!env!" } });
    // The queue without a name has the one that `local` gives it.
    for (file, event) in [("queue", queue("jobs")), ("made-up", queue("shop-dev-Paid")), ("bucket", bucket)] {
        fs::write(folder.path().join(format!("{file}.json")), event.to_string()).unwrap();
    }
    for flags in [
        &["-n", "night", "--kind", "schedule", "-d", "\"!env!\""][..],
        &["--event", "queue.json"],
        &["--event", "made-up.json"],
        &["--event", "bucket.json"],
    ] {
        let (_, stdout, stderr) = invoke(folder.path(), flags);
        let bucket = "files=arn:aws:s3:::shop-files";
        for part in ["KIND=nightly", "ZAPPA_FUNCTION=report", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512", bucket] {
            assert!(stdout.contains(part), "{flags:?}: {part}: {stdout}{stderr}");
        }
        assert!(stderr.contains("Invoked shop-dev-report on this machine"), "{stderr}");
    }
    // Its timeout, and a task of the same name, which is the main function's.
    let (_, _, stderr) = invoke(folder.path(), &["-n", "night", "--kind", "schedule", "-d", "\"!hang!\""]);
    assert!(stderr.contains("Task timed out after 2.00 seconds"), "{stderr}");
    let (_, stdout, _) = invoke(folder.path(), &["-n", "report", "--kind", "task", "-d", "\"!env!\""]);
    assert!(stdout.contains("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256"), "{stdout}");
}

#[test]
fn a_schedule_without_data_gets_what_its_deployed_schedule_sends() {
    let folder = project(
        "[[stage.dev.schedules]]\nname = \"night\"\nexpression = \"rate(1 day)\"\n\
         payload = { do = \"!echo!\", of = \"<aws.scheduler.schedule-arn>\", try = \"<aws.scheduler.attempt-number>\" }\n",
    );
    // The raw function writes the event to stderr.
    let sent = |flags: &[&str]| -> Value {
        let (code, _, stderr) = invoke(folder.path(), flags);
        let line =
            stderr.lines().find_map(|line| line.split_once("raw: ")).unwrap_or_else(|| panic!("{code}: {stderr}")).1;
        serde_json::from_str(line).unwrap()
    };
    let event = sent(&["-n", "night", "--kind", "schedule"]);
    let arn = "arn:aws:scheduler:eu-west-1:123456789012:schedule/shop-dev/night";
    let payload = json!({ "do": "!echo!", "of": arn, "try": "1" });
    assert_eq!(event, json!({ "zappa_rs": "schedule", "name": "night", "payload": payload }));
    // A payload of the command line counts more, `null` included.
    assert_eq!(sent(&["-n", "!echo!", "--kind", "schedule", "-d", "null"])["payload"], Value::Null);
    let event = sent(&["-n", "!echo!", "--kind", "schedule"]);
    assert_eq!(event["payload"]["attempt"], "1", "{event}");
    assert_eq!(event["payload"]["scheduled_time"].as_str().unwrap().len(), "2027-01-31T03:00:00Z".len(), "{event}");
}

#[test]
fn repeated_calls_share_processes_and_are_summarized() {
    let folder = project("");
    let (code, stdout, stderr) = invoke(folder.path(), &["-n", "x", "--repeat", "5", "--json"]);
    let summary: Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stdout}{stderr}"));
    assert_eq!((code, &summary["invocations"], &summary["errors"]), (0, &5.into(), &0.into()), "{stdout}");
    assert_eq!(summary["cold_starts"], 1, "one process is kept: {stdout}");
    assert!(summary["median_ms"].as_f64().unwrap() <= summary["max_ms"].as_f64().unwrap(), "{stdout}");

    let (code, stdout, stderr) = invoke(folder.path(), &["-n", "x", "--repeat", "6", "--parallel", "3"]);
    assert!(code == 0 && stdout.starts_with("invocations"), "{stdout}{stderr}");
    let cold: u32 = stdout.lines().nth(1).unwrap().split_whitespace().nth(2).unwrap().parse().unwrap();
    assert!((1..=3).contains(&cold), "{stdout}");

    // The app's output would hide the table; that of a call that fails is shown once.
    let (_, _, stderr) = invoke(folder.path(), &["-n", "x", "-d", "\"!log!\"", "--repeat", "3"]);
    assert!(!stderr.contains("raw: on stderr"), "{stderr}");
    let (code, stdout, stderr) = invoke(folder.path(), &["-n", "x", "-d", "\"!crash!\"", "--repeat", "3"]);
    assert_eq!(stderr.matches("raw: about to crash").count(), 1, "{stderr}");
    assert_eq!((code, stdout.as_str()), (1, ""), "{stderr}");
    assert!(stderr.contains("3 of 3 invocations failed; this is the first failure"), "{stderr}");
}

#[test]
fn flags_that_do_not_fit_are_refused() {
    let folder = project("");
    for flags in
        [&["--local", "-n", "x", "--async"][..], &["-n", "x", "--dev"], &["-n", "x", "--env", "A=1"], &["--local"]]
    {
        let (code, stdout, _) = run(folder.path(), &[&["invoke"], flags].concat());
        assert_eq!((code, stdout.as_str()), (2, ""), "{flags:?}");
    }
}
