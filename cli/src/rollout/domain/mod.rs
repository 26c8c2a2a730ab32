//! The custom domain of a stage in one region: inspected before the stage is rolled out, settled after it.
//!
//! The domain's stack is the only state, and several stages change it. An update is optimistic: it is computed from the template
//! that was read, and its change set is executed only if the stack still has that template.

mod clear;
mod leave;
mod outlook;
mod send;
mod settle;
mod target;
mod zone;

use super::{Confirm, Error, PhaseCell};
use crate::{
    aws::{self, Stack},
    names::{Identity, domain_stack},
    plan::Risk,
    progress::Progress,
    settings::{Domain, Stage},
    template::{DomainMapping, DomainService, DomainStack, DomainWish, base_path, domain_url},
};

pub(crate) use leave::Left;
pub(crate) use outlook::DomainFacts;

/// The tag that names the domain of a stack, by which it is known as ours.
const DOMAIN_TAG: &str = "zappa-rs:domain";

/// The work on a domain in a region.
#[derive(Clone)]
pub(crate) struct DomainRollout<'a> {
    /// Where the domain's stack is: [`DomainRollout::home`].
    pub(crate) region: aws::Region,
    pub(crate) service: DomainService,
    pub(crate) identity: &'a Identity,
    pub(crate) stage: &'a Stage,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) phase: &'a PhaseCell,
}

/// A domain as it was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoundDomain {
    /// Its stack.
    pub(super) stack: Option<Stack>,
    /// What the stack's template says.
    pub(super) domain: Option<DomainStack>,
    /// The zone of a domain that is new.
    pub(super) zone: Option<String>,
}

impl FoundDomain {
    /// Whether the domain has no stack in this region yet. A region that adds a latency record has to wait until the simple
    /// record of another region is replaced.
    pub(crate) fn is_new(&self) -> bool {
        self.stack.is_none()
    }
}

impl DomainRollout<'_> {
    /// The region of the domain's stack, for a stage in a region.
    pub(crate) fn home(region: &aws::Region, service: DomainService) -> aws::Region {
        let name = service.region(region.name());
        if name == region.name() { region.clone() } else { region.in_region(name) }
    }

    /// Inspects the domain, and asks where it would be taken from another stage: before anything is changed.
    ///
    /// # Errors
    /// The stack is foreign, there is no zone for the records, or the move was declined.
    pub(crate) async fn prepare(&self, domain: &Domain, confirm: &dyn Confirm) -> Result<FoundDomain, Error> {
        let found = async {
            let mut found = self.inspect(&domain.name).await?;
            if found.domain.is_none() {
                self.check_other_service(&domain.name).await?;
                found.zone = self.find_zone(domain).await?;
            }
            self.check_routing(domain, &found)?;
            self.confirm_move(domain, &found, confirm).await?;
            Ok(found)
        };
        found.await.map_err(|failure| Error::of_domain(&domain.name, failure))
    }

    /// Reads the domain's stack: two calls, or one where there is none.
    async fn inspect(&self, name: &str) -> Result<FoundDomain, Error> {
        let stack_name = domain_stack(name);
        let Some(stack) = self.region.find_stack(&stack_name).await? else { return Ok(FoundDomain::default()) };
        self.verify(name, &stack)?;
        if stack.status.is_review() {
            return Ok(FoundDomain { stack: Some(stack), ..FoundDomain::default() });
        }
        let text = match self.region.template(&stack.id).await {
            Ok(text) => text,
            // It was deleted between the two calls.
            Err(error) if error.is_missing() => return Ok(FoundDomain::default()),
            Err(error) => return Err(error.into()),
        };
        let domain = DomainStack::read(&text).ok_or_else(|| self.not_ours(&stack, "its template is another"))?;
        self.check_service(&domain)?;
        Ok(FoundDomain { stack: Some(stack), domain: Some(domain), zone: None })
    }

    /// Refuses a stack of the domain's name that the tool did not make.
    fn verify(&self, name: &str, stack: &Stack) -> Result<(), Error> {
        // An interrupted first change set leaves an empty stack without tags, which may be taken over.
        let is_abandoned = stack.status.is_review() && stack.tags.is_empty();
        if is_abandoned || stack.tags.get(DOMAIN_TAG).is_some_and(|tagged| tagged == name) {
            return Ok(());
        }
        Err(self.not_ours(stack, &format!("it has no tag `{DOMAIN_TAG}` of the domain")))
    }

    fn not_ours(&self, stack: &Stack, reason: &str) -> Error {
        let (stack, region) = (stack.name.clone(), self.region.name().to_owned());
        Error::DomainNotOurs { stack, region, reason: reason.to_owned() }
    }

    /// Refuses a domain that the other service serves: its records cannot be of two stacks, and none changes into the other.
    fn check_service(&self, live: &DomainStack) -> Result<(), Error> {
        if live.service == self.service {
            return Ok(());
        }
        Err(Error::OtherService { live: live.service.noun(), wanted: self.service.noun() })
    }

    /// Refuses a new domain for a Function URL where API Gateway serves one of the name in the stage's region. It is a courtesy:
    /// without the right to look, CloudFormation refuses the records.
    async fn check_other_service(&self, name: &str) -> Result<(), Error> {
        let Some(region) = self.stage.regions.first().filter(|region| *region != self.region.name()) else {
            return Ok(());
        };
        if self.service != DomainService::CloudFront {
            return Ok(());
        }
        let other = Self { region: self.region.in_region(region), service: DomainService::ApiGateway, ..self.clone() };
        match other.inspect(name).await {
            Ok(found) if found.domain.is_some() => {
                Err(Error::OtherService { live: other.service.noun(), wanted: self.service.noun() })
            }
            _ => Ok(()),
        }
    }

    /// Refuses a routing that the records of all regions would have to change to at once.
    fn check_routing(&self, domain: &Domain, found: &FoundDomain) -> Result<(), Error> {
        let Some(live) = &found.domain else { return Ok(()) };
        let wanted = live.with(&self.wish(domain, ""));
        if live.cannot_become(&wanted) {
            let (from, to) = (live.routing.word(), wanted.routing.word());
            return Err(Error::RoutingOfRegions { from, to });
        }
        Ok(())
    }

    /// What the stage wants, with the id of its API.
    fn wish(&self, domain: &Domain, api_id: &str) -> DomainWish {
        let regions = match self.service {
            DomainService::ApiGateway => self.stage.regions.clone(),
            DomainService::CloudFront => vec![self.region.name().to_owned()],
        };
        DomainWish {
            service: self.service,
            domain: domain.clone(),
            regions,
            region: self.region.name().to_owned(),
            mapping: DomainMapping::new(self.identity, self.stage, api_id),
        }
    }

    /// Asks before a base path is taken from another stage.
    async fn confirm_move(&self, domain: &Domain, found: &FoundDomain, confirm: &dyn Confirm) -> Result<(), Error> {
        let path = base_path(self.stage);
        let Some(taken) = found.domain.as_ref().and_then(|live| live.taken(self.identity, &path)) else {
            return Ok(());
        };
        let line = format!(
            "{} moves from stage `{}` of `{}` to stage `{}` of `{}`",
            domain_url(&domain.name, &path),
            taken.stage,
            taken.project,
            self.identity.stage,
            self.identity.project
        );
        self.progress.detail(&line);
        if confirm.confirm(self.region.name(), Risk::Move, &[line]).await? {
            return Ok(());
        }
        Err(Error::Declined { stack: domain_stack(&domain.name) })
    }
}
