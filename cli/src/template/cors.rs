//! CORS of the gateway: by its own configuration, or by methods of a REST API, which has none.

use serde_json::{Map, Value, json};

use super::{Input, Section, rest_api};
use crate::{
    logical_id,
    settings::{Api, Cors},
};

/// The parts of a REST API that are there for CORS. A deployment is made of them too.
pub(super) const PARTS: [&str; 4] = [
    logical_id::GATEWAY_RESPONSE_4XX,
    logical_id::GATEWAY_RESPONSE_5XX,
    logical_id::PROXY_PREFLIGHT,
    logical_id::ROOT_PREFLIGHT,
];
/// The methods that answer preflights, and the methods beside them.
const PREFLIGHTS: [(&str, &str); 2] =
    [(logical_id::PROXY_PREFLIGHT, logical_id::PROXY_METHOD), (logical_id::ROOT_PREFLIGHT, logical_id::ROOT_METHOD)];
/// The gateway's own responses, by the kind of their status.
const GATEWAY_RESPONSES: [(&str, &str); 2] =
    [(logical_id::GATEWAY_RESPONSE_4XX, "DEFAULT_4XX"), (logical_id::GATEWAY_RESPONSE_5XX, "DEFAULT_5XX")];
const ALLOW_ORIGIN: &str = "Access-Control-Allow-Origin";

/// The `CorsConfiguration` of an HTTP API, and the `Cors` of a Function URL: the same keys.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigatewayv2-api-cors.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-url-cors.html>
pub(super) fn configuration(cors: &Cors) -> Value {
    let mut configuration = json!({
        "AllowCredentials": cors.allow_credentials,
        "AllowMethods": cors.allowed_methods,
        "AllowOrigins": cors.allowed_origins,
        "MaxAge": cors.max_age_seconds,
    });
    for (name, headers) in [("AllowHeaders", &cors.allowed_headers), ("ExposeHeaders", &cors.expose_headers)] {
        if !headers.is_empty() {
            configuration[name] = json!(headers);
        }
    }
    configuration
}

/// Adds the methods of a REST API that answer preflights, and the headers of its own errors.
pub(super) fn add_to_rest_api(input: &Input<'_>, resources: &mut Section) {
    let Some(cors) = input.stage.cors() else { return };
    for (id, beside) in PREFLIGHTS {
        let resource = resources[beside]["Properties"]["ResourceId"].clone();
        resources.insert(id.to_owned(), preflight(&cors, &resource));
    }
    for (id, kind) in GATEWAY_RESPONSES {
        resources.insert(id.to_owned(), gateway_response(&cors, kind));
    }
}

/// The method that answers preflights at a path, without an integration behind it.
pub(super) fn preflight(cors: &Cors, resource: &Value) -> Value {
    let headers = preflight_headers(cors);
    let name = |name: &str| format!("method.response.header.{name}");
    let values: Map<String, Value> = headers.iter().map(|(key, value)| (name(key), json!(quoted(value)))).collect();
    // What a method may respond with has to be declared.
    let declared = headers.iter().map(|(key, _)| (name(key), json!(true)));
    let mut declared: Map<String, Value> = declared.collect();
    declared.entry(name(ALLOW_ORIGIN)).or_insert(json!(false));
    let mut response = json!({ "StatusCode": "204", "ResponseParameters": values });
    if cors.policy().fixed_origin().is_none() {
        response["ResponseTemplates"] = json!({ "application/json": origin_template(&cors.allowed_origins) });
    }
    json!({
        "Type": "AWS::ApiGateway::Method",
        "Properties": {
            "RestApiId": { "Ref": logical_id::API },
            "ResourceId": resource,
            "HttpMethod": "OPTIONS",
            "AuthorizationType": "NONE",
            "Integration": {
                "Type": "MOCK",
                // With `*/*` as a binary type the template would not be applied, and every preflight would be a 500.
                "ContentHandling": "CONVERT_TO_TEXT",
                "RequestTemplates": { "application/json": "{\"statusCode\": 204}" },
                "IntegrationResponses": [response],
            },
            "MethodResponses": [{ "StatusCode": "204", "ResponseParameters": declared }],
        }
    })
}

