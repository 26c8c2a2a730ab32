//! A domain as it is, and what a deploy would do about it; nothing is changed.

use serde::Serialize;

use super::{DomainRollout, Error};
use crate::{
    aws::Stack,
    names::domain_stack,
    settings::Domain,
    template::{DOMAIN_TARGET, DomainClaim, base_path, domain_url},
};

/// What is known of the domain of a stage.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DomainFacts {
    pub(crate) name: String,
    /// Where it leads to the stage; `None` where it leads to others alone, or is not made yet.
    pub(crate) url: Option<String>,
    /// Its stack, and the stack's status; `None` where there is none.
    pub(crate) stack: Option<String>,
    pub(crate) stack_status: Option<String>,
    /// Where its records point to.
    pub(crate) target: Option<String>,
    /// The hosted zone with its records; `None` where they are made by hand.
    pub(crate) hosted_zone_id: Option<String>,
}

impl DomainFacts {
    /// The facts as one line.
    pub(crate) fn line(&self) -> String {
        let name = &self.name;
        match (&self.url, &self.stack_status) {
            (_, None) => format!("{name}, which is not made; `zappa-rs deploy` makes it"),
            (None, Some(_)) => format!("{name}, which does not lead to this stage; `zappa-rs deploy` changes that"),
            (Some(url), Some(status)) if status.ends_with("_COMPLETE") && !status.contains("ROLLBACK") => url.clone(),
            (Some(url), Some(status)) => format!("{url} ({status})"),
        }
    }
}

impl DomainRollout<'_> {
    /// The facts of a domain.
    pub(crate) async fn facts(&self, name: &str) -> Result<DomainFacts, Error> {
        let found = self.inspect(name).await.map_err(|failure| Error::of_domain(name, failure))?;
        let (stack, live) = (found.stack.as_ref(), found.domain.as_ref());
        let own = live.and_then(|live| live.mappings.iter().find(|mapping| mapping.is_of(self.identity)));
        Ok(DomainFacts {
            name: name.to_owned(),
            url: own.map(|mapping| mapping.url(name)),
            stack: stack.map(|stack| stack.name.clone()),
            stack_status: stack.map(|stack| stack.status.0.clone()),
            target: stack.and_then(|stack| stack.outputs.get(DOMAIN_TARGET).cloned()),
            hosted_zone_id: live.and_then(|live| live.hosted_zone_id.clone()),
        })
    }

    /// What a deploy would do about domains, in words. `claimed`: the domain that the live template notes; `stack`: the stage's.
    pub(crate) async fn outlook(
        &self,
        wanted: Option<&Domain>,
        claimed: Option<DomainClaim<'_>>,
        stack: Option<&Stack>,
    ) -> Result<Vec<String>, Error> {
        let mut lines = Vec::new();
        if let Some(claimed) = claimed.filter(|claimed| wanted.is_none_or(|wanted| wanted.name != claimed.name)) {
            lines.push(format!("take the stage out of the domain {}", claimed.name));
        }
        if let Some(wanted) = wanted {
            let line = self.outlook_of(wanted, stack).await;
            lines.extend(line.map_err(|failure| Error::of_domain(&wanted.name, failure))?);
        }
        Ok(lines)
    }

    async fn outlook_of(&self, domain: &Domain, stack: Option<&Stack>) -> Result<Option<String>, Error> {
        let found = self.inspect(&domain.name).await?;
        let path = base_path(self.stage);
        let url = domain_url(&domain.name, &path);
        let Some(live) = &found.domain else {
            return Ok(Some(format!("make the domain {}, which leads to the stage: {url}", domain.name)));
        };
        if let Some(taken) = live.taken(self.identity, &path) {
            return Ok(Some(format!("move {url} here from stage `{}` of `{}`", taken.stage, taken.project)));
        }
        let target = stack.and_then(|stack| self.target(stack));
        let Some(target) = target.filter(|_| live.mappings.iter().any(|mapping| mapping.is_of(self.identity))) else {
            return Ok(Some(format!("let {url} lead to the stage")));
        };
        let wanted = live.with(&self.wish(domain, target));
        Ok(wanted.differs_from(live).then(|| format!("change stack {}: {url}", domain_stack(&domain.name))))
    }
}
