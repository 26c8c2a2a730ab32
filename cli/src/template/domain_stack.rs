//! A custom domain to the template of its stack, and back.

use serde_json::{Value, json};

use super::{
    METADATA, Section,
    distribution::{self, distribution},
    domain::DomainStack,
    domain_health,
    domain_service::DomainService,
};
use crate::{
    logical_id,
    settings::{Routing, SecurityPolicy},
};

/// The key of the tool's metadata that holds the whole domain.
const DOMAIN: &str = "Domain";

/// The logical ids of the stack.
const CERTIFICATE: &str = "Certificate";
const NAME: &str = "Domain";
const DISTRIBUTION: &str = "Distribution";
pub(super) const HEALTH_CHECK: &str = "HealthCheck";

/// The outputs: the target of the records and its hosted zone.
pub(crate) const TARGET: &str = "Target";
const TARGET_ZONE: &str = "TargetHostedZoneId";

/// The records: logical id and type. The domain's endpoints have IPv4 and IPv6 addresses.
const RECORDS: [(&str, &str); 2] = [("RecordA", "A"), ("RecordAaaa", "AAAA")];

impl DomainStack {
    /// The template of the domain's stack.
    pub(crate) fn template(&self) -> Value {
        let mut resources = Section::new();
        if self.certificate_arn.is_none() {
            resources.insert(CERTIFICATE.to_owned(), self.certificate());
        }
        match self.service {
            DomainService::ApiGateway => self.add_domain_name(&mut resources),
            DomainService::CloudFront => {
                resources.insert(DISTRIBUTION.to_owned(), distribution(self, &self.certificate_ref()));
            }
        }
        if let Some(zone) = &self.hosted_zone_id {
            self.add_records(zone, &mut resources);
        }
        let (target, target_zone) = self.target();
        let output = |description: &str, value: Value| json!({ "Description": description, "Value": value });
        json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": format!("{}, the domain of stages that zappa-rs deploys", self.name),
            "Metadata": { METADATA: { DOMAIN: self } },
            "Resources": resources,
            "Outputs": {
                TARGET: output("Where the domain's records point to", target),
                TARGET_ZONE: output("The hosted zone of an alias record's target", target_zone),
            },
        })
    }

    /// The domain of a stack's template; `None` if the template is no domain's.
    pub(crate) fn read(template: &str) -> Option<Self> {
        let template: Value = serde_json::from_str(template).ok()?;
        serde_json::from_value(template["Metadata"][METADATA][DOMAIN].clone()).ok()
    }

    /// Whether a change to another one changes anything that CloudFormation has.
    pub(crate) fn differs_from(&self, other: &Self) -> bool {
        self.template()["Resources"] != other.template()["Resources"]
    }

    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-certificatemanager-certificate.html>
    fn certificate(&self) -> Value {
        let mut validation = json!({ "DomainName": self.name });
        if let Some(zone) = &self.hosted_zone_id {
            validation["HostedZoneId"] = json!(zone);
        }
        json!({
            "Type": "AWS::CertificateManager::Certificate",
            "Properties": {
                "DomainName": self.name,
                "ValidationMethod": "DNS",
                "DomainValidationOptions": [validation],
            },
        })
    }

    /// The certificate's ARN.
    fn certificate_ref(&self) -> Value {
        match &self.certificate_arn {
            Some(arn) => json!(arn),
            None => json!({ "Ref": CERTIFICATE }),
        }
    }

    /// Where the records point to, and the hosted zone of that.
    fn target(&self) -> (Value, Value) {
        let of_name = |attribute: &str| json!({ "Fn::GetAtt": [NAME, attribute] });
        match self.service {
            DomainService::ApiGateway => (of_name("RegionalDomainName"), of_name("RegionalHostedZoneId")),
            DomainService::CloudFront => {
                (json!({ "Fn::GetAtt": [DISTRIBUTION, "DomainName"] }), json!(distribution::HOSTED_ZONE))
            }
        }
    }

    /// The domain name of API Gateway and what it leads to.
    fn add_domain_name(&self, resources: &mut Section) {
        resources.insert(NAME.to_owned(), self.domain_name());
        for mapping in &self.mappings {
            let mut properties = json!({
                "DomainName": { "Ref": NAME },
                "ApiId": mapping.api_id,
                "Stage": mapping.api_stage,
            });
            if !mapping.base_path.is_empty() {
                properties["ApiMappingKey"] = json!(mapping.base_path);
            }
            // An id for each base path: where another stage takes it over, the mapping is changed in place.
            let id = logical_id::named("Mapping", &[&mapping.base_path]);
            resources.insert(id, json!({ "Type": "AWS::ApiGatewayV2::ApiMapping", "Properties": properties }));
        }
    }

    /// A REST API's domain name: HTTP APIs are mapped to it, too, and it alone knows every security policy.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html>
    fn domain_name(&self) -> Value {
        let mut properties = json!({
            "DomainName": self.name,
            "EndpointConfiguration": { "Types": ["REGIONAL"], "IpAddressType": "dualstack" },
            "RegionalCertificateArn": self.certificate_ref(),
        });
        match self.security_policy {
            SecurityPolicy::Tls12 => properties["SecurityPolicy"] = json!("TLS_1_2"),
            SecurityPolicy::Tls13 => {
                properties["SecurityPolicy"] = json!("SecurityPolicy_TLS13_1_3_2025_09");
                properties["EndpointAccessMode"] = json!("STRICT");
            }
        }
        if let Some(mutual) = &self.mutual_tls {
            properties["MutualTlsAuthentication"] = json!({ "TruststoreUri": mutual.truststore_uri });
            if let Some(version) = &mutual.truststore_version {
                properties["MutualTlsAuthentication"]["TruststoreVersion"] = json!(version);
            }
        }
        json!({ "Type": "AWS::ApiGateway::DomainName", "Properties": properties })
    }

    fn add_records(&self, zone: &str, resources: &mut Section) {
        let has_health_check = domain_health::add(self, resources);
        let (target, target_zone) = self.target();
        for (id, kind) in RECORDS {
            let mut properties = json!({
                "HostedZoneId": zone,
                "Name": self.name,
                "Type": kind,
                "AliasTarget": {
                    "DNSName": target,
                    "HostedZoneId": target_zone,
                    "EvaluateTargetHealth": false,
                },
            });
            match self.routing {
                Routing::Simple => {}
                Routing::Latency => {
                    properties["SetIdentifier"] = json!({ "Ref": "AWS::Region" });
                    properties["Region"] = json!({ "Ref": "AWS::Region" });
                }
                Routing::Failover => {
                    properties["SetIdentifier"] = json!({ "Ref": "AWS::Region" });
                    properties["Failover"] = json!(if self.is_primary { "PRIMARY" } else { "SECONDARY" });
                }
            }
            if has_health_check {
                properties["HealthCheckId"] = json!({ "Ref": HEALTH_CHECK });
            }
            resources.insert(id.to_owned(), json!({ "Type": "AWS::Route53::RecordSet", "Properties": properties }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        settings::MutualTls,
        template::domain::{DomainMapping, HealthMetric},
    };

    fn mapping(stage: &str, base_path: &str, api_id: &str) -> DomainMapping {
        let (project, api_stage) = ("shop".to_owned(), "$default".to_owned());
        let (stage, base_path, api_id) = (stage.to_owned(), base_path.to_owned(), api_id.to_owned());
        DomainMapping { project, stage, base_path, api_id, api_stage, health_check: None, health_metric: None }
    }

    fn domain(mappings: Vec<DomainMapping>) -> DomainStack {
        DomainStack {
            name: "api.example.com".to_owned(),
            service: DomainService::ApiGateway,
            certificate_arn: None,
            hosted_zone_id: Some("Z0123456789ABCDEFGHIJ".to_owned()),
            routing: Routing::Simple,
            is_primary: true,
            security_policy: SecurityPolicy::Tls12,
            mutual_tls: None,
            mappings,
        }
    }

    /// The reviewed templates: name and domain.
    fn reviewed() -> Vec<(&'static str, DomainStack)> {
        let (root, below) = (mapping("prod", "", "a1b2c3d4e5"), mapping("dev", "shop/v1", "f6g7h8i9j0"));
        let checked = DomainMapping { health_check: Some("/health".to_owned()), ..root.clone() };
        let arn = "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012";
        let given = DomainStack { certificate_arn: Some(arn.to_owned()), ..domain(vec![root.clone()]) };
        let url = mapping("prod", "", "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6.lambda-url.eu-west-1.on.aws");
        let cloudfront = DomainStack { service: DomainService::CloudFront, ..domain(vec![url]) };
        let arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012";
        let distribution = DomainStack {
            certificate_arn: Some(arn.to_owned()),
            hosted_zone_id: None,
            security_policy: SecurityPolicy::Tls13,
            ..cloudfront.clone()
        };
        let trust = ("s3://trust/clients.pem".to_owned(), Some("3sL4kqtJlcpXroDTDmJ".to_owned()));
        let mutual = MutualTls { truststore_uri: trust.0, truststore_version: trust.1 };
        let metric = |name: &str, api: (&str, &str), stage: &str| HealthMetric {
            name: name.to_owned(),
            dimensions: [api, ("Stage", stage)].map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        };
        let closed = |metric| DomainMapping { health_metric: Some(metric), ..root.clone() };
        let rest = closed(metric("5XXError", ("ApiName", "shop-prod"), "prod"));
        let http = closed(metric("5xx", ("ApiId", "a1b2c3d4e5"), "$default"));
        vec![
            ("cloudfront", cloudfront),
            ("cloudfront-elsewhere", distribution),
            ("latency-closed", DomainStack { routing: Routing::Latency, ..domain(vec![http]) }),
            ("failover-closed", DomainStack { routing: Routing::Failover, ..domain(vec![rest]) }),
            ("requested", domain(vec![root.clone()])),
            ("shared", domain(vec![root.clone(), below])),
            ("elsewhere", DomainStack { hosted_zone_id: None, ..given.clone() }),
            ("mutual-tls", DomainStack { mutual_tls: Some(mutual), ..given.clone() }),
            ("tls-1-3", DomainStack { security_policy: SecurityPolicy::Tls13, ..given }),
            ("latency", DomainStack { routing: Routing::Latency, ..domain(vec![checked.clone()]) }),
            ("failover", DomainStack { routing: Routing::Failover, is_primary: false, ..domain(vec![checked]) }),
        ]
    }

    /// `ZAPPA_RS_WRITE=1` regenerates the files, to be reviewed; `tests/templates.rs` lints them.
    #[test]
    fn every_golden_domain_makes_the_template_that_was_reviewed() {
        let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/domains");
        for (name, domain) in reviewed() {
            let text = serde_json::to_string_pretty(&domain.template()).unwrap() + "\n";
            let path = folder.join(format!("{name}.json"));
            if std::env::var_os("ZAPPA_RS_WRITE").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, &text).unwrap();
            }
            assert_eq!(std::fs::read_to_string(&path).ok().as_deref(), Some(text.as_str()), "{name} is stale");
        }
    }

    #[test]
    fn a_template_holds_the_whole_domain() {
        let domain = domain(vec![mapping("prod", "", "a1"), mapping("dev", "dev", "b2")]);
        assert_eq!(DomainStack::read(&domain.template().to_string()).as_ref(), Some(&domain));
        assert_eq!(DomainStack::read("Resources: {}"), None);
        assert_eq!(DomainStack::read(r#"{"Metadata":{"zappa-rs":{"Project":"shop"}}}"#), None);
    }

    #[test]
    fn a_base_path_that_moves_is_changed_in_place() {
        let before = domain(vec![mapping("dev", "shop", "a1")]);
        let after = domain(vec![mapping("prod", "shop", "b2")]);
        assert!(after.differs_from(&before));
        let ids = |domain: &DomainStack| -> Vec<String> {
            domain.template()["Resources"].as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(ids(&before), ids(&after));
        assert!(!before.differs_from(&before.clone()));
    }

    #[test]
    fn health_is_checked_where_regions_stand_in_for_each_other() {
        let checked = DomainMapping { health_check: Some("/health".to_owned()), ..mapping("prod", "", "a1") };
        for (routing, mapping, expected) in [
            (Routing::Simple, &checked, false),
            (Routing::Latency, &checked, true),
            (Routing::Latency, &mapping("prod", "", "a1"), false),
            (Routing::Failover, &checked, true),
        ] {
            let template = DomainStack { routing, ..domain(vec![mapping.clone()]) }.template();
            assert_eq!(template["Resources"][HEALTH_CHECK].is_object(), expected, "{routing:?}");
            assert_eq!(template["Resources"]["RecordA"]["Properties"]["HealthCheckId"].is_object(), expected);
        }
    }
}
