//! What a custom domain takes: the calls of the tool for the domain's stack, and those of CloudFormation for what is in it.
//!
//! The domain is in no stage's template, so the rows of resource types do not tell of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Subject, handler::ALARM_ACTIONS};
use crate::{
    names::domain_stack,
    settings::{Domain, Routing},
    template::{DomainService, domain_alarm},
};

/// The tool's own actions on the domain's stack.
const STACK: &[&str] = &[
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:CreateChangeSet",
    "cloudformation:CreateStack",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeEvents",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStacks",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:GetTemplate",
    "cloudformation:RollbackStack",
    "cloudformation:TagResource",
];

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html>
const GATEWAY: &[&str] = &[
    "apigateway:AddCertificateToDomain",
    "apigateway:DELETE",
    "apigateway:GET",
    "apigateway:PATCH",
    "apigateway:POST",
    "apigateway:PUT",
    "apigateway:RemoveCertificateFromDomain",
    "apigateway:TagResource",
    "apigateway:UntagResource",
];

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudfront.html>
const DISTRIBUTION: &[&str] = &[
    "cloudfront:CreateDistribution",
    "cloudfront:DeleteDistribution",
    "cloudfront:GetDistribution",
    "cloudfront:GetDistributionConfig",
    "cloudfront:ListTagsForResource",
    "cloudfront:TagResource",
    "cloudfront:UntagResource",
    "cloudfront:UpdateDistribution",
];

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscertificatemanager.html>
const CERTIFICATE: &[&str] = &[
    "acm:AddTagsToCertificate",
    "acm:DeleteCertificate",
    "acm:DescribeCertificate",
    "acm:ListTagsForCertificate",
    "acm:RemoveTagsFromCertificate",
];

/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53.html>
const HEALTH_CHECK: &[&str] = &[
    "route53:ChangeTagsForResource",
    "route53:DeleteHealthCheck",
    "route53:GetHealthCheck",
    "route53:ListTagsForResource",
    "route53:UpdateHealthCheck",
];

/// The domain of a stage in its regions: a name with `${region}` differs between them.
struct Domains<'a> {
    subject: &'a Subject<'a>,
    all: Vec<Domain>,
}

/// The statements for the tool's own calls.
pub(super) fn direct(subject: &Subject<'_>) -> Vec<Value> {
    let domains = Domains::of(subject);
    if domains.all.is_empty() {
        return Vec::new();
    }
    let mut statements = vec![subject.statement("DomainStack", STACK, &domains.stacks(), None)];
    if domains.all.iter().any(|domain| domain.hosted_zone_id.is_none()) {
        statements.push(subject.statement("HostedZones", &["route53:ListHostedZones"], &[], None));
    }
    if domains.requests_certificates() {
        let list = ["route53:ListResourceRecordSets"];
        statements.push(subject.statement("ValidationRecords", &list, &domains.zones(), None));
    }
    statements
}

/// The statements for what CloudFormation does for the caller.
pub(super) fn through_cloudformation(subject: &Subject<'_>) -> Vec<Value> {
    let domains = Domains::of(subject);
    if domains.all.is_empty() {
        return Vec::new();
    }
    let via = || json!({ "ForAnyValue:StringEquals": { "aws:CalledVia": "cloudformation.amazonaws.com" } });
    let mut statements = match domains.service() {
        DomainService::ApiGateway => vec![
            subject.statement("DomainName", GATEWAY, &domains.gateway(), Some(via())),
            // API Gateway makes its role with the account's first domain name.
            // https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html
            subject.statement(
                "DomainServiceRole",
                &["iam:CreateServiceLinkedRole"],
                &["iam::*:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway".to_owned()],
                Some(json!({ "StringEquals": { "iam:AWSServiceName": "ops.apigateway.amazonaws.com" } })),
            ),
        ],
        // AWS makes up the ids of distributions.
        DomainService::CloudFront => {
            let arns = ["cloudfront::*:distribution/*".to_owned()];
            vec![subject.statement("Distribution", DISTRIBUTION, &arns, Some(via()))]
        }
    };
    statements.extend(domains.records(via));
    if domains.requests_certificates() {
        let mut condition = via();
        condition["ForAllValues:StringEquals"] = json!({ "acm:DomainNames": domains.names() });
        statements.push(subject.statement("RequestCertificate", &["acm:RequestCertificate"], &[], Some(condition)));
        let arns = [format!("acm:{}:*:certificate/*", domains.region())];
        statements.push(subject.statement("DomainCertificate", CERTIFICATE, &arns, Some(via())));
    }
    let routes = domains.all.iter().any(|domain| domain.routing_of(subject.stage().regions.len()) != Routing::Simple);
    let checks = routes && subject.stage().health_check.is_some();
    if checks && subject.stages.iter().any(|stage| stage.closes_endpoint()) {
        statements.push(subject.statement("HealthAlarm", ALARM_ACTIONS, &domains.alarms(), Some(via())));
    }
    if checks {
        statements.push(subject.statement("NewHealthCheck", &["route53:CreateHealthCheck"], &[], Some(via())));
        let arns = ["route53:::healthcheck/*".to_owned()];
        statements.push(subject.statement("HealthCheck", HEALTH_CHECK, &arns, Some(via())));
    }
    let truststores = domains.truststores();
    if !truststores.is_empty() {
        let read = ["s3:GetObject", "s3:GetObjectVersion"];
        statements.push(subject.statement("Truststore", &read, &truststores, Some(via())));
    }
    statements
}

