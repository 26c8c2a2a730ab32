//! Flags of `local` resolved to a description: defaults, and combinations that are refused.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use zappa_rs_adapter::contract;

use crate::{
    args::{LocalArgs, Pair},
    commands::stage,
    gateway::{self, Gateway, GatewayKind, Route, limit},
    lambda,
    local::{
        description::{CredentialChain, Description, Function},
        environment,
    },
    suggestion::quote_list,
};

/// The stage where none is named.
const STAGE: &str = "dev";
/// The stage of an HTTP API that puts nothing before the path.
const DEFAULT_STAGE: &str = "$default";
/// The account in ARNs and events.
const ACCOUNT: &str = "123456789012";
/// The memory of a function whose settings name none.
const MEMORY_MB: u32 = 256;
/// The longest invocation of a function whose settings name none.
const TIMEOUT_SECONDS: u64 = 29;
/// The temporary storage that Lambda gives without being asked.
const EPHEMERAL_STORAGE_MB: u32 = 512;

/// Flags that do not fit together or that AWS would refuse.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{flag}` is not for {gateway}")]
    NotForGateway { flag: &'static str, gateway: &'static str, meant_for: &'static [&'static str] },
    #[error("`{name}` cannot be the name of {}", noun(*kind))]
    HostName { name: String, kind: GatewayKind },
    #[error("`{0}` cannot be the name of a stage")]
    Stage(String),
    #[error("`{0}` cannot be a base path")]
    BasePath(String),
    #[error("`{0}` cannot be set: Lambda sets it itself")]
    Reserved(String),
    #[error("`--profile` needs `--with-credentials`")]
    ProfileAlone,
    #[error("`{0}` cannot be set: `--with-credentials` sets it")]
    Credential(String),
    #[error("the environment has {0} bytes, Lambda takes {max}", max = lambda::MAX_ENVIRONMENT)]
    TooLong(usize),
}

impl Error {
    /// What gets further.
    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotForGateway { meant_for, .. } => {
                format!(
                    "it is only for `--as {}`",
                    quote_list(meant_for.iter().copied()).replace('`', "").replace(" and ", "` or `--as ")
                )
            }
            Self::HostName { kind: GatewayKind::FunctionUrl, .. } => {
                "a Function URL has no custom domain, and CloudFront before it asks for the URL's own name, such as \
                 `a1b2c3d4e5.lambda-url.eu-west-1.on.aws`"
                    .to_owned()
            }
            Self::HostName { .. } => "it is the name of a Function URL: add `--as function-url`".to_owned(),
            Self::Stage(_) => "letters, digits, `-` and `_`; an HTTP API also has `$default`".to_owned(),
            Self::BasePath(_) => "segments of letters, digits and `$-_.+!*'()`, such as `shop` or `shop/v1`".to_owned(),
            Self::Reserved(_) => "leave it out; the tool sets it as Lambda does".to_owned(),
            Self::ProfileAlone => "add `--with-credentials`: without it the app gets no credentials".to_owned(),
            Self::Credential(_) => {
                "leave it out of the env file and `--env`, or leave out `--with-credentials`".to_owned()
            }
            Self::TooLong(_) => "keep long values in a file or in a parameter store".to_owned(),
        })
    }
}

/// Checks the flags that settings cannot complete.
pub(crate) fn check(args: &LocalArgs) -> Result<(), Error> {
    if args.profile.is_some() && !args.with_credentials { Err(Error::ProfileAlone) } else { Ok(()) }
}

/// Everything but the binary, which is not built yet. `told` is what the env file holds.
pub(crate) fn description(
    args: &LocalArgs,
    told: &BTreeMap<String, String>,
    project: &str,
    region: &str,
) -> Result<Description, Error> {
    let gateway = gateway(args, project, region)?;
    let stage = function_stage(args);
    Ok(Description {
        function: Function {
            name: format!("{project}-{stage}"),
            region: region.to_owned(),
            account_id: ACCOUNT.to_owned(),
            binary: PathBuf::new(),
            environment: variables(args, told, &gateway, project, stage)?,
            memory_mb: args.memory.unwrap_or(MEMORY_MB),
            timeout: Duration::from_secs(args.timeout.unwrap_or(TIMEOUT_SECONDS)),
            concurrency: usize::from(args.concurrency),
            ephemeral_storage_mb: EPHEMERAL_STORAGE_MB,
            credentials: args
                .with_credentials
                .then(|| CredentialChain { profile: stage::profile(args.profile.as_deref(), None) }),
        },
        gateway,
    })
}

