//! The WebSocket API of a template, as `local` serves it.

use std::time::Duration;

use serde_json::Value;

use super::stack::properties;
use crate::{
    gateway::{limit::WEBSOCKET_TIMEOUT_SECONDS, websocket::WebSocketApi},
    logical_id::{WEBSOCKET_API, WEBSOCKET_INTEGRATION, WEBSOCKET_STAGE},
};

/// Reads the API; `None` if the template has none.
pub(super) fn read(template: &Value, region: &str) -> Option<WebSocketApi> {
    let selection = properties(template, WEBSOCKET_API)["RouteSelectionExpression"].as_str()?;
    let resources = template["Resources"].as_object()?;
    let routes = || {
        let of_api = |resource: &&Value| {
            resource["Type"] == "AWS::ApiGatewayV2::Route" && resource["Properties"]["ApiId"]["Ref"] == WEBSOCKET_API
        };
        resources.values().filter(of_api).map(|resource| &resource["Properties"])
    };
    let key = |route: &Value| route["RouteKey"].as_str().map(str::to_owned);
    let timeout = properties(template, WEBSOCKET_INTEGRATION)["TimeoutInMillis"].as_u64();
    Some(WebSocketApi {
        api_id: String::new(),
        stage: properties(template, WEBSOCKET_STAGE)["StageName"].as_str().unwrap_or_default().to_owned(),
        region: region.to_owned(),
        routes: routes().filter_map(key).collect(),
        responses: routes()
            .filter(|route| !route["RouteResponseSelectionExpression"].is_null())
            .filter_map(key)
            .collect(),
        selection: selection.to_owned(),
        timeout: timeout.map_or(Duration::from_secs(WEBSOCKET_TIMEOUT_SECONDS.into()), Duration::from_millis),
    })
}
