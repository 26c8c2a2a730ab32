//! A stage of a settings file: what a deploy would take from it, and what an env file adds.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use tempfile::TempDir;

use crate::tool::{Tool, command, raw, run};

const SETTINGS: &str = "[project]\nname = \"shop\"\n\n[stage.dev]\naws_region = \"eu-west-1\"\n";

/// A project with a settings file.
pub(crate) fn project(more: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("zappa_settings.toml"), format!("{SETTINGS}{more}")).unwrap();
    folder
}

/// Serves the raw function as the stage of a folder.
pub(crate) fn served(folder: &Path, flags: &[&str]) -> Tool {
    let mut command = command(folder);
    command.args(["local", "--port", "0", "--binary"]).arg(raw()).args(flags);
    Tool::start(command)
}

/// A variable of the function's process.
fn variable(tool: &Tool, name: &str) -> String {
    let all = tool.get("/!env!").text();
    let value = all.split('|').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    value.unwrap_or_else(|| panic!("no {name} in {all}")).to_owned()
}

#[test]
fn what_is_served_without_a_settings_file_says_so_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(".git")).unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    let line = served(&folder.path().join("src"), &[]).wait_for_line("zappa_settings.toml");
    assert!(line.starts_with("Found no `zappa_settings.toml` in `"), "{line}");
    assert!(line.contains("/src` or above it, up to `") && line.ends_with("`: flags and defaults apply"), "{line}");
}

#[test]
fn the_stages_env_file_tells_what_only_the_cloud_knows_as_it_is_written() {
    let folder = project("environment = { TABLE = { Ref = \"AWS::StackName\" }, MODE = \"fast\" }\n");
    fs::write(folder.path().join(".env.dev"), "TABLE=it's \"my\" table, $HOME\r\nJSON={\"a b\": [1, \"c\"]}\r\n")
        .unwrap();
    let tool = served(folder.path(), &[]);
    assert_eq!(variable(&tool, "TABLE"), "it's \"my\" table, $HOME");
    assert_eq!(variable(&tool, "JSON"), "{\"a b\": [1, \"c\"]}");
    assert_eq!(variable(&tool, "MODE"), "fast");
}

#[test]
fn a_faulty_env_file_is_named_with_its_line_and_without_its_value() {
    let folder = project("");
    fs::write(folder.path().join(".env.dev"), "GOOD=b\nTOKEN='it's SECRET'\n").unwrap();
    let args = ["local", "--port", "0", "--binary", raw().to_str().unwrap()];
    let (code, stdout, stderr) = run(folder.path(), &args);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains(".env.dev:2: something follows the `'` that closes the value\n\nhint: "), "{stderr}");
    assert!(!stderr.contains("SECRET"), "{stderr}");

    // What is there and cannot be read is not the same as nothing.
    fs::remove_file(folder.path().join(".env.dev")).unwrap();
    fs::create_dir(folder.path().join(".env.dev")).unwrap();
    let (code, _, stderr) = run(folder.path(), &args);
    assert_eq!(code, 2);
    assert!(stderr.contains(".env.dev` cannot be read"), "{stderr}");
}

#[test]
fn an_env_file_is_read_once_so_that_a_named_pipe_will_do() {
    let folder = project("environment = { TABLE = { Ref = \"AWS::StackName\" } }\n");
    let pipe = folder.path().join(".env.dev");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn(move || fs::write(pipe, "TABLE=piped\n"));
    let tool = served(folder.path(), &[]);
    writer.join().unwrap().unwrap();
    assert_eq!(variable(&tool, "TABLE"), "piped");
}