/// The headers of the response to a preflight that are the same for every origin.
fn preflight_headers(cors: &Cors) -> Vec<(&'static str, String)> {
    let mut headers = origin_headers(cors);
    headers.push(("Access-Control-Allow-Methods", cors.allowed_methods.join(",")));
    if !cors.allowed_headers.is_empty() {
        headers.push(("Access-Control-Allow-Headers", cors.allowed_headers.join(",")));
    }
    headers.push(("Access-Control-Max-Age", cors.max_age_seconds.to_string()));
    if cors.policy().fixed_origin().is_none() {
        headers.push(("Vary", "Origin".to_owned()));
    }
    headers
}

/// The origin, where it is the same for every request, and whether it may send credentials.
fn origin_headers(cors: &Cors) -> Vec<(&'static str, String)> {
    let origin = cors.policy().fixed_origin().map(|origin| (ALLOW_ORIGIN, origin.to_owned()));
    let credentials = cors.allow_credentials.then(|| ("Access-Control-Allow-Credentials", "true".to_owned()));
    origin.into_iter().chain(credentials).collect()
}

/// The mapping template that names the request's origin if it is one of several. A header has the client's spelling.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html>
fn origin_template(origins: &[String]) -> String {
    let is_known: Vec<String> = origins.iter().map(|origin| format!("$origin == \"{origin}\"")).collect();
    format!(
        "#set($origin = $input.params().header.get(\"Origin\"))\n\
         #if(!$origin || $origin == \"\")#set($origin = $input.params().header.get(\"origin\"))#end\n\
         #if({})#set($context.responseOverride.header.{ALLOW_ORIGIN} = $origin)#end",
        is_known.join(" || ")
    )
}

/// The gateway's own errors of a kind. They run no template, and an origin that is not compared is never echoed: with
/// several origins they have none.
fn gateway_response(cors: &Cors, kind: &str) -> Value {
    let mut response = plain_gateway_response(kind);
    if cors.policy().fixed_origin().is_none() {
        return response;
    }
    let mut headers = origin_headers(cors);
    if !cors.expose_headers.is_empty() {
        headers.push(("Access-Control-Expose-Headers", cors.expose_headers.join(",")));
    }
    let headers: Map<String, Value> = headers
        .into_iter()
        .map(|(name, value)| (format!("gatewayresponse.header.{name}"), json!(quoted(&value))))
        .collect();
    response["Properties"]["ResponseParameters"] = Value::Object(headers);
    response
}

/// The gateway's own errors as they are without CORS.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html>
fn plain_gateway_response(kind: &str) -> Value {
    json!({
        "Type": "AWS::ApiGateway::GatewayResponse",
        "Properties": {
            "RestApiId": { "Ref": logical_id::API },
            "ResponseType": kind,
            "ResponseTemplates": { "application/json": "{\"message\":$context.error.messageString}" },
        }
    })
}

/// A text as a value of API Gateway's mappings.
fn quoted(text: &str) -> String {
    format!("'{text}'")
}

/// The wanted template with the parts for CORS that only the live one has, doing nothing: preflights go to the application
/// and errors are as they are without. `None` where there are no such parts, or no REST API is left.
///
/// CloudFormation deletes what a template no longer has after it made the new deployment, which would still have it. So
/// first the parts lose their effect, and then they go.
pub(crate) fn with_idle_parts(live: &Value, wanted: &Value) -> Option<Value> {
    let has = |template: &Value, id: &str| template["Resources"][id].is_object();
    if !has(wanted, logical_id::API) || !PARTS.iter().any(|id| has(live, id) && !has(wanted, id)) {
        return None;
    }
    let mut idle = wanted.clone();
    let resources = idle["Resources"].as_object_mut()?;
    for (id, beside) in PREFLIGHTS.into_iter().filter(|(id, _)| has(live, id)) {
        let mut method = resources.get(beside)?.clone();
        method["Properties"]["HttpMethod"] = json!("OPTIONS");
        resources.insert(id.to_owned(), method);
    }
    for (id, kind) in GATEWAY_RESPONSES.into_iter().filter(|(id, _)| has(live, id)) {
        resources.insert(id.to_owned(), plain_gateway_response(kind));
    }
    rest_api::deploy_again(resources);
    Some(idle)
}

