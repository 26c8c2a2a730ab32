//! A custom domain in one region, pure: how it is served, and which stages it leads to.
//!
//! A domain name is unique in a region across all accounts, several stages share it, and it moves between them. So no stage's
//! stack can own it: it has a stack of its own, whose template says all there is to know of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::domain_service::DomainService;
use crate::{
    names::Identity,
    settings::{Api, Domain, MutualTls, Routing, SecurityPolicy, Stage},
};

/// The stage of an HTTP API, which has no other, and of the events of a Function URL.
const DEFAULT_STAGE: &str = "$default";

/// A domain as its stack has it in one region.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DomainStack {
    /// `api.example.com`.
    pub(crate) name: String,
    /// The service that serves it.
    #[serde(default, skip_serializing_if = "DomainService::is_api_gateway")]
    pub(crate) service: DomainService,
    /// The certificate that was given; without one, the stack has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate_arn: Option<String>,
    /// The hosted zone that the records are in; without one, they are made by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hosted_zone_id: Option<String>,
    pub(crate) routing: Routing,
    /// Whether the region is the first of a failover.
    #[serde(default)]
    pub(crate) is_primary: bool,
    #[serde(default)]
    pub(crate) security_policy: SecurityPolicy,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mutual_tls: Option<MutualTls>,
    /// What the domain leads to, in the order of the base paths.
    pub(crate) mappings: Vec<DomainMapping>,
}

/// A base path of a domain and what it leads to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DomainMapping {
    /// The project and the stage that have it.
    pub(crate) project: String,
    pub(crate) stage: String,
    /// `shop/v1`; empty for all paths that no other mapping takes.
    pub(crate) base_path: String,
    /// The id of the REST or HTTP API, or the host of the Function URL.
    pub(crate) api_id: String,
    /// The API's stage.
    pub(crate) api_stage: String,
    /// The path below the API's own URL by which Route 53 checks a region's health.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) health_check: Option<String>,
    /// The errors by which Route 53 tells a region's health instead, where the API's own endpoint is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) health_metric: Option<HealthMetric>,
}

/// A metric of CloudWatch that tells the share of a gateway's answers that are errors.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct HealthMetric {
    pub(crate) name: String,
    pub(crate) dimensions: BTreeMap<String, String>,
}

/// What a stage wants of its domain in a region.
#[derive(Clone, Debug)]
pub(crate) struct DomainWish {
    pub(crate) service: DomainService,
    pub(crate) domain: Domain,
    /// The regions of the domain: all of the stage, or that of CloudFront.
    pub(crate) regions: Vec<String>,
    pub(crate) region: String,
    pub(crate) mapping: DomainMapping,
}

impl HealthMetric {
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html>,
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html>
    fn new(identity: &Identity, stage: &Stage, api_id: &str) -> Self {
        let (name, api, api_stage) = match stage.api {
            Api::Http => ("5xx", ("ApiId", api_id.to_owned()), DEFAULT_STAGE),
            _ => ("5XXError", ("ApiName", identity.stack()), identity.stage.as_str()),
        };
        let dimensions = [api, ("Stage", api_stage.to_owned())];
        Self {
            name: name.to_owned(),
            dimensions: dimensions.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    }
}

impl DomainMapping {
    /// The mapping of a stage to its API or Function URL.
    pub(crate) fn new(identity: &Identity, stage: &Stage, api_id: &str) -> Self {
        let has_stage = stage.api == Api::Rest;
        let below_stage = |path: &String| match has_stage {
            true => format!("/{}{path}", identity.stage),
            false => path.clone(),
        };
        Self {
            project: identity.project.clone(),
            stage: identity.stage.clone(),
            base_path: base_path(stage),
            api_id: api_id.to_owned(),
            api_stage: if has_stage { identity.stage.clone() } else { DEFAULT_STAGE.to_owned() },
            health_check: stage.health_check.as_ref().filter(|_| !stage.closes_endpoint()).map(below_stage),
            health_metric: stage
                .health_check
                .as_ref()
                .filter(|_| stage.closes_endpoint())
                .map(|_| HealthMetric::new(identity, stage, api_id)),
        }
    }

    /// Whether it is a stage's.
    pub(crate) fn is_of(&self, identity: &Identity) -> bool {
        self.project == identity.project && self.stage == identity.stage
    }

