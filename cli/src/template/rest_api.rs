//! A REST API that hands every path and method to the alias.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    Input, Section, access_log, authorizer, authorizer_function, cors, endpoint, permission, resource_policy,
    rest_route, usage_plan,
};
use crate::{
    digest::hexadecimal,
    gateway::limit::REST_TIMEOUT_SECONDS,
    logical_id,
    settings::{Tenancy, route::Rule},
};

/// What a REST API waits for an answer that it passes on whole, in milliseconds. An account can be allowed more, but one
/// that is not refuses the whole deploy for it, and a longer `timeout_seconds` may be meant for schedules alone.
const BUFFERED_TIMEOUT: u32 = REST_TIMEOUT_SECONDS * 1000;

pub(super) fn add(input: &Input<'_>, resources: &mut Section) {
    let mut api = json!({
        "Type": "AWS::ApiGateway::RestApi",
        "Properties": {
            "Name": input.identity.stack(),
            "EndpointConfiguration": endpoint::configuration(&input.stage.endpoint),
            "BinaryMediaTypes": input.stage.binary_media_types,
        },
    });
    if let Some(policy) = resource_policy::document(input.stage) {
        api["Properties"]["Policy"] = policy;
    }
    if let Some(bytes) = input.stage.compression {
        api["Properties"]["MinimumCompressionSize"] = json!(bytes);
    }
    endpoint::add(input.stage, &mut api);
    resources.insert(logical_id::API.to_owned(), api);
    authorizer::add_to_rest(input, resources);
    rest_route::add(input, resources);
    cors::add_to_rest_api(input, resources);
    let deployment = deployment(resources);
    resources.insert(logical_id::API_STAGE.to_owned(), api_stage(input, &deployment));
    usage_plan::add(input, resources);
    let source = json!({ "Fn::Sub": format!(
        "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/{}/*",
        input.identity.stage
    ) });
    resources.insert(logical_id::GATEWAY_PERMISSION.to_owned(), permission("apigateway.amazonaws.com", &source));
}

/// The stage of the API that serves a deployment.
fn api_stage(input: &Input<'_>, deployment: &str) -> Value {
    let mut properties = json!({
        "RestApiId": { "Ref": logical_id::API },
        "DeploymentId": { "Ref": deployment },
        "StageName": input.identity.stage,
    });
    let of_all = input.stage.throttle.map(|throttle| {
        json!({
            "ResourcePath": "/*",
            "HttpMethod": "*",
            "ThrottlingRateLimit": throttle.rate,
            "ThrottlingBurstLimit": throttle.burst,
        })
    });
    let settings: Vec<Value> = of_all.into_iter().chain(rest_route::throttles(input)).collect();
    if !settings.is_empty() {
        properties["MethodSettings"] = json!(settings);
    }
    access_log::set(input, "AccessLogSetting", &mut properties);
    json!({ "Type": "AWS::ApiGateway::Stage", "Properties": properties })
}

/// A method that hands its requests to the alias.
pub(super) fn method(input: &Input<'_>, resource: &Value, http_method: &str, rule: Rule<'_>) -> Value {
    let streams = input.stage.streaming;
    let uri = if streams {
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2021-11-15/functions/${Live}/response-streaming-invocations"
    } else {
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Live}/invocations"
    };
    let mut integration = json!({
        "Type": "AWS_PROXY",
        "IntegrationHttpMethod": "POST",
        "Uri": { "Fn::Sub": uri },
    });
    if streams {
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
        integration["ResponseTransferMode"] = json!("STREAM");
        integration["TimeoutInMillis"] = json!(input.stage.timeout_seconds.saturating_mul(1000).clamp(50, 900_000));
    } else {
        integration["TimeoutInMillis"] = json!(BUFFERED_TIMEOUT);
    }
    let tenant = input.stage.tenancy.as_ref().and_then(Tenancy::expression);
    if let Some((expression, _)) = &tenant {
        // https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation-invoke.html
        integration["RequestParameters"] = json!({ "integration.request.header.X-Amz-Tenant-Id": expression });
    }
    let mut properties = json!({
        "RestApiId": { "Ref": logical_id::API },
        "ResourceId": resource,
        "HttpMethod": http_method,
        "Integration": integration,
    });
    if let Some(table) = properties.as_object_mut() {
        table.extend(authorizer::of_method(rule.access, rule.is_key_required));
    }
    if let Some((expression, true)) = tenant {
        properties["RequestParameters"] = json!({ expression: false });
    }
    json!({ "Type": "AWS::ApiGateway::Method", "Properties": properties })
}

