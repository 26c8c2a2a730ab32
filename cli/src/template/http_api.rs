//! An HTTP API whose stage `$default` puts nothing before the path.
//!
//! Its ids are others than a REST API's: CloudFormation refuses a template that gives an id another type, so with shared
//! ids a stage could never go from one kind to the other.

use serde_json::json;

use super::{Input, Section, access_log, authorizer, authorizer_function, cors, endpoint, live, permission};
use crate::{gateway::limit::HTTP_TIMEOUT_SECONDS, logical_id, settings::authorizer::Access};

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
    let mut route = json!({
        "ApiId": { "Ref": logical_id::HTTP_API },
        "RouteKey": "$default",
        "Target": { "Fn::Sub": "integrations/${Integration}" },
    });
    if let Some(table) = route.as_object_mut() {
        table.extend(authorizer::of_route(input.stage.access()));
    }
    let mut route = json!({ "Type": "AWS::ApiGatewayV2::Route", "Properties": route });
    let permissions = authorizer_function::permissions(resources);
    if !permissions.is_empty() {
        route["DependsOn"] = json!(permissions);
    }
    resources.insert(logical_id::ROUTE.to_owned(), route);
    add_preflight_routes(input, resources);
    let mut properties =
        json!({ "ApiId": { "Ref": logical_id::HTTP_API }, "StageName": "$default", "AutoDeploy": true });
    if let Some(throttle) = input.stage.throttle {
        properties["DefaultRouteSettings"] =
            json!({ "ThrottlingRateLimit": throttle.rate, "ThrottlingBurstLimit": throttle.burst });
    }
    access_log::set(input, "AccessLogSettings", &mut properties);
    resources.insert(
        logical_id::HTTP_API_STAGE.to_owned(),
        json!({ "Type": "AWS::ApiGatewayV2::Stage", "Properties": properties }),
    );
    let source = json!({
        "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/$default/$default"
    });
    resources.insert(logical_id::GATEWAY_PERMISSION.to_owned(), permission("apigateway.amazonaws.com", &source));
}

/// Adds routes that ask for nothing beside a `$default` that asks for a token, which a preflight never has: the API answers it
/// where a route lets it in. They have no permission to invoke the alias, so that an `OPTIONS` request that is no preflight
/// does not reach the application without a token.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>
fn add_preflight_routes(input: &Input<'_>, resources: &mut Section) {
    if cors::configuration_of(input).is_none() || input.stage.access() == Access::Public {
        return;
    }
    for (id, path) in [(logical_id::PREFLIGHT_ROUTE, "/{proxy+}"), (logical_id::ROOT_PREFLIGHT_ROUTE, "/")] {
        resources.insert(
            id.to_owned(),
            json!({
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {
                    "ApiId": { "Ref": logical_id::HTTP_API },
                    "RouteKey": format!("OPTIONS {path}"),
                    "Target": { "Fn::Sub": "integrations/${Integration}" },
                },
            }),
        );
    }
}
