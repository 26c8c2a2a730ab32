//! `zappa-rs check`: every error of the settings that a user can make, with its message.

use std::fmt::Write as _;

use insta::assert_snapshot;

use crate::tool::Tool;

/// A stage that is right, to which a test adds a line.
const STAGE: &str = "[project]\nname = \"shop\"\n\n[stage.dev]\naws_region = \"eu-west-1\"\n";

/// The output of `check` for each of these additions to a valid stage.
fn checked_with(additions: &[&str]) -> String {
    let mut all = String::new();
    for addition in additions {
        let tool = Tool::with_settings(&format!("{STAGE}{addition}\n"));
        let text = tool.snapshot(&["check"]);
        assert!(text.starts_with("exit: 2\n"), "{addition}: {text}");
        let stdout = text.split("--- stdout\n").nth(1).unwrap().split("--- stderr\n").next().unwrap();
        let _ = write!(all, "{addition}\n{}\n", stdout.replace("[PROJECT]/zappa_settings.toml:", "    "));
    }
    all
}

#[test]
fn right_settings_have_a_short_statement() {
    assert_snapshot!(Tool::with_settings(STAGE).snapshot(&["check"]));
    assert_snapshot!("right_settings_as_json", Tool::with_settings(STAGE).snapshot(&["check", "--json"]));
    assert_eq!(Tool::with_settings(STAGE).snapshot(&["check", "--quiet"]), "exit: 0\n--- stdout\n--- stderr\n");
}

#[test]
fn all_faults_come_at_once_on_stdout() {
    let text = "[project]\nnam = \"shop\"\n\n[stage.dev]\naws_region = \"eu-wset-1\"\nmemori_size = 512\ntimeout_seconds = \"5\"\napi = \"htp\"\nenvironment = { AWS_REGION = \"x\", PORT = 8080, WHO = \"${NOBODY_SET_THIS}\" }\n\n[stage.prod]\nextends = \"deb\"\nmemory_size = 64\n";
    let tool = Tool::with_settings(text);
    assert_snapshot!(tool.snapshot(&["check"]));
    assert_snapshot!("all_faults_as_json", tool.snapshot(&["check", "--json"]));
}

#[test]
fn a_deploy_says_the_same_faults_before_it_does_anything() {
    let tool = Tool::with_settings(&format!("{STAGE}memori_size = 512\nlog_retention_days = 31\n"));
    assert_snapshot!(tool.snapshot(&["deploy"]));
    assert_snapshot!("a_template_says_the_same_faults", tool.snapshot(&["template"]));
}

#[test]
fn wrong_shapes_are_reported_with_what_was_meant() {
    assert_snapshot!(checked_with(&[
        "memory_size = \"256\"",
        "memory_size = 256.5",
        "memory_size = 64",
        "memory_size = 20000",
        "timeout_seconds = 1801",
        "ephemeral_storage = 100",
        "retain_releases = 1",
        "reserved_concurrency = 0",
        "provisioned_concurrency = 0",
        "architecture = \"arm\"",
        "builder = \"docker\"",
        "tracing = true",
        "log_level = \"warning\"",
        "log_format = \"jsn\"",
        "api = \"websocket\"",
        "on_failure = \"stop\"",
        "protected = \"yes\"",
        "regions = \"eu-west-1\"",
        "include = \"assets\"",
        "tags = [\"a\"]",
        "tags = { team = 5 }",
        "environment = { PORT = 8080 }",
        "environment = { DEBUG = true }",
        "environment = { WHEN = 2026-01-01 }",
        "throttle = 100",
        "throttle = { rate = 100 }",
        "throttle = { rate = 100, burst = 200, per = \"day\" }",
        "throttle = { rate = -1, burst = 200 }",
        "permissions = [{ action = [\"s3:GetObject\"], resources = [\"*\"] }]",
        "keep_warm = \"yes\"",
        "keep_warm = 0",
        "keep_warm = 6",
        "keep_warm = { count = 2 }",
        "keep_warm = { count = 9, expression = \"rate(4 minutes)\" }",
        "keep_warm = { count = 1, expresion = \"rate(4 minutes)\" }",
        "keep_warm = { count = 1, expression = \"rate(4 minutes)\", alias = \"x\" }",
    ]));
}

