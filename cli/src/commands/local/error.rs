//! Errors of the flags and settings of `local`: what does not fit together, and what AWS would refuse.

use std::path::PathBuf;

use zappa_rs_adapter::contract;

use super::tokens;
use crate::{gateway::GatewayKind, lambda, suggestion::quote_list};

/// Flags or settings that cannot be served.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("`{flag}` is not for {gateway}")]
    NotForGateway { flag: &'static str, gateway: &'static str, meant_for: &'static [&'static str] },
    #[error("`{name}` cannot be the name of {}", kind.noun())]
    HostName { name: String, kind: GatewayKind },
    #[error("`{0}` cannot be the name of a stage")]
    Stage(String),
    #[error("`{0}` cannot be a base path")]
    BasePath(String),
    #[error("`{0}` cannot be set: Lambda sets it itself")]
    Reserved(String),
    #[error("`--profile` needs `--with-credentials`")]
    ProfileAlone,
    #[error("`--jwks` is for a stage that asks for tokens, and this one asks for none as {gateway}")]
    KeysAlone { gateway: &'static str, is_by_flag: bool },
    #[error("{} is not a JSON Web Key Set: {reason}", path.display())]
    KeySet { path: PathBuf, reason: String },
    #[error("{reason}")]
    UnusableKeySet { path: PathBuf, reason: String },
    #[error("`{0}` cannot be set: `--with-credentials` sets it")]
    Credential(String),
    #[error("the environment has {0} bytes, Lambda takes {max}", max = lambda::MAX_ENVIRONMENT)]
    TooLong(usize),
    #[error("{} {} to what exists only in the cloud", quote_list(names.iter().map(String::as_str)), refer(names))]
    CloudOnly { names: Vec<String>, env_file: PathBuf },
    #[error("{} {} no value here", noun(names), if names.len() == 1 { "has" } else { "have" })]
    Secrets { names: Vec<String>, env_file: PathBuf },
    #[error("the template of this stage cannot be served")]
    Template(#[from] serde_json::Error),
}

fn refer(names: &[String]) -> &'static str {
    if names.len() == 1 { "refers" } else { "refer" }
}

fn noun(names: &[String]) -> String {
    let list = quote_list(names.iter().map(String::as_str));
    if names.len() == 1 { format!("the secret {list}") } else { format!("the secrets {list}") }
}

impl Error {
    /// The remedy.
    pub(super) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotForGateway { meant_for, .. } => {
                format!(
                    "it is only for `--as {}`",
                    quote_list(meant_for.iter().copied()).replace('`', "").replace(" and ", "` or `--as ")
                )
            }
            Self::HostName { kind: GatewayKind::FunctionUrl, .. } => {
                "it is the name of an API: add `--as rest` or `--as http`".to_owned()
            }
            Self::HostName { .. } => "it is the name of a Function URL: add `--as function-url`".to_owned(),
            Self::Stage(_) => "letters, digits, `-` and `_`; an HTTP API also has `$default`".to_owned(),
            Self::BasePath(_) => "segments of letters, digits and `$-_.+!*'()`, such as `shop` or `shop/v1`".to_owned(),
            Self::Reserved(_) => "leave it out; the tool sets it as Lambda does".to_owned(),
            Self::ProfileAlone => "add `--with-credentials`: without it the app gets no credentials".to_owned(),
            Self::KeysAlone { is_by_flag: true, .. } => {
                "leave it out, or leave out `--as`: the authorizers of the settings are not those of every gateway"
                    .to_owned()
            }
            Self::KeysAlone { is_by_flag: false, .. } => {
                "set `authorizer` to the name of an authorizer with `cognito` or `jwt`, or leave it out".to_owned()
            }
            Self::KeySet { .. } => {
                "it is the document at the `jwks_uri` of the issuer, such as `{ \"keys\": [{ \"kty\": \"RSA\", … }] }`"
                    .to_owned()
            }
            Self::UnusableKeySet { path, .. } => tokens::key_set_hint(path),
            Self::Credential(_) => {
                "leave it out of the env file and `--env`, or leave out `--with-credentials`".to_owned()
            }
            Self::TooLong(_) => "keep long values in a file or in a parameter store".to_owned(),
            Self::CloudOnly { names, env_file } => {
                let is_link = |name: &String| name.starts_with(contract::variable::LINK);
                let of_link = if names.iter().any(is_link) { "; of a link, its name, ARN or URL" } else { "" };
                format!("say what to use here in `{}`, one `NAME=VALUE` a line{of_link}", env_file.display())
            }
            Self::Secrets { env_file, .. } => {
                format!(
                    "put it into `{}`, one `NAME=VALUE` a line, or add `--with-credentials` to read it from AWS",
                    env_file.display()
                )
            }
            Self::Template(_) => return None,
        })
    }
}
