//! The description of what `local` serves, resolved from flags, settings and env file by way of the template.
//!
//! The flags are put over the settings, the result is rendered as a deploy would send it, and gateway and function are
//! read from that. What no template holds is set here, in [`without_template`], and nowhere else.

use std::hash::Hasher as _;

use fnv::FnvHasher;
use zappa_rs_adapter::contract::{
    self,
    secret::{ALL_NAMES, Reference},
};

use super::{access, api_keys, error::Error, flags, settings::LocalSettings, stack};
use crate::{
    args::LocalArgs,
    commands::{rendering::NO_PACKAGE, stage},
    gateway::{self, DEFAULT_STAGE, GatewayKind, access::AccessTable, limit},
    lambda,
    local::{
        description::{CredentialChain, CredentialPurpose, Description},
        environment,
    },
    names::ArtifactKey,
    settings::{Stage, Variable},
    template::{self, Input},
};

/// Resolves everything but the binary, which is not built yet. `target` is the name of what is built.
pub(super) fn description(args: &LocalArgs, settings: &LocalSettings, target: &str) -> Result<Description, Error> {
    let mut stage = settings.stage.clone();
    let kind = flags::apply(args, &settings.env_file.variables, &mut stage)?;
    let identity = settings.identity(target, args.stage.as_deref().filter(|stage| *stage != DEFAULT_STAGE));
    let artifact = ArtifactKey::new(&identity, NO_PACKAGE);
    let input =
        Input { identity: &identity, stage: &stage, region: &settings.region, artifact: &artifact, sha256: NO_PACKAGE };
    let stack = stack::read(&template::render(&input), &settings.region)?;
    let env_file = || args.env_file.clone().or_else(|| settings.env_file.path.clone()).unwrap_or_default();
    if !stack.cloud_only.is_empty() {
        return Err(Error::CloudOnly { names: stack.cloud_only, env_file: env_file() });
    }
    let secrets = secrets_without_value(&stage);
    if !args.with_credentials && !secrets.is_empty() {
        return Err(Error::Secrets { names: secrets, env_file: env_file() });
    }
    let mut description = stack.description;
    if description.gateway.access.has_key_routes() {
        description.gateway.access.set_keys(api_keys::read(&stage));
    }
    without_template(args, settings, kind, target, &mut description);
    if args.profile.is_some() && !args.with_credentials && description.signers.is_none() {
        return Err(Error::ProfileAlone);
    }
    check_environment(args, &stage, &description)?;
    Ok(description)
}

/// What the gateway asks of requests.
pub(super) fn access(args: &LocalArgs, settings: &LocalSettings) -> Result<AccessTable, Error> {
    let mut stage = settings.stage.clone();
    let kind = flags::apply(args, &settings.env_file.variables, &mut stage)?;
    let identity = settings.identity("app", None);
    let artifact = ArtifactKey::new(&identity, NO_PACKAGE);
    let input =
        Input { identity: &identity, stage: &stage, region: &settings.region, artifact: &artifact, sha256: NO_PACKAGE };
    Ok(access::read(&template::render(&input), kind, &settings.region)?)
}

/// The secrets that are not optional and have no variable that stands in for them.
fn secrets_without_value(stage: &Stage) -> Vec<String> {
    let is_needed = |text: &str| Reference::parse(text).is_ok_and(|reference| !reference.is_optional);
    // The crate takes an empty variable for none.
    let is_set =
        |name: &String| stage.environment.get(name).is_some_and(|value| *value != Variable::Text(String::new()));
    let without = stage.secrets.iter().filter(|(name, text)| is_needed(text) && !is_set(name));
    without.map(|(name, _)| name.clone()).filter(|name| name != ALL_NAMES).collect()
}