#[test]
fn wrong_combinations_are_reported_with_what_goes_together() {
    assert_snapshot!(checked_with(&[
        "streaming = true\napi = \"http\"",
        "binary_media_types = [\"image/png\"]\napi = \"http\"",
        "binary_media_types = [\"png\"]",
        "throttle = { rate = 1, burst = 2 }\napi = \"function_url\"",
        "base_path = \"my shop\"",
        "builder = \"command\"",
        "build_command = \"make\"",
        "target = \"x86_64-unknown-linux-musl\"",
        "target = \"aarch64-apple-darwin\"",
        "log_level = \"info\"\nlog_format = \"text\"",
        "log_retention_days = 31",
        "provisioned_concurrency = 5\nreserved_concurrency = 2",
        "keep_warm = 3\nreserved_concurrency = 2",
        "keep_warm = { count = 2, expression = \"every 4 minutes\" }",
        "role_arn = \"arn:aws:iam::123456789012:role/x\"\npermissions = [{ actions = [\"s3:GetObject\"], resources = [\"*\"] }]",
        "role_arn = \"arn:aws:iam::123456789012:role/x\"\npermissions_boundary = \"arn:aws:iam::123456789012:policy/x\"",
        "role_arn = \"x\"",
        "permissions_boundary = \"arn:aws:iam::123456789012:role/x\"",
        "permissions = [{ actions = [\"GetObject\"], resources = [\"*\"] }]",
        "permissions = [{ actions = [\"s3:GetObject\"], resources = [\"my-bucket\"] }]",
        "canary_region = \"us-east-1\"",
        "regions = [\"us-east-1\"]",
        "health_check = \"health\"",
        "environment = { AWS_LAMBDA_RUNTIME_API = \"x\" }",
        "environment = { AWS_ACCESS_KEY_ID = \"x\" }",
        "environment = { ZAPPA_STAGE = \"x\" }",
        "environment = { \"my-name\" = \"x\" }",
        "environment = { TABLE = { Ref = \"Tabel\" } }",
        "environment = { TABLE = { Name = \"x\" } }",
        "resources = { Function = { Type = \"AWS::S3::Bucket\" } }",
        "resources = { Bucket = { Properties = {} } }",
        "outputs = { Url = \"x\" }",
        "outputs = { Table = { Ref = \"Table\" } }",
        "tags = { \"aws:team\" = \"x\" }",
        "tags = { \"zappa-rs:stage\" = \"x\" }",
        "s3_bucket = \"My_Bucket\"",
        "function_name = \"my_function\"",
        "description = \"${NOBODY_SET_THIS}\"",
        "description = \"${stage\"",
        "extends = \"base\"",
        "extends = \"dev\"",
        "include = [\"../secrets\"]",
    ]));
}

#[test]
fn names_of_zappa_are_answered_with_the_name_here() {
    assert_snapshot!(checked_with(&[
        "project_name = \"shop\"",
        "lambda_handler = \"x\"",
        "runtime = \"provided\"",
        "keep_warm_expression = \"rate(4 minutes)\"",
        "environment_variables = {}",
        "aws_environment_variables = {}",
        "remote_env = \"s3://x\"",
        "vpc_config = {}",
        "num_retained_versions = 5",
        "slim_handler = true",
        "manage_roles = false",
        "extra_permissions = []",
        "apigateway_version = \"v2\"",
        "snap_start = \"PublishedVersions\"",
        "dead_letter_arn = \"x\"",
    ]));
}

#[test]
fn what_comes_later_is_refused_and_not_ignored() {
    assert_snapshot!(checked_with(&["tasks = true", "waf_arn = \"x\""]));
}

