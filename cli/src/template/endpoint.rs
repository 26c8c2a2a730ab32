//! The API's own endpoint, beside the domain that leads to the stage: open or closed.
//!
//! It is closed only when the domain leads to the stage, and opened before the stage leaves it. So a deploy also sends the
//! template with the endpoint open, and an earlier release keeps the endpoint of today.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-disable-default-endpoint.html>

use serde_json::{Value, json};

use super::{output, rest_api};
use crate::{
    logical_id,
    settings::{
        Stage,
        endpoint::{EndpointKind, EndpointSetting},
    },
};

/// The property that closes it, of both kinds of APIs.
const PROPERTY: &str = "DisableExecuteApiEndpoint";
/// The two kinds of APIs.
const APIS: [&str; 2] = [logical_id::API, logical_id::HTTP_API];

/// Says in an API's resource whether its endpoint is closed. With a domain always: what an update does about a property that is
/// gone is not documented.
pub(super) fn add(stage: &Stage, resource: &mut Value) {
    if stage.domain.is_some() {
        resource["Properties"][PROPERTY] = json!(stage.closes_endpoint());
    }
}

/// Where a REST API is reached. AWS's default would be an edge endpoint, in front of which CloudFront adds a hop.
pub(super) fn configuration(endpoint: &EndpointSetting) -> Value {
    let kind = match endpoint.kind() {
        EndpointKind::Regional => "REGIONAL",
        EndpointKind::Edge => "EDGE",
        EndpointKind::Private => "PRIVATE",
    };
    let mut configuration = json!({ "Types": [kind] });
    if !endpoint.vpc_endpoints().is_empty() {
        configuration["VpcEndpointIds"] = json!(endpoint.vpc_endpoints());
    }
    configuration
}

/// Whether the endpoint of a template's API is closed.
pub(crate) fn is_closed(template: &Value) -> bool {
    APIS.iter().any(|api| template["Resources"][*api]["Properties"][PROPERTY] == true)
}

/// The template with the endpoint open, and its URL in the outputs.
pub(crate) fn opened(template: &Value) -> Value {
    let mut opened = template.clone();
    for api in APIS {
        if opened["Resources"][api]["Properties"][PROPERTY] == true {
            opened["Resources"][api]["Properties"][PROPERTY] = json!(false);
            rest_api::redeploy(&mut opened);
            let stage = opened["Resources"][logical_id::API_STAGE]["Properties"]["StageName"].as_str();
            let url = output::api_url(stage.filter(|_| api == logical_id::API));
            opened["Outputs"][output::URL]["Value"] = url;
        }
    }
    opened
}

/// Keeps the endpoint of the live template, open or closed, in one of another release: the settings of today decide about it, as
/// they do about the domain.
pub(crate) fn keep_endpoint(wanted: &mut Value, live: &Value) {
    for api in APIS {
        let found = &live["Resources"][api];
        if !found.is_object() || !wanted["Resources"][api].is_object() {
            continue;
        }
        let (found, properties) = (&found["Properties"][PROPERTY], &mut wanted["Resources"][api]["Properties"]);
        if properties[PROPERTY] == *found {
            continue;
        }
        match (properties.as_object_mut(), found) {
            (Some(properties), Value::Null) => drop(properties.remove(PROPERTY)),
            (Some(properties), found) => drop(properties.insert(PROPERTY.to_owned(), found.clone())),
            (None, _) => continue,
        }
        rest_api::redeploy(wanted);
        if let Some(url) = live.pointer("/Outputs/Url/Value") {
            wanted["Outputs"][output::URL]["Value"] = url.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        names::{ArtifactKey, Identity},
        settings::{Api, DomainSetting},
        template::{Input, render},
    };

    /// The template of a stage with a domain, if `default_endpoint` says something, or without one.
    fn template(api: Api, domain: Option<Option<bool>>) -> Value {
        let identity = Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None };
        let stage = Stage {
            api,
            domain: domain.map(|_| DomainSetting::Name("api.example.com".to_owned())),
            default_endpoint: domain.flatten(),
            ..Stage::default()
        };
        let (artifact, region) = (ArtifactKey::new(&identity, "ab"), "eu-west-1");
        render(&Input { identity: &identity, stage: &stage, region, artifact: &artifact, sha256: "ab" })
    }

    fn url(template: &Value) -> &str {
        let value = &template["Outputs"]["Url"]["Value"];
        value.as_str().or_else(|| value["Fn::Sub"].as_str()).unwrap()
    }

    #[test]
    fn the_url_of_a_closed_endpoint_is_the_domains() {
        for api in [Api::Rest, Api::Http] {
            let closed = template(api, Some(Some(false)));
            assert!(is_closed(&closed));
            assert_eq!(url(&closed), "https://api.example.com/");
            let open = template(api, Some(None));
            assert!(!is_closed(&open) && url(&open).contains(".execute-api."));
        }
        // Without a domain, nothing has ever closed it.
        assert!(template(Api::Rest, None)["Resources"]["Api"]["Properties"][PROPERTY].is_null());
    }

    #[test]
    fn an_opened_template_is_the_one_that_leaves_it_open() {
        for api in [Api::Rest, Api::Http] {
            let (closed, open) = (template(api, Some(Some(false))), template(api, Some(Some(true))));
            assert_eq!(opened(&closed), open, "the deployment of a REST API too");
            assert_eq!(opened(&open), open);
            assert_ne!(closed, open);
        }
    }

    #[test]
    fn a_rest_api_is_deployed_anew_where_its_endpoint_changes() {
        let deployment = |template: &Value| {
            let id =
                template["Resources"]["ApiStage"]["Properties"]["DeploymentId"]["Ref"].as_str().unwrap().to_owned();
            assert!(template["Resources"][&id].is_object(), "{id}");
            let all = template["Resources"].as_object().unwrap().values();
            assert_eq!(all.filter(|resource| resource["Type"] == "AWS::ApiGateway::Deployment").count(), 1);
            id
        };
        let closed = template(Api::Rest, Some(Some(false)));
        assert_ne!(deployment(&closed), deployment(&opened(&closed)));
    }

    #[test]
    fn an_earlier_release_keeps_the_endpoint_of_today() {
        let all = [None, Some(Some(false)), Some(Some(true))];
        for api in [Api::Rest, Api::Http] {
            for (live, wanted) in all.iter().flat_map(|live| all.map(|wanted| (*live, wanted))) {
                let (live, mut kept) = (template(api, live), template(api, wanted));
                keep_endpoint(&mut kept, &live);
                assert_eq!(is_closed(&kept), is_closed(&live));
                assert_eq!(url(&kept), url(&live));
                // The note of the domain is kept by itself.
                super::super::keep_domain(&mut kept, &live);
                let without = |template: &Value| {
                    let mut resources = template["Resources"].clone();
                    let output = resources["ApiStage"]["Properties"]["DeploymentId"].take();
                    (resources[api_id(api)].take(), output)
                };
                assert_eq!(without(&kept), without(&live));
            }
        }
        // Another kind of API has another endpoint.
        let mut other = template(Api::Http, None);
        let before = other.clone();
        keep_endpoint(&mut other, &template(Api::Rest, Some(Some(false))));
        assert_eq!(other, before);
    }

    fn api_id(api: Api) -> &'static str {
        if api == Api::Rest { logical_id::API } else { logical_id::HTTP_API }
    }
}
