//! Where credentials and certificates come from: profiles of a configuration file in the project's folder, and variables.

use std::{fs, path::Path, process::Command, time::Duration};

use sha2::{Digest as _, Sha256};

use crate::{
    refusal::{assert_failed, assert_untouched, deploy_refused},
    stage::{Ended, PATIENCE, Stage},
    support::{
        process::{self, Process, Stream},
        proxy::{Fault, Proxy},
        python,
    },
    terminal,
};

/// A stage with an AWS configuration file; `KEY` in it is replaced by the account's access key.
fn stage(settings: &str, config: &str) -> Stage {
    let stage = Stage::new(settings);
    fs::write(stage.folder.path().join("config"), config.replace("KEY", &stage.account.key)).unwrap();
    stage
}

/// The tool with that file and without keys in the environment.
fn tool(stage: &Stage, args: &[&str]) -> Command {
    let mut tool = stage.tool(args);
    tool.env("AWS_CONFIG_FILE", stage.folder.path().join("config"));
    tool.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    tool
}

fn run(command: &mut Command) -> Ended {
    process::run(command, PATIENCE)
}

const MFA: &str = "\
[profile base]
aws_access_key_id = KEY
aws_secret_access_key = secret
[profile careful]
role_arn = arn:aws:iam::KEY:role/deployer
source_profile = base
mfa_serial = arn:aws:iam::KEY:mfa/alice
";

#[test]
fn the_code_of_a_device_is_asked_for_on_a_terminal_and_named_elsewhere() {
    let mut stage = stage("profile_name = \"careful\"", MFA);
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let serial = format!("arn:aws:iam::{}:mfa/alice", stage.account.key);
    let answers = [("Code of the device", "12345\r"), ("six digits", "6\r")];
    let (code, shown) = terminal::talk(&tool(&stage, &["status"]), &answers);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains(&serial), "{shown}");
    let calls = proxy.take();
    assert_eq!(calls[0].name(), "sts:AssumeRole");
    assert_eq!(calls[0].key, stage.account.key);
    assert!(calls[1..].iter().all(|call| call.key != stage.account.key), "the others are the role's: {calls:?}");

    let refused = run(&mut tool(&stage, &["status"]));
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    for words in [&*serial, "without a terminal", "hint: ", "aws configure export-credentials --profile careful"] {
        assert!(refused.stderr.contains(words), "no `{words}`: {}", refused.stderr);
    }
    assert!(proxy.take().is_empty());
}

#[test]
fn a_profile_that_the_settings_name_can_be_left_out() {
    let stage = stage("profile_name = \"of-a-laptop\"", "");
    // As in CI: keys in the environment, and no configuration file that has the profile.
    let named = stage.run(&["status"]);
    assert_eq!(named.code, Some(1), "{}", named.stderr);
    let hint = "hint: the AWS configuration files have no profile `of-a-laptop`; `--profile none` takes credentials";
    assert!(named.stderr.contains(hint), "{}", named.stderr);
    let none = stage.run(&["status", "--profile", "none"]);
    assert_eq!(none.code, Some(0), "{}", none.stderr);
}

#[test]
fn a_session_that_is_over_is_renewed_by_the_command_of_its_kind() {
    let config = "\
[profile old]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-central-1
sso_account_id = KEY
sso_role_name = deployer
[sso-session company]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-central-1
[profile new]
sso_session = company
sso_account_id = KEY
sso_role_name = deployer
[profile through]
role_arn = arn:aws:iam::KEY:role/deployer
source_profile = new
[profile console]
login_session = arn:aws:iam::KEY:user/alice
";
    let stage = stage("", config);
    for (profile, hint) in [
        ("old", "`aws sso login --profile old` signs in; the session of a profile with an `sso_start_url` of its own"),
        ("new", "`aws sso login --profile new` signs in\n"),
        ("through", "`aws sso login --profile new` signs in\n"),
        ("console", "`aws login --profile console` signs in\n"),
    ] {
        let ended = run(&mut tool(&stage, &["status", "--profile", profile]));
        assert_eq!(ended.code, Some(1), "{profile}: {}", ended.stderr);
        assert!(ended.stderr.contains(&format!("hint: {hint}")), "{profile}: {}", ended.stderr);
    }
}