/// Sets what no template holds.
fn without_template(
    args: &LocalArgs,
    settings: &LocalSettings,
    kind: GatewayKind,
    target: &str,
    description: &mut Description,
) {
    let gateway = &mut description.gateway;
    // A load balancer, which belongs to no stack, and the stage of an API beside the settings'.
    if kind == GatewayKind::Alb {
        gateway.kind = kind;
        gateway.access = AccessTable::default();
        gateway.timeout = limit::timeout(kind);
    }
    if let Some(stage) = &args.stage {
        gateway.stage.clone_from(stage);
    }
    // What AWS makes up, and what a client of the deployed API chooses.
    let host = args.host.name();
    gateway.api_id = match host.filter(|name| gateway::is_default_host(name) || gateway::is_function_url_host(name)) {
        Some(name) => name.split('.').next().unwrap_or_default().to_owned(),
        None => api_id(target),
    };
    gateway.host = host.map(str::to_owned);
    if let Some(domain) = host.filter(|name| kind == GatewayKind::FunctionUrl && !gateway::is_function_url_host(name)) {
        description.function.environment.insert(contract::variable::DOMAIN.to_owned(), domain.to_owned());
    }
    if let Some(api) = &mut description.websocket {
        api.api_id = api_id(&format!("{target}-websocket"));
    }
    // What the settings have no word for.
    gateway.multi_value_headers = args.multi_value_headers;
    gateway.stage_variables = args.stage_variable.iter().map(|pair| (pair.name.clone(), pair.value.clone())).collect();
    on_this_machine(args, settings, description);
}

/// Sets what concerns this machine.
fn on_this_machine(args: &LocalArgs, settings: &LocalSettings, description: &mut Description) {
    if let Some(delay) = args.async_retry_delay {
        description.events.asynchronous.retry_delay = delay.0;
        description.further.iter_mut().for_each(|further| further.asynchronous.retry_delay = delay.0);
    }
    if args.no_schedules {
        description.events.schedules.clear();
    }
    let chain = |purpose| CredentialChain {
        profile: stage::profile(args.profile.as_deref(), settings.stage.profile_name.as_deref()),
        purpose,
    };
    let credentials = args.with_credentials.then(|| chain(CredentialPurpose::Processes));
    let signs = description.gateway.access.asks_for_signatures();
    description.signers = signs.then(|| chain(CredentialPurpose::Signatures));
    for function in description.functions_mut() {
        if let Some(concurrency) = args.concurrency {
            function.concurrency = usize::from(concurrency);
        }
        if let Some(per_process) = args.concurrency_per_process {
            function.per_process = usize::from(per_process);
        }
        function.credentials.clone_from(&credentials);
    }
}

/// Checks that Lambda would take the variables.
fn check_environment(args: &LocalArgs, stage: &Stage, description: &Description) -> Result<(), Error> {
    let variables = &description.function.environment;
    if let Some(name) = variables.keys().find(|name| lambda::is_reserved(name)) {
        return Err(Error::Reserved(name.clone()));
    }
    if let Some(name) = variables.keys().find(|name| args.with_credentials && environment::is_credential(name)) {
        return Err(Error::Credential(name.clone()));
    }
    // On Lambda, the values of secrets are no variables.
    let variables = variables.iter().filter(|(name, _)| !stage.secrets.contains_key(*name));
    let size = variables.map(|(name, value)| name.len() + value.len()).sum();
    if size > lambda::MAX_ENVIRONMENT { Err(Error::TooLong(size)) } else { Ok(()) }
}

/// Ten letters and digits, the same for the same project: bookmarks and recorded events stay valid.
fn api_id(project: &str) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    // The standard hasher's result may change between two versions of Rust.
    let mut hasher = FnvHasher::default();
    hasher.write(project.as_bytes());
    let mut hash = hasher.finish();
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
    use super::*;

    #[test]
    fn an_api_id_is_ten_lower_case_letters_and_digits_and_never_another() {
        let id = api_id("app");
        assert_eq!(id, "ug0ybwxhd3");
        assert_eq!(id.len(), 10);
        assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
        assert_ne!(id, api_id("app2"));
    }
}
