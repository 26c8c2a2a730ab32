//! An HTTP API whose stage `$default` puts nothing before the path.
//!
//! Its ids are others than a REST API's: CloudFormation refuses a template that gives an id another type, so with shared
//! ids a stage could never go from one kind to the other.

use serde_json::json;

use super::{Input, Section, access_log, authorizer, cors, endpoint, http_route, live, permission, route};
use crate::{gateway::limit::HTTP_TIMEOUT_SECONDS, logical_id};

pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    let mut api = json!({
        "Type": "AWS::ApiGatewayV2::Api",
        "Properties": { "Name": input.identity.stack(), "ProtocolType": "HTTP" },
    });
    if let Some(configuration) = cors::configuration_of(input) {
        api["Properties"]["CorsConfiguration"] = configuration;
    }
    endpoint::add(input.stage, &mut api);
    resources.insert(logical_id::HTTP_API.to_owned(), api);
    resources.insert(
        logical_id::INTEGRATION.to_owned(),
        json!({
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": { "Ref": logical_id::HTTP_API },
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": live(),
                "PayloadFormatVersion": "2.0",
                // The longest that it waits.
                "TimeoutInMillis": HTTP_TIMEOUT_SECONDS * 1000,
            },
        }),
    );
    authorizer::add_to_http(input, resources);
    http_route::add(input, resources);
    let mut properties =
        json!({ "ApiId": { "Ref": logical_id::HTTP_API }, "StageName": "$default", "AutoDeploy": true });
    if let Some(throttle) = input.stage.throttle {
        properties["DefaultRouteSettings"] =
            json!({ "ThrottlingRateLimit": throttle.rate, "ThrottlingBurstLimit": throttle.burst });
    }
    access_log::set(input, "AccessLogSettings", &mut properties);
    let mut stage = json!({ "Type": "AWS::ApiGatewayV2::Stage", "Properties": properties });
    http_route::add_throttles(input, &mut stage);
    resources.insert(logical_id::HTTP_API_STAGE.to_owned(), stage);
    // Routes of preflights invoke the alias by no integration.
    let routes = if input.stage.routes.is_empty() { route::HTTP_CATCH_ALL } else { "*" };
    let source = json!({ "Fn::Sub": format!(
        "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{HttpApi}}/$default/{routes}"
    ) });
    resources.insert(logical_id::GATEWAY_PERMISSION.to_owned(), permission("apigateway.amazonaws.com", &source));
}
