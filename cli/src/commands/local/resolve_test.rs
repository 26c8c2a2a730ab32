//! Tests of the description that `local` resolves.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use clap::{CommandFactory as _, Parser as _};
use serde_json::json;

use super::{env_file::EnvFile, error::Error, resolve::*, settings::LocalSettings};
use crate::{
    args::{Args, Command, LocalArgs},
    gateway::GatewayKind,
    local::description::Description,
    settings::{Api, Stage, Variable},
};

fn args(flags: &[&str]) -> LocalArgs {
    let command = Args::try_parse_from(["zappa-rs", "local"].iter().chain(flags)).unwrap().command;
    let Command::Local(args) = command else { panic!("not local") };
    *args
}

/// The description without a settings file.
fn described(flags: &[&str]) -> Result<Description, Error> {
    let settings = LocalSettings::without_file("us-east-1", PathBuf::new(), EnvFile::default(), String::new());
    description(&args(flags), &settings, "app")
}

/// The description of the stage `prod` of the project `shop`, with an env file.
fn of_stage(stage: Stage, env_file: &[(&str, &str)], flags: &[&str]) -> Result<Description, Error> {
    let variables = env_file.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let env_file = EnvFile { path: Some(".env.prod".into()), variables };
    let mut settings = LocalSettings::without_file("us-east-1", PathBuf::new(), env_file, String::new());
    settings.project.name = Some("shop".to_owned());
    settings.name = Some("prod".to_owned());
    settings.stage = stage;
    description(&args(flags), &settings, "app")
}

