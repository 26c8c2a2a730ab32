//! Authorizers of the gateway: who may call it is checked before the function is invoked.

use serde_json::{Map, Value, json};

use super::{Input, Section, authorizer_function};
use crate::{
    logical_id::{self, AUTHORIZER_PREFIX, HTTP_AUTHORIZER_PREFIX},
    settings::{
        Stage,
        authorizer::{Access, Algorithm, Authorizer},
    },
};

/// The type of a REST API's authorizer.
const REST_TYPE: &str = "AWS::ApiGateway::Authorizer";

/// Whether a resource is an authorizer of a REST API of ours.
pub(super) fn is_of_rest(resource: &Value) -> bool {
    resource["Type"] == REST_TYPE && resource["Properties"]["RestApiId"]["Ref"] == logical_id::API
}

/// Adds the authorizers of a REST API.
pub(super) fn add_to_rest(input: &Input<'_>, resources: &mut Section) {
    for (name, authorizer) in input.stage.used_authorizers() {
        let id = logical_id::named(AUTHORIZER_PREFIX, &[name]);
        authorizer_function::permit(authorizer, &id, logical_id::API, resources);
        resources.insert(id, of_rest(input.stage, name, authorizer));
    }
}

/// An authorizer of a REST API.
fn of_rest(stage: &Stage, name: &str, authorizer: &Authorizer) -> Value {
    if authorizer.is_function() {
        return json!({ "Type": REST_TYPE, "Properties": authorizer_function::of_rest(name, authorizer) });
    }
    let mut properties = json!({
        "RestApiId": { "Ref": logical_id::API },
        "Name": name,
        "IdentitySource": "method.request.header.Authorization",
    });
    if let Some(jwt) = &authorizer.jwt {
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer.html
        let default = [Algorithm::default()];
        let algorithms = if jwt.algorithms.is_empty() { &default[..] } else { &jwt.algorithms };
        properties["Type"] = json!("JWT");
        properties["JwtConfiguration"] = json!({
            "DefaultAlgorithms": algorithms,
            "Issuers": [{ "Issuer": jwt.issuer, "Audiences": jwt.audience }],
        });
    } else {
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
        properties["Type"] = json!("COGNITO_USER_POOLS");
        let arn_of = |pool: &String| match stage.resources.contains_key(pool) {
            true => json!({ "Fn::GetAtt": [pool, "Arn"] }),
            false => json!(pool),
        };
        properties["ProviderARNs"] = authorizer.cognito.iter().map(arn_of).collect();
        if !authorizer.clients.is_empty() {
            properties["IdentityValidationExpression"] = pattern_of(stage, &authorizer.clients);
        }
    }
    json!({ "Type": REST_TYPE, "Properties": properties })
}

/// Adds the authorizers of an HTTP API.
pub(super) fn add_to_http(input: &Input<'_>, resources: &mut Section) {
    for (name, authorizer) in input.stage.used_authorizers() {
        let id = logical_id::named(HTTP_AUTHORIZER_PREFIX, &[name]);
        authorizer_function::permit(authorizer, &id, logical_id::HTTP_API, resources);
        resources.insert(id, of_http(input.stage, name, authorizer));
    }
}

/// An authorizer of an HTTP API.
fn of_http(stage: &Stage, name: &str, authorizer: &Authorizer) -> Value {
    if authorizer.is_function() {
        let properties = authorizer_function::of_http(name, authorizer);
        return json!({ "Type": "AWS::ApiGatewayV2::Authorizer", "Properties": properties });
    }
    let (issuer, audience) = match &authorizer.jwt {
        Some(jwt) => (json!(jwt.issuer), json!(jwt.audience)),
        None => (issuer_of(stage, authorizer), clients(stage, &authorizer.clients).collect()),
    };
    json!({
        "Type": "AWS::ApiGatewayV2::Authorizer",
        "Properties": {
            "ApiId": { "Ref": logical_id::HTTP_API },
            "Name": name,
            "AuthorizerType": "JWT",
            "IdentitySource": ["$request.header.Authorization"],
            "JwtConfiguration": { "Issuer": issuer, "Audience": audience },
        },
    })
}

/// Who may call a method of a REST API, and whether it takes an API key beside that.
pub(super) fn of_method(access: Access<'_>, is_key_required: bool) -> Map<String, Value> {
    let mut properties = match access {
        Access::Public => authorization("NONE", None),
        Access::Iam => authorization("AWS_IAM", None),
        Access::Token(name, authorizer) => {
            let kind = match &authorizer.jwt {
                _ if authorizer.is_function() => "CUSTOM",
                Some(_) => "JWT",
                None => "COGNITO_USER_POOLS",
            };
            authorization(kind, Some((logical_id::named(AUTHORIZER_PREFIX, &[name]), authorizer)))
        }
    };
    if is_key_required {
        properties.insert("ApiKeyRequired".to_owned(), json!(true));
    }
    properties
}

/// Who may call a route of an HTTP API; nothing where everybody may.
pub(super) fn of_route(access: Access<'_>) -> Map<String, Value> {
    match access {
        Access::Public => Map::new(),
        Access::Iam => authorization("AWS_IAM", None),
        Access::Token(name, authorizer) => {
            let kind = if authorizer.is_function() { "CUSTOM" } else { "JWT" };
            authorization(kind, Some((logical_id::named(HTTP_AUTHORIZER_PREFIX, &[name]), authorizer)))
        }
    }
}

fn authorization(kind: &str, authorizer: Option<(String, &Authorizer)>) -> Map<String, Value> {
    let mut properties = Map::new();
    properties.insert("AuthorizationType".to_owned(), json!(kind));
    if let Some((id, authorizer)) = authorizer {
        properties.insert("AuthorizerId".to_owned(), json!({ "Ref": id }));
        if !authorizer.scopes.is_empty() {
            properties.insert("AuthorizationScopes".to_owned(), json!(authorizer.scopes));
        }
    }
    properties
}

/// The issuer of the tokens of a user pool, which its ARN names.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html>
fn issuer_of(stage: &Stage, authorizer: &Authorizer) -> Value {
    let pool = authorizer.cognito.first().map(String::as_str).unwrap_or_default();
    if stage.resources.contains_key(pool) {
        return json!({ "Fn::Sub": format!("https://cognito-idp.${{AWS::Region}}.${{AWS::URLSuffix}}/${{{pool}}}") });
    }
    let parts: Vec<&str> = pool.splitn(6, ':').collect();
    let [_, partition, _, region, _, id] = parts[..] else { return Value::Null };
    let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    json!(format!("https://cognito-idp.{region}.{suffix}/{}", id.trim_start_matches("userpool/")))
}

/// The ids of app clients.
fn clients<'a>(stage: &'a Stage, clients: &'a [String]) -> impl Iterator<Item = Value> + 'a {
    clients.iter().map(|client| match stage.resources.contains_key(client) {
        true => json!({ "Ref": client }),
        false => json!(client),
    })
}

/// The regular expression of the app clients that a REST API holds the `aud` of an ID token to.
fn pattern_of(stage: &Stage, clients: &[String]) -> Value {
    let refers = clients.iter().any(|client| stage.resources.contains_key(client));
    let names = clients.iter().map(|client| match stage.resources.contains_key(client) {
        true => format!("${{{client}}}"),
        false => client.clone(),
    });
    let pattern = format!("^({})$", names.collect::<Vec<_>>().join("|"));
    if refers { json!({ "Fn::Sub": pattern }) } else { json!(pattern) }
}
