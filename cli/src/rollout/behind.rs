//! The release that serves, and how the stack is behind it.
//!
//! What the alias points to is the truth. A rollback moves it before the stack follows, a fast update without the stack,
//! and people by hand; until the next deploy, the stack's template names another version than the one that serves.

use std::fmt;

use serde::Serialize;

use super::{
    Deployed, Error,
    serving::{self, Served},
};
use crate::{
    aws,
    logical_id::FunctionIds,
    names::{ALIAS, ArtifactKey, Identity},
    plan::{Drift, FunctionDrift, Published},
    release::ReleaseId,
    template::output,
};

/// How the stack is behind the alias of one function.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Behind {
    /// The further function, by its name in the settings; `None` is the main one.
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<String>,
    /// The version that the alias points to: a number or `$LATEST`.
    version: String,
    /// Its release, where a record tells.
    release: Option<ReleaseId>,
    /// Further versions that get a share of the traffic.
    weighted: Vec<String>,
    /// The version that the stack names, by its outputs.
    stack_version: Option<String>,
    /// The release that the stack names.
    stack_release: Option<ReleaseId>,
    /// Whether a fast update was cut off, or failed its trial: its code is the function's latest, and takes no traffic.
    is_unfinished: bool,
}

/// The differences between Lambda and the stack, apart by their cause.
#[derive(Clone, Debug, Default)]
pub(crate) struct Causes {
    /// What moved the alias without the stack.
    pub(crate) behind: Vec<Behind>,
    /// What only a change by hand explains.
    pub(crate) by_hand: Vec<FunctionDrift>,
}

impl Causes {
    /// Tells the causes of differences apart.
    pub(super) fn of(deployed: &Deployed, identity: &Identity, served: &Served, drift: &[FunctionDrift]) -> Self {
        let mut causes = Self::default();
        for found in drift {
            let ids = FunctionIds::of(found.function.as_deref());
            let is_same = |behind: &Behind| behind.function == found.function;
            let is_unfinished = match found.drift {
                Drift::AliasMoved { .. } | Drift::AliasWeighted { .. } => false,
                Drift::LatestCode if is_served(served, &ids) && causes.behind.iter().any(is_same) => continue,
                Drift::LatestCode if is_uploaded(deployed, identity, served, &ids) => true,
                _ => {
                    causes.by_hand.push(found.clone());
                    continue;
                }
            };
            if causes.behind.iter().any(is_same) {
                continue;
            }
            if let Some(target) = served.target(&ids) {
                causes.behind.push(Behind {
                    function: found.function.clone(),
                    version: target.version.number.clone(),
                    release: deployed.release_of(&ids, &target.version),
                    weighted: target.weighted.clone(),
                    stack_version: deployed.output(&ids.output(output::VERSION)).map(str::to_owned),
                    stack_release: deployed.release(),
                    is_unfinished,
                });
            }
        }
        causes
    }
}

/// Whether the function's latest code is the one that its alias serves.
fn is_served(served: &Served, ids: &FunctionIds) -> bool {
    let (latest, target) = (served.latest(ids), served.target(ids));
    latest.zip(target).is_some_and(|(latest, target)| latest.sha256.is_some() && latest.sha256 == target.version.sha256)
}

/// Whether the function's latest code is an artifact in the stage's bucket, so that the tool sent it.
fn is_uploaded(deployed: &Deployed, identity: &Identity, served: &Served, ids: &FunctionIds) -> bool {
    let sha256 = served.latest(ids).and_then(|latest| latest.sha256.as_deref());
    sha256.is_some_and(|sha256| deployed.inventory.artifacts.contains(&ArtifactKey::new(identity, sha256).0))
}

impl Deployed {
    /// The release of a version of a function: the stack's, or one that a record has with the same code.
    pub(super) fn release_of(&self, ids: &FunctionIds, version: &Published) -> Option<ReleaseId> {
        let live = self.live.as_ref()?;
        let of_stack = self.release();
        if version.is_live_of(live, ids) {
            return of_stack;
        }
        let sha256 = version.sha256.as_deref().filter(|_| version.number != "$LATEST")?;
        let is_other = |id: &ReleaseId| Some(id) != of_stack.as_ref();
        let mut found = self.inventory.records.iter().rev().map(|record| (&record.id, record.sha256.as_str()));
        let newest = found.find(|(id, digest)| *digest == sha256 && is_other(id))?.0;
        // A fast update recorded its release last. Another version may be of any release with its code.
        let is_known = version.has_seal_of(live, ids)
            || found.all(|(id, digest)| digest != sha256 || id == newest || !is_other(id));
        is_known.then(|| newest.clone())
    }

    /// Notes the release of the version behind the main function's alias, once Lambda was read.
    pub(crate) fn note_served_release(&mut self) {
        let main = FunctionIds::main();
        let (Some(live), Some(target)) = (&self.live, self.serving.target(&main)) else { return };
        let is_fast = !target.version.is_live_of(live, &main) && target.version.has_seal_of(live, &main);
        self.served_release = self.release_of(&main, &target.version);
        self.fast_release = self.served_release.clone().filter(|_| is_fast);
    }

    /// The release that serves, where that was read, else the one that the stack names.
    pub(crate) fn serving_release(&self) -> Option<ReleaseId> {
        self.served_release.clone().or_else(|| self.release())
    }

    /// Reads in one call which release serves. Without the permission to query Lambda it is the one that the stack names.
    pub(crate) async fn read_serving(&mut self, region: &aws::Region, identity: &Identity) -> Result<(), Error> {
        if self.live.is_none() {
            return Ok(());
        }
        match serving::version(region, &identity.function(None), ALIAS).await {
            Ok(version) => self.served_release = self.release_of(&FunctionIds::main(), &version),
            Err(Error::Aws(error)) if error.is_denied() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(function) = &self.function {
            write!(f, "function `{function}`: ")?;
        }
        let live = named(Some(&self.version), self.release.as_ref());
        if self.is_unfinished {
            return write!(
                f,
                "its latest code is of an update that did not finish; the alias `{ALIAS}` points to {live}"
            );
        }
        write!(f, "the alias `{ALIAS}` points to {live}")?;
        if !self.weighted.is_empty() {
            write!(f, " and gives a share of the traffic to {}", self.weighted.join(", "))?;
        }
        write!(f, ", the stack names {}", named(self.stack_version.as_deref(), self.stack_release.as_ref()))
    }
}

/// A version with its release.
fn named(version: Option<&str>, release: Option<&ReleaseId>) -> String {
    let version = match version {
        Some("$LATEST") => "`$LATEST`, which is no version".to_owned(),
        Some(version) => format!("version {version}"),
        None => "another version".to_owned(),
    };
    release.map_or_else(|| version.clone(), |release| format!("{version} of release {release}"))
}