#[test]
fn wrong_secrets_are_reported_with_what_was_meant() {
    let secrets = |inside: &str| format!("secrets = {{ {inside} }}");
    let lines = [
        secrets("KEY = \"/shop/key\""),
        secrets("KEY = \"vault:shop\""),
        secrets("KEY = \"ssm:shop/key\""),
        secrets("KEY = \"ssm:/shop/*\""),
        secrets("\"*\" = \"ssm:/shop/key\""),
        secrets("\"a-b\" = \"ssm:/shop/key\""),
        secrets("AWS_REGION = \"ssm:/shop/key\""),
        secrets("PATH = \"ssm:/shop/key\""),
        secrets("ZAPPA_KEY = \"ssm:/shop/key\""),
        secrets("KEY = 3"),
        secrets("KEY = \"secretsmanager:shop#\""),
        format!("{}\nenvironment = {{ KEY = \"plain\" }}", secrets("KEY = \"ssm:/shop/key\"")),
        format!("{}\nsecrets_kms_keys = [\"alias/shop\"]", secrets("KEY = \"ssm:/shop/key\"")),
        "secrets_kms_keys = [\"arn:aws:kms:eu-west-1:123456789012:key/1\"]".to_owned(),
    ];
    assert_snapshot!(checked_with(&lines.each_ref().map(String::as_str)));
}

#[test]
fn wrong_links_are_reported_with_what_was_meant() {
    let table = "resources.Orders = { Type = \"AWS::DynamoDB::Table\" }";
    let cluster = "resources.Cache = { Type = \"AWS::ElastiCache::ReplicationGroup\" }";
    let topic = "resources.News = { Type = \"AWS::SNS::Topic\" }";
    let arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders-1";
    let notified = "{ NotificationConfiguration.LambdaConfigurations = [{ Event = \"s3:ObjectCreated:*\", Function = { Ref = \"Live\" } }] }";
    let lines = [
        format!("{table}\nlink = [\"Order\"]"),
        "link = [\"IdempotencyTable\"]".to_owned(),
        format!("{table}\nlink = [\"Orders:readwrite\"]"),
        format!("{table}\nlink = [\"Orders:read\", \"Orders:write\"]"),
        format!("{topic}\nlink = [\"News:read\"]"),
        format!("{cluster}\nlink = [\"Cache\"]"),
        format!("link = [\"{arn}\"]"),
        format!("link = {{ orders-1 = \"{arn}\" }}"),
        format!("link = {{ orders = \"{arn}/index/day\" }}"),
        "link = { db = \"arn:aws:rds:eu-west-1:123456789012:cluster:db:read\" }".to_owned(),
        "link = { jobs = \"arn:aws-cn:sqs:cn-north-1:123456789012:jobs\" }".to_owned(),
        "link = { password = \"arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db\" }".to_owned(),
        "link = { pictures = \"arn:aws:s3:::pictures/folder\" }".to_owned(),
        "link = { jobs = \"jobs\" }".to_owned(),
        format!(
            "resources.Pictures = {{ Type = \"AWS::S3::Bucket\", Properties = {notified} }}\nlink = [\"Pictures\"]"
        ),
        "link = \"Orders\"".to_owned(),
        "link = [3]".to_owned(),
        "link = { orders = [\"Orders\"] }".to_owned(),
    ];
    assert_snapshot!(checked_with(&lines.each_ref().map(String::as_str)));
}

