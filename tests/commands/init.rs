//! `zappa-rs init`.

use insta::assert_snapshot;

use super::{
    terminal,
    tool::{AXUM, CHANGED, Tool},
};

const AXUM_DEPENDENCY: &str = "axum = \"0.8\"";
const BOTH_DEPENDENCIES: &str = "axum = \"0.8\"\nzappa-rs = \"0.1\"";

#[test]
fn without_a_terminal_the_defaults_are_written_and_the_two_lines_to_change_are_shown() {
    let tool = Tool::usual();
    tool.package("my_app", AXUM_DEPENDENCY, AXUM);
    assert_snapshot!(tool.snapshot(&["init"]));
    assert_snapshot!("defaults", tool.read("zappa_settings.toml"));
    assert_snapshot!("what_init_writes_passes_check", tool.snapshot(&["check"]));
}

#[test]
fn an_app_that_calls_run_has_nothing_left_to_change() {
    let tool = Tool::usual();
    tool.package("app", BOTH_DEPENDENCIES, CHANGED);
    assert_snapshot!(tool.snapshot(&["init", "--yes", "--json"]));
}

#[test]
fn flags_answer_every_question() {
    let tool = Tool::usual();
    tool.package("app", BOTH_DEPENDENCIES, CHANGED);
    let words = "init --yes --quiet --stage prod --region eu-west-1 --region us-east-1 --profile work --bucket artifacts-${region} \
                 --api http --architecture arm64 --name shop";
    let ran = tool.snapshot(&words.split_whitespace().collect::<Vec<_>>());
    assert_eq!(ran, "exit: 0\n--- stdout\n[PROJECT]/zappa_settings.toml\n--- stderr\n");
    assert_snapshot!(tool.read("zappa_settings.toml"));
}

#[test]
fn a_file_that_is_there_is_left_alone() {
    let tool = Tool::usual();
    tool.package("app", BOTH_DEPENDENCIES, CHANGED).file("zappa_settings.toml", "mine");
    assert_snapshot!(tool.snapshot(&["init", "--yes"]));
    assert_eq!(tool.read("zappa_settings.toml"), "mine");
}

#[test]
fn nothing_is_written_that_check_would_refuse() {
    let tool = Tool::usual();
    tool.package("app", BOTH_DEPENDENCIES, CHANGED);
    assert_snapshot!(tool.snapshot(&["init", "--yes", "-q", "--region", "eu-wst-1", "--stage", "my_stage"]));
    assert_snapshot!(
        "a_function_url_where_there_are_none",
        tool.snapshot(&["init", "--yes", "-q", "--region", "eu-central-2", "--api", "function_url"])
    );
    assert!(!tool.has("zappa_settings.toml"));
}

#[test]
fn a_flag_that_check_would_refuse_is_wrong_usage_by_the_same_rule() {
    let tool = Tool::usual();
    tool.package("app", BOTH_DEPENDENCIES, CHANGED);
    let long = "x".repeat(65);
    for name in ["a b", "a.b", "ü", "", "my_stage", "1st", "dev]\n[x", "a\u{7f}", &long] {
        let ran = tool.snapshot(&["init", "--yes", "-q", "--stage", name]);
        let rule = "`: letters, digits and `-`, a letter first, and 64 of them at most\n";
        assert!(ran.starts_with("exit: 2\n") && ran.contains(" a stage cannot be named `"), "{name}: {ran}");
        assert!(ran.contains(rule) && !ran.contains(".toml"), "{name}: {ran}");
    }
    // Nothing points to lines of a file that is not there.
    for (flag, value, expected) in [
        ("--name", "my shop", "error: `name` is `my shop`: letters, digits and `-`, a letter first\n"),
        ("--bucket", "192.168.1.1", "error: `s3_bucket` is `192.168.1.1`, which looks like an IP address"),
    ] {
        let ran = tool.snapshot(&["init", "--yes", "-q", flag, value]);
        assert!(ran.starts_with("exit: 2\n") && ran.contains(expected) && !ran.contains(".toml"), "{flag}: {ran}");
    }
    assert!(!tool.has("zappa_settings.toml"));
}

#[test]
fn the_architecture_is_one_that_this_machine_builds_for() {
    const ARM: &str = "aarch64-unknown-linux-gnu";
    const X86: &str = "x86_64-unknown-linux-gnu";
    const ZIG: &str = "#!/bin/sh\necho 0.15.0\n";
    for (host, targets, has_zig, expected) in [
        (ARM, &[ARM][..], false, "arm64"),
        (X86, &[X86], false, "x86_64"),
        (X86, &[X86], true, "x86_64"),
        (X86, &[X86, ARM], true, "arm64"),
        ("aarch64-apple-darwin", &["aarch64-apple-darwin", ARM], true, "arm64"),
        ("aarch64-apple-darwin", &["aarch64-apple-darwin"], false, "arm64"),
    ] {
        let tool = Tool::new(host, targets);
        if has_zig {
            tool.program("zig", ZIG);
        }
        tool.package("app", BOTH_DEPENDENCIES, CHANGED);
        let ran = tool.snapshot(&["init", "--yes"]);
        let written = tool.read("zappa_settings.toml");
        assert!(written.contains(&format!("architecture = \"{expected}\"")), "{host} {targets:?}: {written}");
        assert_eq!(ran.contains("nothing can be built yet"), targets == ["aarch64-apple-darwin"], "{ran}");
    }
}

