//! The live version, read through the alias: `GetAlias`, then that version's configuration and `CodeSha256`.

use serde_json::Value;

use super::{Deployed, Error, stack_state::StackState};
use crate::{
    aws::{self, FunctionFacts},
    digest,
    names::{ALIAS, Identity},
    plan::{self, Drift, Published, Serving, Target},
};

/// What Lambda serves, with what an update of the alias has to name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) serving: Serving,
    pub(super) alias: Option<aws::Alias>,
}

impl Found {
    /// The version that the alias points to: a number or `$LATEST`.
    pub(crate) fn version(&self) -> Option<&str> {
        self.alias.as_ref().map(|alias| alias.version.as_str())
    }
}

/// Reads function and alias, then the version behind the alias.
pub(crate) async fn find(region: &aws::Region, function: &str) -> Result<Found, Error> {
    let (latest, alias) = tokio::try_join!(region.find_function(function, None), region.find_alias(function, ALIAS))?;
    let latest = latest.map(|facts| published("$LATEST", &facts));
    let target = target(region, function, alias.as_ref()).await?;
    Ok(Found { serving: Serving { latest, alias: target }, alias })
}

/// Reads the version that an alias points to.
pub(super) async fn target(
    region: &aws::Region,
    function: &str,
    alias: Option<&aws::Alias>,
) -> Result<Option<Target>, Error> {
    let Some(alias) = alias else { return Ok(None) };
    let version = version(region, function, &alias.version).await?;
    Ok(Some(Target { version, weighted: alias.weighted.clone() }))
}

/// Reads one version; one that does not exist has neither code nor seal.
pub(super) async fn version(region: &aws::Region, function: &str, number: &str) -> Result<Published, Error> {
    Ok(match region.find_function(function, Some(number)).await? {
        Some(facts) => published(number, &facts),
        None => Published { number: number.to_owned(), ..Published::default() },
    })
}

/// The number of the version that a template means by its live one, whether or not the alias points to it.
pub(super) async fn version_of(
    region: &aws::Region,
    function: &str,
    template: &Value,
) -> Result<Option<String>, Error> {
    let versions = region.versions(function).await?.into_iter().map(|version| Published {
        number: version.number,
        sha256: version.code_sha256.as_deref().map(digest::hexadecimal_sha256),
        seal: version.seal,
    });
    Ok(versions.rev().find(|version| version.is_live_of(template)).map(|version| version.number))
}

/// The drift of a stage's stack: what its template says and Lambda does not serve. A stack that is being changed has none.
///
/// # Errors
/// Lambda could not be asked.
pub(crate) async fn drift(
    region: &aws::Region,
    identity: &Identity,
    deployed: &Deployed,
) -> Result<(Found, Vec<Drift>), Error> {
    let is_at_rest = |stack: &aws::Stack| StackState::of(stack.status.as_str()) == StackState::None;
    let Some(live) = deployed.live.as_ref().filter(|_| deployed.stack.as_ref().is_some_and(is_at_rest)) else {
        return Ok((Found::default(), Vec::new()));
    };
    let found = find(region, &identity.stack()).await?;
    let drift = plan::drift(live, &found.serving);
    Ok((found, drift))
}

fn published(number: &str, facts: &FunctionFacts) -> Published {
    Published {
        number: number.to_owned(),
        sha256: facts.code_sha256.as_deref().map(digest::hexadecimal_sha256),
        seal: facts.seal.clone(),
    }
}
