//! The domain that leads to a stage, as the stage's own template notes it: a deploy without the domain finds here what it has to
//! take back.
//!
//! The note is at a resource, since CloudFormation makes no update for the metadata of a template alone.

use serde_json::{Value, json};

use super::{Input, METADATA, Section, domain_service::DomainService};
use crate::logical_id;

/// The resources that carry the note, with the service that serves their domain: the stages of the two kinds of APIs, and the
/// Function URL.
const CARRIERS: [(&str, DomainService); 3] = [
    (logical_id::API_STAGE, DomainService::ApiGateway),
    (logical_id::HTTP_API_STAGE, DomainService::ApiGateway),
    (logical_id::FUNCTION_URL, DomainService::CloudFront),
];
/// The key of the note.
const DOMAIN: &str = "Domain";

/// The note of a domain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct DomainClaim<'a> {
    /// `api.example.com`.
    pub(crate) name: &'a str,
    /// The service that serves it.
    pub(crate) service: DomainService,
}

pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    let Some(domain) = input.stage.domain() else { return };
    for (carrier, _) in CARRIERS {
        if let Some(resource) = resources.get_mut(carrier) {
            resource["Metadata"] = json!({ METADATA: { DOMAIN: domain.name } });
        }
    }
}

/// The domain that a template notes.
pub(crate) fn claimed_domain(template: &Value) -> Option<DomainClaim<'_>> {
    CARRIERS.iter().find_map(|(carrier, service)| {
        let name = template["Resources"][*carrier]["Metadata"][METADATA][DOMAIN].as_str()?;
        Some(DomainClaim { name, service: *service })
    })
}

/// Keeps the note of the live template in one that says nothing of domains of today: that of an earlier release.
pub(crate) fn keep_domain(wanted: &mut Value, live: &Value) {
    for (carrier, _) in CARRIERS {
        let Some(resource) = wanted["Resources"].get_mut(carrier).and_then(Value::as_object_mut) else { continue };
        match claimed_domain(live) {
            Some(claim) => resource.insert("Metadata".to_owned(), json!({ METADATA: { DOMAIN: claim.name } })),
            None => resource.remove("Metadata"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_release_keeps_the_domain_of_today() {
        let template = |domain: Option<&str>| match domain {
            Some(domain) => {
                json!({ "Resources": { "ApiStage": { "Type": "X", "Metadata": { METADATA: { DOMAIN: domain } } } } })
            }
            None => json!({ "Resources": { "ApiStage": { "Type": "X" } } }),
        };
        for (live, wanted) in
            [(Some("a.example"), None), (None, Some("b.example")), (Some("a.example"), Some("b.example"))]
        {
            let mut wanted = template(wanted);
            keep_domain(&mut wanted, &template(live));
            assert_eq!(wanted, template(live));
            assert_eq!(claimed_domain(&wanted).map(|claim| claim.name), live);
        }
    }

    #[test]
    fn the_carrier_tells_the_service() {
        for (carrier, service) in CARRIERS {
            let template =
                json!({ "Resources": { carrier: { "Metadata": { METADATA: { DOMAIN: "api.example.com" } } } } });
            assert_eq!(claimed_domain(&template), Some(DomainClaim { name: "api.example.com", service }));
        }
    }
}
