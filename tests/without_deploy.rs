//! The tool without the feature `deploy`: what calls AWS is refused with a way out, everything else is there.
#![cfg(not(feature = "deploy"))]
#![expect(clippy::unwrap_used, reason = "clippy allows it in test functions, these are what they share")]

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

const TOOL: &str = env!("CARGO_BIN_EXE_zappa-rs");

/// A folder with settings that need nothing of the machine.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = "[project]\nname = \"shop\"\n\n[stage.dev]\naws_region = \"eu-west-1\"\n";
    fs::write(folder.path().join("zappa_settings.toml"), settings).unwrap();
    folder
}

/// Exit code, stdout and stderr.
fn run(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(TOOL).args(args).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const HINT: &str = "\n\nhint: build it with its default features: in a clone of its repository `cargo run -- <command>` runs it \
    so, and `cargo install --path cli` installs it\n";

#[test]
fn an_invocation_on_this_machine_calls_nothing_and_is_there() {
    let folder = project();
    let (code, _, stderr) = run(folder.path(), &["invoke", "--local", "-n", "resize", "--binary", "none"]);
    assert!(code == 2 && stderr.contains("there is no binary at `") && stderr.contains("none`"), "{stderr}");
    let (code, _, stderr) = run(folder.path(), &["invoke", "-n", "resize"]);
    assert!(code == 2 && stderr.contains("without the feature `deploy`"), "{stderr}");
}

#[test]
fn commands_that_call_aws_are_refused_with_a_way_out() {
    let folder = project();
    for command in ["deploy", "update", "rollback", "undeploy", "status", "url", "releases", "tail", "diff", "doctor"] {
        let expected = format!(
            "error: this zappa-rs was built without the feature `deploy`: it has no commands that call AWS{HINT}"
        );
        assert_eq!(run(folder.path(), &[command, "dev"]), (2, String::new(), expected), "{command}");
    }
    let (code, _, stderr) = run(folder.path(), &["deploy", "--remove-logs"]);
    assert!(code == 2 && stderr.contains("--remove-logs"), "they are parsed: {stderr}");
}

#[test]
fn credentials_are_refused_before_anything_is_built() {
    let folder = project();
    let (code, stdout, stderr) = run(folder.path(), &["local", "--port", "0", "--binary", TOOL, "--with-credentials"]);
    let expected = format!(
        "error: this zappa-rs was built without the feature `deploy`: `--with-credentials` has no credentials to give{HINT}"
    );
    assert_eq!((code, stdout, stderr), (2, String::new(), expected));
}

#[test]
fn queues_of_an_emulator_are_refused_before_anything_is_built() {
    let folder = project();
    let args = ["local", "--port", "0", "--binary", TOOL, "--endpoint-url", "http://127.0.0.1:1"];
    let (code, stdout, stderr) = run(folder.path(), &args);
    let expected = format!(
        "error: this zappa-rs was built without the feature `deploy`: `--endpoint-url` has no queues to poll{HINT}"
    );
    assert_eq!((code, stdout, stderr), (2, String::new(), expected));
}

#[test]
fn the_front_page_marks_what_is_not_there() {
    let folder = project();
    let (code, page, _) = run(folder.path(), &["--help"]);
    assert_eq!(code, 0);
    let is_marked = |command: &str| {
        let line = page.lines().find(|line| line.trim_start().starts_with(&format!("{command} "))).unwrap();
        line.ends_with(" (not in this build)")
    };
    for command in
        ["deploy", "update", "rollback", "undeploy", "list", "status", "url", "releases", "tail", "diff", "doctor"]
    {
        assert!(is_marked(command), "{command}: {page}");
    }
    for command in ["init", "check", "local", "invoke", "package", "template", "policy", "schema", "completions"] {
        assert!(!is_marked(command), "{command}: {page}");
    }
}

#[test]
fn commands_that_need_no_aws_work() {
    let folder = project();
    for args in
        [&["check"][..], &["template", "dev"], &["policy", "deploy", "dev"], &["schema"], &["completions", "bash"]]
    {
        let (code, stdout, stderr) = run(folder.path(), args);
        assert!(code == 0 && (args == ["check"] || !stdout.is_empty()), "{args:?}: {stdout}{stderr}");
    }
}