#[test]
fn faults_of_the_whole_file_are_reported() {
    let mut all = String::new();
    for text in [
        "",
        "[stage.dev]\nmemory_size = \n",
        "[stage.dev]\nmemory_size = 256\nmemory_size = 512\n",
        "[stage.dev\n",
        "[dev]\naws_region = \"eu-west-1\"\n",
        "aws_region = \"eu-west-1\"\n",
        "[project]\nmemory_size = 256\n[stage.dev]\naws_region = \"eu-west-1\"\n",
        "[stage]\nmemory_size = 256\n",
        "[stage.dev]\n",
        "[stage.dev]\naws_region = \"eu-wset-1\"\n",
        "[stage.dev]\naws_region = \"frankfurt\"\n",
        "[stage.dev]\nregions = [\"eu-west-1\", \"eu-west-1\"]\n",
        "[stage.dev]\nregions = [\"eu-west-1\", \"cn-north-1\"]\n",
        "[stage.dev]\nregions = [\"eu-west-1\", \"us-east-1\"]\ns3_bucket = \"shop\"\n",
        "[stage.dev]\nregions = [\"eu-west-1\", \"eu-central-2\"]\napi = \"function_url\"\n",
        "[stage.a]\nextends = \"b\"\n[stage.b]\nextends = \"a\"\n",
        "[stage.a]\naws_region = \"eu-west-1\"\nfunction_name = \"x\"\n[stage.b]\nextends = \"a\"\n",
        "[stage.dev_1]\naws_region = \"eu-west-1\"\n",
        "[project]\nname = \"a-name-that-is-much-too-long-for-a-function-of-lambda-to-have\"\n[stage.development]\naws_region = \"eu-west-1\"\n",
        "[project]\nname = \"my shop\"\n[stage.dev]\naws_region = \"eu-west-1\"\n",
    ] {
        let _ = write!(all, "{text}\n{}\n\n", Tool::with_settings(text).snapshot(&["check"]));
    }
    assert_snapshot!(all);
}

#[test]
fn remarks_are_warnings_and_no_faults() {
    let tool = Tool::with_files(&[
        (
            "zappa_settings.toml",
            "[stage.dev]\naws_region = \"eu-west-9\"\ntimeout_seconds = 60\ninclude = [\"dist\"]\n[stage.far]\naws_region = \"af-south-1\"\n",
        ),
        ("Cargo.toml", "[package]\nname = \"shop\"\n"),
        ("src/main.rs", "fn main() {}\n"),
    ]);
    assert_snapshot!(tool.snapshot(&["check"]));
    assert_snapshot!("warnings_as_json", tool.snapshot(&["check", "--json", "--quiet"]));
}

#[test]
fn a_custom_resource_that_its_own_function_needs_is_a_warning() {
    let custom =
        "[stage.dev.resources.Rows]\nType = \"Custom::Seed\"\nProperties = { ServiceToken = \"${fn:main}\" }\n";
    let warning = "function `main` handles the custom resource `Rows` and refers to it";
    let transcript = Tool::with_settings(&format!("{STAGE}{custom}")).snapshot(&["check"]);
    assert!(transcript.starts_with("exit: 0\n") && !transcript.contains("Rows"), "{transcript}");
    let template = Tool::with_settings(&format!("{STAGE}{custom}")).snapshot(&["template"]);
    assert!(template.contains("\"DependsOn\": \"Live\",\n") && template.contains("Custom::Seed"), "{template}");
    let needing = format!("{STAGE}environment = {{ ROWS = {{ \"Fn::GetAtt\" = [\"Rows\", \"Count\"] }} }}\n{custom}");
    let transcript = Tool::with_settings(&needing).snapshot(&["check"]);
    assert!(transcript.starts_with("exit: 0\n") && transcript.contains(warning), "{transcript}");
}

#[test]
fn more_routes_than_the_quota_of_an_api_are_a_warning() {
    let routes = |count: usize| {
        let routes = (0..count).fold(String::new(), |mut text, number| {
            let _ = writeln!(text, "[[stage.dev.routes]]\npath = \"/p{number}\"\nauthorizer = \"iam\"");
            text
        });
        Tool::with_settings(&format!("{STAGE}api = \"http\"\n{routes}")).snapshot(&["check"])
    };
    // One more is the catch-all.
    let within = routes(299);
    assert!(within.starts_with("exit: 0\n") && !within.contains("quota"), "{within}");
    let above = routes(300);
    assert!(
        above.starts_with("exit: 0\n") && above.contains("warning: stage `dev`: the HTTP API has 301 routes"),
        "{above}"
    );
}

