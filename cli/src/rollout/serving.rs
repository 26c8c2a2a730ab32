//! The live version of each function, read through the alias: `GetAlias`, then that version's configuration and
//! `CodeSha256`.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use serde_json::Value;

use super::{Causes, Deployed, Error, stack_state::StackState};
use crate::{
    aws::{self, FunctionFacts},
    digest,
    logical_id::FunctionIds,
    names::{ALIAS, Identity},
    plan::{self, FunctionDrift, Published, Serving, Target},
    template,
};

/// The number of a version of each function.
pub(crate) type Versions = BTreeMap<FunctionIds, String>;

/// What Lambda serves of each function of a stack.
#[derive(Clone, Debug, Default)]
pub(crate) struct Served(pub(super) BTreeMap<FunctionIds, Found>);

impl Served {
    /// The version that a function's alias points to: a number or `$LATEST`.
    pub(crate) fn version(&self, ids: &FunctionIds) -> Option<&str> {
        self.0.get(ids)?.version()
    }

    /// What a function's alias points to.
    pub(super) fn target(&self, ids: &FunctionIds) -> Option<&Target> {
        self.0.get(ids)?.serving.alias.as_ref()
    }

    /// A function's latest code.
    pub(super) fn latest(&self, ids: &FunctionIds) -> Option<&Published> {
        self.0.get(ids)?.serving.latest.as_ref()
    }

    /// Takes these versions for what the aliases point to.
    pub(super) fn leave(&mut self, versions: Versions) {
        for (ids, version) in versions {
            if let Some(alias) = self.0.get_mut(&ids).and_then(|found| found.alias.as_mut()) {
                alias.version = version;
            }
        }
    }
}

/// What Lambda serves of one function, with what an update of the alias has to name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(super) serving: Serving,
    pub(super) alias: Option<aws::Alias>,
}

impl Found {
    fn version(&self) -> Option<&str> {
        self.alias.as_ref().map(|alias| alias.version.as_str())
    }
}

/// Reads function and alias, then the version behind the alias.
pub(super) async fn find(region: &aws::Region, function: &str) -> Result<Found, Error> {
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

/// Reads one version, by its number or an alias; one that does not exist has neither code nor seal.
pub(super) async fn version(region: &aws::Region, function: &str, qualifier: &str) -> Result<Published, Error> {
    Ok(match region.find_function(function, Some(qualifier)).await? {
        Some(facts) => published(if qualifier == ALIAS { &facts.version } else { qualifier }, &facts),
        None => Published { number: qualifier.to_owned(), ..Published::default() },
    })
}

/// The number of the version that the template's alias of a function points to, whether or not the alias in Lambda does.
pub(super) async fn version_of(
    region: &aws::Region,
    identity: &Identity,
    ids: &FunctionIds,
    template: &Value,
) -> Result<Option<String>, Error> {
    let versions = versions(region, &identity.function(ids.name.as_deref())).await?;
    Ok(newest_of(&versions, ids, template))
}

/// The newest of these versions that the template's alias of a function could point to.
pub(super) fn newest_of(versions: &[Published], ids: &FunctionIds, template: &Value) -> Option<String> {
    versions.iter().rev().find(|version| version.is_live_of(template, ids)).map(|version| version.number.clone())
}

/// The newest of these versions that has the code of one template and was published with the settings of another.
pub(super) fn newest_with(versions: &[Published], ids: &FunctionIds, code: &Value, settings: &Value) -> Option<String> {
    let is_meant = |version: &&Published| {
        version.seal.is_some() && version.has_code_of(code) && version.has_seal_of(settings, ids)
    };
    versions.iter().rev().find(is_meant).map(|version| version.number.clone())
}

/// All versions of a function, the oldest first.
pub(super) async fn versions(region: &aws::Region, function: &str) -> Result<Vec<Published>, Error> {
    Ok(region.versions(function).await?.into_iter().map(of_published).collect())
}

/// A version that was published.
pub(super) fn of_published(version: aws::PublishedVersion) -> Published {
    let sha256 = version.code_sha256.as_deref().map(digest::hexadecimal_sha256);
    Published { number: version.number, sha256, seal: version.seal }
}

/// The drift of a stage's stack: what its template says and Lambda does not serve. A stack that is being changed has none.
///
/// # Errors
/// Lambda could not be asked.
pub(super) async fn drift(
    region: &aws::Region,
    identity: &Identity,
    deployed: &Deployed,
) -> Result<(Served, Vec<FunctionDrift>), Error> {
    let is_at_rest = |stack: &aws::Stack| StackState::of(stack.status.as_str()) == StackState::None;
    let Some(live) = deployed.live.as_ref().filter(|_| deployed.stack.as_ref().is_some_and(is_at_rest)) else {
        return Ok((Served::default(), Vec::new()));
    };
    let find = async |ids: FunctionIds| {
        let found = find(region, &identity.function(ids.name.as_deref())).await?;
        Ok::<_, Error>((ids, found))
    };
    let served: BTreeMap<_, _> =
        try_join_all(template::functions(live).into_iter().map(find)).await?.into_iter().collect();
    let drift = served.iter().flat_map(|(ids, found)| {
        let of_function = plan::drift(live, ids, &found.serving).into_iter();
        of_function.map(|drift| FunctionDrift { function: ids.name.clone(), drift })
    });
    let drift = drift.collect();
    Ok((Served(served), drift))
}

/// What Lambda serves of a stage, and how the stack differs from it, by the causes.
///
/// # Errors
/// Lambda could not be asked.
pub(crate) async fn compare(
    region: &aws::Region,
    identity: &Identity,
    deployed: &Deployed,
) -> Result<(Served, Causes), Error> {
    let (served, drift) = drift(region, identity, deployed).await?;
    let causes = Causes::of(deployed, identity, &served, &drift);
    Ok((served, causes))
}

fn published(number: &str, facts: &FunctionFacts) -> Published {
    Published {
        number: number.to_owned(),
        sha256: facts.code_sha256.as_deref().map(digest::hexadecimal_sha256),
        seal: facts.seal.clone(),
    }
}
