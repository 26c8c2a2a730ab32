//! One release to one region: look, clear the way, upload, send, try, switch, record, tidy.
//!
//! The order is the safety: code is tried before it takes traffic, a record is written before the switch so that whatever
//! serves can be brought back, and nothing old is removed before the new serves. Every step can be cut off; the next run
//! looks at what stands and goes on from there.

mod bucket;
mod change;
mod checks;
mod deployed;
mod elsewhere;
mod error;
mod ownership;
mod phase;
mod preview;
mod prune;
mod reconcile;
mod removal;
mod send;
mod serving;
mod stack_state;
mod trial;
mod unseen;

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::{
    artifact::Artifact,
    aws,
    names::Identity,
    plan::{self, Risk, Steps},
    progress::Progress,
    release::{Record, ReleaseId},
    settings::Stage,
    template,
};

pub(crate) use deployed::{Deployed, Marked};
pub(crate) use error::Error;
pub(crate) use ownership::{TagChanges, is_owned, verify_ownership};
pub(crate) use phase::{Phase, PhaseCell};
pub(crate) use preview::{Preview, preview};
pub(crate) use removal::{Removal, Removed, remove};
pub(crate) use serving::{Found, drift};
pub(crate) use unseen::Unseen;

/// What one region is to become.
#[derive(Debug)]
pub(crate) struct RolloutRequest<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) stage: &'a Stage,
    /// Every region of the stage, also those that are left out this time.
    pub(crate) regions: &'a [String],
    /// What a record says of the release; its template is the document to send.
    pub(crate) record: Record,
    /// The zip on this machine; `None` for a release that lies in the bucket.
    pub(crate) artifact: Option<&'a Artifact>,
    pub(crate) mode: Mode,
    /// Another deploy of the stage is waited for instead of refused.
    pub(crate) wait: bool,
}

impl RolloutRequest<'_> {
    /// Whether it is the first deploy to a region, also where an earlier run of it was cut off: nothing was recorded there, so
    /// that no marker tells yet of a region that the stage moved out of.
    fn is_first(&self, deployed: &Deployed) -> bool {
        self.mode == Mode::Deploy && deployed.inventory.records.is_empty()
    }
}

/// Which command asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    /// A first deploy or whatever is needed.
    Deploy,
    /// A stage that exists.
    Update,
    /// The code of a stage that exists, and nothing of its settings.
    CodeOnly,
    /// A release that served before.
    Rollback,
}

/// Confirms a change that puts something at risk.
pub(crate) trait Confirm: Sync {
    /// Asks whoever may decide, with what would happen, a line each.
    ///
    /// # Errors
    /// Nobody can be asked.
    fn confirm<'a>(&'a self, region: &'a str, risk: Risk, lines: &'a [String]) -> BoxFuture<'a, Result<bool, Error>>;
}

/// One region's work.
pub(crate) struct Rollout<'a> {
    pub(crate) region: aws::Region,
    pub(crate) request: RolloutRequest<'a>,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) confirm: &'a dyn Confirm,
    pub(crate) place: &'a PhaseCell,
}

/// How it ended well.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    /// The release that serves now.
    pub(crate) release: ReleaseId,
    /// The release that served before, if there was one.
    pub(crate) previous: Option<ReleaseId>,
    /// Whether anything had to be changed.
    pub(crate) changed: bool,
    /// The version that the alias points to.
    pub(crate) version: String,
    /// The stack's outputs.
    pub(crate) stack: aws::Stack,
    /// The other regions that the bucket has markers of.
    pub(crate) marked: Marked,
}

/// How often a deploy that may wait lets others go first.
const ROUNDS: usize = 5;
/// How long CloudFormation may take for one document.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(60 * 60);

