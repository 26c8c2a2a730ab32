//! A stage that leaves its domain: the mapping is taken out, and the last one takes the domain's stack with it.

use super::{
    DomainRollout, Error, FoundDomain,
    send::{Sent, THROTTLE},
};
use crate::{
    names::domain_stack,
    template::{DomainService, DomainStack},
};

/// How often a change is computed anew, because others changed the domain or a service was asked too often.
const ATTEMPTS: usize = 6;

/// What a stage that left its domain took with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Left {
    /// What is gone, in words.
    pub(crate) removed: Vec<String>,
    /// What stays on purpose, in words.
    pub(crate) remains: Vec<String>,
}

impl DomainRollout<'_> {
    /// Takes the stage's mappings out of a domain, if it has any.
    ///
    /// # Errors
    /// What failed; running it again goes on.
    pub(crate) async fn leave(&self, name: &str) -> Result<Left, Error> {
        self.take_out(name).await.map_err(|failure| Error::of_domain(name, failure))
    }

    async fn take_out(&self, name: &str) -> Result<Left, Error> {
        for _ in 0..ATTEMPTS {
            let found = self.inspect_ready(name).await?;
            let Some(live) = &found.domain else { return Ok(Left::default()) };
            let left = match live.without(self.identity) {
                Some(left) => left,
                // A run that was cut off took the last mapping out and not the stack.
                None if live.mappings.is_empty() => live.clone(),
                None => return Ok(Left::default()),
            };
            let urls = live.mappings.iter().filter(|mapping| mapping.is_of(self.identity));
            let urls: Vec<String> = urls.map(|mapping| mapping.url(name)).collect();
            if left.mappings.is_empty() {
                match self.delete_last(&found, live).await? {
                    Some(left) => return Ok(left),
                    None => continue,
                }
            }
            self.progress.step("Removing", &format!("{} of the domain {name}", urls.join(" and ")));
            match self.send(&found, &left).await? {
                Sent::Done => {
                    let removed = urls.iter().map(|url| format!("the mapping of {url}")).collect();
                    return Ok(Left { removed, remains: vec![format!("the domain {name}, which other stages have")] });
                }
                Sent::Lost => {}
                Sent::Throttled => tokio::time::sleep(THROTTLE).await,
            }
        }
        Err(Error::Overtaken { stack: domain_stack(name), by: None })
    }

    /// Deletes the stack of a domain that leads nowhere else; `None` if another stage joined it meanwhile.
    async fn delete_last(&self, found: &FoundDomain, live: &DomainStack) -> Result<Option<Left>, Error> {
        let Some(stack) = &found.stack else { return Ok(Some(Left::default())) };
        let remains = self.validation_records(live).await;
        if !self.is_unchanged(stack).await? {
            return Ok(None);
        }
        let takes = match self.service {
            DomainService::ApiGateway => "",
            DomainService::CloudFront => ": CloudFront takes some minutes",
        };
        self.progress.step("Deleting", &format!("the domain {}{takes}", live.name));
        self.delete(&live.name, &stack.id).await?;
        Ok(Some(Left { removed: vec![format!("stack {} with the domain {}", stack.name, live.name)], remains }))
    }

    /// The records that validated the certificate: CloudFormation leaves them, since all certificates of a name share one.
    async fn validation_records(&self, live: &DomainStack) -> Vec<String> {
        let (None, Some(zone)) = (&live.certificate_arn, &live.hosted_zone_id) else { return Vec::new() };
        match self.region.validation_records(zone, &live.name).await {
            Ok(names) => names
                .into_iter()
                .map(|name| format!("record {name} of zone {zone}, which validates certificates of the domain"))
                .collect(),
            Err(_) => vec![format!("the record below {} of zone {zone} that validates its certificates", live.name)],
        }
    }
}
