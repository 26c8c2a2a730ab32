//! A rollback's traffic shift: the alias moves back to the version of the earlier release, and the stack follows.
//!
//! A stack update takes most of a minute, in which the bad release would go on to serve. Where the version of the earlier
//! release is still there and nothing but functions differs, one call moves the traffic. Then one update of the stack,
//! without a candidate and a trial, since that very version has served before. Until the stack has followed, it is behind:
//! its template names the release that was left. A rollback that is cut off there is finished by the same command.

use futures_util::future::try_join_all;

use super::{Deployed, Done, Error, Mode, Phase, Rollout, serving, serving::Versions};
use crate::{
    logical_id::FunctionIds,
    names::ALIAS,
    plan::{self, Drift, FunctionDrift},
    release::ReleaseId,
};

/// A shift of the traffic that is done.
pub(super) struct Shifted {
    /// The version of each function whose traffic was shifted, by the alias.
    pub(super) to: Versions,
    /// The version of the release that is left, as far as Lambda still has it.
    from: Versions,
    /// The release that is left, as far as it is known.
    left: Option<ReleaseId>,
}

impl Shifted {
    /// Whether it is the cause of a difference between Lambda and the stack.
    pub(super) fn explains(&self, found: &FunctionDrift) -> bool {
        let ids = FunctionIds::of(found.function.as_deref());
        matches!(&found.drift, Drift::AliasMoved { version, .. } if self.to.get(&ids) == Some(version))
    }
}

impl Rollout<'_> {
    /// Shifts the traffic of a rollback to the versions of the earlier release, and returns them; `None` where the stack has
    /// to move it. In three calls a function, of which one changes something.
    pub(super) async fn shift(&self, deployed: &Deployed) -> Result<Option<Shifted>, Error> {
        let (Mode::Rollback, Some(live)) = (self.request.mode, &deployed.live) else { return Ok(None) };
        let wanted = &self.request.record.template;
        let functions = plan::candidates(live, wanted);
        if functions.is_empty() || !plan::differ_in_functions_alone(live, wanted) {
            return Ok(None);
        }
        let found = try_join_all(functions.iter().map(async |ids| {
            let function = self.request.identity.function(ids.name.as_deref());
            let versions = serving::versions(&self.region, &function);
            tokio::try_join!(async { Ok(self.region.find_alias(&function, ALIAS).await?) }, versions)
        }));
        // A fast update published what it recorded with the settings that the stack still has.
        let settings = plan::beside_code(live, wanted).is_empty().then_some(live);
        let mut shifted = Shifted { to: Versions::new(), from: Versions::new(), left: deployed.release() };
        let mut moves = Vec::new();
        for (ids, found) in functions.iter().zip(found.await?) {
            let (alias, versions) = found;
            // The version was pruned, or the alias was deleted by hand: the stack creates it.
            let target = serving::newest_of(&versions, ids, wanted)
                .or_else(|| serving::newest_with(&versions, ids, wanted, settings?));
            let (Some(alias), Some(version)) = (alias, target) else {
                return Ok(None);
            };
            shifted.to.insert(ids.clone(), version.clone());
            let left = match versions.iter().find(|one| one.number == alias.version && one.number != version) {
                Some(left) => {
                    if *ids == FunctionIds::main() {
                        shifted.left = deployed.release_of(ids, left);
                    }
                    Some(left.number.clone())
                }
                None => serving::newest_of(&versions, ids, live),
            };
            shifted.from.extend(left.map(|left| (ids.clone(), left)));
            if alias.version != version || !alias.weighted.is_empty() {
                moves.push((ids, alias, version));
            }
        }
        if moves.is_empty() {
            self.progress.step("Resuming", "with the traffic that was shifted already");
            self.phase.set(Phase::Following);
            return Ok(Some(shifted));
        }
        self.progress.step("Shifting", &format!("all traffic to {}; the stack follows", sentence(&shifted.to)));
        if plan::has_provisioned_concurrency(live) {
            let slow = "its provisioned concurrency has to follow, so that the traffic does not move at once";
            self.progress.warning(slow, None);
        }
        let mut is_shifted = false;
        for (ids, alias, version) in moves {
            let function = self.request.identity.function(ids.name.as_deref());
            match self.region.point_alias(&function, ALIAS, &alias, &version).await {
                Ok(_) => {
                    is_shifted = true;
                    self.phase.set(Phase::Following);
                }
                // Another deploy moved it since: it is seen when the stack is inspected again.
                Err(error) if error.is_overtaken() => return Err(self.overtaken().await),
                // Nothing was shifted by this run: the aliases move together, as in a deploy.
                Err(error) if !is_shifted => {
                    let hint = "the stack update moves it now, after a trial";
                    self.progress.warning(&format!("the traffic cannot be shifted at once: {error}"), Some(hint));
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(shifted))
    }

    /// Brings the stack up to the release that serves since the shift.
    pub(super) async fn follow(
        &mut self,
        mut deployed: Deployed,
        shifted: Shifted,
        then: Vec<serde_json::Value>,
    ) -> Result<Done, Error> {
        // The versions that were left stay, as after every other rollback.
        deployed.serving.leave(shifted.from);
        deployed.served_release = shifted.left;
        let outcome = self.switch(deployed, shifted.to.clone(), then, Phase::Following).await;
        if matches!(outcome, Err(Error::StackFailed { .. })) {
            self.hold(&shifted.to).await;
        }
        outcome
    }

    /// Points the aliases to the versions again where CloudFormation's own rollback has moved them back.
    async fn hold(&self, versions: &Versions) {
        for (ids, version) in versions {
            let template = &self.request.record.template;
            if let Err(error) = self.point_alias(template, ids, version).await {
                let sentence = format!("the alias `{ALIAS}` may be back on the release that was left: {error}");
                self.progress.warning(&sentence, Some("`zappa-rs rollback` again shifts the traffic"));
            }
        }
    }
}

/// The versions in words.
fn sentence(versions: &Versions) -> String {
    let of_function = |(ids, version): (&FunctionIds, &String)| match &ids.name {
        None => format!("version {version}"),
        Some(name) => format!("version {version} of function {name}"),
    };
    versions.iter().map(of_function).collect::<Vec<_>>().join(", ")
}
