//! The routes of the gateway, read from the template: methods of a REST API's resources, and routes of an HTTP API.

use serde_json::Value;

use crate::{
    gateway::{GatewayKind, Route},
    logical_id,
    template::path_of,
};

/// Reads the routes; none where everything goes to the catch-all.
pub(super) fn read(template: &Value, kind: GatewayKind) -> Vec<Route> {
    let resources = template["Resources"].as_object().into_iter().flatten().map(|(_, resource)| resource);
    let mut routes: Vec<Route> = match kind {
        GatewayKind::Rest => resources.filter_map(|resource| of_rest(template, resource)).collect(),
        GatewayKind::Http => resources.filter_map(of_http).collect(),
        GatewayKind::FunctionUrl | GatewayKind::Alb => Vec::new(),
    };
    let is_catch_all = |route: &Route| ["/", "/{proxy+}", "$default"].contains(&route.path.as_str());
    if routes.iter().all(|route| is_catch_all(route) && route.method.is_none()) {
        return Vec::new();
    }
    routes.sort_by(|one, other| (&one.path, &one.method).cmp(&(&other.path, &other.method)));
    routes
}

/// A method that hands its requests to the function; those for preflights answer by themselves.
fn of_rest(template: &Value, resource: &Value) -> Option<Route> {
    let properties = &resource["Properties"];
    let is_of_api = resource["Type"] == "AWS::ApiGateway::Method" && properties["RestApiId"]["Ref"] == logical_id::API;
    if !is_of_api || properties["Integration"]["Type"] != "AWS_PROXY" {
        return None;
    }
    let method = properties["HttpMethod"].as_str()?;
    Some(Route { method: named(method), path: path_of(template, &properties["ResourceId"]) })
}

/// A route to the function. One of preflights reaches nothing.
fn of_http(resource: &Value) -> Option<Route> {
    let properties = &resource["Properties"];
    let target = format!("integrations/${{{}}}", logical_id::INTEGRATION);
    if resource["Type"] != "AWS::ApiGatewayV2::Route"
        || properties["ApiId"]["Ref"] != logical_id::HTTP_API
        || properties["Target"]["Fn::Sub"] != target
    {
        return None;
    }
    match properties["RouteKey"].as_str()?.split_once(' ') {
        Some((method, path)) => Some(Route { method: named(method), path: path.to_owned() }),
        None => Some(Route { method: None, path: properties["RouteKey"].as_str()?.to_owned() }),
    }
}

/// The name of a method; `None` for any.
fn named(method: &str) -> Option<String> {
    (method != "ANY").then(|| method.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        names::{ArtifactKey, Identity},
        settings::{Api, CorsSetting, Stage, route},
        template::{self, Input},
    };

    /// What is read of the template of a stage, and what the stage's own gateway has.
    fn read_and_expected(api: Api, kind: GatewayKind, paths: &[(&str, &[&str])]) -> (Vec<Route>, Vec<Route>) {
        let rule = |(path, methods): &(&str, &[&str])| route::Route {
            path: (*path).to_owned(),
            methods: methods.iter().map(|method| (*method).to_owned()).collect(),
            authorizer: Some("iam".to_owned()),
            api_key_required: None,
            throttle: None,
        };
        let routes = paths.iter().map(rule).collect();
        let stage = Stage { api, routes, cors: CorsSetting::Switch(true), ..Stage::default() };
        let identity = Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None };
        let (artifact, region) = (ArtifactKey::new(&identity, "00"), "eu-west-1");
        let input = Input { identity: &identity, stage: &stage, region, artifact: &artifact, sha256: "00" };
        let mut expected = template::routes(&stage, kind);
        expected.sort_by(|one, other| (&one.path, &one.method).cmp(&(&other.path, &other.method)));
        (read(&template::render(&input), kind), expected)
    }

    #[test]
    fn the_routes_of_the_template_are_those_of_the_settings() {
        let paths = [("/", &["GET"][..]), ("/admin/{proxy+}", &[]), ("/items/{id}/tags", &["PUT", "POST"])];
        for (api, kind) in [(Api::Rest, GatewayKind::Rest), (Api::Http, GatewayKind::Http)] {
            let (read, expected) = read_and_expected(api, kind, &paths);
            assert_eq!(read, expected);
            assert!(read.len() > 7 && read.iter().any(|route| route.path == "/admin"), "{read:?}");
        }
    }

    #[test]
    fn a_gateway_with_the_catch_all_alone_has_none() {
        for (api, kind) in [(Api::Rest, GatewayKind::Rest), (Api::Http, GatewayKind::Http)] {
            assert_eq!(read_and_expected(api, kind, &[]), (Vec::new(), Vec::new()));
        }
    }
}