    /// Where it answers, below the name of its domain.
    pub(crate) fn url(&self, domain: &str) -> String {
        url(domain, &self.base_path)
    }
}

/// The URL of a base path of a domain.
pub(crate) fn url(domain: &str, base_path: &str) -> String {
    match base_path {
        "" => format!("https://{domain}/"),
        path => format!("https://{domain}/{path}/"),
    }
}

/// The key of a stage's mapping; empty for all paths.
pub(crate) fn base_path(stage: &Stage) -> String {
    stage.base_path.as_deref().unwrap_or_default().trim_matches('/').to_owned()
}

impl DomainStack {
    /// A new domain, with the zone that was found for it.
    pub(crate) fn new(wish: &DomainWish, zone: Option<String>) -> Self {
        let DomainWish { service, domain, regions, region, mapping } = wish;
        Self {
            service: *service,
            name: domain.name.clone(),
            certificate_arn: domain.certificate_in(region).map(str::to_owned),
            hosted_zone_id: domain.hosted_zone_id.clone().or(zone),
            routing: domain.routing_of(regions.len()),
            is_primary: regions.first() == Some(region),
            security_policy: domain.security_policy.unwrap_or_default(),
            mutual_tls: domain.mutual_tls.clone(),
            mappings: vec![mapping.clone()],
        }
    }

    /// The domain with a stage's mapping in the place of what has its base path, and of what the stage had. What the stage
    /// does not say of a domain that others share stays as it is.
    pub(crate) fn with(&self, wish: &DomainWish) -> Self {
        let DomainWish { domain, regions, mapping, .. } = wish;
        let is_own = |other: &DomainMapping| other.project == mapping.project && other.stage == mapping.stage;
        let is_shared = self.mappings.iter().any(|other| !is_own(other) && other.base_path != mapping.base_path);
        let mut wanted = Self::new(wish, self.hosted_zone_id.clone());
        if is_shared {
            let keeps_routing = regions.len() == 1 || self.routing != Routing::Simple;
            if domain.routing.is_none() && keeps_routing {
                (wanted.routing, wanted.is_primary) = (self.routing, self.is_primary);
            }
            wanted.certificate_arn = wanted.certificate_arn.or_else(|| self.certificate_arn.clone());
            wanted.security_policy = domain.security_policy.unwrap_or(self.security_policy);
            wanted.mutual_tls = wanted.mutual_tls.or_else(|| self.mutual_tls.clone());
        }
        let others = self.mappings.iter().filter(|other| !is_own(other) && other.base_path != mapping.base_path);
        wanted.mappings.extend(others.cloned());
        wanted.mappings.sort_by(|one, other| one.base_path.cmp(&other.base_path));
        wanted
    }

    /// The domain without the mappings of a stage; `None` if it has none.
    pub(crate) fn without(&self, identity: &Identity) -> Option<Self> {
        let mut left = self.clone();
        left.mappings.retain(|mapping| !mapping.is_of(identity));
        (left.mappings.len() < self.mappings.len()).then_some(left)
    }

    /// Whether the records of several regions would have to change all at once: Route 53 has no records of one name with two
    /// routings, with two first regions or with none.
    /// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-shared.html>
    pub(crate) fn cannot_become(&self, wanted: &Self) -> bool {
        let is_several = |domain: &Self| domain.routing != Routing::Simple;
        let is_same = self.routing == wanted.routing
            && (self.routing != Routing::Failover || self.is_primary == wanted.is_primary);
        self.hosted_zone_id.is_some() && is_several(self) && is_several(wanted) && !is_same
    }

