//! `zappa-rs invoke`, as far as it needs no AWS: what it refuses before a call.

use crate::tool::Tool;

const SETTINGS: &str = "[project]\nname = \"shop\"\n\n[stage.dev]\nregions = [\"eu-west-1\", \"us-east-1\"]\n";

#[test]
fn wrong_input_is_reported_with_its_place_before_anything_is_sent() {
    let tool = Tool::with_settings(SETTINGS);
    // A file of another encoding; `Tool::file` writes text.
    std::fs::write(tool.project("latin.json"), b"{\"name\":\"J\xf6rg\"}").unwrap();
    tool.file("broken.json", "{\n  \"a\": 1,\n}\n");
    for (args, sentence, hint) in [
        (&["-n", "resize", "-d", "hello"][..], "not JSON: --data:1:1: expected value", "-d '\"hello\"'"),
        (&["-n", "resize", "-d", "@broken.json"], "not JSON: broken.json:3:1: key must be a string", ""),
        (&["--event", "broken.json"], "not JSON: broken.json:3:1: key must be a string", ""),
        (&["--event", "none.json"], "cannot read `none.json`", "a relative path begins at"),
        (&["-n", "resize", "-d", "@none.json"], "cannot read `none.json`", "`-` reads stdin"),
        (&["-n", "resize", "-d", ""], "`--data` is empty", "leave it out"),
        (&["--event", "latin.json"], "`latin.json` is not UTF-8, from byte 10 on", "save the file in that encoding"),
        (&["-n", "resize", "-d", "@latin.json"], "`latin.json` is not UTF-8", "save the file in that encoding"),
        (&["-n", ""], "`--name <NAME>` needs a value", ""),
        (&["-n", "x", "--qualifier", ""], "`--qualifier <RELEASE>` needs a value", ""),
        (&["-n", "x", "--repeat", "-1"], "`-1` is not a value of `--repeat <N>`: it takes 1 to 100000", ""),
        (&["--http", "GET orders"], "the path `orders` does not begin with `/`", "such as `--http"),
        (&["--http", "G,T /"], "`G,T` is not an HTTP method", "such as `--http"),
        (&["--http", "/", "-H", "accept"], "`accept` is not a header", "such as `-H"),
        (&[], "is missing", "lists what it takes"),
        (&["-n", "resize", "--http", "/"], "cannot be used with", "lists what it takes"),
        (&["--event", "-", "-d", "1"], "cannot be used with", "lists what it takes"),
        (&["-n", "x", "--body", "1"], "cannot be used with", "lists what it takes"),
        (&["-n", "x", "--region", "eu-west-1", "--region", "us-east-1"], "a call goes to one region", ""),
    ] {
        let text = tool.snapshot(&[&["invoke"], args].concat());
        assert!(text.starts_with("exit: 2\n--- stdout\n--- stderr\n"), "{args:?}: {text}");
        assert!(text.contains(sentence) && text.contains(hint), "{args:?}: {text}");
    }
}

#[test]
fn wrong_times_and_ids_of_tail_are_refused() {
    let tool = Tool::with_settings(SETTINGS);
    for (args, sentence) in [
        (
            &["--since", "-5m"][..],
            "`-5m` is not a value of `--since <WHEN>`: a duration is one before now, without a minus",
        ),
        (&["--until", "-5m"], "`-5m` is not a value of `--until <WHEN>`"),
        (&["--request", ""], "`--request <ID>` needs a value"),
        (&["-n", "-1"], "`-1` is not a value of `--lines <LINES>`"),
        (&["--live", "--since", "1h"], "`--live` cannot be used with `--since`"),
        (&["--live", "--until", "1m"], "`--live` cannot be used with `--until`"),
        (&["--live", "-n", "5"], "`--live` cannot be used with `--lines`"),
        (&["--live", "--no-follow"], "`--live` cannot be used with `--no-follow`"),
    ] {
        let text = tool.snapshot(&[&["tail"], args].concat());
        assert!(text.starts_with("exit: 2\n--- stdout\n--- stderr\n"), "{args:?}: {text}");
        assert!(text.contains(sentence), "{args:?}: {text}");
    }
}

#[test]
fn an_event_above_the_limit_is_not_sent() {
    let tool = Tool::with_settings(SETTINGS);
    tool.file("large.json", &format!("\"{}\"", "a".repeat(1 << 20)));
    let text = tool.snapshot(&["invoke", "-n", "x", "-d", "@large.json", "--async"]);
    assert!(text.contains("and an asynchronous invocation takes 1048576"), "{text}");
    assert!(text.contains("hint: put the data into S3"), "{text}");
}
