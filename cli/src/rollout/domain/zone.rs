//! The hosted zone that a new domain's records go to.

use super::{DomainRollout, Error};
use crate::{aws::HostedZone, settings::Domain};

impl DomainRollout<'_> {
    /// The zone of a new domain: the one of the settings, or the public zone of the account whose name is the longest end of
    /// the domain's; `None` where the records are made elsewhere.
    pub(super) async fn find_zone(&self, domain: &Domain) -> Result<Option<String>, Error> {
        if let Some(id) = &domain.hosted_zone_id {
            return Ok(Some(id.clone()));
        }
        let zones = self.region.hosted_zones().await?;
        let found = zone_of(&domain.name, &zones)?;
        // Without a zone, nothing could validate the certificate.
        if found.is_none() && domain.certificate_in(self.region.name()).is_none() {
            return Err(Error::NoHostedZone { domain: domain.name.clone(), region: self.region.name().to_owned() });
        }
        Ok(found.map(|zone| zone.id.clone()))
    }
}

fn zone_of<'a>(domain: &str, zones: &'a [HostedZone]) -> Result<Option<&'a HostedZone>, Error> {
    let is_end = |zone: &&HostedZone| {
        domain.strip_suffix(zone.name.as_str()).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    let longest = zones.iter().filter(is_end).max_by_key(|zone| zone.name.len());
    let Some(longest) = longest else { return Ok(None) };
    let same: Vec<String> = zones.iter().filter(|zone| zone.name == longest.name).map(|zone| zone.id.clone()).collect();
    match same.as_slice() {
        [_] => Ok(Some(longest)),
        _ => Err(Error::SeveralHostedZones { name: longest.name.clone(), ids: same }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_is_the_longest_end_of_the_name() {
        let zones: Vec<HostedZone> = [
            ("Z1", "example.com"),
            ("Z2", "shop.example.com"),
            ("Z3", "ple.com"),
            ("Z4", "two.org"),
            ("Z5", "two.org"),
        ]
        .map(|(id, name)| HostedZone { id: id.to_owned(), name: name.to_owned() })
        .into();
        for (domain, expected) in [
            ("api.example.com", Some("Z1")),
            ("example.com", Some("Z1")),
            ("api.shop.example.com", Some("Z2")),
            ("myshop.example.com", Some("Z1")),
            ("sample.com", None),
        ] {
            let found = zone_of(domain, &zones).unwrap().map(|zone| zone.id.as_str());
            assert_eq!(found, expected, "{domain}");
        }
        assert!(matches!(zone_of("api.two.org", &zones), Err(Error::SeveralHostedZones { ids, .. }) if ids.len() == 2));
    }
}
