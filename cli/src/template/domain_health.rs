//! The check by which Route 53 leads clients to another region: requests to the API itself or, where its own endpoint is closed,
//! an alarm on its errors.

use serde_json::{Value, json};

use super::{
    Section, alarm,
    domain::{DomainStack, HealthMetric},
    domain_stack::HEALTH_CHECK,
};
use crate::{names::domain_stack, settings::Routing};

/// The logical id of the alarm.
const ALARM: &str = "HealthAlarm";
/// A region is ill while this share of its answers has a status of 5XX, in so many minutes one after the other.
const ILL_SHARE: f64 = 0.5;
const ILL_MINUTES: u32 = 3;

/// Adds the check of the first mapping that has one, where several regions have the domain; whether there is one.
pub(super) fn add(domain: &DomainStack, resources: &mut Section) -> bool {
    if domain.routing == Routing::Simple {
        return false;
    }
    let config = domain.mappings.iter().find_map(|mapping| match (&mapping.health_metric, &mapping.health_check) {
        (Some(metric), _) => {
            resources.insert(ALARM.to_owned(), errors_alarm(domain, metric));
            Some(by_alarm())
        }
        (None, Some(path)) => Some(by_requests(&mapping.api_id, path)),
        (None, None) => None,
    });
    let Some(config) = config else { return false };
    resources.insert(
        HEALTH_CHECK.to_owned(),
        json!({
            "Type": "AWS::Route53::HealthCheck",
            "Properties": {
                "HealthCheckConfig": config,
                "HealthCheckTags": [{ "Key": "Name", "Value": domain.name }],
            },
        }),
    );
    true
}

/// Requests to the API itself, since the domain's name may lead elsewhere.
fn by_requests(api: &str, path: &str) -> Value {
    let host = format!("{api}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}");
    json!({
        "Type": "HTTPS",
        "FullyQualifiedDomainName": { "Fn::Sub": host },
        "Port": 443,
        "ResourcePath": path,
        "EnableSNI": true,
        "RequestInterval": 30,
        "FailureThreshold": 3,
    })
}

/// The state of the alarm. An ill region gets no requests, so that a region without data has to be tried again.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-route53-healthcheck-healthcheckconfig.html>
fn by_alarm() -> Value {
    json!({
        "Type": "CLOUDWATCH_METRIC",
        "AlarmIdentifier": { "Name": { "Ref": ALARM }, "Region": { "Ref": "AWS::Region" } },
        "InsufficientDataHealthStatus": "Healthy",
    })
}

/// Route 53 takes alarms of standard resolution on plain statistics only.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-route53-healthcheck-alarmidentifier.html>
fn errors_alarm(domain: &DomainStack, metric: &HealthMetric) -> Value {
    let dimensions: Vec<Value> =
        metric.dimensions.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
    json!({
        "Type": alarm::TYPE,
        "Properties": {
            "AlarmName": alarm_name(&domain.name),
            "AlarmDescription": format!(
                "{}: half of the responses or more have status 5XX, {ILL_MINUTES} minutes in a row; Route 53 leads clients to \
                 another region meanwhile",
                domain.name
            ),
            "Namespace": alarm::API_GATEWAY,
            "MetricName": metric.name,
            "Dimensions": dimensions,
            "Statistic": "Average",
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": ILL_SHARE,
            "Period": 60,
            "EvaluationPeriods": ILL_MINUTES,
            "TreatMissingData": "notBreaching",
        },
    })
}

/// The name of a domain's alarm in CloudWatch.
pub(crate) fn alarm_name(domain: &str) -> String {
    format!("{}-5xx", domain_stack(domain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        names::Identity,
        settings::{Api, DomainSetting, Stage},
        template::{domain::DomainMapping, domain_service::DomainService},
    };

    fn check(api: Api, default_endpoint: Option<bool>) -> (Value, Value) {
        let identity = Identity { project: "shop".to_owned(), stage: "prod".to_owned(), function_name: None };
        let stage = Stage {
            api,
            default_endpoint,
            domain: Some(DomainSetting::Name("api.example.com".to_owned())),
            health_check: Some("/health".to_owned()),
            ..Stage::default()
        };
        let domain = DomainStack {
            service: DomainService::ApiGateway,
            name: "api.example.com".to_owned(),
            certificate_arn: None,
            hosted_zone_id: Some("Z1".to_owned()),
            routing: Routing::Latency,
            is_primary: true,
            security_policy: crate::settings::SecurityPolicy::Tls12,
            mutual_tls: None,
            mappings: vec![DomainMapping::new(&identity, &stage, "a1")],
        };
        let resources = domain.template()["Resources"].clone();
        (resources[HEALTH_CHECK]["Properties"]["HealthCheckConfig"].clone(), resources[ALARM]["Properties"].clone())
    }

    #[test]
    fn an_open_endpoint_is_asked_and_a_closed_one_is_known_by_its_errors() {
        for open in [None, Some(true)] {
            let (config, alarm) = check(Api::Rest, open);
            assert_eq!(
                (config["Type"].as_str(), config["ResourcePath"].as_str()),
                (Some("HTTPS"), Some("/prod/health"))
            );
            assert!(alarm.is_null());
        }
        for (api, metric, dimensions) in [
            (
                Api::Rest,
                "5XXError",
                json!([{ "Name": "ApiName", "Value": "shop-prod" }, { "Name": "Stage", "Value": "prod" }]),
            ),
            (Api::Http, "5xx", json!([{ "Name": "ApiId", "Value": "a1" }, { "Name": "Stage", "Value": "$default" }])),
        ] {
            let (config, alarm) = check(api, Some(false));
            assert_eq!(config["Type"], "CLOUDWATCH_METRIC");
            assert!(config["ResourcePath"].is_null() && config["FullyQualifiedDomainName"].is_null());
            assert_eq!((&alarm["MetricName"], &alarm["Dimensions"]), (&json!(metric), &dimensions));
            assert_eq!(alarm["AlarmName"], alarm_name("api.example.com"));
        }
    }
}