impl<'a> Domains<'a> {
    fn of(subject: &'a Subject<'a>) -> Self {
        Self { subject, all: subject.stages.iter().filter_map(|stage| stage.domain()).collect() }
    }

    fn service(&self) -> DomainService {
        DomainService::of(self.subject.stage().api)
    }

    /// The regions of the domains' stacks.
    fn region(&self) -> &str {
        self.service().region("{region}")
    }

    fn names(&self) -> BTreeSet<&str> {
        self.all.iter().map(|domain| domain.name.as_str()).collect()
    }

    fn stacks(&self) -> Vec<String> {
        let (names, region) = (self.names().into_iter(), self.region());
        names.map(|name| format!("cloudformation:{region}:*:stack/{}/*", domain_stack(name))).collect()
    }

    fn alarms(&self) -> Vec<String> {
        let names = self.names().into_iter();
        names.map(|name| format!("cloudwatch:{{region}}:*:alarm:{}", domain_alarm(name))).collect()
    }

    fn gateway(&self) -> Vec<String> {
        let paths = ["/domainnames", "/tags/*"].map(|path| format!("apigateway:{{region}}::{path}"));
        let of_name = |name: &str| ["", "/*"].map(|below| format!("apigateway:{{region}}::/domainnames/{name}{below}"));
        paths.into_iter().chain(self.names().into_iter().flat_map(of_name)).collect()
    }

    fn zones(&self) -> Vec<String> {
        let zone = |domain: &Domain| domain.hosted_zone_id.clone().unwrap_or_else(|| "*".to_owned());
        let zones: BTreeSet<String> = self.all.iter().map(zone).collect();
        zones.into_iter().map(|zone| format!("route53:::hostedzone/{zone}")).collect()
    }

    fn requests_certificates(&self) -> bool {
        self.all.iter().any(|domain| domain.certificate_arn.is_none())
    }

    /// Records of the domain's name and below it, where those are that validate certificates.
    fn records(&self, via: impl Fn() -> Value) -> Vec<Value> {
        let mut condition = via();
        let names: Vec<String> =
            self.names().into_iter().flat_map(|name| [name.to_owned(), format!("*.{name}")]).collect();
        condition["ForAllValues:StringLike"] =
            json!({ "route53:ChangeResourceRecordSetsNormalizedRecordNames": names });
        let (change, read) =
            (["route53:ChangeResourceRecordSets"], ["route53:GetHostedZone", "route53:ListResourceRecordSets"]);
        vec![
            self.subject.statement("DomainRecords", &change, &self.zones(), Some(condition)),
            self.subject.statement("DomainZone", &read, &self.zones(), Some(via())),
            self.subject.statement(
                "DomainChanges",
                &["route53:GetChange"],
                &["route53:::change/*".to_owned()],
                Some(via()),
            ),
        ]
    }

    fn truststores(&self) -> Vec<String> {
        let mutual = self.all.iter().filter_map(|domain| domain.mutual_tls.as_ref());
        let objects = mutual.filter_map(|mutual| mutual.truststore_uri.strip_prefix("s3://"));
        objects.map(|object| format!("s3:::{object}")).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        names::Identity,
        settings::{Settings, Stage},
    };

