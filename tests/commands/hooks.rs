//! Hooks around the phases of commands that need no AWS: when they run, what they get, and how they fail.

use std::{fs, time::Duration};

use insta::assert_snapshot;
use serde_json::Value;

use super::{poll::poll_until, process::Process, tool::Tool};

/// Longer than a hook takes to start or to end on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A stage whose program is a file, so that nothing is compiled.
fn ready(hooks: &str) -> Tool {
    let tool = Tool::usual();
    let settings = format!(
        "[project]\nname = \"shop\"\n\n[stage.dev]\nregions = [\"eu-west-1\"]\narchitecture = \"x86_64\"\n\
         builder = \"command\"\nbuild_command = \"echo 'build_command -' >> log; cp program app\"\nbuild_output = \"app\"\n\
         environment = {{ KEY = \"${{KEY}}\" }}\n\n[stage.dev.hooks]\n{hooks}\n"
    );
    tool.package("shop", "", "fn main() {}").file("zappa_settings.toml", &settings);
    // The head of a static program for Linux.
    let mut program = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0\0\x10".to_vec();
    program.resize(64, 0);
    program[52] = 64;
    fs::write(tool.project("program"), program).unwrap();
    // Writes the hook's name and one field of its document.
    tool.file("log.sh", "#!/bin/sh\necho \"$ZAPPA_HOOK $ZAPPA_COMMAND $ZAPPA_STAGE $ZAPPA_REGION\" >> log\ncat > \"$ZAPPA_HOOK.json\"\n");
    tool
}