impl Rollout<'_> {
    /// Runs to the end.
    ///
    /// # Errors
    /// What failed and what stands then; see [`Error::state`].
    pub(crate) async fn run(mut self) -> Result<Done, Error> {
        let mut has_looked_again = false;
        for _ in 0..ROUNDS {
            match self.attempt().await {
                Err(Error::Overtaken { stack, .. }) if self.request.wait => {
                    self.progress
                        .step("Waiting", &format!("for stack {stack}, which another deploy changed meanwhile"));
                }
                // The next attempt waits for it.
                Err(Error::Busy { stack, .. }) if self.request.wait => {
                    self.progress.step("Waiting", &format!("for stack {stack}, which another deploy is changing"));
                }
                Err(error) if !has_looked_again && self.may_look_again(&error) => {
                    has_looked_again = true;
                    self.progress.step("Looking", &format!("again: {error}"));
                }
                outcome => return outcome,
            }
        }
        self.attempt().await
    }

    /// Whether the state that an error tells of may be over, or of this operator's own making: a look says more. What
    /// another operator did meanwhile is not deployed over.
    fn may_look_again(&self, error: &Error) -> bool {
        match error {
            Error::Vanished { .. } => true,
            Error::Overtaken { by, .. } => by.as_deref().is_none_or(|by| by == self.region.operator()),
            Error::Busy { by, .. } => by.as_deref() == Some(self.region.operator()),
            _ => false,
        }
    }

    /// Goes from what stands now to what is wanted.
    async fn attempt(&mut self) -> Result<Done, Error> {
        let mut deployed = Deployed::look(&self.region, self.request.identity, self.request.stage).await?;
        let stood = deployed.stack.is_some();
        deployed.stack = self.clear(deployed.stack.take()).await?;
        if stood && deployed.stack.is_none() {
            // Whoever deleted the stack may be deleting what lies in the bucket too.
            deployed.inventory.artifacts.clear();
            deployed.inventory.records.clear();
            deployed.inventory.regions.clear();
        }
        if deployed.stack.is_none() && self.request.mode != Mode::Deploy {
            return Err(Error::NotDeployed {
                stack: self.request.identity.stack(),
                region: self.region.name().to_owned(),
            });
        }
        if !self.request.is_first(&deployed) {
            return self.proceed(deployed).await;
        }
        let (region, identity, regions) = (self.region.clone(), self.request.identity, self.request.regions);
        let search = async { Ok(elsewhere::search(&region, identity, regions).await) };
        // What fails does not wait for the search.
        let (mut done, found) = tokio::try_join!(self.proceed(deployed), search)?;
        self.mark_elsewhere(&mut done, found).await;
        Ok(done)
    }

    /// Goes on from what was found.
    async fn proceed(&mut self, mut deployed: Deployed) -> Result<Done, Error> {
        let uploaded = self.upload(&mut deployed).await?;
        self.take_code_from(&deployed.bucket);
        self.mark_regions(&mut deployed).await?;
        if uploaded && deployed.stack.is_some() {
            // It took a while; a deploy that came between is noticed here.
            let seen = deployed.last_updated().map(|(id, time)| (id.to_owned(), time));
            let found = self.region.find_stack(&self.request.identity.stack()).await?;
            if let Some(stack) = &found {
                verify_ownership(&self.region, stack, self.request.identity).await?;
            }
            deployed.stack = self.clear(found).await?;
            if deployed.last_updated().map(|(id, time)| (id.to_owned(), time)) != seen {
                return Err(self.overtaken().await);
            }
        }
        deployed.read_live(&self.region).await?;
        self.warn_of_removed_tags(&deployed);
        if self.request.mode == Mode::CodeOnly {
            self.keep_settings(&deployed).await?;
        }
        if let Some(live) = &deployed.live {
            template::keep_generation(&mut self.request.record.template, live);
        }
        self.keep_release(&deployed);
        if deployed.candidate().is_some() {
            self.let_others_finish(&deployed).await?;
        }
        let is_restored = self.reconcile(&mut deployed).await?;
        let steps = plan::steps(deployed.live.as_ref(), &self.request.record.template);
        if matches!(steps, Steps::Switch { .. } | Steps::Try { .. }) {
            // Before anything is tried, so that a no costs nothing.
            self.ask_about_losses(&deployed).await?;
        }
        match steps {
            Steps::Nothing if self.has_stack_facts(&deployed) => self.settle(deployed, is_restored).await,
            Steps::Nothing => {
                let then = vec![self.request.record.template.clone()];
                self.switch(deployed, None, then).await
            }
            Steps::Switch { then } => self.switch(deployed, None, then).await,
            Steps::Create => self.create(deployed).await,
            Steps::Try { first, then } => self.try_and_switch(deployed, first, then).await,
        }
    }

    /// The wanted document of `update --code-only`: what is live, with the new code.
    async fn keep_settings(&mut self, deployed: &Deployed) -> Result<(), Error> {
        // Not with what a candidate has of other settings.
        let Some(live) = deployed.without_candidate() else { return Ok(()) };
        let recorded = match ReleaseId::in_document(&live) {
            // An earlier run was cut off while it created again what was deleted by hand.
            Some(id) if template::live_version(&live).is_none() => {
                checks::recorded(&self.region, deployed, &id).await?
            }
            _ => None,
        };
        let live = &recorded.map_or(live, |record| record.template);
        if template::live_version(live).is_none() {
            return Err(Error::Incomplete { stack: self.request.identity.stack() });
        }
        let mut document = template::with_code(live, &self.request.record.template, &self.request.record.sha256);
        let before = ReleaseId::in_document(live);
        let id = ReleaseId::of_code(before.as_ref(), &self.request.record.sha256);
        // The same code again is the same release again.
        if document != *live {
            id.stamp(&mut document);
            self.request.record.id = id;
        } else if let Some(before) = before {
            self.request.record.id = before;
        }
        self.request.record.template = document;
        Ok(())
    }

    /// What is live stays the release that it is if nothing but the release's name would change.
    fn keep_release(&mut self, deployed: &Deployed) {
        if let Some(live) = &deployed.live
            && let Some(id) = ReleaseId::in_document(live)
            && ReleaseId::is_all_that_differs(live, &self.request.record.template)
        {
            self.request.record.template = live.clone();
            self.request.record.id = id;
        }
    }

    /// Nothing to send: a trial that never passed, or not by what the settings ask for now, is made up for.
    async fn settle(&mut self, deployed: Deployed, is_restored: bool) -> Result<Done, Error> {
        let stack = deployed.stack.clone().ok_or_else(|| Error::vanished(self.request.identity))?;
        let version = match deployed.serving.version() {
            Some(version) => version.to_owned(),
            None => self.confirm(&self.request.record.template, None).await?,
        };
        let is_tried = self.retry(&deployed, &version).await?;
        if is_tried {
            self.record(&deployed, self.request.record.previous.clone()).await?;
        }
        self.place.set(Phase::Serving);
        let (changed, marked) = (is_tried || is_restored, deployed.marked());
        Ok(Done { release: self.request.record.id.clone(), previous: None, changed, version, stack, marked })
    }

    async fn create(&self, deployed: Deployed) -> Result<Done, Error> {
        self.warn_of_a_namesake().await?;
        let api = self.request.stage.api;
        self.progress.step("Choosing", &format!("the gateway `{}`: {}", api.word(), api.meaning()));
        self.progress.step("Creating", &format!("stack {}", self.request.identity.stack()));
        let stack = self.send(&deployed, &self.request.record.template, Phase::Creating).await?;
        self.place.set(Phase::Created);
        let version = self.confirm(&self.request.record.template, None).await?;
        self.try_version(&version, plan::grants_more(None, &self.request.record.template)).await?;
        self.record(&deployed, None).await?;
        self.protect(&stack).await?;
        self.place.set(Phase::Serving);
        let marked = deployed.marked();
        Ok(Done { release: self.request.record.id.clone(), previous: None, changed: true, version, stack, marked })
    }

    /// A stack that was made before the settings gave the function a name stays where it is.
    async fn warn_of_a_namesake(&self) -> Result<(), Error> {
        let identity = self.request.identity;
        let derived = identity.derived();
        if identity.stack() == derived {
            return Ok(());
        }
        let is_namesake = async {
            match self.region.find_stack(&derived).await? {
                Some(stack) => is_owned(&self.region, &stack, identity).await,
                None => Ok(false),
            }
        };
        let is_namesake = match is_namesake.await {
            // It is looked for to be told about; whoever may not look deploys all the same.
            Err(Error::Aws(error)) if error.is_denied() => false,
            found => found?,
        };
        if is_namesake {
            let sentence =
                format!("a second stack exists for this stage: `{derived}`, which this deploy does not change");
            self.progress.warning(&sentence, Some("without `function_name`, `zappa-rs undeploy` removes it"));
        }
        Ok(())
    }

    async fn try_and_switch(
        &mut self,
        mut deployed: Deployed,
        first: Option<Value>,
        then: Vec<Value>,
    ) -> Result<Done, Error> {
        let before = deployed.without_candidate();
        let is_role_new = first.as_ref().is_some_and(|first| plan::grants_more(deployed.live.as_ref(), first));
        if let Some(first) = &first {
            self.progress.step("Updating", &format!("stack {} with the candidate", self.request.identity.stack()));
            let stack = self.send(&deployed, first, Phase::SendingCandidate).await?;
            deployed.stack = Some(stack);
        } else {
            self.progress.step("Resuming", "with the candidate of an earlier run");
        }
        self.place.set(Phase::Trying);
        let tried = async {
            let candidate = self.candidate(&deployed).await?;
            self.try_version(&candidate, is_role_new).await?;
            Ok(candidate)
        };
        match (tried.await, before) {
            (Ok(candidate), _) => self.switch(deployed, Some(candidate), then).await,
            (Err(failure), Some(before)) => Err(self.undo(&deployed, &before, failure).await),
            (Err(failure), None) => Err(failure),
        }
    }

    /// Sends the documents up to the wanted one; traffic moves with the first.
    async fn switch(&mut self, mut deployed: Deployed, tried: Option<String>, then: Vec<Value>) -> Result<Done, Error> {
        let previous = deployed.release().filter(|previous| *previous != self.request.record.id);
        let is_known = deployed.inventory.has_record(&self.request.record.id);
        let is_new = self.request.mode != Mode::Rollback && previous.is_some();
        let is_retried = tried.is_none() && self.retry_live(&deployed).await?;
        if is_new || !is_known {
            self.record(&deployed, previous.clone()).await?;
        } else if is_retried {
            self.record(&deployed, self.request.record.previous.clone()).await?;
        }
        let verb = if tried.is_some() { "Switching" } else { "Updating" };
        self.progress.step(verb, &format!("stack {}", self.request.identity.stack()));
        for (index, document) in then.iter().enumerate() {
            let phase = if index == 0 { Phase::Switching } else { Phase::Finishing };
            if phase == Phase::Finishing {
                self.progress.step("Finishing", &format!("stack {}", self.request.identity.stack()));
            }
            deployed.stack = Some(self.send(&deployed, document, phase).await?);
        }
        let stack = deployed.stack.clone().ok_or_else(|| Error::vanished(self.request.identity))?;
        let version = self.confirm(&self.request.record.template, tried.as_deref()).await?;
        self.protect(&stack).await?;
        self.place.set(Phase::Serving);
        let kept: Vec<&str> = deployed.serving.version().into_iter().chain([version.as_str()]).collect();
        self.prune(&deployed, previous.as_ref(), &kept).await;
        let marked = deployed.marked();
        Ok(Done { release: self.request.record.id.clone(), previous, changed: true, version, stack, marked })
    }

    /// Warns of tags that the stack loses: CloudFormation replaces all of them, and those of the settings are what counts.
    fn warn_of_removed_tags(&self, deployed: &Deployed) {
        let Some(stack) = &deployed.stack else { return };
        for tag in TagChanges::new(stack, self.request.identity, self.request.stage).removed {
            let sentence =
                format!("stack `{}` loses the tag `{tag}`, which is not in `tags` of the settings", stack.name);
            self.progress.warning(&sentence, Some("`tags` of the stage keeps a tag"));
        }
    }

    /// The stack has the tags and the protection that the settings ask for.
    fn has_stack_facts(&self, deployed: &Deployed) -> bool {
        deployed.stack.as_ref().is_some_and(|stack| {
            TagChanges::new(stack, self.request.identity, self.request.stage).is_empty()
                && stack.is_protected == self.request.stage.protected
        })
    }

    async fn protect(&self, stack: &aws::Stack) -> Result<(), Error> {
        if stack.is_protected != self.request.stage.protected {
            self.region.protect(&stack.name, self.request.stage.protected).await?;
        }
        Ok(())
    }
}