fn environment(description: &Description) -> Vec<String> {
    description.function.environment.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

#[test]
fn the_help_names_the_defaults_of_the_settings() {
    let command = Args::command();
    let local = command.find_subcommand("local").unwrap();
    let stage = Stage::default();
    for (flag, default) in [("memory", stage.memory_size), ("timeout", stage.timeout_seconds)] {
        let flag = local.get_arguments().find(|argument| argument.get_id() == flag).unwrap();
        let help = flag.get_help().unwrap().to_string();
        assert!(help.ends_with(&format!("[default: the settings', or {default}]")), "{help}");
    }
}

#[test]
fn each_gateway_has_its_own_defaults() {
    for (kind, stage, url, seconds) in [
        ("rest", "dev", "/dev/", 29),
        ("http", "$default", "/", 30),
        ("function-url", "$default", "/", 1800),
        ("alb", "$default", "/", 60),
    ] {
        let gateway = described(&["--as", kind]).unwrap().gateway;
        assert_eq!((gateway.stage.as_str(), gateway.root().as_str()), (stage, url), "{kind}");
        assert_eq!(gateway.timeout.as_secs(), seconds, "{kind}");
    }
}

#[test]
fn a_base_path_stands_in_the_url_instead_of_the_stage() {
    for (text, expected) in [("shop", "/shop/"), ("/shop/", "/shop/"), ("a/b", "/a/b/"), ("/", "/dev/")] {
        let description = described(&["--base-path", text]).unwrap();
        assert_eq!(description.gateway.root(), expected);
    }
    for text in ["a b", "..", "a//b", "a?b"] {
        assert!(matches!(described(&["--base-path", text]), Err(Error::BasePath(_))), "{text}");
    }
}

#[test]
fn a_name_stands_for_the_custom_domain_and_the_gateways_own_name_keeps_the_stage() {
    let own = "k3j2h1g4f5.execute-api.eu-west-1.amazonaws.com";
    let url = "k3j2h1g4f5.lambda-url.eu-west-1.on.aws";
    for (flags, expected) in [
        (&["--host=api.example.com"][..], Some("/")),
        (&["--host=api.example.com", "--base-path=shop"], Some("/shop/")),
        (&["--host=api.example.com", "--as=http", "--stage=dev"], Some("/")),
        (&["--host=api.example.com", "--as=alb"], Some("/")),
        (&["--host", own], Some("/dev/")),
        (&["--host", url, "--as=function-url"], Some("/")),
        (&["--host=api.example.com", "--as=function-url"], Some("/")),
        (&["--host", own, "--as=function-url"], None),
        (&["--host", url], None),
    ] {
        let Ok(Description { gateway, .. }) = described(flags) else {
            assert_eq!(expected, None, "{flags:?}");
            continue;
        };
        assert_eq!(Some(&*gateway.root()), expected, "{flags:?}");
        let is_own = flags[1..].first().is_some_and(|name| [own, url].contains(name));
        assert_eq!(gateway.api_id == "k3j2h1g4f5", is_own, "{flags:?}");
    }
}

#[test]
fn behind_a_function_url_the_app_is_told_its_domain() {
    let domain = |flags: &[&str]| described(flags).unwrap().function.environment.get("ZAPPA_DOMAIN").cloned();
    assert_eq!(domain(&["--host=api.example.com", "--as=function-url"]).as_deref(), Some("api.example.com"));
    assert_eq!(domain(&["--host=k3j2h1g4f5.lambda-url.eu-west-1.on.aws", "--as=function-url"]), None);
    assert_eq!(domain(&["--host=api.example.com"]), None);
}

#[test]
fn flags_that_a_gateway_does_not_have_are_refused() {
    for flags in [
        ["--as=http", "--streaming"],
        ["--as=alb", "--stage=x"],
        ["--as=function-url", "--base-path=x"],
        ["--as=rest", "--multi-value-headers"],
        ["--as=http", "--binary-media-type=image/png"],
        ["--as=alb", "--stage-variable=a=b"],
    ] {
        assert!(matches!(described(&flags), Err(Error::NotForGateway { .. })), "{flags:?}");
    }
}

#[test]
fn the_hint_names_the_gateways_that_take_the_flag() {
    let error = described(&["--as=http", "--streaming"]).unwrap_err();
    assert_eq!(error.to_string(), "`--streaming` is not for an HTTP API");
    assert_eq!(error.hint().unwrap(), "it is only for `--as rest` or `--as function-url`");
}

#[test]
fn what_deploy_writes_stands_in_the_environment() {
    let description = described(&["--stage=prod", "--base-path=shop", "--streaming", "--env=A=b"]).unwrap();
    assert_eq!(description.function.name, "app-prod");
    assert_eq!(
        environment(&description),
        ["A=b", "ZAPPA_BASE_PATH=/shop", "ZAPPA_PROJECT=app", "ZAPPA_STAGE=prod", "ZAPPA_STREAMING=rest"]
    );
}

#[test]
fn what_lambda_sets_itself_cannot_be_set() {
    for name in ["AWS_LAMBDA_FUNCTION_NAME", "_HANDLER", "AWS_REGION"] {
        let pair = format!("--env={name}=x");
        assert!(matches!(described(&[&pair]), Err(Error::Reserved(_))), "{name}");
    }
    let long = format!("--env=A={}", "x".repeat(5000));
    assert!(matches!(described(&[&long]), Err(Error::TooLong(_))));
}

#[test]
fn a_stage_is_served_as_its_template_describes_it() {
    let stage = Stage {
        memory_size: 512,
        timeout_seconds: 7,
        ephemeral_storage: 1024,
        reserved_concurrency: Some(3),
        function_name: Some("storefront".to_owned()),
        base_path: Some("shop".to_owned()),
        binary_media_types: vec!["image/png".to_owned()],
        streaming: true,
        rewrite_location: false,
        environment: [("MODE".to_owned(), Variable::Text("fast".to_owned()))].into(),
        ..Stage::default()
    };
    let description = of_stage(stage, &[], &[]).unwrap();
    let Description { gateway, function, .. } = &description;
    assert_eq!(
        (function.name.as_str(), function.memory_mb, function.timeout, function.ephemeral_storage_mb),
        ("storefront", 512, Duration::from_secs(7), 1024)
    );
    assert_eq!(function.concurrency, 3);
    assert_eq!((gateway.kind, gateway.stage.as_str(), gateway.streaming), (GatewayKind::Rest, "prod", true));
    assert_eq!(
        (gateway.root().as_str(), gateway.binary_media_types.as_slice()),
        ("/shop/", &["image/png".to_owned()][..])
    );
    assert_eq!(
        environment(&description),
        [
            "MODE=fast",
            "ZAPPA_BASE_PATH=/shop",
            "ZAPPA_PROJECT=shop",
            "ZAPPA_REWRITE_LOCATION=off",
            "ZAPPA_STAGE=prod",
            "ZAPPA_STREAMING=rest",
        ]
    );
}

#[test]
fn a_flag_wins_over_the_stage() {
    let stage =
        || Stage { reserved_concurrency: Some(3), rewrite_location: false, streaming: true, ..Stage::default() };
    let flags = [
        "--as=http",
        "--stage=v1",
        "--memory=1024",
        "--timeout=3",
        "--concurrency=20",
        "--env=ZAPPA_REWRITE_LOCATION=on",
    ];
    let description = of_stage(stage(), &[], &flags).unwrap();
    let Description { gateway, function, .. } = &description;
    assert_eq!((gateway.kind, gateway.stage.as_str(), gateway.streaming), (GatewayKind::Http, "v1", false));
    assert_eq!((function.memory_mb, function.timeout, function.concurrency), (1024, Duration::from_secs(3), 20));
    assert_eq!(function.name, "shop-prod", "a flag names the API's stage, not the settings'");
    assert_eq!(environment(&description), ["ZAPPA_PROJECT=shop", "ZAPPA_REWRITE_LOCATION=on", "ZAPPA_STAGE=prod"]);
    let gateway = of_stage(stage(), &[], &["--as=alb"]).unwrap().gateway;
    assert_eq!((gateway.kind, gateway.timeout, gateway.streaming), (GatewayKind::Alb, Duration::from_secs(60), false));
}

#[test]
fn a_rest_api_without_binary_media_types_has_none_here_either() {
    let gateway = of_stage(Stage { binary_media_types: Vec::new(), ..Stage::default() }, &[], &[]).unwrap().gateway;
    assert_eq!(gateway.binary_media_types, Vec::<String>::new());
    let gateway = described(&[]).unwrap().gateway;
    assert_eq!(gateway.binary_media_types, ["*/*"]);
    let function_url = Stage { api: Api::FunctionUrl, streaming: true, ..Stage::default() };
    let gateway = of_stage(function_url, &[], &[]).unwrap().gateway;
    assert_eq!((gateway.binary_media_types.len(), gateway.streaming), (0, true));
}

#[test]
fn a_reference_to_the_cloud_needs_a_value_of_the_env_file_or_a_flag() {
    let reference = || match json!({ "Ref": "Table" }) {
        serde_json::Value::Object(map) => Variable::Expression(map),
        _ => unreachable!(),
    };
    let stage = || {
        let environment: BTreeMap<_, _> = ["A", "B", "C"].map(|name| (name.to_owned(), reference())).into();
        Stage { environment, ..Stage::default() }
    };
    let description = of_stage(stage(), &[("A", "told"), ("B", "told")], &["--env=B=flag", "--env=C=flag"]).unwrap();
    assert_eq!(environment(&description)[..3], ["A=told", "B=flag", "C=flag"]);
    let error = of_stage(stage(), &[], &["--env=B=flag"]).unwrap_err();
    assert_eq!(error.to_string(), "`A` and `C` refer to what exists only in the cloud");
    assert_eq!(error.hint().unwrap(), "say what to use here in `.env.prod`, one `NAME=VALUE` a line");
}

#[test]
fn a_link_needs_a_value_of_the_env_file_and_an_arn_none() {
    let stage: Stage = serde_json::from_value(json!({
        "link": { "Orders": "Orders", "jobs": "arn:aws:sqs:eu-west-1:123456789012:jobs" },
        "resources": { "Orders": { "Type": "AWS::DynamoDB::Table" } },
    }))
    .unwrap();
    let description = of_stage(stage.clone(), &[("ZAPPA_LINK_Orders", "orders-test")], &[]).unwrap();
    let jobs = "arn:aws:sqs:eu-west-1:123456789012:jobs https://sqs.eu-west-1.amazonaws.com/123456789012/jobs";
    assert_eq!(
        environment(&description)[..2],
        ["ZAPPA_LINK_Orders=orders-test".to_owned(), format!("ZAPPA_LINK_jobs={jobs}")]
    );
    let error = of_stage(stage, &[], &[]).unwrap_err();
    assert_eq!(error.to_string(), "`ZAPPA_LINK_Orders` refers to what exists only in the cloud");
    assert!(error.hint().unwrap().ends_with("one `NAME=VALUE` a line; of a link, its name, ARN or URL"));
}
