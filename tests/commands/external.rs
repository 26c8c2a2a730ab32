//! External subcommands: `zappa-rs NAME` runs the program `zappa-rs-NAME` of `PATH`.

use insta::assert_snapshot;

use super::tool::Tool;

/// A machine with the program `zappa-rs-notes`, which says what it gets.
fn with_notes(end: &str) -> Tool {
    let tool = Tool::usual();
    let script = format!(
        "#!/bin/sh\nfor word in \"$@\"; do echo \"[$word]\"; done\n\"$ZAPPA_RS\" --version >/dev/null && echo ours >&2\n{end}\n"
    );
    tool.program("zappa-rs-notes", &script);
    tool
}

#[test]
fn arguments_and_exit_code_pass_through() {
    let tool = with_notes("exit 42");
    let words = ["notes", "add", "-q", "--json", "a b", "", "--", "--help"];
    assert_eq!(
        tool.snapshot(&words),
        "exit: 42\n--- stdout\n[add]\n[-q]\n[--json]\n[a b]\n[]\n[--]\n[--help]\n--- stderr\nours\n"
    );
    // Flags before the name are the tool's own.
    assert_eq!(
        tool.snapshot(&["-q", "--color", "always", "notes", "x"]),
        "exit: 42\n--- stdout\n[x]\n--- stderr\nours\n"
    );
}

#[test]
fn a_signal_that_ends_the_program_ends_the_command() {
    use std::os::unix::process::ExitStatusExt as _;
    let status = with_notes("kill -KILL $$").command(&["notes"]).status().unwrap();
    assert_eq!(status.signal(), Some(9));
}

#[test]
fn commands_of_the_tool_win() {
    let tool = Tool::usual();
    tool.program("zappa-rs-schema", "#!/bin/sh\necho foreign\n");
    tool.program("zappa-rs-logs", "#!/bin/sh\necho foreign\n");
    for command in [&["schema"][..], &["logs", "--help"]] {
        let ran = tool.snapshot(command);
        assert!(ran.starts_with("exit: 0\n") && !ran.contains("foreign"), "{ran}");
    }
}

#[test]
fn what_is_no_command_and_no_program_is_an_error() {
    let tool = with_notes("");
    assert_snapshot!(
        [
            tool.snapshot(&["nodes"]),
            tool.snapshot(&["deplyo"]),
            tool.snapshot(&["prod"]),
            tool.snapshot(&["../bin/zappa-rs-notes"]),
            tool.snapshot(&["--", "notes"]),
            Tool::usual().snapshot(&["xyz"]),
        ]
        .join("\n")
    );
}

#[test]
fn a_program_that_the_system_does_not_start_is_an_error() {
    let tool = Tool::usual();
    tool.program("zappa-rs-broken", "#!/nowhere/at/all\n");
    let ran = tool.snapshot(&["broken"]);
    assert!(
        ran.starts_with("exit: 1\n--- stdout\n--- stderr\nerror: `") && ran.contains("zappa-rs-broken` cannot be run"),
        "{ran}"
    );
}
