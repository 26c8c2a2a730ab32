//! A WebSocket API beside the stage's gateway: every route invokes the alias, and the function may post to connections.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Input, Section, permission};
use crate::{
    digest::hexadecimal,
    gateway::limit::WEBSOCKET_TIMEOUT_SECONDS,
    logical_id::{self, WEBSOCKET_DEPLOYMENT_PREFIX, WEBSOCKET_RESPONSE_PREFIX, WEBSOCKET_ROUTE_PREFIX},
    settings::WebSocket,
};

/// How many digits of its hash a deployment's id has.
const HASH_DIGITS: usize = 12;

/// Adds the API with its routes, deployment, stage and permission.
pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    let Some(websocket) = &input.stage.websocket else { return };
    resources.insert(
        logical_id::WEBSOCKET_API.to_owned(),
        json!({
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": format!("{}-websocket", input.identity.stack()),
                "ProtocolType": "WEBSOCKET",
                "RouteSelectionExpression": websocket.route_selection,
            },
        }),
    );
    resources.insert(logical_id::WEBSOCKET_INTEGRATION.to_owned(), integration());
    let mut parts = vec![logical_id::WEBSOCKET_API.to_owned(), logical_id::WEBSOCKET_INTEGRATION.to_owned()];
    parts.extend(websocket.routes.iter().flat_map(|key| add_route(key, websocket, resources)));
    let deployment = add_deployment(&parts, resources);
    let mut properties = json!({
        "ApiId": api_id(),
        "DeploymentId": { "Ref": deployment },
        "StageName": input.identity.stage,
    });
    if let Some(throttle) = websocket.throttle {
        properties["DefaultRouteSettings"] =
            json!({ "ThrottlingRateLimit": throttle.rate, "ThrottlingBurstLimit": throttle.burst });
    }
    resources.insert(
        logical_id::WEBSOCKET_STAGE.to_owned(),
        json!({ "Type": "AWS::ApiGatewayV2::Stage", "Properties": properties }),
    );
    let source = json!({ "Fn::Sub": format!("{}/*", stage_arn(input)) });
    resources.insert(logical_id::WEBSOCKET_PERMISSION.to_owned(), permission("apigateway.amazonaws.com", &source));
}

/// What the function may do: post to this stage's connections, read and end them.
pub(super) fn statement(input: &Input<'_>) -> Option<Value> {
    input.stage.websocket.as_ref().map(|_| {
        json!({
            "Sid": "Connections",
            "Effect": "Allow",
            "Action": "execute-api:ManageConnections",
            "Resource": { "Fn::Sub": format!("{}/*/@connections/*", stage_arn(input)) },
        })
    })
}

/// The URL at which clients connect.
pub(super) fn url(input: &Input<'_>) -> Value {
    json!({ "Fn::Sub": format!(
        "wss://${{WebSocketApi}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{}",
        input.identity.stage
    ) })
}

fn stage_arn(input: &Input<'_>) -> String {
    format!(
        "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{WebSocketApi}}/{}",
        input.identity.stage
    )
}

fn api_id() -> Value {
    json!({ "Ref": logical_id::WEBSOCKET_API })
}

/// The integration of all routes. Unlike one of an HTTP API it takes the whole path of Lambda's API.
fn integration() -> Value {
    json!({
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {
            "ApiId": api_id(),
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": {
                "Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Live}/invocations"
            },
            // The longest that it waits.
            "TimeoutInMillis": WEBSOCKET_TIMEOUT_SECONDS * 1000,
        },
    })
}

/// Adds a route, and its response where the client gets one; the ids of both.
fn add_route(key: &str, websocket: &WebSocket, resources: &mut Section) -> Vec<String> {
    let id = logical_id::named(WEBSOCKET_ROUTE_PREFIX, &[key]);
    let mut route = json!({
        "Type": "AWS::ApiGatewayV2::Route",
        "Properties": {
            "ApiId": api_id(),
            "RouteKey": key,
            "AuthorizationType": "NONE",
            "Target": { "Fn::Sub": "integrations/${WebSocketIntegration}" },
        },
    });
    let mut ids = vec![id.clone()];
    if websocket.responses.iter().any(|route| route == key) {
        route["Properties"]["RouteResponseSelectionExpression"] = json!("$default");
        let response = logical_id::named(WEBSOCKET_RESPONSE_PREFIX, &[key]);
        resources.insert(
            response.clone(),
            json!({
                "Type": "AWS::ApiGatewayV2::RouteResponse",
                "Properties": { "ApiId": api_id(), "RouteId": { "Ref": id }, "RouteResponseKey": "$default" },
            }),
        );
        ids.push(response);
    }
    resources.insert(id, route);
    ids
}

/// Adds a snapshot of the API under a name that changes with it: a deployment is never updated, so a stage would go on
/// serving what it was made of.
fn add_deployment(parts: &[String], resources: &mut Section) -> String {
    let mut sorted: Vec<&String> = parts.iter().collect();
    sorted.sort();
    let mut hash = Sha256::new();
    for id in &sorted {
        hash.update(id);
        hash.update(resources.get(*id).map(Value::to_string).unwrap_or_default());
    }
    let mut digits = hexadecimal(&hash.finalize());
    digits.truncate(HASH_DIGITS);
    let id = format!("{WEBSOCKET_DEPLOYMENT_PREFIX}{digits}");
    // The API itself is in `ApiId`.
    let depends: Vec<&&String> = sorted.iter().filter(|id| **id != logical_id::WEBSOCKET_API).collect();
    resources.insert(
        id.clone(),
        json!({ "Type": "AWS::ApiGatewayV2::Deployment", "DependsOn": depends, "Properties": { "ApiId": api_id() } }),
    );
    id
}
