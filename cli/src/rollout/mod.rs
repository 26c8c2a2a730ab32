//! A rollout, one release to one region: inspect, clear, upload, reconcile, plan, send, try, record, switch, prune.
//!
//! The order is the safety: code is tried before it takes traffic, a record is written before the switch so that every
//! live release can be rolled back to, and nothing old is removed before the new release is live. Every step may be
//! interrupted: the next run resumes from the current state. This file lists the steps; each has a file of its own.

mod alarm;
mod api_keys;
mod behind;
mod bucket;
mod bucket_events;
mod by_hand;
mod change;
mod checks;
mod confirmation;
mod delivery;
mod deployed;
mod domain;
mod elsewhere;
mod endpoint;
mod error;
mod exposure;
mod fast;
mod handlers;
mod hint;
mod inspection;
mod inventory;
mod listed;
mod log_role;
mod namesake;
mod other_deploy;
mod own_logs;
mod ownership;
mod phase;
mod position;
mod preview;
mod prune;
mod reconcile;
mod removal;
mod schedule_group;
mod schedules;
mod send;
mod serving;
mod shift;
mod stack_settings;
mod stack_state;
mod stage_domain;
mod stage_gateway;
mod stage_keys;
mod steps;
mod sweep;
mod traffic;
mod trial;
mod unseen;
mod wanted;

use std::time::Duration;

use crate::{
    artifact::Artifact,
    aws,
    names::Identity,
    plan::{self, Steps},
    progress::Progress,
    release::{Record, ReleaseId},
    settings::Stage,
};

pub(crate) use alarm::{StageAlarm, alarms, word as alarm_word};
pub(crate) use behind::{Behind, Causes};
pub(crate) use confirmation::Confirm;
pub(crate) use delivery::{StageMapping, StageSchedule, delivered_mappings, delivered_schedules};
pub(crate) use deployed::{Deployed, Marked};
pub(crate) use domain::{DomainFacts, DomainRollout, FoundDomain};
pub(crate) use elsewhere::Search;
pub(crate) use endpoint::endpoint_outlook;
pub(crate) use error::Error;
pub(crate) use fast::FastState;
pub(crate) use listed::{Listed, listed};
pub(crate) use log_role::LOG_ROLE_REMEDY;
pub(crate) use ownership::{TagChanges, is_owned, verify_ownership};
pub(crate) use phase::{Phase, PhaseCell};
pub(crate) use preview::{Preview, preview};
pub(crate) use removal::{Removal, Removed, remove};
pub(crate) use schedules::{ScheduleSwitch, Schedules, Switched};
pub(crate) use serving::{Served, compare};
pub(crate) use stage_gateway::gateway_of;
pub(crate) use stage_keys::{Maker, StageKey, StageKeys};
pub(crate) use sweep::{Criterion, Verdict};
pub(crate) use unseen::Unseen;

/// The request of a rollout: the release that one region is to serve.
#[derive(Debug)]
pub(crate) struct RolloutRequest<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) stage: &'a Stage,
    /// Every region of the stage, also those that are left out this time.
    pub(crate) regions: &'a [String],
    /// The search for the stage's stack in other regions, shared by all regions of the command.
    pub(crate) search: &'a Search,
    /// The release's record, with the template to send.
    pub(crate) record: Record,
    /// The zip on this machine; `None` for a release that is in the bucket.
    pub(crate) artifact: Option<&'a Artifact>,
    pub(crate) mode: Mode,
    /// Whether all traffic moves at once, whatever the settings say.
    pub(crate) now: bool,
    /// Whether to wait for another deploy of the stage, instead of failing.
    pub(crate) wait: bool,
    /// Whether the domain leads to the stage by now, so that the API's own endpoint may be closed.
    pub(crate) is_domain_settled: bool,
}

impl RolloutRequest<'_> {
    /// Whether it is the first deploy to a region, also where an earlier run of it was cut off: nothing was recorded there, so
    /// that no marker tells yet of a region that the stage moved out of.
    fn is_first(&self, deployed: &Deployed) -> bool {
        self.mode == Mode::Deploy && deployed.inventory.records.is_empty()
    }
}

/// The mode: which command rolls out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    /// A first deploy or an update.
    Deploy,
    /// An update of a stage that exists.
    Update,
    /// An update of the code of a stage that exists, with the settings that are live.
    CodeOnly,
    /// A rollback to an earlier release.
    Rollback,
}

/// The rollout to one region.
pub(crate) struct Rollout<'a> {
    pub(crate) region: aws::Region,
    pub(crate) request: RolloutRequest<'a>,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) confirm: &'a dyn Confirm,
    pub(crate) phase: &'a PhaseCell,
}

/// The outcome of a rollout that succeeded.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    /// The release that is live now.
    pub(crate) release: ReleaseId,
    /// The release that was live before, if there was one.
    pub(crate) previous: Option<ReleaseId>,
    /// Whether anything was changed.
    pub(crate) changed: bool,
    /// The version that the alias of the main function points to.
    pub(crate) version: String,
    /// Where the stage's domain leads to it, once that is settled.
    pub(crate) domain_url: Option<String>,
    /// Whether the API's own endpoint is still to be closed, when the domain leads to the stage.
    pub(crate) awaits_domain: bool,
    /// The stack's outputs.
    pub(crate) stack: aws::Stack,
    /// The other regions that the bucket has markers of.
    pub(crate) marked: Marked,
}

