//! The GitHub Action `.github/actions/preview`: its script with a `gh` and a `zappa-rs` that only write down how they were
//! called, and its YAML.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "clippy allows it in test functions, these are what they share")]

#[path = "support/python.rs"]
mod python;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

const SCRIPT: &str = ".github/actions/preview/preview.sh";

/// A runner of the action, with programs that log their arguments and what they read.
struct Runner {
    folder: tempfile::TempDir,
}

/// What a run of the script did.
struct Run {
    code: Option<i32>,
    /// How `gh` and `zappa-rs` were called, a line each, with the lines that they read behind.
    calls: Vec<String>,
    output: String,
    /// What later steps are told.
    outputs: String,
}

impl Runner {
    /// `zappa-rs` prints a URL or fails, `gh` answers with these comments and open pull requests.
    fn new(zappa_rs: &str, gh: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runner = Self { folder };
        runner.program("zappa-rs", "[[ $* == *--merged* ]] && sed 's/^/< /' >>\"$LOG\"", zappa_rs);
        runner.program("gh", ":", gh);
        runner
    }

    fn program(&self, name: &str, then: &str, end: &str) {
        let path = self.folder.path().join(name);
        let text = format!("#!/usr/bin/env bash\nprintf '%s\\n' \"{name} $*\" >>\"$LOG\"\n{then}\n{end}\n");
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn run(&self, command: &str, variables: &[(&str, &str)]) -> Run {
        let file = |name: &str| self.folder.path().join(name);
        let path = format!("{}:{}", self.folder.path().display(), std::env::var("PATH").unwrap());
        let output = Command::new("bash")
            .arg(root(SCRIPT))
            .env("PATH", path)
            .env("LOG", file("log"))
            .env("GITHUB_OUTPUT", file("outputs"))
            .env("GITHUB_REPOSITORY", "acme/shop")
            .env("GITHUB_RUN_ID", "7")
            .env("PREVIEW_COMMAND", command)
            .env("PREVIEW_PATTERN", "pr-*")
            .env("PREVIEW_NUMBER", "42")
            .env("PREVIEW_DIRECTORY", ".")
            .env("PREVIEW_COMMIT", "0123abc")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let read = |name: &str| fs::read_to_string(file(name)).unwrap_or_default();
        Run {
            code: output.status.code(),
            calls: read("log").lines().map(str::to_owned).collect(),
            output: [output.stdout, output.stderr].iter().map(|bytes| String::from_utf8_lossy(bytes)).collect(),
            outputs: read("outputs"),
        }
    }
}

const URL: &str = "echo https://a.example/";
const NO_COMMENT: &str = "exit 0";
/// The comments have one of an earlier run, and one more of the same; two pull requests are open.
const GH: &str = "case $* in *--method*) ;; *comments*) printf '11\\n12\\n' ;; *pulls*) printf '7\\n42\\n' ;; esac";

#[test]
fn a_deploy_writes_the_url_into_a_new_comment() {
    let run = Runner::new("printf 'https://a.example/\\nhttps://b.example/\\n'", NO_COMMENT).run("deploy", &[]);
    assert_eq!(run.code, Some(0), "{}", run.output);
    assert_eq!(run.calls[0], "zappa-rs deploy pr-42 --yes --wait");
    assert!(run.calls[1].starts_with("gh api --paginate repos/acme/shop/issues/42/comments?per_page=100 --jq "));
    let comment = run.calls[2..].join("\n");
    let begin = "gh api --silent --method POST repos/acme/shop/issues/42/comments -f body=<!-- zappa-rs preview of pr-* in . -->\n";
    assert!(comment.starts_with(begin), "{comment}");
    assert!(comment.contains("0123abc:\n\n- https://a.example/\n- https://b.example/\n\nIt is removed"), "{comment}");
    assert_eq!(run.outputs, "stage=pr-42\nurl=https://a.example/\n");
}

#[test]
fn a_second_deploy_updates_the_comment() {
    let arguments = ("PREVIEW_ARGUMENTS", "--profile none  -s other.toml");
    let run = Runner::new(URL, GH).run("deploy", &[arguments, ("PREVIEW_PATTERN", "shop-*-x")]);
    assert_eq!(run.code, Some(0), "{}", run.output);
    assert_eq!(run.calls[0], "zappa-rs deploy shop-42-x --yes --wait --profile none -s other.toml");
    let update =
        "gh api --silent --method PATCH repos/acme/shop/issues/comments/11 -f body=<!-- zappa-rs preview of shop-*-x";
    assert!(run.calls[2].starts_with(update), "{:?}", run.calls);
}

#[test]
fn a_deploy_that_fails_says_so_and_fails() {
    let run = Runner::new("exit 3", GH).run("deploy", &[]);
    assert_eq!(run.code, Some(3), "{}", run.output);
    let comment = run.calls[2..].join("\n");
    assert!(
        comment.contains("could not be deployed at 0123abc: [log](https://github.com/acme/shop/actions/runs/7)"),
        "{comment}"
    );
    assert_eq!(run.outputs, "stage=pr-42\n");
}

#[test]
fn a_comment_that_cannot_be_written_is_a_warning() {
    for gh in ["exit 1", "case $* in *--method*) exit 1 ;; *) echo 11 ;; esac", "case $* in *--method*) exit 1 ;; esac"]
    {
        let run = Runner::new(URL, gh).run("deploy", &[]);
        assert_eq!(run.code, Some(0), "{gh}: {}", run.output);
        assert!(run.output.contains("::warning::") && run.output.contains("`pull-requests: write`"), "{}", run.output);
    }
    let run = Runner::new(URL, "exit 1").run("deploy", &[("PREVIEW_COMMENT", "false")]);
    assert_eq!((run.code, run.calls.len()), (Some(0), 1), "{}", run.output);
}

#[test]
fn a_closed_pull_request_has_its_preview_removed() {
    let run = Runner::new("echo gone", GH).run("remove", &[]);
    assert_eq!(run.code, Some(0), "{}", run.output);
    assert_eq!(run.calls[0], "zappa-rs undeploy pr-42 --yes --remove-logs");
    assert!(run.calls[2].contains("--method PATCH repos/acme/shop/issues/comments/11"), "{:?}", run.calls);
    let run = Runner::new("echo gone", NO_COMMENT).run("remove", &[]);
    assert_eq!((run.code, run.calls.len()), (Some(0), 2), "no comment is written anew: {:?}", run.calls);
    let run = Runner::new("exit 1", GH).run("remove", &[]);
    assert_eq!((run.code, run.calls.len()), (Some(1), 1), "{}", run.output);
}

#[test]
fn a_sweep_names_the_open_pull_requests_and_then_looks_for_what_has_expired() {
    let run = Runner::new("exit 0", GH).run("sweep", &[("PREVIEW_NUMBER", "")]);
    assert_eq!(run.code, Some(0), "{}", run.output);
    let expected = [
        "gh api --paginate repos/acme/shop/pulls?state=open&per_page=100 --jq .[].number",
        "zappa-rs undeploy pr-* --merged --yes",
        "< pr-7",
        "< pr-42",
        "zappa-rs undeploy pr-* --expired --yes",
    ];
    assert_eq!(run.calls, expected);
    let run = Runner::new("exit 0", NO_COMMENT).run("sweep", &[]);
    assert_eq!(
        run.calls[1..],
        ["zappa-rs undeploy pr-* --merged --yes --none-open", "zappa-rs undeploy pr-* --expired --yes"]
    );
    let run = Runner::new("[[ $* != *--merged* ]]", GH).run("sweep", &[]);
    assert_eq!((run.code, run.calls.len()), (Some(1), 5), "the second sweep runs all the same: {}", run.output);
}

#[test]
fn nothing_is_swept_where_the_open_pull_requests_cannot_be_listed() {
    let run = Runner::new("exit 0", "exit 1").run("sweep", &[]);
    assert_eq!((run.code, run.calls.len()), (Some(1), 1), "{:?}", run.calls);
}

#[test]
fn wrong_inputs_are_refused_before_anything_is_called() {
    for (command, variables, expected) in [
        ("deploy", &[("PREVIEW_NUMBER", "")][..], "there is no pull request"),
        ("deploy", &[("PREVIEW_NUMBER", "1; rm -rf /")], "there is no pull request"),
        ("remove", &[("PREVIEW_NUMBER", "")], "there is no pull request"),
        ("sweep", &[("PREVIEW_PATTERN", "pr-1")], "has no `*`"),
        ("destroy", &[], "not `destroy`"),
    ] {
        let run = Runner::new(URL, GH).run(command, variables);
        assert_eq!((run.code, run.calls.len()), (Some(2), 0), "{command}: {:?}", run.calls);
        assert!(run.output.contains("::error::") && run.output.contains(expected), "{}", run.output);
    }
}

#[test]
fn shellcheck_finds_nothing_in_the_script() {
    let output = Command::new(python::tool("shellcheck")).arg(root(SCRIPT)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// A YAML text as JSON, by a parser that we did not write.
fn yaml(text: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.yml");
    fs::write(&path, text).unwrap();
    let program = "import json, sys, yaml; print(json.dumps(yaml.load(open(sys.argv[1]), yaml.BaseLoader)))";
    let output = Command::new(python::tool("python3")).args(["-c", program]).arg(path).output().unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_action_gives_the_script_every_variable_that_it_reads() {
    let action = yaml(&fs::read_to_string(root(".github/actions/preview/action.yml")).unwrap());
    assert_eq!(action["runs"]["using"], "composite");
    let step = &action["runs"]["steps"][0];
    let given = step["env"].as_object().unwrap();
    let script = fs::read_to_string(root(SCRIPT)).unwrap();
    let words = script.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
    for name in words.filter(|word| word.starts_with("PREVIEW_")) {
        assert!(given.contains_key(name), "{name}");
    }
    // Whatever a pull request says, it is no part of a script.
    assert_eq!(step["run"], "bash \"$PREVIEW_SCRIPT\"");
    for name in given.values().filter_map(Value::as_str).filter_map(|value| value.split("inputs.").nth(1)) {
        let name = name.trim_end_matches(" }}");
        assert!(action["inputs"][name].is_object(), "{name}");
    }
}

#[test]
fn the_workflows_of_the_guide_use_the_action_as_it_is() {
    let action = yaml(&fs::read_to_string(root(".github/actions/preview/action.yml")).unwrap());
    let text = fs::read_to_string(root("docs/ci.md")).unwrap();
    let mut commands = Vec::new();
    for block in text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        let workflow = yaml(block);
        for (name, job) in workflow["jobs"].as_object().unwrap() {
            assert!(job["runs-on"].is_string(), "{name}");
            let steps = job["steps"].as_array().unwrap();
            let is_action = |step: &&Value| step["uses"].as_str().is_some_and(|uses| uses.contains("/actions/preview"));
            for step in steps.iter().filter(is_action) {
                for input in step["with"].as_object().unwrap().keys() {
                    assert!(action["inputs"][input].is_object(), "{input}");
                }
                commands.push(step["with"]["command"].as_str().unwrap().to_owned());
            }
        }
    }
    assert_eq!(commands, ["deploy", "remove", "sweep"]);
}
