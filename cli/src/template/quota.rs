//! The quota of API Gateway that a template exceeds. AWS raises it on request, so that only a deploy can tell.
//!
//! A REST API does not meet its quota of 300 resources: each has a method, so that the template has 500 resources before.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>

use serde_json::{Value, json};

use crate::logical_id;

/// The most routes of an HTTP API.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
const MAX_ROUTES: usize = 300;

/// The sentence about the stage's HTTP API, if it has more routes than AWS takes by default.
pub(crate) fn above_quota(template: &Value) -> Option<String> {
    let is_route = |resource: &&Value| {
        resource["Type"] == "AWS::ApiGatewayV2::Route"
            && resource["Properties"]["ApiId"] == json!({ "Ref": logical_id::HTTP_API })
    };
    let routes = template["Resources"].as_object()?.values().filter(is_route).count();
    (routes > MAX_ROUTES).then(|| {
        format!(
            "the HTTP API has {routes} routes, one for each path and method of `routes`, and API Gateway takes {MAX_ROUTES} until \
             AWS raises this quota"
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    #[test]
    fn routes_of_the_stages_api_are_counted() {
        let above = |api: &str, count: usize| {
            let route = json!({ "Type": "AWS::ApiGatewayV2::Route", "Properties": { "ApiId": { "Ref": api } } });
            let routes: Map<String, Value> = (0..count).map(|number| (format!("R{number}"), route.clone())).collect();
            above_quota(&json!({ "Resources": routes }))
        };
        assert_eq!(above(logical_id::HTTP_API, 300), None);
        assert!(above(logical_id::HTTP_API, 301).is_some_and(|sentence| sentence.contains("has 301 routes")));
        assert_eq!(above("WebSocketApi", 400), None);
    }
}
