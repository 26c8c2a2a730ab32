//! Hosted zones of Route 53, and the records of certificates in them.

use aws_sdk_route53::types::RrType;

use super::{Error, Region};

/// How the target of a record ends by which ACM validates a certificate.
const VALIDATIONS: &str = ".acm-validations.aws.";

/// A public hosted zone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct HostedZone {
    /// `Z0123456789ABCDEFGHIJ`.
    pub(crate) id: String,
    /// `example.com`, without the dot at the end.
    pub(crate) name: String,
}

impl Region {
    /// The public hosted zones of the account, a call for each hundred.
    /// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZones.html>
    pub(crate) async fn hosted_zones(&self) -> Result<Vec<HostedZone>, Error> {
        let call = self.call("route53:ListHostedZones", "");
        let (mut zones, mut marker) = (Vec::new(), None);
        loop {
            let page = call.send(self.route53().list_hosted_zones().set_marker(marker.clone()).send()).await?;
            let public = page.hosted_zones.into_iter().filter(|zone| {
                // A private zone answers in its VPCs alone.
                !zone.config.as_ref().is_some_and(|config| config.private_zone)
            });
            zones.extend(public.map(|zone| HostedZone {
                id: zone.id.trim_start_matches("/hostedzone/").to_owned(),
                name: zone.name.trim_end_matches('.').to_ascii_lowercase(),
            }));
            let next = page.next_marker.filter(|next| page.is_truncated && !next.is_empty());
            if next.is_none() {
                return Ok(zones);
            }
            if next == marker {
                return Err(Error::odd(call, None, b"the same page again and again"));
            }
            marker = next;
        }
    }

    /// The names of the records in a zone that validate certificates of a domain: those below its name, in one call.
    pub(crate) async fn validation_records(&self, zone: &str, domain: &str) -> Result<Vec<String>, Error> {
        let call = self.call("route53:ListResourceRecordSets", zone);
        let list = self.route53().list_resource_record_sets().hosted_zone_id(zone).start_record_name(domain);
        let records = call.send(list.send()).await?.resource_record_sets.into_iter();
        let below = format!(".{domain}");
        let is_validation = |record: &aws_sdk_route53::types::ResourceRecordSet| {
            record.r#type == RrType::Cname
                && record.name.trim_end_matches('.').ends_with(&below)
                && record.resource_records().iter().any(|target| target.value.ends_with(VALIDATIONS))
        };
        Ok(records.filter(is_validation).map(|record| record.name.trim_end_matches('.').to_owned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::aws::canned::{Canned, region};

    fn page(zones: &str, next: Option<&str>) -> Canned {
        let (truncated, next) = match next {
            Some(next) => ("true", format!("<NextMarker>{next}</NextMarker>")),
            None => ("false", String::new()),
        };
        Canned::Answer {
            status: 200,
            headers: vec![("content-type", "text/xml")],
            body: format!(
                "<ListHostedZonesResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><HostedZones>{zones}\
                 </HostedZones><Marker/><IsTruncated>{truncated}</IsTruncated>{next}<MaxItems>100</MaxItems>\
                 </ListHostedZonesResponse>"
            ),
        }
    }

    fn zone(id: &str, name: &str, is_private: bool) -> String {
        format!(
            "<HostedZone><Id>/hostedzone/{id}</Id><Name>{name}</Name><CallerReference>x</CallerReference><Config>\
             <PrivateZone>{is_private}</PrivateZone></Config></HostedZone>"
        )
    }

    #[tokio::test]
    async fn the_public_zones_of_all_pages_are_found() {
        let first = zone("Z1", "Example.com.", false) + &zone("Z2", "internal.example.com.", true);
        let answers = vec![page(&first, Some("Z3")), page(&zone("Z3", "api.example.com.", false), None)];
        let (region, asked) = region("eu-west-1", answers).await;
        let zones = region.hosted_zones().await.unwrap();
        let found: Vec<_> = zones.iter().map(|zone| (zone.id.as_str(), zone.name.as_str())).collect();
        assert_eq!(found, [("Z1", "example.com"), ("Z3", "api.example.com")]);
        assert_eq!(asked.all().len(), 2);
    }
}