#[test]
fn every_missing_include_is_named_and_every_wrong_one_is_a_fault() {
    let stage = |include: &str| format!("{STAGE}include = [{include}]\n");
    let transcript = Tool::with_settings(&stage("\"Bin/x\", \"nothere\", \"a*z\"")).snapshot(&["check"]);
    let expected = "warning: `include` names `Bin/x`, `nothere` and `a*z`, and nothing is there\n";
    assert!(transcript.starts_with("exit: 0\n") && transcript.contains(expected), "{transcript}");
    let tool = Tool::with_settings(&stage("\"nothere\", \"../a\", \"../b\""));
    for command in ["check", "template"] {
        let transcript = tool.snapshot(&[command]);
        assert!(
            transcript.starts_with("exit: 2\n") && transcript.contains("`../a`") && transcript.contains("`../b`"),
            "{transcript}"
        );
    }
}

#[test]
fn settings_that_are_not_there_or_not_the_stage_are_reported() {
    let two = "[stage.dev]\naws_region = \"eu-west-1\"\n[stage.production]\naws_region = \"us-east-1\"\n";
    let mut all = String::new();
    for (tool, args) in [
        (Tool::with_files(&[]), vec!["check"]),
        (Tool::with_files(&[("zappa_settings.json", "{}")]), vec!["check"]),
        (Tool::with_files(&[]), vec!["check", "--settings-file", "other.toml"]),
        (Tool::with_settings(two), vec!["check"]),
        (Tool::with_settings(two), vec!["check", "production"]),
        (Tool::with_settings(two), vec!["check", "prodution"]),
        (Tool::with_settings(two), vec!["check", "dev", "--region", "eu-west-2"]),
        (Tool::with_settings(two), vec!["template"]),
        (Tool::with_settings("[stage.dev]\n"), vec!["template"]),
    ] {
        let _ = write!(all, "{}\n{}\n\n", args.join(" "), tool.snapshot(&args));
    }
    let bytes = Tool::with_files(&[]);
    std::fs::write(bytes.project("zappa_settings.toml"), [0xff, 0xfe, 0x00]).unwrap();
    let _ = write!(all, "no UTF-8\n{}\n", bytes.snapshot(&["check"]));
    assert_snapshot!(all);
}

#[test]
fn the_settings_are_found_from_a_folder_below_and_the_environments_region_counts_last() {
    let tool = Tool::with_files(&[("zappa_settings.toml", "[stage.dev]\n"), ("src/deep/x.txt", "")]);
    let mut command = tool.command(&["check"]);
    command.current_dir(tool.project("src/deep")).env("AWS_REGION", "eu-north-1");
    assert!(tool.snapshot_of(&mut command).starts_with("exit: 0\n"));
}

#[test]
fn the_settings_of_a_workspace_are_found_from_a_member_that_is_a_repository_of_its_own() {
    let tool = Tool::with_files(&[
        ("ws/Cargo.toml", "[workspace]\nmembers = [\"api\"]\nresolver = \"3\"\n"),
        ("ws/zappa_settings.toml", "[project]\npackage = \"api\"\n[stage.dev]\naws_region = \"eu-west-1\"\n"),
        ("ws/api/Cargo.toml", "[package]\nname = \"api\"\nedition = \"2024\"\n"),
        ("ws/api/src/main.rs", "fn main() {\n    zappa_rs::run(app())\n}\n"),
        ("ws/api/.git/HEAD", ""),
    ]);
    let mut command = tool.command(&["check"]);
    let transcript = tool.snapshot_of(command.current_dir(tool.project("ws/api")));
    assert!(transcript.starts_with("exit: 0\n"), "{transcript}");
    assert!(transcript.contains("Checked 1 stage of [PROJECT]/ws/zappa_settings.toml\n"), "{transcript}");
}

