//! The routes of an HTTP API: `$default`, the paths of `routes`, and those that let preflights in.

use serde_json::{Map, Value, json};

use super::{Input, Section, authorizer, authorizer_function, cors, route};
use crate::{
    gateway::limit::HTTP_TIMEOUT_SECONDS,
    logical_id::{self, HTTP_PREFLIGHT_PREFIX, HTTP_ROUTE_PREFIX},
    settings::{
        Stage,
        authorizer::Access,
        route::{Rule, is_greedy, is_variable},
    },
};

/// A route of the settings.
struct Route<'a> {
    path: String,
    /// `ANY` for those that no other route of the path lists.
    method: &'a str,
    rule: Rule<'a>,
}

impl Route<'_> {
    fn id(&self) -> String {
        logical_id::named(HTTP_ROUTE_PREFIX, &[&format!("{}{}", self.method, self.path.replace('/', " "))])
    }

    fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether it would take requests of another route if that were not there.
    fn covers(&self, other: &Self) -> bool {
        match self.path == other.path {
            true => self.method == "ANY" && other.method != "ANY",
            false => covers(&self.path, &other.path),
        }
    }
}

/// Whether a path stands for all paths that another one stands for.
fn covers(path: &str, other: &str) -> bool {
    let mut others = other.split('/');
    for segment in path.split('/') {
        let Some(other) = others.next() else { return false };
        if is_greedy(segment) {
            return true;
        }
        if segment != other && (!is_variable(segment) || is_greedy(other)) {
            return false;
        }
    }
    others.next().is_none()
}

fn routes(stage: &Stage) -> Vec<Route<'_>> {
    let mut all = Vec::new();
    for rules in stage.paths() {
        for (method, rule) in rules.rules() {
            all.push(Route { path: rules.path.clone(), method, rule });
        }
    }
    all
}

/// Adds all routes. A route comes after those whose requests it would take without them: `$default` may become public in the
/// update in which a path becomes protected, and each change is in force at once.
pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    let routes = routes(input.stage);
    // The first request must be allowed, to the function as to that of an authorizer.
    let permissions = authorizer_function::permissions(resources);
    let mut default = resource(route::HTTP_CATCH_ALL, logical_id::INTEGRATION, input.stage.access());
    depend_on(&mut default, routes.iter().map(Route::id).chain(permissions.iter().cloned()));
    resources.insert(logical_id::ROUTE.to_owned(), default);
    let permissions: Vec<String> = permissions.into_iter().chain([logical_id::GATEWAY_PERMISSION.to_owned()]).collect();
    for route in &routes {
        let mut resource = resource(&route.key(), logical_id::INTEGRATION, route.rule.access);
        let covered = routes.iter().filter(|other| route.covers(other)).map(Route::id);
        depend_on(&mut resource, covered.chain(permissions.iter().cloned()));
        resources.insert(route.id(), resource);
    }
    add_preflight_routes(input, &routes, resources);
}

fn resource(key: &str, integration: &str, access: Access<'_>) -> Value {
    let mut properties = Map::new();
    properties.insert("ApiId".to_owned(), json!({ "Ref": logical_id::HTTP_API }));
    properties.insert("RouteKey".to_owned(), json!(key));
    properties.insert("Target".to_owned(), json!({ "Fn::Sub": format!("integrations/${{{integration}}}") }));
    properties.extend(authorizer::of_route(access));
    json!({ "Type": "AWS::ApiGatewayV2::Route", "Properties": properties })
}

fn depend_on(resource: &mut Value, ids: impl Iterator<Item = String>) {
    let mut ids: Vec<String> = ids.collect();
    ids.sort();
    if !ids.is_empty() {
        resource["DependsOn"] = json!(ids);
    }
}

/// Adds routes that ask for nothing beside those that ask for a token, which a preflight never has: the API answers it where a
/// route lets it in. Their integration is the function without its alias, which the API has no permission to invoke, so that an
/// `OPTIONS` request that is no preflight does not reach the application without a token.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>
fn add_preflight_routes(input: &Input<'_>, routes: &[Route<'_>], resources: &mut Section) {
    if cors::configuration_of(input).is_none() {
        return;
    }
    let mut preflights = Vec::new();
    if input.stage.access() != Access::Public {
        preflights.push((logical_id::PREFLIGHT_ROUTE.to_owned(), "/{proxy+}"));
        preflights.push((logical_id::ROOT_PREFLIGHT_ROUTE.to_owned(), "/"));
    }
    for route in routes.iter().filter(|route| route.method == "ANY" && route.rule.access != Access::Public) {
        // The catch-all has one for the root.
        if preflights.iter().all(|(_, path)| *path != route.path) {
            preflights.push((logical_id::named(HTTP_PREFLIGHT_PREFIX, &[&route.path.replace('/', " ")]), &route.path));
        }
    }
    if preflights.is_empty() {
        return;
    }
    resources.insert(
        logical_id::PREFLIGHT_INTEGRATION.to_owned(),
        json!({
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": { "Ref": logical_id::HTTP_API },
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": { "Fn::GetAtt": [logical_id::FUNCTION, "Arn"] },
                "PayloadFormatVersion": "2.0",
                "TimeoutInMillis": HTTP_TIMEOUT_SECONDS * 1000,
            },
        }),
    );
    for (id, path) in preflights {
        let key = format!("OPTIONS {path}");
        resources.insert(id, resource(&key, logical_id::PREFLIGHT_INTEGRATION, Access::Public));
    }
}

/// Adds the throttles of single routes to the API's stage, which takes settings of routes that are there.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-stage.html>
pub(super) fn add_throttles(input: &Input<'_>, stage: &mut Value) {
    let routes = routes(input.stage);
    let throttled: Vec<_> = routes.iter().filter_map(|route| Some((route, route.rule.throttle?))).collect();
    if throttled.is_empty() {
        return;
    }
    let settings: Map<String, Value> = throttled
        .iter()
        .map(|(route, throttle)| {
            (route.key(), json!({ "ThrottlingRateLimit": throttle.rate, "ThrottlingBurstLimit": throttle.burst }))
        })
        .collect();
    stage["Properties"]["RouteSettings"] = Value::Object(settings);
    depend_on(stage, throttled.iter().map(|(route, _)| route.id()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_covers_those_whose_requests_it_would_take() {
        for (path, other, expected) in [
            ("/a/{p+}", "/a/b", true),
            ("/a/{p+}", "/a/{id}/c", true),
            ("/a/{p+}", "/a", false),
            ("/a/{p+}", "/b/c", false),
            ("/a/{id}", "/a/b", true),
            ("/a/{id}", "/a/{p+}", false),
            ("/a/{id}", "/a/b/c", false),
            ("/a/b", "/a/{id}", false),
            ("/{page}", "/", true),
        ] {
            assert_eq!(covers(path, other), expected, "{path} {other}");
        }
    }

    #[test]
    fn no_two_routes_wait_for_each_other() {
        let paths = ["/", "/{page}", "/a", "/a/b", "/a/{id}", "/a/{id}/c", "/a/{id}/{x}", "/a/{p+}", "/a/b/{p+}"];
        let rule = Rule { access: Access::Public, is_key_required: false, throttle: None };
        let of_path =
            |path: &&str| ["GET", "PUT", "ANY"].map(|method| Route { path: (*path).to_owned(), method, rule });
        let routes: Vec<Route<'_>> = paths.iter().flat_map(of_path).collect();
        for (one, other) in routes.iter().flat_map(|one| routes.iter().map(move |other| (one, other))) {
            assert!(!(one.covers(other) && other.covers(one)), "{} {}", one.key(), other.key());
        }
    }
}