    /// The mapping of another stage that has a stage's base path.
    pub(crate) fn taken(&self, identity: &Identity, base_path: &str) -> Option<&DomainMapping> {
        self.mappings.iter().find(|mapping| mapping.base_path == base_path && !mapping.is_of(identity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(stage: &str) -> Identity {
        Identity { project: "shop".to_owned(), stage: stage.to_owned(), function_name: None }
    }

    fn wish(stage: &str, base_path: &str, domain: Domain) -> DomainWish {
        let settings = Stage { base_path: Some(base_path.to_owned()), ..Stage::default() };
        DomainWish {
            service: DomainService::ApiGateway,
            domain: Domain { name: "api.example.com".to_owned(), ..domain },
            regions: vec!["eu-west-1".to_owned()],
            region: "eu-west-1".to_owned(),
            mapping: DomainMapping::new(&identity(stage), &settings, &format!("api-{stage}")),
        }
    }

    fn paths(domain: &DomainStack) -> Vec<(&str, &str)> {
        domain.mappings.iter().map(|mapping| (mapping.base_path.as_str(), mapping.stage.as_str())).collect()
    }

    #[test]
    fn stages_share_a_domain_by_base_paths() {
        let first = DomainStack::new(&wish("dev", "dev", Domain::default()), Some("Z1".to_owned()));
        let both = first.with(&wish("prod", "", Domain::default()));
        assert_eq!(paths(&both), [("", "prod"), ("dev", "dev")]);
        assert_eq!(both.with(&wish("prod", "", Domain::default())), both, "the second deploy changes nothing");
        assert_eq!(both.hosted_zone_id.as_deref(), Some("Z1"));
        let moved = both.with(&wish("prod", "v2", Domain::default()));
        assert_eq!(paths(&moved), [("dev", "dev"), ("v2", "prod")], "a stage has one base path");
        let left = both.without(&identity("prod")).unwrap();
        assert_eq!(paths(&left), [("dev", "dev")]);
        assert_eq!(left.without(&identity("prod")), None);
        assert!(left.without(&identity("dev")).unwrap().mappings.is_empty());
    }

    #[test]
    fn a_base_path_moves_to_another_stage() {
        let domain = DomainStack::new(&wish("dev", "/shop/", Domain::default()), None);
        assert_eq!(domain.taken(&identity("prod"), "shop").unwrap().stage, "dev");
        assert_eq!(domain.taken(&identity("dev"), "shop"), None);
        assert_eq!(paths(&domain.with(&wish("prod", "shop", Domain::default()))), [("shop", "prod")]);
    }

    #[test]
    fn what_a_stage_does_not_say_of_a_shared_domain_stays() {
        let arn = |id: &str| format!("arn:aws:acm:eu-west-1:123456789012:certificate/{id}");
        let given = |id: &str| Domain {
            certificate_arn: Some(crate::settings::CertificateArn::One(arn(id))),
            ..Domain::default()
        };
        let strict = Domain { security_policy: Some(SecurityPolicy::Tls13), ..given("a") };
        let alone = DomainStack::new(&wish("dev", "dev", strict), None);
        let shared = alone.with(&wish("prod", "", Domain::default()));
        assert_eq!(shared.certificate_arn, Some(arn("a")));
        assert_eq!(shared.security_policy, SecurityPolicy::Tls13);
        assert_eq!(alone.with(&wish("prod", "", given("b"))).certificate_arn, Some(arn("b")));
        // The only stage decides all of it.
        let changed = alone.with(&wish("dev", "dev", Domain::default()));
        assert_eq!((changed.certificate_arn, changed.security_policy), (None, SecurityPolicy::Tls12));
    }

    #[test]
    fn a_second_region_makes_a_simple_routing_one_by_latency() {
        let one = DomainStack::new(&wish("dev", "", Domain::default()), None);
        assert_eq!(one.routing, Routing::Simple);
        let several = DomainWish {
            regions: vec!["us-east-1".to_owned(), "eu-west-1".to_owned()],
            ..wish("dev", "", Domain::default())
        };
        let latency = one.with(&several);
        assert_eq!((latency.routing, latency.is_primary), (Routing::Latency, false));
        // A stage of one region that shares the domain leaves the routing.
        let shared = latency.with(&wish("prod", "prod", Domain::default()));
        assert_eq!(shared.routing, Routing::Latency);
    }

    #[test]
    fn the_routing_of_several_regions_does_not_change_to_another_of_several() {
        let of = |routing, is_primary| {
            let one = DomainStack::new(&wish("dev", "", Domain::default()), Some("Z1".to_owned()));
            DomainStack { routing, is_primary, ..one }
        };
        for (from, to, expected) in [
            (of(Routing::Simple, true), of(Routing::Latency, true), false),
            (of(Routing::Latency, true), of(Routing::Latency, false), false),
            (of(Routing::Latency, true), of(Routing::Failover, true), true),
            (of(Routing::Failover, true), of(Routing::Failover, false), true),
            (of(Routing::Failover, true), of(Routing::Simple, true), false),
        ] {
            assert_eq!(from.cannot_become(&to), expected, "{from:?} {to:?}");
        }
    }

    #[test]
    fn health_is_checked_below_the_urls_of_the_apis() {
        let stage = |api| Stage { api, health_check: Some("/health".to_owned()), ..Stage::default() };
        let mapping = |api| DomainMapping::new(&identity("dev"), &stage(api), "a1");
        assert_eq!(mapping(Api::Rest).health_check.as_deref(), Some("/dev/health"));
        assert_eq!(mapping(Api::Http).health_check.as_deref(), Some("/health"));
        assert_eq!(mapping(Api::Http).api_stage, "$default");
        assert_eq!(mapping(Api::Rest).api_stage, "dev");
    }
}