#[test]
fn what_the_file_says_reaches_no_terminal_as_control_characters() {
    // An escape, then what reorders a line: marks, an override, an isolate.
    for letter in ['\u{1b}', '\u{200e}', '\u{200f}', '\u{202e}', '\u{2066}'] {
        let settings = format!("{STAGE}\"\\u{:04x}[2J\" = 1\n", u32::from(letter));
        let text = Tool::with_settings(&settings).snapshot(&["check"]);
        assert!(text.starts_with("exit: 2\n") && !text.contains(letter), "{letter:?}: {text}");
        let text = Tool::with_settings(&settings).snapshot(&["check", "--json"]);
        assert!(!text.contains(letter), "{letter:?}: {text}");
    }
}

#[test]
fn what_cargo_does_not_have_or_has_several_of_is_a_fault() {
    let manifest = "[package]\nname = \"shop\"\nedition = \"2024\"\n[workspace]\n";
    let main = "fn main() {\n    zappa_rs::run(app())\n}\n";
    for (project, expected) in [
        ("package = \"shoop\"", ":2:1: package `shoop` is not a member of the workspace; packages are `shop`; did you"),
        ("bin = \"worker\"", ":2:1: package `shop` has no binary `worker`; binaries are `admin` and `shop`"),
        ("example = \"demo\"", ":2:1: package `shop` has no example `demo`; there are no examples"),
        ("", ":1:2: package `shop` has several binaries: `admin` and `shop`; choose one with `bin = \"admin\"`"),
        ("bin = \"shop\"", ""),
    ] {
        let settings = format!("[project]\n{project}\n[stage.dev]\naws_region = \"eu-west-1\"\n");
        let tool = Tool::with_files(&[
            ("Cargo.toml", manifest),
            ("src/main.rs", main),
            ("src/bin/admin.rs", main),
            ("zappa_settings.toml", &settings),
        ]);
        let transcript = tool.snapshot(&["check"]);
        let code = if expected.is_empty() { "exit: 0" } else { "exit: 2" };
        assert!(transcript.starts_with(code) && transcript.contains(expected), "{project}: {transcript}");
    }
}

#[test]
fn features_and_a_profile_that_cargo_does_not_have_are_faults_with_their_line() {
    let manifest = "[package]\nname = \"shop\"\nedition = \"2024\"\n[features]\nmetrics = []\ntracing = []\n\
                    [profile.lambda]\ninherits = \"release\"\n[workspace]\n";
    let features =
        "package `shop` has no feature `metrcs`; features are `metrics` and `tracing`; did you mean `metrics`?";
    let profile = "there is no Cargo profile `lamda`; profiles are `bench`, `dev`, `lambda`, `release`, `small` and `test`; did you mean `lambda`?";
    for (project, stage, variable, expected) in [
        ("features = [\"metrcs\"]\n", "", "", &[(":3:1", features)][..]),
        ("", "features = [\"metrics,metrcs\"]", "", &[(":5:1", features)]),
        ("", "profile = \"lamda\"", "", &[(":5:1", profile)]),
        ("features = [\"metrcs\"]\n", "profile = \"lamda\"", "", &[(":3:1", features), (":6:1", profile)]),
        ("features = [\"tracing metrics\", \"default\", \"serde/std\"]\n", "features = [\"metrics\"]", "", &[]),
        ("", "profile = \"lambda\"", "", &[]),
        ("", "profile = \"dev\"", "", &[]),
        // Of cargo's configuration, and of a variable.
        ("", "profile = \"small\"", "", &[]),
        ("", "profile = \"from-a-variable\"", "CARGO_PROFILE_FROM_A_VARIABLE_INHERITS", &[]),
        (
            "features = [\"metrcs\"]\n",
            "profile = \"lamda\"\nbuilder = \"command\"\nbuild_command = \"make\"\nbuild_output = \"x\"",
            "",
            &[],
        ),
    ] {
        let settings =
            format!("[project]\nname = \"shop\"\n{project}[stage.dev]\naws_region = \"eu-west-1\"\n{stage}\n");
        let tool = Tool::with_files(&[
            ("Cargo.toml", manifest),
            (".cargo/config.toml", "[profile.small]\ninherits = \"release\"\n"),
            ("src/main.rs", "fn main() {\n    zappa_rs::run(app())\n}\n"),
            ("zappa_settings.toml", &settings),
        ]);
        let run = |command: &str| {
            let mut command = tool.command(&[command]);
            command.env("CARGO_HOME", tool.project(""));
            if !variable.is_empty() {
                command.env(variable, "release");
            }
            tool.snapshot_of(&mut command)
        };
        let code = if expected.is_empty() { "exit: 0\n" } else { "exit: 2\n" };
        let (checked, template) = (run("check"), run("template"));
        assert!(checked.starts_with(code) && template.starts_with(code), "{settings}: {checked}{template}");
        for (line, sentence) in expected {
            let (position, first) = (format!("{line}: "), sentence.split(';').next().unwrap());
            assert!(checked.lines().any(|line| line.contains(&position) && line.contains(sentence)), "{checked}");
            assert!(template.contains(first), "{template}");
        }
        if !expected.is_empty() {
            assert!(run("deploy").starts_with(code));
        }
    }
}

