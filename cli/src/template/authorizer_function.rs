//! Authorizers that are functions: their properties, and API Gateway's permission to invoke them.

use serde_json::{Value, json};

use super::{Section, permission_of};
use crate::{
    logical_id::{self, AUTHORIZER_PERMISSION_PREFIX, FunctionIds},
    settings::{
        authorizer::Authorizer,
        authorizer_function::{AuthorizerType, IdentitySource},
    },
};

/// The properties of an authorizer of a REST API.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-authorizer.html>
pub(super) fn of_rest(name: &str, authorizer: &Authorizer) -> Value {
    let mut properties = json!({
        "RestApiId": { "Ref": logical_id::API },
        "Name": name,
        "Type": match authorizer.kind() {
            AuthorizerType::Request => "REQUEST",
            AuthorizerType::Token => "TOKEN",
        },
        "AuthorizerUri": uri(authorizer),
        "AuthorizerResultTtlInSeconds": authorizer.ttl(),
    });
    let sources: Vec<String> = authorizer.identity().iter().map(IdentitySource::of_rest).collect();
    if !sources.is_empty() {
        properties["IdentitySource"] = json!(sources.join(","));
    }
    if let Some(validation) = &authorizer.validation {
        properties["IdentityValidationExpression"] = json!(validation);
    }
    properties
}

/// The properties of an authorizer of an HTTP API.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-authorizer.html>
pub(super) fn of_http(name: &str, authorizer: &Authorizer) -> Value {
    let mut properties = json!({
        "ApiId": { "Ref": logical_id::HTTP_API },
        "Name": name,
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": uri(authorizer),
        "AuthorizerPayloadFormatVersion": "2.0",
        "EnableSimpleResponses": true,
        "AuthorizerResultTtlInSeconds": authorizer.ttl(),
    });
    let sources: Vec<String> = authorizer.identity().iter().map(IdentitySource::of_http).collect();
    if !sources.is_empty() {
        properties["IdentitySource"] = json!(sources);
    }
    properties
}

/// The URI by which API Gateway invokes the function, or the alias of the stack's own.
fn uri(authorizer: &Authorizer) -> Value {
    let function = match (&authorizer.function, &authorizer.arn) {
        (Some(function), _) => format!("${{{}}}", FunctionIds::of(Some(function)).live),
        (None, arn) => arn.clone().unwrap_or_default(),
    };
    json!({ "Fn::Sub": format!(
        "arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/{function}/invocations"
    ) })
}

/// Permits an API to invoke the function of the authorizer `id`, for exactly that authorizer. The function of an `arn` is not
/// ours to change.
pub(super) fn permit(authorizer: &Authorizer, id: &str, api: &str, resources: &mut Section) {
    let Some(function) = &authorizer.function else { return };
    let source = json!({ "Fn::Sub": format!(
        "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{api}}}/authorizers/${{{id}}}"
    ) });
    let permission = permission_of(Some(function), "apigateway.amazonaws.com", &source);
    resources.insert(permission_id(function), permission);
}

/// The id of the permission to invoke an authorizer's function.
fn permission_id(function: &str) -> String {
    logical_id::named(AUTHORIZER_PERMISSION_PREFIX, &[function])
}

/// The permissions to invoke authorizers' functions: a route is served when they are there.
pub(super) fn permissions(resources: &Section) -> Vec<String> {
    let is_permission = |(id, resource): &(&String, &Value)| {
        id.starts_with(AUTHORIZER_PERMISSION_PREFIX) && resource["Type"] == "AWS::Lambda::Permission"
    };
    resources.iter().filter(is_permission).map(|(id, _)| id.clone()).collect()
}

/// Adds the permissions of a wanted template to one that has its authorizers already. A function whose alias comes only with the
/// wanted template is invoked by its version until then.
pub(super) fn permit_directly(resources: &mut Section, wanted: &Section) {
    for id in permissions(wanted) {
        let mut permission = wanted[&id].clone();
        let alias = permission["Properties"]["FunctionName"]["Ref"].as_str().unwrap_or_default().to_owned();
        if !resources.contains_key(&alias) {
            let version = wanted[&alias]["Properties"]["FunctionVersion"]["Fn::GetAtt"][0].clone();
            let Some(version) = version.as_str() else { continue };
            permission["Properties"]["FunctionName"] = json!({ "Ref": version });
            for resource in resources.values_mut() {
                if let Some(Value::String(uri)) = resource.pointer_mut("/Properties/AuthorizerUri/Fn::Sub") {
                    *uri = uri.replace(&format!("${{{alias}}}"), &format!("${{{version}}}"));
                }
            }
        }
        resources.insert(id, permission);
    }
}
