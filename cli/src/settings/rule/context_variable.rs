//! The variables `$context.…` of API Gateway: which an access log can have, and which are known before an authorizer is asked.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-streaming-troubleshoot.html>

use super::super::Api;
use crate::suggestion::nearest;

/// What every API knows of a request before it asks an authorizer.
const REQUEST: [&str; 30] = [
    "accountId",
    "apiId",
    "customDomain.basePathMatched",
    "domainName",
    "domainPrefix",
    "extendedRequestId",
    "httpMethod",
    "identity.accountId",
    "identity.caller",
    "identity.clientCert.clientCertPem",
    "identity.clientCert.issuerDN",
    "identity.clientCert.serialNumber",
    "identity.clientCert.subjectDN",
    "identity.clientCert.validity.notAfter",
    "identity.clientCert.validity.notBefore",
    "identity.cognitoAuthenticationProvider",
    "identity.cognitoAuthenticationType",
    "identity.cognitoIdentityId",
    "identity.cognitoIdentityPoolId",
    "identity.principalOrgId",
    "identity.sourceIp",
    "identity.user",
    "identity.userAgent",
    "identity.userArn",
    "path",
    "protocol",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "stage",
];
/// What a REST API knows of it beside that.
const REST_REQUEST: [&str; 15] = [
    "cipherSuite",
    "customDomain.routingRuleIdMatched",
    "deploymentId",
    "endpointType",
    "identity.apiKey",
    "identity.apiKeyId",
    "identity.vpcId",
    "identity.vpceId",
    "isCanaryRequest",
    "resourceId",
    "resourcePath",
    "tlsVersion",
    "wafResponseCode",
    "webaclArn",
    "xrayTraceId",
];
/// What an HTTP API knows of it beside that.
const HTTP_REQUEST: [&str; 1] = ["routeKey"];

/// What a log of every API has beside the request.
const LOG: [&str; 17] = [
    "authorizer.error",
    "authorizer.principalId",
    "awsEndpointRequestId",
    "error.message",
    "error.messageString",
    "error.responseType",
    "integration.error",
    "integration.integrationStatus",
    "integration.latency",
    "integration.requestId",
    "integration.status",
    "integrationErrorMessage",
    "integrationLatency",
    "integrationStatus",
    "responseLatency",
    "responseLength",
    "status",
];
/// What the log of a REST API has beside that.
const REST_LOG: [&str; 14] = [
    "authenticate.error",
    "authenticate.latency",
    "authenticate.status",
    "authorize.error",
    "authorize.latency",
    "authorize.status",
    "error.validationErrorString",
    "integration.responseTransferMode",
    "integration.timeToAllHeaders",
    "integration.timeToFirstContent",
    "responseOverride.status",
    "waf.error",
    "waf.latency",
    "waf.status",
];
/// What the log of an HTTP API has beside that.
const HTTP_LOG: [&str; 2] = ["awsEndpointRequestId2", "dataProcessed"];
/// What has any name behind it in a log: what the authorizer says, and what a mapping overrides.
const OPEN: [&str; 5] = [
    "authorizer.",
    "requestOverride.header.",
    "requestOverride.path.",
    "requestOverride.querystring.",
    "responseOverride.header.",
];

/// Whether an authorizer can be given a variable, whose name is without `$context.`; else the nearest that it can be given.
pub(super) fn before_authorizer(api: Api, variable: &str) -> Result<(), Option<&'static str>> {
    if of_request(api).any(|known| known == variable) { Ok(()) } else { Err(nearest(variable, of_request(api))) }
}

/// The variables of a line of an access log that the API does not know, each with the nearest that it knows.
pub(super) fn unknown_in_log(api: Api, line: &str) -> Vec<(&str, Option<&'static str>)> {
    let more: &[&str] = if api == Api::Rest { &REST_LOG } else { &HTTP_LOG };
    let known = || of_request(api).chain(LOG).chain(more.iter().copied());
    let is_known =
        |variable: &&str| known().any(|known| known == *variable) || OPEN.iter().any(|open| variable.starts_with(open));
    let unknown = variables(line).filter(|variable| !is_known(variable));
    let mut unknown: Vec<_> = unknown.map(|variable| (variable, nearest(variable, known()))).collect();
    unknown.sort_unstable();
    unknown.dedup();
    unknown
}

fn of_request(api: Api) -> impl Iterator<Item = &'static str> {
    let more: &[&str] = if api == Api::Rest { &REST_REQUEST } else { &HTTP_REQUEST };
    REQUEST.into_iter().chain(more.iter().copied())
}

/// The names behind `$context.` in a line.
fn variables(line: &str) -> impl Iterator<Item = &str> {
    line.split("$context.").skip(1).map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"._-".contains(letter));
        rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', '-'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_of_a_log_is_one_of_its_api() {
        for (api, line, expected) in [
            (Api::Rest, "$context.requestId $context.identity.sourceIp - $context.status.", &[][..]),
            (Api::Rest, "$context.authorizer.claims.sub $context.authorizer.tenant", &[]),
            (Api::Rest, "$context.responseOverride.header.X-Id", &[]),
            (Api::Rest, "{\"id\":\"$context.requestid\"}", &[("requestid", Some("requestId"))]),
            (
                Api::Rest,
                "$context.identity.sourceIP,$context.identity.sourceIP",
                &[("identity.sourceIP", Some("identity.sourceIp"))],
            ),
            (Api::Rest, "$context.zzz", &[("zzz", None)]),
            (Api::Rest, "$context.integration.timeToFirstContent $context.resourcePath", &[]),
            (Api::Http, "$context.routeKey $context.dataProcessed $context.authorizer.error", &[]),
            (Api::Http, "$context.routekey", &[("routekey", Some("routeKey"))]),
            (Api::Rest, "$context.dataProcessed", &[("dataProcessed", None)]),
        ] {
            assert_eq!(unknown_in_log(api, line), expected, "{line}");
        }
    }

    #[test]
    fn an_authorizer_is_not_given_what_is_known_later() {
        assert_eq!(before_authorizer(Api::Rest, "identity.sourceIp"), Ok(()));
        assert_eq!(before_authorizer(Api::Rest, "resourcePath"), Ok(()));
        assert_eq!(before_authorizer(Api::Http, "routeKey"), Ok(()));
        assert_eq!(before_authorizer(Api::Rest, "identity.sourceip"), Err(Some("identity.sourceIp")));
        for variable in ["nope", "status", "authorizer.tenant", "resourcePathh"] {
            assert!(before_authorizer(Api::Http, variable).is_err(), "{variable}");
        }
    }
}
