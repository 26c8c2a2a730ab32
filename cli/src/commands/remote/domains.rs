//! The domain of a stage in all its regions: prepared before the stage is rolled out, settled after it.

use std::collections::BTreeMap;

use futures_util::future::{join_all, try_join_all};

use super::{
    failure,
    fleet::{Fleet, Outcome},
    stage::Resolved,
};
use crate::{
    aws,
    report::{Failure, Report},
    rollout::{Deployed, DomainRollout, Done, Error, FoundDomain, Mode, PhaseCell},
    settings::Domain,
    template::{DomainService, claimed_domain},
};

/// The domain as it was found in each region; empty where the stage has none.
pub(crate) struct Domains(BTreeMap<String, (Domain, FoundDomain)>);

impl Domains {
    /// Inspects the domain in every region, and asks where it moves from another stage. An update of code alone leaves it as it
    /// is.
    pub(crate) async fn prepare(fleet: &Fleet<'_>, mode: Mode) -> Result<Self, Failure> {
        let selection = &fleet.resolved.selection;
        let regions = selection.regions.iter().filter(|_| matches!(mode, Mode::Deploy | Mode::Update));
        let wanted = regions.filter_map(|region| Some((region, selection.stages[region].domain()?)));
        let several = selection.regions.len() > 1;
        let found = wanted.map(async |(region, domain)| {
            let prepare = async |work: DomainRollout<'_>| work.prepare(&domain, fleet.confirm).await;
            let found = in_region(fleet, region, prepare).await;
            let found = found.map_err(|error| failure::failure_in(&error, several.then_some(region)))?;
            Ok::<_, Failure>((region.clone(), (domain.clone(), found)))
        });
        Ok(Self(try_join_all(found).await?.into_iter().collect()))
    }

    /// Settles the domain in the regions that serve. A record for several regions cannot be made beside a record for one, so
    /// what is there changes before what is new is made.
    pub(crate) async fn settle(mut self, fleet: &Fleet<'_>, mut outcomes: Vec<Outcome<Done>>) -> Vec<Outcome<Done>> {
        for is_new in [false, true] {
            let work = outcomes.iter_mut().filter_map(|outcome| {
                let (domain, found) = match self.0.get(&outcome.region) {
                    Some((_, found)) if found.is_new() == is_new => self.0.remove(&outcome.region)?,
                    _ => return None,
                };
                Some(settle_one(fleet, domain, found, outcome))
            });
            join_all(work.collect::<Vec<_>>()).await;
        }
        outcomes
    }
}

/// Settles the domain of one region, if the stage serves there.
async fn settle_one(fleet: &Fleet<'_>, domain: Domain, found: FoundDomain, outcome: &mut Outcome<Done>) {
    let region = outcome.region.clone();
    let Some(Ok(done)) = &mut outcome.result else { return };
    let stack = done.stack.clone();
    let closes = done.awaits_domain;
    let settle = async |work: DomainRollout<'_>| {
        let settled = work.settle(&domain, found, &stack).await?;
        let leads = settled.has_records || (closes && work.has_address(&domain.name).await);
        Ok((settled, leads))
    };
    match in_region(fleet, &region, settle).await {
        Ok((settled, leads)) => {
            done.changed |= settled.changed;
            done.awaits_domain &= leads;
            done.domain_url = Some(settled.url);
        }
        Err(error) => outcome.result = Some(Err(error)),
    }
}

/// What a deploy would do about domains in a region, in words.
pub(crate) async fn outlook(
    resolved: &Resolved,
    region: &aws::Region,
    deployed: &Deployed,
    report: &Report,
) -> Result<Vec<String>, Error> {
    let stage = &resolved.selection.stages[region.name()];
    let (phase, service) = (PhaseCell::default(), DomainService::of(stage.api));
    let home = DomainRollout::home(region, service);
    let work =
        DomainRollout { region: home, service, identity: &resolved.identity, stage, progress: report, phase: &phase };
    let claimed = deployed.live.as_ref().and_then(claimed_domain);
    work.outlook(stage.domain().as_ref(), claimed, deployed.stack.as_ref()).await
}

/// Works on the domain in a region.
async fn in_region<T>(
    fleet: &Fleet<'_>,
    region: &str,
    work: impl AsyncFnOnce(DomainRollout<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let progress = fleet.report.in_region(region, fleet.resolved.width());
    let phase = fleet.phases.of(region);
    let stage = &fleet.resolved.selection.stages[region];
    let service = DomainService::of(stage.api);
    let home = fleet.aws.in_region(service.region(region));
    let identity = &fleet.resolved.identity;
    let domain = DomainRollout { region: home, service, identity, stage, progress: &progress, phase: &phase };
    work(domain).await
}