/// How many times a deploy with `--wait` waits for other deploys.
const MAX_WAITS: usize = 5;
/// How long CloudFormation may take for one template.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(60 * 60);

impl Rollout<'_> {
    /// Runs the rollout, with further attempts where the stack was changed by others meanwhile.
    ///
    /// # Errors
    /// What failed; [`Error::state`] describes the state that it leaves.
    pub(crate) async fn run(mut self) -> Result<Done, Error> {
        let mut is_repeated = false;
        // What an attempt resolves, it resolves for the state that it found.
        let asked = self.request.record.clone();
        for _ in 0..MAX_WAITS {
            match self.attempt().await {
                Err(Error::Overtaken { stack, .. }) if self.request.wait => {
                    self.progress
                        .step("Waiting", &format!("for stack {stack}, which another deploy changed meanwhile"));
                }
                // The next attempt waits for it.
                Err(Error::Busy { stack, .. }) if self.request.wait => {
                    self.progress.step("Waiting", &format!("for stack {stack}, which another deploy is changing"));
                }
                Err(error) if !is_repeated && self.may_be_repeated(&error) => {
                    is_repeated = true;
                    self.progress.step("Looking", &format!("again: {error}"));
                }
                outcome => return outcome,
            }
            self.request.record.clone_from(&asked);
        }
        self.attempt().await
    }

    /// One attempt, from the current state to the wanted one.
    async fn attempt(&mut self) -> Result<Done, Error> {
        let deployed = self.inspect().await?;
        if !self.request.is_first(&deployed) {
            return self.proceed(deployed).await;
        }
        let RolloutRequest { identity, regions, search, .. } = self.request;
        let region = self.region.clone();
        let search = async { Ok(search.found(&region, identity, regions).await) };
        // A failure does not wait for the search.
        let (mut done, found) = tokio::try_join!(self.proceed(deployed), search)?;
        self.mark_elsewhere(&mut done, found).await;
        Ok(done)
    }

    /// The steps from the inspected state to the wanted one.
    async fn proceed(&mut self, mut deployed: Deployed) -> Result<Done, Error> {
        self.check_own_logs(deployed.stack.as_ref())?;
        let is_new = deployed.stack.is_none();
        if is_new {
            self.check_log_role(&deployed).await?;
        }
        self.check_positions(&mut deployed).await?;
        let is_uploaded = self.upload(&mut deployed).await?;
        self.mark_regions(&mut deployed).await?;
        if is_uploaded {
            self.inspect_after_upload(&mut deployed).await?;
        }
        deployed.read_live(&self.region).await?;
        self.warn_of_removed_tags(&deployed);
        self.mention_disabled_schedules(&deployed);
        let awaits_domain = self.resolve(&deployed).await?;
        let RolloutRequest { identity, stage, mode, .. } = self.request;
        deployed.read_keys(&self.region, identity, stage, mode, &self.request.record.template).await?;
        self.check_keys(&deployed)?;
        self.check_gateway_of_domain(&deployed)?;
        self.check_fixed(&deployed)?;
        if !is_new {
            self.check_log_role(&deployed).await?;
        }
        self.let_others_finish(&deployed).await?;
        let shifted = self.shift(&deployed).await?;
        let is_restored = self.reconcile(&mut deployed, shifted.as_ref()).await?;
        let steps = plan::steps(deployed.live.as_ref(), &self.request.record.template, &deployed.keys);
        let gradual = self.gradual(&deployed, &steps);
        self.check_gradual(&deployed, &gradual).await?;
        self.announce_exposure(deployed.live.as_ref(), &steps).await?;
        self.confirm_losses(&deployed, &steps).await?;
        self.enable_bucket_events(&deployed).await?;
        let is_created = matches!(steps, Steps::Create);
        let no_trial = serving::Versions::new();
        // On the heap: the ways differ in size, and none of them has to fit the stack.
        let mut done = match (steps, shifted) {
            (Steps::Try { then, .. }, Some(shifted)) => Box::pin(self.follow(deployed, shifted, then)).await,
            (Steps::Nothing, _) if self.has_stack_settings(&deployed) => self.settle(deployed, is_restored).await,
            (Steps::Nothing, _) => {
                let then = vec![self.request.record.template.clone()];
                Box::pin(self.switch(deployed, no_trial, then, Phase::Switching)).await
            }
            (Steps::Switch { then }, _) => Box::pin(self.switch(deployed, no_trial, then, Phase::Switching)).await,
            (Steps::Create, _) => Box::pin(self.create(deployed)).await,
            (Steps::Try { first, then }, None) => Box::pin(self.try_and_switch(deployed, first, then, &gradual)).await,
        }?;
        done.awaits_domain = awaits_domain;
        // Right after a change in express mode, AWS may not show yet what it made.
        let may_be_unseen = done.changed && self.request.stage.express;
        if !is_created && !may_be_unseen {
            self.warn_of_changes_by_hand(&done).await;
        }
        Ok(done)
    }
}