/// The transcript of a command, without times.
fn ran(tool: &Tool, args: &[&str]) -> String {
    let mut command = tool.command(args);
    command.env("KEY", "a-secret-value");
    let transcript = tool.snapshot_of(&mut command);
    let lines = transcript.lines().map(|line| match line.split_once("` in ") {
        Some((before, _)) if before.starts_with("Finished hook") => format!("{before}` in [TIME]\n"),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

fn document(tool: &Tool, hook: &str) -> Value {
    serde_json::from_str(&tool.read(&format!("{hook}.json"))).unwrap()
}

const BUILD_HOOKS: &str = "pre_build = \"sh log.sh\"\npost_build = [\"sh\", \"log.sh\"]\npost_package = \"sh log.sh\"\n\
    on_error = \"sh log.sh\"\npost_template = \"sh log.sh\"\npre_deploy = \"sh log.sh\"";

#[test]
fn the_hooks_of_a_build_run_in_its_order_and_get_what_is_known() {
    let tool = ready(BUILD_HOOKS);
    let transcript = ran(&tool, &["package"]);
    assert!(transcript.starts_with("exit: 0\n"), "{transcript}");
    let expected = "pre_build package dev eu-west-1\nbuild_command -\npost_build package dev eu-west-1\npost_package package dev eu-west-1\n";
    assert_eq!(tool.read("log"), expected);
    assert!(
        transcript.contains("Running hook `pre_build`: sh log.sh\nFinished hook `pre_build` in [TIME]\n"),
        "{transcript}"
    );

    let before = document(&tool, "pre_build");
    assert_eq!(before["version"], 1);
    assert_eq!(before["settings_file"], tool.project("zappa_settings.toml").to_str().unwrap());
    assert!(before["binary"].is_null() && before["artifact"].is_null() && before["error"].is_null(), "{before}");
    let after = document(&tool, "post_package");
    let answer = transcript.lines().collect::<Vec<_>>();
    assert_eq!(after["binary"], tool.project("app").to_str().unwrap());
    assert_eq!(
        after["artifact"]["path"].as_str().unwrap().replace(tool.path("project").to_str().unwrap(), "[PROJECT]"),
        answer[2]
    );
    assert_eq!(after["artifact"]["size"].to_string(), answer[3]);
    assert_eq!(after["artifact"]["sha256"], answer[4]);
    for hook in ["pre_build", "post_build", "post_package"] {
        let text = tool.read(&format!("{hook}.json"));
        assert!(!text.contains("a-secret-value"), "{text}");
    }
}

#[test]
fn what_is_not_built_runs_no_hook_of_a_build() {
    let tool = ready(BUILD_HOOKS);
    assert!(ran(&tool, &["package", "-q"]).starts_with("exit: 0\n"));
    fs::remove_file(tool.project("log")).unwrap();
    let transcript = ran(&tool, &["package", "-q", "--no-build"]);
    assert!(transcript.starts_with("exit: 0\n"), "{transcript}");
    assert_eq!(tool.read("log"), "post_package package dev eu-west-1\n");
    fs::copy(tool.project("target/zappa-rs/shop-dev.zip"), tool.project("given.zip")).unwrap();
    fs::remove_file(tool.project("log")).unwrap();
    // No program of the hook is needed then.
    let settings = tool.read("zappa_settings.toml").replace("[\"sh\", \"log.sh\"]", "[\"nowhere\"]");
    tool.file("zappa_settings.toml", &settings);
    let transcript = ran(&tool, &["package", "-q", "--zip", "given.zip"]);
    assert!(transcript.starts_with("exit: 0\n") && !tool.has("log"), "{transcript}");
}

#[test]
fn what_post_build_makes_of_the_program_is_packaged() {
    let tool = ready("post_build = \"printf x >> app\"");
    let transcript = ran(&tool, &["package", "-q"]);
    assert!(transcript.starts_with("exit: 0\n"), "{transcript}");
    let zip = fs::File::open(tool.project("target/zappa-rs/shop-dev.zip")).unwrap();
    assert_eq!(zip::ZipArchive::new(zip).unwrap().by_name("bootstrap").unwrap().size(), 65);
}

#[test]
fn the_output_of_a_hook_is_no_part_of_the_answer() {
    let tool = ready("pre_build = \"echo out; echo err >&2\"\npost_package = \"echo late\"");
    let transcript = ran(&tool, &["package", "--json"]);
    let (answer, story) = transcript.split_once("--- stderr\n").unwrap();
    assert!(serde_json::from_str::<Value>(answer.trim_start_matches("exit: 0\n--- stdout\n")).is_ok(), "{answer}");
    assert!(story.contains("\nout\n") && story.contains("\nerr\n") && story.contains("\nlate\n"), "{story}");
    let quiet = ran(&tool, &["package", "-q"]);
    assert!(quiet.ends_with("--- stderr\n"), "{quiet}");
}

#[test]
fn a_hook_that_fails_ends_the_command_with_its_last_lines() {
    let tool = ready("pre_build = \"echo on stdout; echo no such table >&2; exit 3\"\non_error = \"sh log.sh\"");
    assert_snapshot!(ran(&tool, &["package", "-q"]));
    assert_eq!(tool.read("log"), "on_error package dev eu-west-1\n");
    let error = &document(&tool, "on_error")["error"];
    assert_eq!(
        error["message"],
        "hook `pre_build` failed: `echo on stdout; echo no such table >&2; exit 3`: exit status: 3"
    );
    assert!(error["hints"][0].as_str().unwrap().contains("`pre_build`"), "{error}");
}

#[test]
fn an_on_error_that_fails_leaves_the_first_error() {
    let tool = ready("pre_build = \"kill -9 $$\"\non_error = \"exit 7\"");
    assert_snapshot!(ran(&tool, &["package"]));
}

#[test]
fn a_template_is_rewritten_by_what_the_hook_writes() {
    let hook = "post_template = \"jq '.template | .Resources.Topic = {Type: \\\"AWS::SNS::Topic\\\"}'\"";
    // A stand-in for `jq` that needs nothing but Python.
    let tool =
        ready(&hook.replace("jq '.template | .Resources.Topic = {Type: \\\"AWS::SNS::Topic\\\"}'", "python3 add.py"));
    tool.program("python3", "#!/bin/sh\nPATH=/usr/local/bin:/usr/bin:/bin exec python3 \"$@\"\n");
    tool.file(
        "add.py",
        "import json, sys\ngiven = json.load(sys.stdin)\ntemplate = given['template']\n\
         template['Resources']['Topic'] = {'Type': 'AWS::SNS::Topic', 'Properties': {'DisplayName': given['region']}}\n\
         print('adding', file=sys.stderr)\njson.dump(template, sys.stdout)\n",
    );
    let transcript = ran(&tool, &["template"]);
    let (answer, story) = transcript.split_once("--- stderr\n").unwrap();
    let template: Value = serde_json::from_str(answer.trim_start_matches("exit: 0\n--- stdout\n")).unwrap();
    assert_eq!(template["Resources"]["Topic"]["Properties"]["DisplayName"], "eu-west-1");
    assert!(story.contains("Running hook `post_template` for eu-west-1: python3 add.py\nadding\n"), "{story}");

    let sam = ran(&tool, &["template", "--format", "sam"]);
    assert!(sam.contains("\"Topic\""), "{sam}");
}

#[test]
fn a_hook_that_writes_no_template_leaves_the_one_there_is() {
    let plain = ready("");
    let tool = ready("post_template = \"true\"");
    let answer = |tool: &Tool| ran(tool, &["template", "-q"]);
    assert_eq!(answer(&tool), answer(&plain));
}

#[test]
fn a_template_that_cannot_be_deployed_is_refused_with_every_reason() {
    for (name, output) in [
        ("not_json", "hello"),
        ("not_a_template", "[]"),
        ("without_what_is_ours", "{\"Resources\": {\"Topic\": {\"Type\": \"AWS::SNS::Topic\"}}}"),
    ] {
        let tool = ready("post_template = \"cat output\"");
        tool.file("output", output);
        assert_snapshot!(format!("a_template_is_refused_{name}"), ran(&tool, &["template"]));
    }
}

#[test]
fn wrong_hooks_are_faults_with_their_lines() {
    let hooks = "pre_biuld = \"true\"\npost_build = 3\npost_package = \"  \"\npre_deploy = []\npost_deploy = [\"nowhere\", \"x\"]\n\
                 post_rollback = [\"./zappa_settings.toml\"]\non_error = [\"./made-later.sh\"]";
    assert_snapshot!(ran(&ready(hooks), &["check"]));
    let tool = ready("on_error = [\"./made-later.sh\"]\npre_build = \"exit ${KEY:-1}\"");
    assert_snapshot!(ran(&tool, &["check"]));
    let tool = ready("post_deploy = [\"nowhere\", \"x\"]");
    assert_snapshot!(ran(&tool, &["package"]));
}

/// The process of this number, while there is one that has not ended.
fn is_running(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_ends_a_hook_with_all_that_it_started() {
    for (name, hook) in [
        ("asked", "sleep 600 & echo $! > child; echo $$ > hook; trap 'echo asked > asked; exit' TERM; wait"),
        ("deaf", "trap '' TERM; sleep 600 & echo $! > child; echo $$ > hook; wait"),
    ] {
        let tool = ready(&format!("pre_build = {hook:?}"));
        let mut command = tool.command(&["package"]);
        command.env("KEY", "x");
        let process = Process::start(&mut command);
        let is_there = || tool.has("hook") && tool.read("hook").ends_with('\n');
        poll_until("the start of the hook", PATIENCE, is_there);
        process.signal("INT");
        let (status, ..) = process.wait(PATIENCE);
        assert_eq!(status.code(), Some(130), "{name}");
        for process in ["child", "hook"] {
            let id = tool.read(process);
            poll_until("the end of a process of the hook", PATIENCE, || !is_running(&id));
        }
        assert_eq!(tool.has("asked"), name == "asked");
    }
}