    fn statements(settings: &str) -> Vec<Value> {
        let text = format!("[project]\nname = \"shop\"\n[stage.dev]\n{settings}\n");
        let settings =
            Settings::parse(std::path::Path::new("x.toml"), text, &std::collections::BTreeMap::new()).unwrap();
        let selection = settings.choose(None).unwrap();
        let identity = Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None };
        let stages: Vec<&Stage> = selection.regions.iter().map(|region| &selection.stages[region]).collect();
        let templates = vec![json!({ "Resources": {} }); selection.regions.len()];
        let subject =
            Subject { identity: &identity, regions: &selection.regions, stages: &stages, templates: &templates };
        direct(&subject).into_iter().chain(through_cloudformation(&subject)).collect()
    }

    fn sids(statements: &[Value]) -> Vec<&str> {
        statements.iter().map(|statement| statement["Sid"].as_str().unwrap()).collect()
    }

    #[test]
    fn a_stage_without_a_domain_is_allowed_nothing_of_domains() {
        assert!(statements("aws_region = \"eu-west-1\"").is_empty());
    }

    #[test]
    fn records_are_those_of_the_domain_alone() {
        let statements = statements("aws_region = \"eu-west-1\"\ndomain = \"api.example.com\"");
        assert_eq!(
            sids(&statements),
            [
                "DomainStack",
                "HostedZones",
                "ValidationRecords",
                "DomainName",
                "DomainServiceRole",
                "DomainRecords",
                "DomainZone",
                "DomainChanges",
                "RequestCertificate",
                "DomainCertificate"
            ]
        );
        let records = statements.iter().find(|statement| statement["Sid"] == "DomainRecords").unwrap();
        assert_eq!(
            records["Condition"]["ForAllValues:StringLike"]["route53:ChangeResourceRecordSetsNormalizedRecordNames"],
            json!(["api.example.com", "*.api.example.com"])
        );
        let names = statements.iter().find(|statement| statement["Sid"] == "DomainName").unwrap();
        assert_eq!(names["Resource"][2], "arn:aws:apigateway:eu-west-1::/domainnames/api.example.com");
    }

    #[test]
    fn what_is_given_is_not_asked_for() {
        let given = "aws_region = \"eu-west-1\"\ndomain = { name = \"api.example.com\", hosted_zone_id = \"Z0123456789\", \
                     certificate_arn = \"arn:aws:acm:eu-west-1:123456789012:certificate/a\", \
                     mutual_tls = { truststore_uri = \"s3://trust/clients.pem\" } }";
        let statements = statements(given);
        assert_eq!(
            sids(&statements),
            [
                "DomainStack",
                "DomainName",
                "DomainServiceRole",
                "DomainRecords",
                "DomainZone",
                "DomainChanges",
                "Truststore"
            ]
        );
        let records = statements.iter().find(|statement| statement["Sid"] == "DomainRecords").unwrap();
        assert_eq!(records["Resource"], json!(["arn:aws:route53:::hostedzone/Z0123456789"]));
    }

    #[test]
    fn a_function_url_takes_a_distribution_and_a_stack_in_the_region_of_cloudfront() {
        let statements = statements("aws_region = \"eu-west-1\"\napi = \"function_url\"\ndomain = \"api.example.com\"");
        let sids = sids(&statements);
        assert!(sids.contains(&"Distribution") && !sids.contains(&"DomainName"), "{sids:?}");
        assert!(!sids.contains(&"DomainServiceRole"), "{sids:?}");
        let resource = |sid: &str| {
            statements.iter().find(|statement| statement["Sid"] == sid).unwrap()["Resource"][0].as_str().unwrap()
        };
        assert_eq!(resource("DomainCertificate"), "arn:aws:acm:us-east-1:*:certificate/*");
        assert!(resource("DomainStack").starts_with("arn:aws:cloudformation:us-east-1:*:stack/zappa-rs-domain-"));
    }

    #[test]
    fn several_regions_with_a_path_check_their_health() {
        let several =
            "regions = [\"eu-west-1\", \"us-east-1\"]\nhealth_check = \"/health\"\ndomain = \"api.example.com\"";
        let open = statements(several);
        assert!(sids(&open).contains(&"NewHealthCheck") && !sids(&open).contains(&"HealthAlarm"));
        let closed = statements(&format!("{several}\ndefault_endpoint = false"));
        assert!(sids(&closed).contains(&"NewHealthCheck"));
        let alarm = closed.iter().find(|statement| statement["Sid"] == "HealthAlarm").unwrap();
        let name = domain_alarm("api.example.com");
        assert_eq!(alarm["Resource"][0], format!("arn:aws:cloudwatch:eu-west-1:*:alarm:{name}"));
    }
}
