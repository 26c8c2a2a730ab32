//! A gradual shift of the traffic: what is checked before it, and what is shown while AWS is at it.
//!
//! CloudFormation and CodeDeploy do the work, inside the one update of the stack, whether this process lives or not.

use std::{convert::Infallible, time::Duration};

use serde_json::Value;

use super::{Deployed, Done, Error, Mode, Phase, Rollout, alarm, serving::Versions};
use crate::{
    aws::{self, AlarmState},
    logical_id::FunctionIds,
    names::{ALIAS, Identity},
    plan::{self, Steps},
    progress::Progress,
    template,
};

/// How often the aliases are read while their traffic is shifted: a step lasts a minute or more.
const PACE: Duration = Duration::from_secs(10);

impl Rollout<'_> {
    /// Whether every alias moves at once: with `--now`, and in a rollback, which is in a hurry.
    pub(super) fn is_at_once(&self) -> bool {
        self.request.now || self.request.mode == Mode::Rollback
    }

    /// The template as it is sent: without the policies by which aliases move in steps, if they are to move at once.
    pub(super) fn sent(&self, template: &Value) -> Value {
        if self.is_at_once() { template::without_policies(template) } else { template.clone() }
    }

    /// The functions whose traffic these steps shift gradually.
    pub(super) fn gradual(&self, deployed: &Deployed, steps: &Steps) -> Vec<FunctionIds> {
        if self.is_at_once() {
            return Vec::new();
        }
        plan::gradual(deployed.live.as_ref(), &self.request.record.template, steps)
    }

    /// Refuses a gradual shift that Lambda cannot make, or whose alarms would roll it back at once. Nothing was sent yet.
    pub(super) async fn check_gradual(&self, deployed: &Deployed, functions: &[FunctionIds]) -> Result<(), Error> {
        let (Some(live), false) = (&deployed.live, functions.is_empty()) else { return Ok(()) };
        let mut obstacles = plan::obstacles(live, &self.request.record.template, functions);
        // CodeDeploy shifts from the version that the stack knows, and fails where the alias is on another.
        let is_moved = |ids: &&FunctionIds| {
            let target = deployed.serving.0.get(ids).and_then(|found| found.serving.alias.as_ref());
            target.is_some_and(|target| !target.version.is_live_of(live, ids) || !target.weighted.is_empty())
        };
        obstacles.extend(functions.iter().filter(is_moved).map(|ids| {
            let name = ids.name.as_ref().map(|name| format!(" of function `{name}`")).unwrap_or_default();
            format!("the alias `{ALIAS}`{name} was moved outside of the stack")
        }));
        if !obstacles.is_empty() {
            return Err(Error::NotGradual { obstacles });
        }
        let breached: Vec<String> = alarm::alarms(&self.region, live)
            .await?
            .into_iter()
            .filter(|alarm| alarm.state == Some(AlarmState::Alarm))
            .map(|alarm| alarm.sentence())
            .collect();
        if breached.is_empty() { Ok(()) } else { Err(Error::InAlarm { alarms: breached }) }
    }

    /// How long CloudFormation may take: longer by the time of a gradual shift.
    pub(super) fn settle_timeout(&self) -> Duration {
        let minutes = self.request.stage.traffic().map_or(0, |traffic| traffic.total_minutes());
        super::SETTLE_TIMEOUT + Duration::from_secs(u64::from(minutes) * 60)
    }

    /// Shifts the traffic of these functions in steps, by the update that switches, and shows how it goes.
    pub(super) async fn shift_gradually(
        &mut self,
        deployed: Deployed,
        tried: Versions,
        then: Vec<Value>,
        functions: &[FunctionIds],
    ) -> Result<Done, Error> {
        self.announce();
        let shares = Shares { region: self.region.clone(), identity: self.request.identity, progress: self.progress };
        let template = deployed.live.clone();
        let outcome = tokio::select! {
            outcome = Box::pin(self.switch(deployed, tried, then, Phase::Shifting)) => outcome,
            never = shares.report(functions) => match never {},
        };
        if let (Err(Error::StackFailed { .. }), Some(template)) = (&outcome, template) {
            self.explain_rollback(&template).await;
        }
        outcome
    }

    /// Says how the traffic is shifted.
    fn announce(&self) {
        if let Some(traffic) = self.request.stage.traffic() {
            let text = format!("{traffic}; it goes on without this command, and an alarm rolls it back");
            self.progress.step("Shifting", &text);
        }
    }

    /// Names the alarms that are breached after a gradual shift was rolled back.
    pub(super) async fn explain_rollback(&self, template: &Value) {
        let Ok(alarms) = alarm::alarms(&self.region, template).await else { return };
        for alarm in alarms.iter().filter(|alarm| alarm.state == Some(AlarmState::Alarm)) {
            self.progress.warning(&alarm.sentence(), Some("`zappa-rs tail` shows the log of that time"));
        }
    }
}

/// The shares of versions in the traffic, as long as they are shifted.
struct Shares<'a> {
    region: aws::Region,
    identity: &'a Identity,
    progress: &'a dyn Progress,
}

impl Shares<'_> {
    /// Reports the shares whenever they change, without an end.
    async fn report(&self, functions: &[FunctionIds]) -> Infallible {
        let mut last = vec![Vec::new(); functions.len()];
        loop {
            tokio::time::sleep(PACE).await;
            for (ids, last) in functions.iter().zip(&mut last) {
                let function = self.identity.function(ids.name.as_deref());
                // What cannot be read now is read the next time; the stack tells of the end.
                let Ok(Some(shares)) = self.region.alias_shares(&function, ALIAS).await else { continue };
                if shares.len() > 1 && *last != shares {
                    self.progress.step("Shifting", &sentence(ids, &shares));
                }
                *last = shares;
            }
        }
    }
}

/// The shares of a function's versions in words.
fn sentence(ids: &FunctionIds, shares: &[aws::Share]) -> String {
    let of_function = ids.name.as_ref().map(|name| format!(" of function {name}")).unwrap_or_default();
    let parts: Vec<String> =
        shares.iter().map(|share| format!("{}% to version {}", share.percent, share.version)).collect();
    format!("{}{of_function}", parts.join(", "))
}
