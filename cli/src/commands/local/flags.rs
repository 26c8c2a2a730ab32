//! The flags of `local` over the settings of a stage: a flag is a setting of this run.
//!
//! Which settings those are is decided here and nowhere else; what is served is read from the template of the result.

use std::collections::BTreeMap;

use zappa_rs_adapter::contract;

use super::error::Error;
use crate::{
    args::{LocalArgs, Pair},
    gateway::{self, GatewayKind},
    settings::{Api, CorsSetting, Stage, Variable},
};

/// Puts the flags, and the variables of the env file below them, over the settings of a stage. Returns the gateway, for
/// which the settings may have no word.
pub(super) fn apply(
    args: &LocalArgs,
    env_file: &BTreeMap<String, String>,
    stage: &mut Stage,
) -> Result<GatewayKind, Error> {
    let kind = args.gateway.unwrap_or(match stage.api {
        Api::Rest => GatewayKind::Rest,
        Api::Http => GatewayKind::Http,
        Api::FunctionUrl => GatewayKind::FunctionUrl,
    });
    check_gateway(args, kind)?;
    stage.api = match kind {
        GatewayKind::Rest => Api::Rest,
        // No template has a load balancer. Behind an HTTP API, too, nothing is streamed and each body is passed on.
        GatewayKind::Http | GatewayKind::Alb => Api::Http,
        GatewayKind::FunctionUrl => Api::FunctionUrl,
    };
    // Another gateway than the deployed one has its own defaults.
    stage.base_path = match args.base_path.as_deref().or(stage.base_path.as_deref()) {
        Some(text) if is_api(kind) => base_path(text)?,
        _ => None,
    };
    if kind == GatewayKind::Alb {
        // A load balancer leaves it to the application.
        stage.cors = CorsSetting::default();
    }
    stage.streaming = streams(kind) && (args.streaming || stage.streaming);
    if !args.binary_media_type.is_empty() {
        stage.binary_media_types.clone_from(&args.binary_media_type);
    }
    if let Some(memory) = args.memory {
        stage.memory_size = memory;
    }
    if let Some(timeout) = args.timeout {
        stage.timeout_seconds = timeout;
    }
    let text = |name: &String, value: &String| (name.clone(), Variable::Text(value.clone()));
    stage.environment.extend(env_file.iter().map(|(name, value)| text(name, value)));
    stage.environment.extend(args.env.iter().map(|Pair { name, value }| text(name, value)));
    // The template sets it below the flag.
    stage.rewrite_location |= args.env.iter().any(|pair| pair.name == contract::variable::REWRITE_LOCATION);
    Ok(kind)
}

fn is_api(kind: GatewayKind) -> bool {
    matches!(kind, GatewayKind::Rest | GatewayKind::Http)
}

fn streams(kind: GatewayKind) -> bool {
    matches!(kind, GatewayKind::Rest | GatewayKind::FunctionUrl)
}

/// Checks that the gateway has what the flags set.
fn check_gateway(args: &LocalArgs, kind: GatewayKind) -> Result<(), Error> {
    let is_api = is_api(kind);
    for (is_used, flag, fits, meant_for) in [
        (args.stage.is_some(), "--stage", is_api, &["rest", "http"][..]),
        (args.base_path.is_some(), "--base-path", is_api, &["rest", "http"]),
        (!args.stage_variable.is_empty(), "--stage-variable", is_api, &["rest", "http"]),
        (args.streaming, "--streaming", streams(kind), &["rest", "function-url"]),
        (args.multi_value_headers, "--multi-value-headers", kind == GatewayKind::Alb, &["alb"]),
        (!args.binary_media_type.is_empty(), "--binary-media-type", kind == GatewayKind::Rest, &["rest"]),
    ] {
        if is_used && !fits {
            return Err(Error::NotForGateway { flag, gateway: kind.noun(), meant_for });
        }
    }
    // AWS sends no other events: neither has a name that AWS gives to the other.
    let is_of_other = |name: &str| match kind {
        GatewayKind::FunctionUrl => gateway::is_default_host(name),
        _ => gateway::is_function_url_host(name),
    };
    if let Some(name) = args.host.name()
        && is_of_other(name)
    {
        return Err(Error::HostName { name: name.to_owned(), kind });
    }
    args.stage.as_deref().map_or(Ok(()), |stage| check_stage(stage, kind))
}

fn check_stage(stage: &str, kind: GatewayKind) -> Result<(), Error> {
    let is_name = !stage.is_empty()
        && stage.len() <= 128
        && stage.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'));
    if is_name || stage == gateway::DEFAULT_STAGE && kind == GatewayKind::Http {
        return Ok(());
    }
    Err(Error::Stage(stage.to_owned()))
}

/// Normalises a base path: `shop` for `shop`, `/shop` and `/shop/`; none for `/`.
fn base_path(text: &str) -> Result<Option<String>, Error> {
    let inner = text.trim_matches('/');
    let is_segment = |segment: &str| {
        !segment.is_empty()
            && !matches!(segment, "." | "..")
            && segment.chars().all(|letter| letter.is_ascii_alphanumeric() || "$-_.+!*'()".contains(letter))
    };
    match inner {
        "" => Ok(None),
        inner if inner.split('/').all(is_segment) => Ok(Some(inner.to_owned())),
        _ => Err(Error::BasePath(text.to_owned())),
    }
}
