//! A fast update: new code in seconds, by calls on the functions and their aliases instead of an update of the stack.
//!
//! The code is published with the settings that the functions have, tried as a deploy tries it, recorded, and then the
//! aliases move, each only from what was read. The stack is behind until the next deploy, which reconciles it. Whatever
//! goes wrong before the aliases move, what served goes on serving; the next fast update or deploy does not miss what is
//! left: code that is no release's is the function's latest only, and a version without traffic is pruned.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::{
    Deployed, Done, Error, Phase, Rollout, TagChanges, serving, serving::Versions, stack_state::StackState,
    steps::main_version,
};
use crate::{
    aws::{self, Alias},
    logical_id::FunctionIds,
    names::ALIAS,
    plan::{self, Published},
    release::{Record, RecordKey, ReleaseId},
    suggestion::quote_list,
    template,
};

/// The state of a region that fast updates go from: each leaves it for the next, which then has to look at little.
#[derive(Debug)]
pub(crate) struct FastState {
    deployed: Deployed,
    functions: BTreeMap<FunctionIds, Served>,
}

/// What serves of one function.
#[derive(Debug)]
struct Served {
    alias: Alias,
    version: Published,
}

impl Rollout<'_> {
    /// Updates the code of the stage's functions. `state` is what an earlier fast update left, and is left for the next.
    ///
    /// # Errors
    /// What failed, or why the stack has to be updated instead.
    pub(crate) async fn update_fast(mut self, state: &mut Option<FastState>) -> Result<Done, Error> {
        let asked = self.request.record.clone();
        for _ in 0..super::MAX_WAITS {
            let older = state.take();
            let is_older = older.is_some();
            let mut known = match older {
                Some(known) => known,
                None => self.look().await?,
            };
            match self.update_from(&mut known).await {
                // What was read before this update was changed since, or another update was faster.
                Err(Error::Overtaken { .. } | Error::NotThere { .. }) if is_older || self.request.wait => {
                    self.look_again(&asked);
                }
                // A deploy gave the functions other settings since, or pruned the artifact, or an `undeploy` was faster.
                Err(Error::NeedsStack { .. }) if is_older => self.look_again(&asked),
                Err(Error::Aws(error)) if is_older && error.is_refusal() && !error.is_denied() => {
                    self.look_again(&asked);
                }
                // That the same code serves was read before a rollback or deploy that may have taken its traffic.
                Ok(done) if is_older && !done.changed => self.request.record.clone_from(&asked),
                outcome => {
                    // A version that failed its trial left everything as it was.
                    if matches!(outcome, Ok(_) | Err(Error::Trial { .. } | Error::NoHandler { .. })) {
                        *state = Some(known);
                    }
                    return outcome;
                }
            }
        }
        Err(self.overtaken().await)
    }

    /// Starts again from what was asked for, since the state that was read does not hold any more.
    fn look_again(&mut self, asked: &Record) {
        self.progress.step("Looking", "again: the stage was changed meanwhile");
        self.request.record.clone_from(asked);
    }

    /// Reads stack, bucket, template and what serves; refuses a stack that is not at rest.
    async fn look(&self) -> Result<FastState, Error> {
        let mut deployed = self.inspect_at_rest().await?;
        deployed.read_live(&self.region).await?;
        let ids = deployed.live.as_ref().map(template::functions).unwrap_or_default();
        let found = try_join_all(ids.into_iter().map(async |ids| {
            let function = self.request.identity.function(ids.name.as_deref());
            let (alias, version) = tokio::try_join!(
                async { Ok(self.region.find_alias(&function, ALIAS).await?) },
                serving::version(&self.region, &function, ALIAS)
            )?;
            let Some(alias) = alias.filter(|alias| alias.version == version.number) else {
                return Err(Error::NotThere {
                    what: format!("the version behind the alias `{ALIAS}` of `{function}`"),
                });
            };
            Ok((ids, Served { alias, version }))
        }));
        let functions: BTreeMap<FunctionIds, Served> = found.await?.into_iter().collect();
        if let Some(main) = functions.get(&FunctionIds::main()) {
            deployed.served_release = deployed.release_of(&FunctionIds::main(), &main.version);
        }
        Ok(FastState { deployed, functions })
    }

    async fn inspect_at_rest(&self) -> Result<Deployed, Error> {
        let (identity, stage) = (self.request.identity, self.request.stage);
        let mut deployed = Deployed::inspect(&self.region, identity, stage).await?;
        let Some(mut stack) = deployed.stack.take() else {
            return Err(Error::NotDeployed { stack: identity.stack(), region: self.region.name().to_owned() });
        };
        if StackState::of(stack.status.as_str()) == StackState::Busy {
            stack = self.wait_for(stack).await?;
        }
        if StackState::of(stack.status.as_str()) != StackState::None {
            return Err(self.needs_stack(format!("it is {}", stack.status)));
        }
        deployed.stack = Some(stack);
        self.let_others_finish(&deployed).await?;
        if deployed.has_candidate() {
            return Err(self.needs_stack("a deploy of it did not finish".to_owned()));
        }
        Ok(deployed)
    }

    /// Updates from a state that was read.
    async fn update_from(&mut self, state: &mut FastState) -> Result<Done, Error> {
        self.resolve_code(&state.deployed).await?;
        let previous = state.deployed.serving_release();
        if previous.as_ref() == Some(&self.request.record.id) && state.functions.values().all(|one| self.has_code(one))
        {
            self.phase.set(Phase::Serving);
            return self.done(state, None, false);
        }
        self.upload(&mut state.deployed).await?;
        self.phase.set(Phase::Publishing);
        let versions = self.publish(&state.deployed, state.functions.keys()).await?;
        self.try_versions(&versions, false).await?;
        let previous = previous.filter(|previous| *previous != self.request.record.id);
        self.record(&state.deployed, previous.clone()).await?;
        self.note_record(&mut state.deployed);
        // A deploy that began since the look moves the aliases itself.
        self.verify_unchanged(&state.deployed).await?;
        self.phase.set(Phase::Moving);
        self.move_aliases(state, &versions).await?;
        self.phase.set(Phase::Serving);
        self.done(state, previous, true)
    }

    /// Resolves the wanted template, and refuses one that brings more than code.
    async fn resolve_code(&mut self, deployed: &Deployed) -> Result<(), Error> {
        let super::RolloutRequest { identity, stage, .. } = self.request;
        self.resolve(deployed).await?;
        let (Some(live), Some(stack)) = (&deployed.live, &deployed.stack) else {
            return Err(Error::vanished(identity));
        };
        let mut changed = plan::beside_code(live, &self.request.record.template);
        if !TagChanges::new(stack, identity, stage).is_empty() {
            changed.push("tags".to_owned());
        }
        if stack.is_protected != stage.protected {
            changed.push("protected".to_owned());
        }
        if changed.is_empty() {
            return Ok(());
        }
        let changed = quote_list(changed.iter().map(String::as_str));
        Err(self.needs_stack(format!("more than code changed since its last update: {changed}")))
    }

    /// Whether a function serves the wanted code with all of its traffic.
    fn has_code(&self, served: &Served) -> bool {
        served.alias.weighted.is_empty() && served.version.sha256.as_ref() == Some(&self.request.record.sha256)
    }

    /// Gives every function the code, and returns the versions that Lambda published of it.
    async fn publish<'b>(
        &self,
        deployed: &Deployed,
        functions: impl Iterator<Item = &'b FunctionIds>,
    ) -> Result<Versions, Error> {
        let record = &self.request.record;
        let name = self.request.identity.stack();
        self.progress.step("Publishing", &format!("the code of function {name}, beside the stack"));
        let published = try_join_all(functions.map(async |ids| {
            let function = self.request.identity.function(ids.name.as_deref());
            let architecture = record.template["Resources"][&ids.function]["Properties"]["Architectures"][0].as_str();
            let code = aws::Code { bucket: &deployed.bucket.name, key: &record.artifact.0, architecture };
            let version = serving::of_published(self.region.publish_code(&function, code).await?);
            if version.sha256.as_ref() != Some(&record.sha256) {
                let (version, found) = (version.number, version.sha256);
                return Err(Error::OtherCode { function, version, wanted: record.sha256.clone(), found });
            }
            // Its settings are those of the function, which have to be the stack's.
            if !deployed.live.as_ref().is_some_and(|live| version.has_seal_of(live, ids)) {
                return Err(self.needs_stack(format!("function `{function}` does not have its settings")));
            }
            Ok((ids.clone(), version.number))
        }));
        Ok(published.await?.into_iter().collect())
    }

    /// Moves every alias to its new version, the main function's last, each only from what was read.
    async fn move_aliases(&self, state: &mut FastState, versions: &Versions) -> Result<(), Error> {
        let sha256 = &self.request.record.sha256;
        for (ids, served) in state.functions.iter_mut().rev() {
            let Some(number) = versions.get(ids) else { continue };
            let function = self.request.identity.function(ids.name.as_deref());
            if !served.alias.weighted.is_empty() {
                let weighted = served.alias.weighted.join(", ");
                self.progress
                    .warning(&format!("changed by hand: the alias `{ALIAS}` shared its traffic with {weighted}"), None);
            }
            self.progress.step("Moving", &format!("the traffic of {function} to version {number}"));
            match self.region.point_alias(&function, ALIAS, &served.alias, number).await {
                Ok(alias) => {
                    served.alias = alias;
                    served.version.number.clone_from(number);
                    served.version.sha256 = Some(sha256.clone());
                }
                Err(error) if error.is_overtaken() => return Err(self.overtaken().await),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Notes the record that was written, as the next listing would show it.
    fn note_record(&self, deployed: &mut Deployed) {
        let key = RecordKey::new(self.request.identity, &self.request.record);
        deployed.inventory.records.retain(|record| record.id != key.id);
        deployed.inventory.records.push(key);
    }

    fn done(&self, state: &mut FastState, previous: Option<ReleaseId>, changed: bool) -> Result<Done, Error> {
        let FastState { deployed, functions } = state;
        let release = self.request.record.id.clone();
        deployed.served_release = Some(release.clone());
        let stack = deployed.stack.clone().ok_or_else(|| Error::vanished(self.request.identity))?;
        let versions: Versions =
            functions.iter().map(|(ids, served)| (ids.clone(), served.alias.version.clone())).collect();
        Ok(Done {
            release,
            previous,
            changed,
            version: main_version(&versions),
            domain_url: None,
            awaits_domain: false,
            stack,
            marked: deployed.marked(),
        })
    }

    fn needs_stack(&self, reason: String) -> Error {
        Error::NeedsStack { stack: self.request.identity.stack(), reason }
    }
}