#[test]
fn in_a_workspace_the_program_that_calls_run_is_found() {
    let tool = Tool::usual();
    let member = |name: &str, main: &str| {
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n");
        tool.file(&format!("{name}/Cargo.toml"), &manifest).file(&format!("{name}/src/main.rs"), main);
    };
    tool.file("Cargo.toml", "[workspace]\nmembers = [\"web\", \"worker\", \"admin\"]\nresolver = \"3\"\n");
    member("web", CHANGED);
    member("worker", "// zappa_rs::run(app)\nfn main() {}\n");
    member("admin", "fn main() {}\n");
    assert!(tool.snapshot(&["init", "--yes"]).starts_with("exit: 0"));
    assert!(tool.read("zappa_settings.toml").contains("\nname = \"web\""), "{}", tool.read("zappa_settings.toml"));
    assert!(tool.read("zappa_settings.toml").contains("\npackage = \"web\"\n"));
    // In a member's folder, that member is meant.
    let ran = tool.snapshot_of(&mut tool.command_in("admin/src", &["init", "--yes"]));
    assert!(ran.contains("[PROJECT]/admin/zappa_settings.toml"), "{ran}");
    assert!(!tool.read("admin/zappa_settings.toml").contains("package"));
}

#[test]
fn several_programs_that_call_run_are_listed() {
    let tool = Tool::usual();
    tool.package("app", BOTH_DEPENDENCIES, CHANGED)
        .file("src/bin/other.rs", CHANGED)
        .file("src/bin/tool.rs", "fn main() {}");
    assert_snapshot!(tool.snapshot(&["init", "--yes"]));
    assert!(tool.snapshot(&["init", "--yes", "--bin", "other"]).starts_with("exit: 0"));
    assert!(tool.read("zappa_settings.toml").contains("bin = \"other\""));
    assert_snapshot!("a_program_that_is_not_there", tool.snapshot(&["init", "--bin", "othre", "-s", "new.toml"]));
}

#[test]
fn outside_of_a_project_the_way_on_is_named() {
    let tool = Tool::usual();
    assert_snapshot!(tool.snapshot(&["init"]));
}

#[test]
fn on_a_terminal_every_question_has_a_default_and_answers_are_taken() {
    let tool = Tool::usual();
    tool.package("app", BOTH_DEPENDENCIES, CHANGED);
    std::fs::create_dir(tool.path("home/.aws")).unwrap();
    std::fs::write(tool.path("home/.aws/config"), "[default]\n[profile work]\nregion = eu-north-1\n").unwrap();
    let enter = [
        ("first stage?", "\r"),
        ("Which AWS profile?", "\r"),
        ("Which region?", "\r"),
        ("Which front end?", "\r"),
        ("A bucket of your own", "\r"),
        ("Write it?", "\r"),
    ];
    let (code, shown) = terminal::talk(&tool.command(&["init"]), &enter);
    assert_eq!(code, Some(0), "{shown}");
    let by_default = tool.read("zappa_settings.toml");
    assert_eq!(tool.snapshot(&["init", "--yes", "-q", "-s", "yes.toml"]).lines().next(), Some("exit: 0"));
    assert_eq!(by_default, tool.read("yes.toml"), "{shown}");

    let down = "\u{1b}[B";
    let erase = "\u{7f}".repeat(20);
    let (prod, enter) = (format!("{erase}prod\r"), format!("{erase}\r"));
    let down_twice = format!("{down}{down}\r");
    let answers = [
        ("first stage?", "my_stage\r"),
        ("a letter first", prod.as_str()),
        ("Which AWS profile?", down_twice.as_str()),
        ("Which region?", "eu-wst-1\r"),
        ("did you mean", enter.as_str()),
        ("Which front end?", down_twice.as_str()),
        ("A bucket of your own", "artifacts\r"),
        ("Write it?", "\r"),
    ];
    let (code, shown) = terminal::talk(&tool.command(&["init", "-s", "asked.toml"]), &answers);
    assert_eq!(code, Some(0), "{shown}");
    assert_snapshot!(tool.read("asked.toml"));
}

#[test]
fn on_a_terminal_a_no_writes_nothing() {
    let tool = Tool::usual();
    tool.package("app", BOTH_DEPENDENCIES, CHANGED);
    let said = ["init", "--stage", "dev", "--region", "eu-west-1", "--api", "rest", "--bucket", ""];
    let (code, shown) = terminal::talk(&tool.command(&said), &[("Write it?", "n\r")]);
    assert_eq!(code, Some(1), "{shown}");
    let (code, shown) = terminal::talk(&tool.command(&said), &[("Write it?", "\u{3}")]);
    assert_eq!(code, Some(130), "{shown}");
    assert!(!tool.has("zappa_settings.toml"));
}

#[test]
fn a_terminal_that_is_closed_at_a_question_ends_the_command() {
    let tool = Tool::usual();
    tool.package("app", BOTH_DEPENDENCIES, CHANGED);
    let closes = [terminal::CLOSE, terminal::CLOSE_IN_SILENCE];
    for (question, close) in
        ["first stage?", "Which front end?"].into_iter().flat_map(|asked| closes.map(|close| (asked, close)))
    {
        let said = ["init", "--region", "eu-west-1"];
        let mut talk = vec![("first stage?", "\r"), ("Which front end?", "\r")];
        talk.truncate(talk.iter().position(|(asked, _)| *asked == question).unwrap());
        talk.push((question, close));
        let (code, shown) = terminal::talk(&tool.command(&said), &talk);
        assert_eq!(code, Some(130), "{question} {close:?}: {shown}");
        assert!(!tool.has("zappa_settings.toml"));
    }
}
