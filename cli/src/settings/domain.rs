//! The custom domain of a stage as types: `domain`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Api, Stage};

/// A custom domain: a name, or a table `[stage.NAME.domain]`.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum DomainSetting {
    /// The name alone, such as `api.example.com`.
    Name(String),
    /// The name with how it is served.
    Table(Domain),
}

/// A custom domain and how it is served.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Domain {
    /// The name, such as `api.example.com`.
    pub(crate) name: String,
    /// The ARN of a certificate of ACM in the stage's region, or a table of regions and ARNs; for a Function URL one in
    /// `us-east-1`. Default: one is requested and validated by records in the hosted zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) certificate_arn: Option<CertificateArn>,
    /// The id of the hosted zone of Route 53 that the records go to. Default: the public zone of the account whose name is the
    /// longest end of the domain's. A zone of another account has none: its records are printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hosted_zone_id: Option<String>,
    /// The path that leads to this stage, such as `shop` or `shop/v1`; stages that share a domain have different ones. The
    /// same as `base_path` of the stage. A Function URL has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base_path: Option<String>,
    /// How clients find a region. Default: `simple` in one region, `latency` in several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) routing: Option<Routing>,
    /// The least version of TLS. Default: `TLS_1_2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) security_policy: Option<SecurityPolicy>,
    /// Clients need a certificate that one of a truststore has signed. The API's own URL is closed then, unless
    /// `default_endpoint = true` opens it to all. Not for a Function URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mutual_tls: Option<MutualTls>,
}

/// Where the certificate is: one region has one, several have each their own.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum CertificateArn {
    /// The certificate of the stage's only region.
    One(String),
    /// The certificates by region.
    ByRegion(BTreeMap<String, String>),
}

/// How clients find one of several regions.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Routing {
    /// One region takes all requests.
    Simple,
    /// The region that is the fastest for the client.
    Latency,
    /// The first of `regions`; another while its health check fails.
    Failover,
}

/// The least version of TLS that a domain accepts.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum SecurityPolicy {
    /// TLS 1.2 and 1.3.
    #[default]
    #[serde(rename = "TLS_1_2")]
    Tls12,
    /// TLS 1.3 alone; not for `api = "http"`, and not with `mutual_tls`.
    #[serde(rename = "TLS_1_3")]
    Tls13,
}

/// Mutual TLS.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MutualTls {
    /// Where the certificates are that clients' certificates are held to: a PEM file, `s3://bucket/key`, in the stage's
    /// region.
    pub(crate) truststore_uri: String,
    /// The version of that object. API Gateway reads the file again only where this changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) truststore_version: Option<String>,
}

impl DomainSetting {
    /// The whole table, where the setting is the name alone too.
    pub(crate) fn table(&self) -> Domain {
        match self {
            Self::Name(name) => Domain { name: name.clone(), ..Domain::default() },
            Self::Table(domain) => domain.clone(),
        }
    }
}

impl Domain {
    /// The certificate in a region; none where one is requested.
    pub(crate) fn certificate_in(&self, region: &str) -> Option<&str> {
        match self.certificate_arn.as_ref()? {
            CertificateArn::One(arn) => Some(arn),
            CertificateArn::ByRegion(arns) => arns.get(region).map(String::as_str),
        }
    }

    /// The routing, given or by the number of regions.
    pub(crate) fn routing_of(&self, regions: usize) -> Routing {
        self.routing.unwrap_or(if regions > 1 { Routing::Latency } else { Routing::Simple })
    }
}

impl Routing {
    /// As the settings write it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Latency => "latency",
            Self::Failover => "failover",
        }
    }
}

impl Stage {
    /// The table of the custom domain, if the stage has one.
    pub(crate) fn domain(&self) -> Option<Domain> {
        self.domain.as_ref().map(DomainSetting::table)
    }

    /// Whether the API's own endpoint is closed, so that the domain alone leads to the stage. Mutual TLS would protect nothing
    /// beside an endpoint that is open.
    pub(crate) fn closes_endpoint(&self) -> bool {
        let Some(domain) = self.domain().filter(|_| self.api != Api::FunctionUrl) else { return false };
        !self.default_endpoint.unwrap_or(domain.mutual_tls.is_none())
    }

    /// Takes the base path of the domain for the stage's, so that both are one setting.
    pub(super) fn adopt_base_path(&mut self) {
        if self.base_path.is_none() {
            self.base_path = self.domain().and_then(|domain| domain.base_path);
        }
    }
}