/// The configuration of a gateway that has one; `None` without `cors`.
pub(super) fn configuration_of(input: &Input<'_>) -> Option<Value> {
    match input.stage.api {
        Api::Rest => None,
        Api::Http | Api::FunctionUrl => input.stage.cors().map(|cors| configuration(&cors)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        names::{ArtifactKey, Identity},
        settings::{CorsSetting, Stage},
        template,
    };

    fn rendered(cors: CorsSetting, streaming: bool) -> Value {
        let identity = Identity { project: "shop".to_owned(), stage: "prod".to_owned(), function_name: None };
        let stage = Stage { cors, streaming, ..Stage::default() };
        let artifact = ArtifactKey::new(&identity, "00");
        let input =
            Input { identity: &identity, stage: &stage, region: "eu-west-1", artifact: &artifact, sha256: "00" };
        template::render(&input)
    }

    fn deployment(template: &Value) -> (&str, &Value) {
        let id = template["Resources"]["ApiStage"]["Properties"]["DeploymentId"]["Ref"].as_str().unwrap();
        (id, &template["Resources"][id])
    }

    fn table(origins: &[&str]) -> CorsSetting {
        let allowed_origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
        CorsSetting::Table(Cors { allowed_origins, ..Cors::default() })
    }

    #[test]
    fn a_deployment_is_made_after_all_parts_and_changes_with_each() {
        let (without, all) = (rendered(CorsSetting::default(), false), rendered(CorsSetting::Switch(true), false));
        let (_, made) = deployment(&all);
        let before = made["DependsOn"].as_array().unwrap();
        for id in PARTS.iter().chain(&[logical_id::PROXY_METHOD, logical_id::ROOT_METHOD]) {
            assert!(before.contains(&json!(id)), "{id}: {before:?}");
        }
        let mut ids = vec![deployment(&without).0.to_owned(), deployment(&all).0.to_owned()];
        for origins in [&["https://a.example"][..], &["https://a.example", "https://b.example"]] {
            ids.push(deployment(&rendered(table(origins), false)).0.to_owned());
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 4, "{ids:?}");
    }

    #[test]
    fn parts_lose_their_effect_before_they_go() {
        let (without, all) = (rendered(CorsSetting::default(), true), rendered(CorsSetting::Switch(true), true));
        let idle = with_idle_parts(&all, &without).unwrap();
        for (id, beside) in PREFLIGHTS {
            let integration = &idle["Resources"][id]["Properties"]["Integration"];
            assert_eq!(integration, &without["Resources"][beside]["Properties"]["Integration"]);
            assert_eq!(idle["Resources"][id]["Properties"]["HttpMethod"], "OPTIONS");
        }
        for (id, _) in GATEWAY_RESPONSES {
            assert!(idle["Resources"][id]["Properties"]["ResponseParameters"].is_null());
        }
        let ids = [&all, &idle, &without].map(|template| deployment(template).0);
        assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
        assert!(idle["Resources"][ids[2]].is_null(), "one deployment at a time");
        assert!(deployment(&idle).1["DependsOn"].as_array().unwrap().contains(&json!(logical_id::PROXY_PREFLIGHT)));
        assert_eq!(with_idle_parts(&idle, &without).as_ref(), Some(&idle), "resumed after an interrupt");
        assert_eq!(with_idle_parts(&without, &all), None);
        assert_eq!(with_idle_parts(&all, &json!({ "Resources": { "HttpApi": {} } })), None, "the API goes as a whole");
    }
}