#[test]
fn a_template_refuses_what_check_refuses() {
    let settings = "[project]\nname = \"shop\"\n[stage.dev]\naws_region = \"eu-west-1\"\n\
                    environment = { TABLE = { Ref = \"Missing\" } }\n";
    let tool = Tool::with_settings(settings);
    for command in ["check", "template"] {
        let transcript = tool.snapshot(&[command]);
        assert!(
            transcript.starts_with("exit: 2") && transcript.contains("refers to `Missing`"),
            "{command}: {transcript}"
        );
    }
}

#[test]
fn no_command_sends_or_packages_what_check_refuses() {
    let main = "fn main() {\n    zappa_rs::run(app())\n}\n";
    let head = "[project]\nname = \"shop\"\n[stage.dev]\naws_region = \"eu-west-1\"\n";
    let environment = "environment = { TABLE = { Ref = \"Missing\" } }\n";
    let (large, outside) = ("include = [\"large\"]\n", "include = [\"../secret\"]\n");
    let bin = ("has several binaries: `admin` and `shop`", "src/bin/admin.rs");
    for (stage, other_program, expected) in [
        (environment, None, &["refers to `Missing`"][..]),
        (large, None, &["has 251.0 MiB unzipped"]),
        (outside, None, &["`../secret`, which lies outside"]),
        ("", Some(bin.1), &[bin.0]),
        (&format!("{outside}{environment}"), Some(bin.1), &[bin.0, "`../secret`, which", "`Missing`"]),
    ] {
        let settings = format!("{head}{stage}");
        let mut files = vec![
            ("Cargo.toml", "[package]\nname = \"shop\"\nedition = \"2024\"\n[workspace]\n"),
            ("src/main.rs", main),
            ("large", ""),
            ("zappa_settings.toml", &settings),
        ];
        files.extend(other_program.map(|path| (path, main)));
        let tool = Tool::with_files(&files);
        // Nothing is written to the disk for it.
        let large = std::fs::File::options().write(true).open(tool.project("large")).unwrap();
        large.set_len(251 << 20).unwrap();
        for command in ["check", "template", "diff", "deploy", "package"] {
            let transcript = tool.snapshot(&[command]);
            assert!(transcript.starts_with("exit: 2\n"), "{command} {stage}: {transcript}");
            assert!(expected.iter().all(|fault| transcript.contains(fault)), "{command} {stage}: {transcript}");
        }
    }
}