/// The template with the gateway of a wanted one in front of a version of its own, past the alias.
///
/// Methods and function agree on whether answers are streams. CloudFormation cannot change alias and methods at once, but
/// the stage goes from one deployment to the next at once: the wanted methods invoke the version directly, and the alias
/// follows when nobody is behind it any more.
pub(crate) fn direct(template: &Value, wanted: &Value, version: &str) -> Value {
    let mut direct = template.clone();
    let Some(resources) = direct["Resources"].as_object_mut() else { return direct };
    let of_paths = wanted["Resources"].as_object().into_iter().flat_map(Section::keys);
    let of_paths = of_paths.map(String::as_str).filter(|id| logical_id::is_path_part(id));
    for id in [logical_id::PROXY_METHOD, logical_id::ROOT_METHOD].into_iter().chain(of_paths) {
        let mut part = wanted["Resources"][id].clone();
        if let Some(Value::String(uri)) = part.pointer_mut("/Properties/Integration/Uri/Fn::Sub") {
            *uri = uri.replace("${Live}", &format!("${{{version}}}"));
        }
        resources.insert(id.to_owned(), part);
    }
    // The methods name the authorizers.
    let authorizers = wanted["Resources"].as_object().into_iter().flatten();
    for (id, resource) in authorizers.filter(|(_, resource)| authorizer::is_of_rest(resource)) {
        resources.insert(id.clone(), resource.clone());
    }
    if let Some(wanted) = wanted["Resources"].as_object() {
        authorizer_function::permit_directly(resources, wanted);
    }
    let mut permission = template["Resources"][logical_id::GATEWAY_PERMISSION].clone();
    permission["Properties"]["FunctionName"] = json!({ "Ref": version });
    resources.insert(logical_id::DIRECT_PERMISSION.to_owned(), permission);
    let id = deploy_again(resources);
    // The first request must be allowed.
    if let Some(before) = resources[&id]["DependsOn"].as_array_mut() {
        before.insert(0, json!(logical_id::DIRECT_PERMISSION));
    }
    direct
}

/// Makes the stage serve a new deployment of the API in place of the one that it has; its id.
pub(super) fn deploy_again(resources: &mut Section) -> String {
    let old = resources.get(logical_id::API_STAGE).map(|stage| stage["Properties"]["DeploymentId"]["Ref"].clone());
    if let Some(Value::String(old)) = old {
        resources.remove(&old);
    }
    let id = deployment(resources);
    resources[logical_id::API_STAGE]["Properties"]["DeploymentId"] = json!({ "Ref": id });
    id
}

/// A snapshot of the API under a name that changes with it: a deployment is never updated, so a stage would go on serving
/// what it was made of.
fn deployment(resources: &mut Section) -> String {
    let id = deployment_id(resources);
    let of_authorizers = authorizer_function::permissions(resources);
    let of_cors = cors::PARTS.into_iter().filter(|part| resources.contains_key(*part));
    let of_paths = resources.keys().map(String::as_str).filter(|id| logical_id::is_path_part(id));
    let methods = [logical_id::PROXY_METHOD, logical_id::ROOT_METHOD];
    let before = methods.into_iter().chain(of_cors).chain(of_authorizers.iter().map(String::as_str)).chain(of_paths);
    let before = json!(before.collect::<Vec<_>>());
    resources.insert(
        id.clone(),
        json!({
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": before,
            "Properties": { "RestApiId": { "Ref": logical_id::API } },
        }),
    );
    id
}

/// Gives a template's deployment the name of a new one, after a change of the API that only a new one brings into force.
pub(super) fn redeploy(template: &mut Value) {
    let Some(old) = template.pointer("/Resources/ApiStage/Properties/DeploymentId/Ref").and_then(Value::as_str) else {
        return;
    };
    let old = old.to_owned();
    let Some(resources) = template["Resources"].as_object_mut() else { return };
    let Some(deployment) = resources.remove(&old) else { return };
    let id = deployment_id(resources);
    resources.insert(id.clone(), deployment);
    resources[logical_id::API_STAGE]["Properties"]["DeploymentId"] = json!({ "Ref": id });
}

fn deployment_id(resources: &Section) -> String {
    let parts = [logical_id::API, logical_id::PROXY_METHOD, logical_id::PROXY_RESOURCE, logical_id::ROOT_METHOD];
    let mut hash = Sha256::new();
    let authorizers = resources.values().filter(|resource| authorizer::is_of_rest(resource));
    let parts = parts.into_iter().chain(cors::PARTS).filter_map(|part| resources.get(part));
    let of_paths = resources.iter().filter(|(id, _)| logical_id::is_path_part(id)).map(|(_, resource)| resource);
    for part in parts.chain(authorizers).chain(of_paths) {
        hash.update(part.to_string());
    }
    let mut digits = hexadecimal(&hash.finalize());
    digits.truncate(12);
    format!("{}{digits}", logical_id::DEPLOYMENT_PREFIX)
}