/// What is in the URL before the application's own path.
pub(crate) fn prefix(gateway: &Gateway) -> String {
    match gateway.prefix() {
        "" => "/".to_owned(),
        prefix => format!("/{prefix}/"),
    }
}

fn gateway(args: &LocalArgs, project: &str, region: &str) -> Result<Gateway, Error> {
    let kind = args.gateway.map_or(GatewayKind::Rest, GatewayKind::from);
    let is_api = matches!(kind, GatewayKind::Rest | GatewayKind::Http);
    let streams = matches!(kind, GatewayKind::Rest | GatewayKind::FunctionUrl);
    for (is_used, flag, fits, meant_for) in [
        (args.stage.is_some(), "--stage", is_api, &["rest", "http"][..]),
        (args.base_path.is_some(), "--base-path", is_api, &["rest", "http"]),
        (!args.stage_variable.is_empty(), "--stage-variable", is_api, &["rest", "http"]),
        (args.streaming, "--streaming", streams, &["rest", "function-url"]),
        (args.multi_value_headers, "--multi-value-headers", kind == GatewayKind::Alb, &["alb"]),
        (!args.binary_media_type.is_empty(), "--binary-media-type", kind == GatewayKind::Rest, &["rest"]),
    ] {
        if is_used && !fits {
            let gateway = noun(kind);
            return Err(Error::NotForGateway { flag, gateway, meant_for });
        }
    }
    let host = args.host.name();
    if let Some(name) = host {
        check_host(name, kind)?;
    }
    let all_binary = || vec!["*/*".to_owned()];
    Ok(Gateway {
        kind,
        api_id: match host.filter(|name| gateway::is_default_host(name) || gateway::is_function_url_host(name)) {
            Some(name) => name.split('.').next().unwrap_or_default().to_owned(),
            None => api_id(project),
        },
        host: host.map(str::to_owned),
        stage: stage(args, kind)?,
        base_path: args.base_path.as_deref().map(base_path).transpose()?.flatten(),
        binary_media_types: match kind {
            GatewayKind::Rest if args.binary_media_type.is_empty() => all_binary(),
            _ => args.binary_media_type.clone(),
        },
        streaming: args.streaming,
        multi_value_headers: args.multi_value_headers,
        routes: Vec::<Route>::new(),
        stage_variables: map(&args.stage_variable),
        timeout: limit::timeout(kind),
        region: region.to_owned(),
        account_id: ACCOUNT.to_owned(),
    })
}

/// Checks that AWS would send events with this name: a Function URL has its own alone, and the others never have that.
fn check_host(name: &str, kind: GatewayKind) -> Result<(), Error> {
    if gateway::is_function_url_host(name) == (kind == GatewayKind::FunctionUrl) {
        return Ok(());
    }
    Err(Error::HostName { name: name.to_owned(), kind })
}

pub(super) fn noun(kind: GatewayKind) -> &'static str {
    match kind {
        GatewayKind::Rest => "a REST API",
        GatewayKind::Http => "an HTTP API",
        GatewayKind::FunctionUrl => "a Function URL",
        GatewayKind::Alb => "an ALB",
    }
}

fn function_stage(args: &LocalArgs) -> &str {
    args.stage.as_deref().filter(|stage| *stage != DEFAULT_STAGE).unwrap_or(STAGE)
}

fn stage(args: &LocalArgs, kind: GatewayKind) -> Result<String, Error> {
    let default = if kind == GatewayKind::Rest { STAGE } else { DEFAULT_STAGE };
    let stage = args.stage.as_deref().unwrap_or(default);
    let is_name = !stage.is_empty()
        && stage.len() <= 128
        && stage.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'));
    if is_name || stage == DEFAULT_STAGE && kind != GatewayKind::Rest {
        Ok(stage.to_owned())
    } else {
        Err(Error::Stage(stage.to_owned()))
    }
}