#[test]
fn for_a_zip_that_is_given_it_does_not_matter_what_would_be_built() {
    let stage = "[stage.dev]\naws_region = \"eu-west-1\"\ninclude = [\"../secret\"]\n";
    for project in
        ["name = \"shop\"", "name = \"shop\"\nbin = \"none\"", "bin = \"none\"", "package = \"none\"\nbin = \"api\""]
    {
        let settings = format!("[project]\n{project}\n{stage}");
        let tool = Tool::with_files(&[
            ("Cargo.toml", "[package]\nname = \"shop\"\nedition = \"2024\"\n[workspace]\n"),
            ("src/bin/api.rs", "fn main() {}"),
            ("src/bin/admin.rs", "fn main() {}"),
            ("zappa_settings.toml", &settings),
            ("own.zip", "no zip"),
        ]);
        let transcript = tool.snapshot(&["package", "--zip", "own.zip"]);
        assert!(transcript.contains("own.zip` is not a readable zip"), "{project}: {transcript}");
        for command in ["diff", "deploy"] {
            let mut command = tool.command(&[command, "--zip", "own.zip"]);
            command.env("HOME", tool.project("")).env("AWS_EC2_METADATA_DISABLED", "true");
            command.env("AWS_ACCESS_KEY_ID", "x").env("AWS_SECRET_ACCESS_KEY", "x");
            let transcript = tool.snapshot_of(&mut command);
            assert!(transcript.contains("own.zip` is not a readable zip"), "{project}: {transcript}");
        }
    }
}

#[test]
fn a_path_dependency_outside_of_the_workspace_is_named_with_its_folder() {
    let package = |name: &str, dependencies: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{dependencies}")
    };
    let shop = package(
        "shop",
        "[dependencies]\nlib = { path = \"../lib\" }\ninner = { path = \"inner\" }\n[dev-dependencies]\ntrial = { path = \"../trial\" }\n[workspace]\n",
    );
    let lib = package("lib", "[dependencies]\ndeep = { path = \"../deep\" }\n");
    let [deep, inner, trial] = ["deep", "inner", "trial"].map(|name| package(name, ""));
    let tool = Tool::with_files(&[
        ("shop/Cargo.toml", &shop),
        ("shop/src/main.rs", "fn main() {\n    zappa_rs::run(app())\n}\n"),
        ("shop/inner/Cargo.toml", &inner),
        ("shop/inner/src/lib.rs", ""),
        ("lib/Cargo.toml", &lib),
        ("lib/src/lib.rs", ""),
        ("deep/Cargo.toml", &deep),
        ("deep/src/lib.rs", ""),
        ("trial/Cargo.toml", &trial),
        ("trial/src/lib.rs", ""),
        ("shop/zappa_settings.toml", "[stage.dev]\naws_region = \"eu-west-1\"\n"),
    ]);
    let outside = || {
        let transcript = tool.snapshot(&["check", "-s", "shop/zappa_settings.toml"]);
        assert!(transcript.starts_with("exit: 0\n"), "{transcript}");
        let named = transcript.lines().filter_map(|line| line.strip_prefix("warning: path dependency `")).map(|line| {
            assert!(line.contains(" the same source makes the same zip only where that folder is the same"), "{line}");
            line.split_once(':').unwrap().0.to_owned()
        });
        named.collect::<Vec<_>>()
    };
    // Without a lockfile, which `check` does not write, only what the manifests of the workspace name is seen.
    let lib = "lib` lies outside of the workspace, in `[PROJECT]/lib`";
    assert_eq!(outside(), [lib]);
    assert!(!tool.project("shop/Cargo.lock").exists());
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.args(["generate-lockfile", "--offline", "--quiet"]).current_dir(tool.project("shop"));
    assert!(cargo.status().unwrap().success());
    assert_eq!(outside(), ["deep` lies outside of the workspace, in `[PROJECT]/deep`", lib]);
}