#[test]
fn a_session_of_aws_login_is_read() {
    let mut stage = stage("", "[profile console]\nlogin_session = arn:aws:iam::KEY:user/alice\n");
    let cache = stage.folder.path().join("cache");
    fs::create_dir(&cache).unwrap();
    let session = format!("arn:aws:iam::{}:user/alice", stage.account.key);
    let digest: String = Sha256::digest(&session).iter().map(|byte| format!("{byte:02x}")).collect();
    let token = serde_json::json!({
        "accessToken": {
            "accessKeyId": stage.account.key,
            "secretAccessKey": "secret",
            "sessionToken": "session",
            "accountId": stage.account.key,
            "expiresAt": "2999-01-01T00:00:00Z",
        },
        "tokenType": "aws_sigv4",
        "refreshToken": "refresh",
        "clientId": "arn:aws:signin:::devtools/same-device",
        "dpopKey": "none is needed before the session is renewed",
    });
    fs::write(cache.join(format!("{digest}.json")), token.to_string()).unwrap();
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let ended = run(tool(&stage, &["status", "--profile", "console"]).env("AWS_LOGIN_CACHE_DIRECTORY", &cache));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(proxy.take().iter().all(|call| call.key == stage.account.key));
}

#[test]
fn certificates_of_a_company_are_trusted_where_a_variable_or_the_profile_names_them() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/tls");
    let authority = fixtures.join("authority.pem");
    let config = format!("[profile company]\nca_bundle = {}\n[profile plain]\nregion = x\n", authority.display());
    let keys = "aws_access_key_id = KEY\naws_secret_access_key = secret\n";
    let config = config.replace("]\n", &format!("]\n{keys}"));
    let stage = stage("", &config);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/deploy/tls.py");
    let mut command = Command::new(python::tool("python3"));
    command.arg(script).arg(fixtures.join("server.pem")).arg(stage.account.address().port().to_string());
    let mut server = Process::start(&mut command);
    let port: u16 = server.wait_for(Duration::from_secs(60), "the port of the server", |stream, line| {
        (stream == Stream::Stdout).then(|| line.parse().ok()).flatten()
    });
    let status = |profile: &str, bundle: Option<&Path>| {
        let mut tool = tool(&stage, &["status", "--profile", profile]);
        tool.env("AWS_ENDPOINT_URL", format!("https://127.0.0.1:{port}"));
        bundle.map(|bundle| tool.env("AWS_CA_BUNDLE", bundle));
        run(&mut tool)
    };
    for (profile, bundle) in [("company", None), ("plain", Some(authority.as_path()))] {
        let ended = status(profile, bundle);
        assert_eq!(ended.code, Some(0), "{profile}: {}", ended.stderr);
    }
    let unknown = status("plain", None);
    assert_eq!(unknown.code, Some(1), "{}", unknown.stderr);
    assert!(unknown.stderr.contains("certificate"), "{}", unknown.stderr);
    assert!(unknown.stderr.contains("AWS_CA_BUNDLE"), "{}", unknown.stderr);
    let settings = stage.folder.path().join("zappa_settings.toml");
    let wrong = status("plain", Some(&settings));
    assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("has no certificate that can be read"), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("hint: `AWS_CA_BUNDLE` names a file"), "{}", wrong.stderr);
}

#[test]
fn missing_credentials_are_an_error_with_a_hint() {
    let stage = Stage::new("");
    let zip = stage.zip("one");
    let mut command = stage.tool(&["deploy", "--yes", "--zip", &zip]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let ended = process::run(&mut command, PATIENCE);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended}");
    assert!(ended.stderr.contains(": no usable credentials\n") && ended.stderr.contains("\nhint: "), "{ended}");
}

#[test]
fn expired_credentials_are_to_be_renewed() {
    let message = "The security token included in the request is expired";
    let (stage, ended) = deploy_refused("", move |call| {
        let code = if call.service == "s3" { "ExpiredToken" } else { "ExpiredTokenException" };
        Some(Fault::Refuse(403, code, message))
    });
    assert_failed(&ended, &["expired", "hint: the credentials have expired: renew them"]);
    assert_untouched(&stage);
}

#[test]
fn invalid_credentials_are_reported_with_their_possible_sources() {
    let message = "The security token included in the request is invalid.";
    let (stage, ended) = deploy_refused("", move |call| {
        let code = if call.service == "s3" { "InvalidAccessKeyId" } else { "InvalidClientTokenId" };
        Some(Fault::Refuse(403, code, message))
    });
    assert_failed(&ended, &["hint: AWS does not take these credentials in eu-central-1", "`profile_name`"]);
    assert_untouched(&stage);
}
