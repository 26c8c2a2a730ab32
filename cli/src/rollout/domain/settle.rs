//! A domain that leads to a stage: the mapping is put in, and the rest is as the settings say.

use super::{
    super::Phase,
    DomainRollout, Error, FoundDomain,
    send::{Sent, THROTTLE},
};
use crate::{
    aws::Stack,
    names::domain_stack,
    settings::Domain,
    template::{DOMAIN_TARGET, DomainService, DomainStack},
};

/// How often a change is computed anew, because others changed the domain or a service was asked too often.
const ATTEMPTS: usize = 6;

/// A domain that is as the stage wants it.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    /// Whether anything was changed.
    pub(crate) changed: bool,
    /// Where the domain leads to the stage.
    pub(crate) url: String,
    /// Whether its records are in a zone of the account; else they are made by hand.
    pub(crate) has_records: bool,
}

impl DomainRollout<'_> {
    /// Puts the stage's mapping into the domain that was found; the stage's stack tells the API or Function URL.
    ///
    /// # Errors
    /// What failed; the stage itself is not affected.
    pub(crate) async fn settle(&self, domain: &Domain, found: FoundDomain, stack: &Stack) -> Result<Settled, Error> {
        let settled = self.put(domain, found, stack).await;
        settled.map_err(|failure| Error::of_domain(&domain.name, failure))
    }

    /// Whether a record that is made by hand is known to the name servers: before that, the API's own endpoint stays open.
    pub(crate) async fn has_address(&self, name: &str) -> bool {
        let found = tokio::net::lookup_host((name, 443)).await;
        let has_address = found.is_ok_and(|mut addresses| addresses.next().is_some());
        if !has_address {
            let sentence = format!("the API's own endpoint stays open as long as {name} has no address");
            self.progress.warning(&sentence, Some("a deploy after the record was added closes it"));
        }
        has_address
    }

    async fn put(&self, domain: &Domain, mut found: FoundDomain, stack: &Stack) -> Result<Settled, Error> {
        let target = self.target(stack).ok_or_else(|| Error::vanished(self.identity))?;
        let wish = self.wish(domain, target);
        let url = wish.mapping.url(&domain.name);
        let zone = found.zone.clone();
        for _ in 0..ATTEMPTS {
            if !found.stack.as_ref().is_none_or(|stack| stack.status.is_success()) {
                found = self.inspect_ready(&domain.name).await?;
            }
            let wanted = match &found.domain {
                Some(live) => live.with(&wish),
                None => DomainStack::new(&wish, zone.clone()),
            };
            self.check_validation(domain, &wanted)?;
            if found.domain.as_ref().is_some_and(|live| !wanted.differs_from(live)) {
                return Ok(Settled { changed: false, url, has_records: wanted.hosted_zone_id.is_some() });
            }
            self.announce(&found, &wanted, &url);
            match self.send(&found, &wanted).await? {
                Sent::Done => {
                    self.phase.set(Phase::Serving);
                    self.mention_records(&wanted).await?;
                    return Ok(Settled { changed: true, url, has_records: wanted.hosted_zone_id.is_some() });
                }
                Sent::Lost => {
                    self.progress.step("Looking", &format!("at {} again: another deploy changed it", domain.name));
                }
                Sent::Throttled => {
                    let seconds = THROTTLE.as_secs();
                    self.progress
                        .step("Waiting", &format!("{seconds} seconds: AWS makes one domain name in that time"));
                    tokio::time::sleep(THROTTLE).await;
                }
            }
            found = self.inspect_ready(&domain.name).await?;
        }
        Err(Error::Overtaken { stack: domain_stack(&domain.name), by: None })
    }

    /// A certificate that is requested needs a zone for the record that validates it.
    fn check_validation(&self, domain: &Domain, wanted: &DomainStack) -> Result<(), Error> {
        if wanted.certificate_arn.is_some() || wanted.hosted_zone_id.is_some() {
            return Ok(());
        }
        Err(Error::NoHostedZone { domain: domain.name.clone(), region: self.region.name().to_owned() })
    }

    fn announce(&self, found: &FoundDomain, wanted: &DomainStack, url: &str) {
        let minutes = ": this takes some minutes";
        let (service, takes) = match self.service {
            DomainService::ApiGateway => ("", ""),
            DomainService::CloudFront => (" in front of the Function URL, by CloudFront", minutes),
        };
        let name = &wanted.name;
        match (&found.stack, &wanted.certificate_arn) {
            (None, None) => self.progress.step(
                "Creating",
                &format!("the domain {name}{service}, with a certificate that DNS validates{minutes}"),
            ),
            (None, Some(_)) => self.progress.step("Creating", &format!("the domain {name}{service}{takes}")),
            (Some(_), _) => self.progress.step("Mapping", &format!("{url} to stage {}{takes}", self.identity.stage)),
        }
    }

    /// Tells the records of a zone that is elsewhere.
    async fn mention_records(&self, wanted: &DomainStack) -> Result<(), Error> {
        if wanted.hosted_zone_id.is_some() {
            return Ok(());
        }
        let stack = self.region.find_stack(&domain_stack(&wanted.name)).await?;
        if let Some(target) = stack.as_ref().and_then(|stack| stack.outputs.get(DOMAIN_TARGET)) {
            self.progress.warning(
                &format!("no public hosted zone of this account has {}: its record is not made", wanted.name),
                Some(&format!("add `{} CNAME {target}` to the zone that it is in", wanted.name)),
            );
        }
        Ok(())
    }
}