/// `/shop` for `shop`, `/shop` and `/shop/`; none for `/`.
fn base_path(text: &str) -> Result<Option<String>, Error> {
    let inner = text.trim_matches('/');
    let is_path = |segment: &str| {
        !segment.is_empty()
            && !matches!(segment, "." | "..")
            && segment.chars().all(|letter| letter.is_ascii_alphanumeric() || "$-_.+!*'()".contains(letter))
    };
    match inner {
        "" => Ok(None),
        inner if inner.split('/').all(is_path) => Ok(Some(format!("/{inner}"))),
        _ => Err(Error::BasePath(text.to_owned())),
    }
}

fn variables(
    args: &LocalArgs,
    told: &BTreeMap<String, String>,
    gateway: &Gateway,
    project: &str,
    stage: &str,
) -> Result<BTreeMap<String, String>, Error> {
    let mut all = told.clone();
    all.extend(map(&args.env));
    if let Some(name) = all.keys().find(|name| lambda::is_reserved(name)) {
        return Err(Error::Reserved(name.clone()));
    }
    if let Some(name) = all.keys().find(|name| args.with_credentials && environment::is_credential(name)) {
        return Err(Error::Credential(name.clone()));
    }
    let mut set = |name: &str, value: &str| all.insert(name.to_owned(), value.to_owned());
    set(contract::variable::PROJECT, project);
    set(contract::variable::STAGE, stage);
    if let Some(base_path) = &gateway.base_path {
        set(contract::variable::BASE_PATH, base_path);
    }
    match gateway.kind {
        GatewayKind::Rest if gateway.streaming => set(contract::variable::STREAMING, contract::STREAMS_REST),
        GatewayKind::FunctionUrl if gateway.streaming => {
            set(contract::variable::STREAMING, contract::STREAMS_FUNCTION_URL)
        }
        _ => None,
    };
    let size = all.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > lambda::MAX_ENVIRONMENT {
        return Err(Error::TooLong(size));
    }
    Ok(all)
}

fn map(pairs: &[Pair]) -> BTreeMap<String, String> {
    pairs.iter().map(|pair| (pair.name.clone(), pair.value.clone())).collect()
}

/// Ten letters and digits, the same for the same project: bookmarks and recorded events stay valid.
fn api_id(project: &str) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    // FNV-1a, whose result may not change between two versions of Rust as the standard hasher's may.
    let mut hash = project
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (0..10)
        .map(|_| {
            let digit = hash % 36;
            hash /= 36;
            char::from(ALPHABET[digit as usize])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Args, Command};

    fn described(flags: &[&str]) -> Result<Description, Error> {
        let command = Args::try_parse_from(["zappa-rs", "local"].iter().chain(flags)).unwrap().command;
        let Command::Local(args) = command else { panic!("not local") };
        description(&args, &BTreeMap::new(), "app", "us-east-1")
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
            assert_eq!((gateway.stage.as_str(), prefix(&gateway).as_str()), (stage, url), "{kind}");
            assert_eq!(gateway.timeout.as_secs(), seconds, "{kind}");
        }
    }

    #[test]
    fn a_base_path_stands_in_the_url_instead_of_the_stage() {
        for (text, expected) in [("shop", "/shop/"), ("/shop/", "/shop/"), ("a/b", "/a/b/"), ("/", "/dev/")] {
            let description = described(&["--base-path", text]).unwrap();
            assert_eq!(prefix(&description.gateway), expected);
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
            (&["--host=api.example.com", "--as=function-url"], None),
            (&["--host", own, "--as=function-url"], None),
            (&["--host", url], None),
        ] {
            let Ok(Description { gateway, .. }) = described(flags) else {
                assert_eq!(expected, None, "{flags:?}");
                continue;
            };
            assert_eq!(Some(&*prefix(&gateway)), expected, "{flags:?}");
            let is_own = flags[1..].first().is_some_and(|name| [own, url].contains(name));
            assert_eq!(gateway.api_id == "k3j2h1g4f5", is_own, "{flags:?}");
        }
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
        let function = described(&["--stage=prod", "--base-path=shop", "--streaming", "--env=A=b"]).unwrap().function;
        assert_eq!(function.name, "app-prod");
        let variables: Vec<_> = function.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            variables,
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
    fn an_api_id_is_ten_lower_case_letters_and_digits() {
        let id = api_id("app");
        assert_eq!(id.len(), 10);
        assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
        assert_ne!(id, api_id("app2"));
    }
}