#[test]
fn the_region_is_the_stages_own_and_a_flag_chooses_among_several() {
    let folder = project("");
    let mut command = command(folder.path());
    // The developer's own is another matter.
    command.env("AWS_REGION", "ap-south-1").args(["local", "--port", "0", "--binary"]).arg(raw());
    let tool = Tool::start(command);
    assert_eq!(variable(&tool, "AWS_REGION"), "eu-west-1");
    assert_eq!(variable(&tool, "AWS_DEFAULT_REGION"), "eu-west-1");
    assert!(tool.get("/!facts!").text().ends_with("|arn:aws:lambda:eu-west-1:123456789012:function:shop-dev"));

    let settings = "[project]\nname = \"shop\"\n[stage.dev]\nregions = [\"cn-north-1\", \"cn-northwest-1\"]\nenvironment = { HERE = \"${region}\" }\n";
    fs::write(folder.path().join("zappa_settings.toml"), settings).unwrap();
    assert_eq!(variable(&served(folder.path(), &[]), "HERE"), "cn-north-1");
    let tool = served(folder.path(), &["--region", "cn-northwest-1"]);
    assert_eq!(variable(&tool, "HERE"), "cn-northwest-1");
    assert_eq!(variable(&tool, "AWS_REGION"), "cn-northwest-1");
    assert!(tool.get("/!facts!").text().ends_with("|arn:aws-cn:lambda:cn-northwest-1:123456789012:function:shop-dev"));

    let args = ["local", "--port", "0", "--binary", raw().to_str().unwrap(), "--region"];
    for (region, expected) in [
        ("eu-west-1", "error: stage `dev` "),
        (
            "cn-nroth-1",
            "error: `cn-nroth-1` is not a value of `--region <NAME>`: not a region of AWS; did you mean `cn-north-1`?",
        ),
    ] {
        let (code, _, stderr) = run(folder.path(), &[&args[..], &[region]].concat());
        assert_eq!(code, 2);
        assert!(stderr.starts_with(expected), "{stderr}");
    }
}

#[test]
fn a_stage_without_a_region_takes_the_flags_or_the_developers_own() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("zappa_settings.toml"), "[project]\nname = \"shop\"\n[stage.dev]\n").unwrap();
    for (own, flags, expected) in [
        ("", &[][..], "us-east-1"),
        ("ap-south-1", &[], "ap-south-1"),
        ("ap-south-1", &["--region", "eu-west-3"], "eu-west-3"),
    ] {
        let mut command = command(folder.path());
        command.env("AWS_REGION", own).args(["local", "--port", "0", "--binary"]).arg(raw()).args(flags);
        assert_eq!(variable(&Tool::start(command), "AWS_REGION"), expected);
    }
}

#[test]
fn what_is_included_lies_beside_the_binary_as_in_the_zip() {
    let folder = project("include = [\"templates\", \"*.sh\"]\n");
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("templates")).unwrap();
    fs::write(at("templates/.page.html"), "<p>").unwrap();
    fs::write(at("outside.txt"), "linked").unwrap();
    std::os::unix::fs::symlink("../outside.txt", at("templates/link.txt")).unwrap();
    fs::write(at("run.sh"), "#!/bin/sh").unwrap();
    fs::set_permissions(at("run.sh"), fs::Permissions::from_mode(0o750)).unwrap();
    // Each run has a folder of its own.
    let tools = [served(folder.path(), &[]), served(folder.path(), &[])];
    let roots = tools.each_ref().map(|tool| {
        let found = tool.get("/!files!").text();
        let mut found = found.split('|');
        let root = found.next().unwrap().strip_prefix("in ").unwrap().to_owned();
        assert_eq!(root, variable(tool, "LAMBDA_TASK_ROOT"));
        assert_eq!(
            found.collect::<Vec<_>>(),
            [
                "100555 ./bootstrap",
                "100555 ./run.sh #!/bin/sh",
                "40555 ./templates",
                "100444 ./templates/.page.html <p>",
                "100444 ./templates/link.txt linked",
            ]
        );
        // A static file server answers `If-Modified-Since` as it would on Lambda.
        let modified = fs::metadata(Path::new(&root).join("run.sh")).unwrap().modified().unwrap();
        assert_eq!(modified, std::time::UNIX_EPOCH + std::time::Duration::from_secs(315_532_800));
        root
    });
    assert_ne!(roots[0], roots[1]);
    for mut tool in tools {
        tool.signal("INT");
        assert!(tool.wait().success());
    }
    assert!(!roots.iter().any(|root| Path::new(root).exists()));
}

#[test]
fn what_cannot_be_included_is_an_error() {
    let folder = project("include = [\"templates\"]\n");
    let args = ["local", "--port", "0", "--binary", raw().to_str().unwrap()];
    let (code, stdout, stderr) = run(folder.path(), &args);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("`templates`") && stderr.contains("\n\nhint: paths and globs begin at"), "{stderr}");
}
