//! `zappa-rs event`.

use crate::tool::Tool;

fn event(args: &[&str]) -> serde_json::Value {
    let output = Tool::usual().command(&[&["event"], args].concat()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_kinds_are_listed_with_their_keys() {
    insta::assert_snapshot!(Tool::usual().snapshot(&["event"]));
}

#[test]
fn an_event_has_the_values_that_were_set() {
    let set = ["--set", "queue=orders", "--set", "body=a=b", "--set", "Records.0.attributes.SenderId=me"];
    let event_json = event(&[&["sqs"], &set[..]].concat());
    let record = &event_json["Records"][0];
    assert_eq!(record["eventSourceARN"], "arn:aws:sqs:eu-central-1:123456789012:orders");
    assert_eq!((record["body"].as_str(), record["attributes"]["SenderId"].as_str()), (Some("a=b"), Some("me")));
}

#[test]
fn every_kind_of_the_list_is_printed() {
    let kinds = event(&["--json"]);
    for kind in kinds.as_array().unwrap() {
        assert!(event(&[kind["kind"].as_str().unwrap()]).is_object());
    }
}

#[test]
fn unknown_kinds_and_keys_are_errors_that_name_the_nearest() {
    let tool = Tool::usual();
    for (args, sentence, hint) in [
        (&["sqz"][..], "`sqz` is not a value of `[KIND]`", "did you mean `sqs`?"),
        (&["sqs", "--set", "bodi=1"], "the sample `sqs` has no `bodi`", "did you mean `body`?"),
        (&["sqs", "--set", "Records.0.bod=1"], "has no `Records.0.bod`", "did you mean `Records.0.body`?"),
        (&["sqs", "--set", "zzz=1"], "has no `zzz`", "its keys are `queue` and `body`; any other value"),
        (
            &["sqs", "--set", "body"],
            "`body` is not a value of `--set <KEY=VALUE>`: it has no `=`",
            "lists what it takes",
        ),
        (&["sqs", "--set", "=1"], "`=1` is not a value of `--set <KEY=VALUE>`: there is nothing before", "lists what"),
        (&["sqs", "--set", "queue="], "`queue` of the sample `sqs` needs a value", "such as `--set queue=orders`"),
        (&["--list"], "unknown flag or argument `--list`", "`zappa-rs event` alone lists the kinds"),
        (&["--set", "body=1"], "`<KIND>` is missing", "`zappa-rs event --help` lists what it takes"),
    ] {
        let text = tool.snapshot(&[&["event"], args].concat());
        assert!(text.starts_with("exit: 2\n--- stdout\n--- stderr\n"), "{text}");
        assert!(text.contains(sentence) && text.contains(hint), "{args:?}: {text}");
    }
}
