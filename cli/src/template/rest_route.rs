//! The resources and methods of a REST API: the root, the catch-all and the paths of `routes`.

use serde_json::{Value, json};

use super::{Input, Section, cors, rest_api, route};
use crate::{
    logical_id::{self, PATH_METHOD_PREFIX, PATH_PREFLIGHT_PREFIX, PATH_RESOURCE_PREFIX},
    settings::route::PathRules,
};

/// Adds the resources and methods of all paths, with the methods that answer preflights.
pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    for rules in route::rest_paths(input.stage) {
        add_path(input, &rules, resources);
    }
}

fn add_path(input: &Input<'_>, rules: &PathRules<'_>, resources: &mut Section) {
    let path = rules.path.as_str();
    if let Some((parent, part)) = path.rsplit_once('/').filter(|(_, part)| !part.is_empty()) {
        let parent = if parent.is_empty() { "/" } else { parent };
        resources.insert(
            resource_id(path),
            json!({
                "Type": "AWS::ApiGateway::Resource",
                "Properties": {
                    "RestApiId": { "Ref": logical_id::API },
                    "ParentId": reference(parent),
                    "PathPart": part,
                },
            }),
        );
    }
    for (method, rule) in rules.rules() {
        let id = match (path, method) {
            ("/", "ANY") => logical_id::ROOT_METHOD.to_owned(),
            (route::REST_CATCH_ALL, "ANY") => logical_id::PROXY_METHOD.to_owned(),
            _ => id(PATH_METHOD_PREFIX, path, method),
        };
        resources.insert(id, rest_api::method(input, &reference(path), method, rule));
    }
    if let Some(cors) = input.stage.cors().filter(|_| path != "/" && path != route::REST_CATCH_ALL) {
        resources.insert(id(PATH_PREFLIGHT_PREFIX, path, "OPTIONS"), cors::preflight(&cors, &reference(path)));
    }
}

/// The throttles of single methods, as settings of the API's stage.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html>
pub(super) fn throttles(input: &Input<'_>) -> Vec<Value> {
    let paths = route::rest_paths(input.stage);
    let of_path = |rules: &PathRules<'_>| -> Vec<Value> {
        // A slash is written `~1` behind the first one, but for that of the root.
        let path = match rules.path.as_str() {
            "/" => "/".to_owned(),
            path => format!("/{}", path.replace('/', "~1")),
        };
        let throttled = rules.rules().filter_map(|(method, rule)| Some((method, rule.throttle?)));
        let setting = |(method, throttle): (&str, crate::settings::Throttle)| {
            json!({
                "ResourcePath": path,
                "HttpMethod": method,
                "ThrottlingRateLimit": throttle.rate,
                "ThrottlingBurstLimit": throttle.burst,
            })
        };
        throttled.map(setting).collect()
    };
    paths.iter().flat_map(of_path).collect()
}

/// The logical id of the resource of a path below the root.
fn resource_id(path: &str) -> String {
    match path {
        route::REST_CATCH_ALL => logical_id::PROXY_RESOURCE.to_owned(),
        path => id(PATH_RESOURCE_PREFIX, path, ""),
    }
}

/// The logical id of what belongs to a path, and to a method of it.
fn id(prefix: &str, path: &str, method: &str) -> String {
    logical_id::named(prefix, &[&format!("{method}{}", path.replace('/', " "))])
}

/// The id of the resource of a path, as an expression.
fn reference(path: &str) -> Value {
    match path {
        "/" => json!({ "Fn::GetAtt": [logical_id::API, "RootResourceId"] }),
        path => json!({ "Ref": resource_id(path) }),
    }
}

