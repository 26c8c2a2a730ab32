//! The facts about the domain of a stage: its stack, and what the name servers say.

use std::{collections::BTreeSet, net::IpAddr};

use futures_util::future::join_all;

use super::super::stage::Resolved;
use crate::{
    aws::Aws,
    doctor::{self, Finding},
    progress::Progress,
    rollout::{DomainRollout, PhaseCell},
    template::DomainService,
};

/// Examines the domain; `None` where the stage has none.
pub(super) async fn examine(
    resolved: &Resolved,
    aws: &Aws,
    regions: &[String],
    progress: &dyn Progress,
) -> Option<Finding> {
    let domain = resolved.selection.primary().domain()?;
    let facts = regions.iter().filter_map(|region| Some((region, resolved.selection.stages.get(region)?)));
    let facts = facts.map(async |(region, stage)| {
        let (phase, service) = (PhaseCell::default(), DomainService::of(stage.api));
        let name = stage.domain()?.name;
        let region = aws.quick().in_region(service.region(region));
        let work = DomainRollout { region, service, identity: &resolved.identity, stage, progress, phase: &phase };
        work.facts(&name).await.ok()
    });
    let facts: Vec<_> = join_all(facts).await.into_iter().flatten().collect();
    let targets: Vec<String> = facts.iter().filter_map(|facts| facts.target.clone()).collect();
    let expected = join_all(targets.iter().map(|target| addresses(target))).await.into_iter().flatten().collect();
    let service = DomainService::of(resolved.selection.primary().api);
    let found = doctor::Resolved {
        stacks: facts.iter().filter(|facts| facts.stack.is_some()).count(),
        targets,
        addresses: addresses(&domain.name).await,
        expected,
        service: service.noun(),
        varies: service == DomainService::CloudFront,
    };
    Some(doctor::domain(&domain.name, &found))
}

/// The addresses of a name, as this machine resolves it.
async fn addresses(name: &str) -> BTreeSet<IpAddr> {
    let found = tokio::net::lookup_host((name, 443)).await;
    found.map(|found| found.map(|address| address.ip()).collect()).unwrap_or_default()
}
