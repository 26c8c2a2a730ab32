//! Credentials for the app's own calls: none by default, and those of a profile with `--with-credentials`.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use tempfile::TempDir;

use crate::{
    support::process::{self, Ended},
    tool::{TIMEOUT, Tool, command, raw},
};

const SETTINGS: &str =
    "[project]\nname = \"shop\"\n\n[stage.dev]\naws_region = \"eu-west-1\"\nprofile_name = \"work\"\n";

/// A project with an AWS configuration file of its own.
fn project(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("zappa_settings.toml"), SETTINGS).unwrap();
    fs::write(folder.path().join("config"), config.replace("FOLDER", folder.path().to_str().unwrap())).unwrap();
    folder
}

/// The tool of a developer who has keys in the environment and profiles in a file.
fn local(folder: &Path, flags: &[&str]) -> Command {
    let mut command = command(folder);
    for name in ["AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE"]
    {
        command.env_remove(name);
    }
    command
        .env("HOME", folder)
        .env("AWS_CONFIG_FILE", folder.join("config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", folder.join("credentials"))
        .env("AWS_ACCESS_KEY_ID", "AKIADEVELOPER")
        .env("AWS_SECRET_ACCESS_KEY", "developers-secret")
        .env("AWS_SESSION_TOKEN", "developers-token")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .args(["local", "--port", "0", "--binary"])
        .arg(raw())
        .args(flags);
    command
}

/// The variables of the function's process that hold credentials, or lead to some.
fn credentials(tool: &Tool) -> Vec<String> {
    let all = tool.get("/!env!").text();
    let names = [
        "AWS_ACCESS_KEY_ID=",
        "AWS_SECRET_ACCESS_KEY=",
        "AWS_SESSION_TOKEN=",
        "AWS_PROFILE=",
        "AWS_CONFIG_FILE=",
        "AWS_SHARED_CREDENTIALS_FILE=",
        "AWS_EC2_METADATA_DISABLED=",
        "HOME=",
    ];
    all.split('|').filter(|pair| names.iter().any(|name| pair.starts_with(name))).map(str::to_owned).collect()
}

/// A program for `credential_process`: each call gives other keys, which expire at `expiry`.
fn give(folder: &Path, expiry: &str) {
    let script = format!(
        "#!/bin/sh\ncd '{}'\necho >> calls\nn=$(wc -l < calls)\n\
         echo \"{{\\\"Version\\\": 1, \\\"AccessKeyId\\\": \\\"ASIAPROCESS$((n))\\\", \
         \\\"SecretAccessKey\\\": \\\"process-secret\\\", \\\"SessionToken\\\": \\\"process-token\\\", \
         \\\"Expiration\\\": \\\"{expiry}\\\"}}\"\n",
        folder.display()
    );
    fs::write(folder.join("give"), script).unwrap();
    fs::set_permissions(folder.join("give"), fs::Permissions::from_mode(0o755)).unwrap();
}

const PROCESS: &str = "[profile work]\nregion = ap-south-1\ncredential_process = FOLDER/give\n";

fn of_process(call: u32) -> [String; 4] {
    [
        format!("AWS_ACCESS_KEY_ID=ASIAPROCESS{call}"),
        "AWS_EC2_METADATA_DISABLED=true".to_owned(),
        "AWS_SECRET_ACCESS_KEY=process-secret".to_owned(),
        "AWS_SESSION_TOKEN=process-token".to_owned(),
    ]
}

#[test]
fn the_app_has_no_credentials_by_default() {
    let folder = project(PROCESS);
    give(folder.path(), "2999-01-01T00:00:00Z");
    let tool = Tool::start(local(folder.path(), &[]));
    assert_eq!(credentials(&tool), ["AWS_EC2_METADATA_DISABLED=true"]);
    let all = tool.get("/!env!").text();
    assert!(!["AKIADEVELOPER", "developers-", "ASIAPROCESS"].iter().any(|secret| all.contains(secret)), "{all}");
    assert!(!folder.path().join("calls").exists(), "the profile was asked");
}

#[test]
fn the_app_gets_those_of_the_stages_profile_and_nobody_else_sees_them() {
    let folder = project(PROCESS);
    give(folder.path(), "2999-01-01T00:00:00Z");
    let mut tool = Tool::start(local(folder.path(), &["--with-credentials", "-v"]));
    assert_eq!(credentials(&tool), of_process(1));
    let all = tool.get("/!env!").text();
    assert!(all.contains("|AWS_REGION=eu-west-1|") && !all.contains("developers-"), "{all}");
    assert_eq!(tool.get("/!crash!").status, 502);
    // They are valid for long enough.
    assert_eq!(credentials(&tool), of_process(1));
    tool.wait_for_line("the credentials of profile `work` to the processes");
    tool.signal("INT");
    assert!(tool.wait().success());
    let said = tool.rest().join("\n");
    assert!(!["ASIAPROCESS", "process-secret", "process-token"].iter().any(|secret| said.contains(secret)), "{said}");
}

#[test]
fn a_flag_chooses_another_profile_or_none() {
    let folder = project(PROCESS);
    let keys = "[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other-secret\n";
    fs::write(folder.path().join("credentials"), keys).unwrap();
    let given =
        |profile| credentials(&Tool::start(local(folder.path(), &["--with-credentials", "--profile", profile])));
    let expected =
        ["AWS_ACCESS_KEY_ID=AKIAOTHER", "AWS_EC2_METADATA_DISABLED=true", "AWS_SECRET_ACCESS_KEY=other-secret"];
    assert_eq!(given("other"), expected);
    let expected = [
        "AWS_ACCESS_KEY_ID=AKIADEVELOPER",
        "AWS_EC2_METADATA_DISABLED=true",
        "AWS_SECRET_ACCESS_KEY=developers-secret",
        "AWS_SESSION_TOKEN=developers-token",
    ];
    assert_eq!(given("none"), expected);
}

#[test]
fn each_process_starts_with_credentials_of_its_own_time() {
    let folder = project("");
    let write = |key: &str| {
        let keys = format!("[work]\naws_access_key_id = {key}\naws_secret_access_key = s\n");
        fs::write(folder.path().join("credentials"), keys).unwrap();
    };
    write("AKIAFIRST");
    let mut tool = Tool::start(local(folder.path(), &["--with-credentials"]));
    assert_eq!(credentials(&tool)[0], "AWS_ACCESS_KEY_ID=AKIAFIRST");
    // As tools do that write a session into the file.
    write("AKIASECOND");
    assert_eq!(tool.get("/!crash!").status, 502);
    assert_eq!(credentials(&tool)[0], "AWS_ACCESS_KEY_ID=AKIASECOND");

    fs::remove_file(folder.path().join("credentials")).unwrap();
    assert_eq!(tool.get("/!crash!").status, 502);
    let reply = tool.get("/");
    assert_eq!((reply.status, reply.text().as_str()), (502, r#"{"message": "Internal server error"}"#));
    tool.wait_for_line("`--with-credentials` has no credentials of profile `work` to give");
    tool.wait_for_line("hint: the AWS configuration files have no profile `work`");
    write("AKIATHIRD");
    assert_eq!(credentials(&tool)[0], "AWS_ACCESS_KEY_ID=AKIATHIRD");
}

#[test]
fn a_process_whose_credentials_expire_makes_room_for_one_with_new_ones() {
    let folder = project(PROCESS);
    // Long past, so that no request finds a process whose credentials will do.
    give(folder.path(), "2001-01-01T00:00:00Z");
    let mut tool = Tool::start(local(folder.path(), &["--with-credentials", "--concurrency", "1"]));
    for call in 2..5 {
        assert_eq!(credentials(&tool), of_process(call));
    }
    tool.signal("INT");
    assert!(tool.wait().success());
    let said = tool.rest().join("\n");
    assert!(!said.contains("ended by itself"), "{said}");
}

#[test]
fn credentials_that_cannot_be_had_are_an_error_before_anything_is_served() {
    let sso = "[profile work]\nsso_session = company\nsso_account_id = 123456789012\nsso_role_name = r\n\
               [sso-session company]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-central-1\n";
    let mfa = "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n\
               [profile work]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n\
               mfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
    for (config, code, error, hint) in [
        (
            sso,
            1,
            "`--with-credentials` has no credentials of profile `work` to give",
            "`aws sso login --profile work` signs in",
        ),
        ("", 1, "`--with-credentials` has no credentials of profile `work` to give", "have no profile `work`"),
        (
            mfa,
            2,
            "profile `work` asks for a code of the device `arn:aws:iam::123456789012:mfa/alice`",
            "export-credentials",
        ),
    ] {
        let folder = project(config);
        let ended = process::run(&mut local(folder.path(), &["--with-credentials"]), TIMEOUT);
        let stderr = ended.stderr;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "{stderr}");
        let (first, rest) = stderr.split_once("\n\nhint: ").unwrap_or_else(|| panic!("no hint: {stderr}"));
        assert!(first.contains(&format!("error: {error}")) && rest.contains(hint), "{stderr}");
    }
}

#[test]
fn credentials_are_given_by_one_way_only() {
    let folder = project(PROCESS);
    for (flags, error) in [
        (
            &["--with-credentials", "--env", "AWS_SESSION_TOKEN=mine"][..],
            "error: `AWS_SESSION_TOKEN` cannot be set: `--with-credentials` sets it\n\nhint: leave it out of the env file",
        ),
        (&["--profile", "work"], "error: `--profile` needs `--with-credentials`\n\nhint: add `--with-credentials`"),
    ] {
        let Ended { code, stderr, .. } = process::run(&mut local(folder.path(), flags), TIMEOUT);
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.starts_with(error) && !stderr.contains("mine"), "{stderr}");
    }
    // Keys of an emulator, as by hand.
    let tool = Tool::start(local(folder.path(), &["--env", "AWS_ACCESS_KEY_ID=test"]));
    assert_eq!(credentials(&tool)[0], "AWS_ACCESS_KEY_ID=test");
}