/// The template of a stack without the paths and methods that a wanted one no longer has; `None` where it has all, or where
/// the API goes as a whole.
///
/// CloudFormation creates before it deletes. So a new deployment would still have what goes, and a new variable would meet the
/// old one, beside which API Gateway takes none. What goes is taken out first: the stage still serves the deployment that it has,
/// which nothing changes.
pub(crate) fn without_removed_paths(live: &Value, wanted: &Value) -> Option<Value> {
    let has = |template: &Value, id: &str| template["Resources"][id].is_object();
    if !has(wanted, logical_id::API) {
        return None;
    }
    let of_live = live["Resources"].as_object()?.keys();
    let removed: Vec<&String> = of_live.filter(|id| logical_id::is_path_part(id) && !has(wanted, id)).collect();
    if removed.is_empty() {
        return None;
    }
    let mut without = live.clone();
    let resources = without["Resources"].as_object_mut()?;
    for id in &removed {
        resources.remove(*id);
    }
    let deployment = resources.get(logical_id::API_STAGE)?["Properties"]["DeploymentId"]["Ref"].as_str()?.to_owned();
    if let Some(Value::Array(before)) = resources.get_mut(&deployment).map(|deployment| &mut deployment["DependsOn"]) {
        before.retain(|id| removed.iter().all(|removed| id != removed.as_str()));
    }
    Some(without)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        names::{ArtifactKey, Identity},
        settings::{CorsSetting, Stage, route::Route},
        template::{self, direct},
    };

    fn rendered(paths: &[&str], streaming: bool) -> Value {
        let route = |path: &&str| Route {
            path: (*path).to_owned(),
            methods: Vec::new(),
            authorizer: Some("iam".to_owned()),
            api_key_required: None,
            throttle: None,
        };
        let routes = paths.iter().map(route).collect();
        let stage = Stage { routes, streaming, cors: CorsSetting::Switch(true), ..Stage::default() };
        let identity = Identity { project: "shop".to_owned(), stage: "prod".to_owned(), function_name: None };
        let (artifact, region) = (ArtifactKey::new(&identity, "00"), "eu-west-1");
        template::render(&Input { identity: &identity, stage: &stage, region, artifact: &artifact, sha256: "00" })
    }

    fn parts(template: &Value) -> Vec<&str> {
        let all = template["Resources"].as_object().unwrap().keys().map(String::as_str);
        all.filter(|id| logical_id::is_path_part(id)).collect()
    }

    /// The deployment that the stage serves: its id and what it comes after.
    fn deployment(template: &Value) -> (&str, Vec<&str>) {
        let id = template["Resources"]["ApiStage"]["Properties"]["DeploymentId"]["Ref"].as_str().unwrap();
        let before = template["Resources"][id]["DependsOn"].as_array().unwrap();
        (id, before.iter().map(|id| id.as_str().unwrap()).collect())
    }

    #[test]
    fn a_deployment_is_made_after_all_paths_and_changes_with_each() {
        let (none, one, two) = (rendered(&[], false), rendered(&["/a"], false), rendered(&["/a", "/b/{id}"], false));
        for template in [&one, &two] {
            let (_, before) = deployment(template);
            assert!(parts(template).iter().all(|part| before.contains(part)), "{before:?}");
        }
        assert!(parts(&none).is_empty());
        // `/a`, `/b`, `/b/{id}` and the resources of everything below `/a` and `/b/{id}`: each has a method and a preflight.
        assert_eq!(parts(&two).len(), 5 * 3);
        let ids = [&none, &one, &two].map(|template| deployment(template).0);
        assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
    }

    #[test]
    fn paths_go_behind_the_deployment_that_serves() {
        let (live, wanted) = (rendered(&["/a", "/b/{id}"], false), rendered(&["/a"], false));
        let without = without_removed_paths(&live, &wanted).unwrap();
        assert_eq!(parts(&without), parts(&wanted));
        let ((before, _), (after, depends_on)) = (deployment(&live), deployment(&without));
        assert_eq!(before, after, "what serves is not made again");
        assert!(depends_on.iter().all(|id| without["Resources"][*id].is_object()), "{depends_on:?}");
        let mut rest = live.clone();
        rest["Resources"].as_object_mut().unwrap().retain(|id, _| without["Resources"][id].is_object());
        rest["Resources"][before]["DependsOn"] = without["Resources"][before]["DependsOn"].clone();
        assert_eq!(rest, without, "and nothing else changes");
        for (live, wanted) in
            [(&without, &wanted), (&wanted, &live), (&live, &json!({ "Resources": { "HttpApi": {} } }))]
        {
            assert_eq!(without_removed_paths(live, wanted), None);
        }
    }

    #[test]
    fn a_variable_goes_before_another_one_comes_in_its_place() {
        let (live, wanted) = (rendered(&["/b/{id}"], false), rendered(&["/b/{name}"], false));
        let without = without_removed_paths(&live, &wanted).unwrap();
        let variable = |template: &Value| {
            parts(template).iter().any(|part| template["Resources"][*part]["Properties"]["PathPart"] == "{id}")
        };
        assert!(variable(&live) && !variable(&without));
    }

    #[test]
    fn every_path_goes_to_the_version_while_the_alias_cannot() {
        let (live, wanted) = (rendered(&["/a"], false), rendered(&["/a", "/b"], true));
        let direct = direct(&live, &wanted, "Versionb");
        assert_eq!(parts(&direct), parts(&wanted));
        for part in parts(&direct) {
            let integration = &direct["Resources"][part]["Properties"]["Integration"];
            if integration["Type"] == "AWS_PROXY" {
                let uri = integration["Uri"]["Fn::Sub"].as_str().unwrap();
                assert!(uri.contains("${Versionb}/response-streaming"), "{uri}");
            }
        }
    }

    #[test]
    fn a_throttle_is_for_the_methods_of_its_rule_and_every_resource_of_its_path() {
        let identity = Identity { project: "shop".to_owned(), stage: "prod".to_owned(), function_name: None };
        let throttle = serde_json::from_value(json!({ "rate": 5, "burst": 10 })).unwrap();
        let route = |path: &str, methods: &[&str]| Route {
            path: path.to_owned(),
            methods: methods.iter().map(|method| (*method).to_owned()).collect(),
            authorizer: None,
            api_key_required: None,
            throttle,
        };
        let stage = Stage { routes: vec![route("/", &["GET"]), route("/a/{p+}", &[])], ..Stage::default() };
        let (artifact, region) = (ArtifactKey::new(&identity, "00"), "eu-west-1");
        let input = Input { identity: &identity, stage: &stage, region, artifact: &artifact, sha256: "00" };
        let settings = throttles(&input);
        let keys = settings.iter().map(|setting| {
            format!("{} {}", setting["HttpMethod"].as_str().unwrap(), setting["ResourcePath"].as_str().unwrap())
        });
        assert_eq!(keys.collect::<Vec<_>>(), ["GET /", "ANY /~1a", "ANY /~1a~1{p+}"]);
    }
}
