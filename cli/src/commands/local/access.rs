//! What the gateway asks of requests, read from the template: authorizers and throttles of methods and routes.

use serde::Deserialize;
use serde_json::Value;

use super::stack::properties;
use crate::{
    gateway::{
        DEFAULT_STAGE, GatewayKind,
        access::{Access, AccessTable, Authorization, FunctionRules, Issuer, RequestPart, Throttle, TokenRules},
    },
    logical_id, regions,
    template::{functions, path_of},
};

/// The limits of a stage's methods or routes.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Limits {
    throttling_rate_limit: Option<f64>,
    throttling_burst_limit: Option<f64>,
}

impl Limits {
    fn throttle(self) -> Option<Throttle> {
        let (rate, burst) = self.throttling_rate_limit.zip(self.throttling_burst_limit)?;
        Some(Throttle { rate, burst })
    }
}

/// Reads what the gateway asks of requests.
pub(super) fn read(template: &Value, kind: GatewayKind, region: &str) -> Result<AccessTable, serde_json::Error> {
    match kind {
        GatewayKind::Rest => of_rest_api(template, region),
        GatewayKind::Http => of_http_api(template, region),
        GatewayKind::FunctionUrl => Ok(of_function_url(template)),
        GatewayKind::Alb => Ok(AccessTable::default()),
    }
}

fn of_rest_api(template: &Value, region: &str) -> Result<AccessTable, serde_json::Error> {
    let mut table = AccessTable::default();
    let settings = &properties(template, logical_id::API_STAGE)["MethodSettings"];
    for (_, method) in of_type(template, "AWS::ApiGateway::Method") {
        // Those of preflights respond themselves.
        if method["Integration"]["Type"] == "MOCK" {
            continue;
        }
        let (path, name) = (path_of(template, &method["ResourceId"]), text(&method["HttpMethod"]));
        let access = Access {
            authorization: authorization(template, method, region)?,
            throttle: throttle_of_method(settings, name, &path)?,
        };
        table.insert(name, &path, access);
        if method["ApiKeyRequired"] == true {
            table.require_key(name, &path);
        }
    }
    Ok(table)
}

/// The throttle of a method: its own, or that of all.
fn throttle_of_method(settings: &Value, method: &str, path: &str) -> Result<Option<Throttle>, serde_json::Error> {
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html
    let encoded = if path == "/" { path.to_owned() } else { format!("/{}", path.replace('/', "~1")) };
    let find = |path: &str, method: &str| {
        let mut settings = settings.as_array().into_iter().flatten();
        settings.find(|setting| setting["ResourcePath"] == path && setting["HttpMethod"] == method)
    };
    let found = find(&encoded, method).or_else(|| find("/*", "*"));
    found.map_or(Ok(None), |limits| Ok(Limits::deserialize(limits)?.throttle()))
}

fn of_http_api(template: &Value, region: &str) -> Result<AccessTable, serde_json::Error> {
    let mut table = AccessTable::default();
    let stage = properties(template, logical_id::HTTP_API_STAGE);
    for (_, route) in of_type(template, "AWS::ApiGatewayV2::Route") {
        if route["ApiId"]["Ref"] != logical_id::HTTP_API {
            continue;
        }
        let key = text(&route["RouteKey"]);
        let own = &stage["RouteSettings"][key];
        let limits = if own.is_null() { &stage["DefaultRouteSettings"] } else { own };
        let limits = Option::<Limits>::deserialize(limits)?.unwrap_or_default();
        let access = Access { authorization: authorization(template, route, region)?, throttle: limits.throttle() };
        let (method, path) = key.split_once(' ').unwrap_or(("ANY", key));
        table.insert(method, path, access);
    }
    Ok(table)
}

fn of_function_url(template: &Value) -> AccessTable {
    let mut table = AccessTable::default();
    if properties(template, logical_id::FUNCTION_URL)["AuthType"] == "AWS_IAM" {
        table.insert("ANY", DEFAULT_STAGE, Access { authorization: Authorization::Iam, throttle: None });
    }
    table
}

/// Who may call a method or a route.
fn authorization(template: &Value, route: &Value, region: &str) -> Result<Authorization, serde_json::Error> {
    let authorizer = || properties(template, text(&route["AuthorizerId"]["Ref"]));
    let rules = match text(&route["AuthorizationType"]) {
        "" | "NONE" => return Ok(Authorization::Public),
        "AWS_IAM" => return Ok(Authorization::Iam),
        "CUSTOM" if authorizer().is_object() => {
            return Ok(Authorization::Function(of_function(template, authorizer())));
        }
        "COGNITO_USER_POOLS" => of_pools(authorizer(), region),
        "JWT" => of_issuers(authorizer(), region),
        other => return Err(serde::de::Error::custom(format!("`local` does not know the authorization `{other}`"))),
    };
    Ok(Authorization::Token(TokenRules { scopes: texts(&route["AuthorizationScopes"]), ..rules }))
}

fn of_pools(authorizer: &Value, region: &str) -> TokenRules {
    let arns = authorizer["ProviderARNs"].as_array().into_iter().flatten();
    TokenRules {
        name: text(&authorizer["Name"]).to_owned(),
        issuers: arns.filter_map(|arn| issuer_of_pool(arn, region)).collect(),
        audience: clients(&authorizer["IdentityValidationExpression"]),
        is_of_pools: true,
        ..TokenRules::default()
    }
}

/// The issuer of a user pool's tokens.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html>
fn issuer_of_pool(arn: &Value, region: &str) -> Option<Issuer> {
    if let Some(id) = arn["Fn::GetAtt"][0].as_str() {
        return Some(issuer_of_declared(id, region));
    }
    let [_, partition, _, region, _, pool] = arn.as_str()?.splitn(6, ':').collect::<Vec<_>>()[..] else { return None };
    let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    let url = format!("https://cognito-idp.{region}.{suffix}/{}", pool.trim_start_matches("userpool/"));
    Some(Issuer { url, declared: None })
}

/// The issuer of a user pool that the stage declares, with an id that is made up.
fn issuer_of_declared(id: &str, region: &str) -> Issuer {
    let suffix = regions::partition(region).dns_suffix;
    Issuer { url: format!("https://cognito-idp.{region}.{suffix}/{region}_{id}"), declared: Some(id.to_owned()) }
}

/// An issuer: an URL, or that of a user pool of the stage.
fn issuer(value: &Value, region: &str) -> Issuer {
    let declared = value["Fn::Sub"].as_str().and_then(|url| Some(url.strip_suffix('}')?.rsplit_once("/${")?.1));
    match declared {
        Some(id) => issuer_of_declared(id, region),
        None => Issuer { url: text(value).to_owned(), declared: None },
    }
}

fn of_issuers(authorizer: &Value, region: &str) -> TokenRules {
    let configuration = &authorizer["JwtConfiguration"];
    // A REST API has a list of issuers, an HTTP API one.
    let first = &configuration["Issuers"][0];
    let (issuer_of, audience) = match first.is_null() {
        true => (&configuration["Issuer"], &configuration["Audience"]),
        false => (&first["Issuer"], &first["Audiences"]),
    };
    TokenRules {
        name: text(&authorizer["Name"]).to_owned(),
        issuers: vec![issuer(issuer_of, region)],
        audience: texts(audience),
        algorithms: texts(&configuration["DefaultAlgorithms"]),
        ..TokenRules::default()
    }
}

/// An authorizer that is a function: its URI names the alias of one of the stage, or an ARN.
fn of_function(template: &Value, authorizer: &Value) -> FunctionRules {
    let uri = text(&authorizer["AuthorizerUri"]["Fn::Sub"]);
    let found = functions(template).into_iter().find(|ids| uri.contains(&format!("${{{}}}", ids.live)));
    // A REST API has one text with commas, an HTTP API a list.
    let sources = match &authorizer["IdentitySource"] {
        Value::String(list) => list.split(',').filter_map(RequestPart::parse).collect(),
        list => texts(list).iter().filter_map(|expression| RequestPart::parse(expression)).collect(),
    };
    FunctionRules {
        name: text(&authorizer["Name"]).to_owned(),
        function: found.and_then(|ids| ids.name),
        is_token: authorizer["Type"] == "TOKEN",
        sources,
        validation: authorizer["IdentityValidationExpression"].as_str().map(str::to_owned),
        ttl_seconds: authorizer["AuthorizerResultTtlInSeconds"].as_u64().unwrap_or_default(),
    }
}

/// The app clients of the expression `^(a|b)$`; one that the stage declares, by its logical id.
fn clients(expression: &Value) -> Vec<String> {
    let text = expression.as_str().or_else(|| expression["Fn::Sub"].as_str()).unwrap_or_default();
    let list = text.strip_prefix("^(").and_then(|text| text.strip_suffix(")$")).unwrap_or(text);
    let names = list.split('|').filter(|name| !name.is_empty());
    names.map(|name| name.trim_start_matches("${").trim_end_matches('}').to_owned()).collect()
}

/// Texts, and resources of the stage by their logical ids.
fn texts(values: &Value) -> Vec<String> {
    let values = values.as_array().into_iter().flatten();
    values.filter_map(|value| value.as_str().or_else(|| value["Ref"].as_str())).map(str::to_owned).collect()
}

fn of_type<'a>(template: &'a Value, kind: &'a str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    resources.filter(move |(_, resource)| resource["Type"] == kind).map(|(id, resource)| (id, &resource["Properties"]))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use serde_json::json;

    use super::*;
    use crate::{
        commands::rendering::NO_PACKAGE,
        names::{ArtifactKey, Identity},
        settings::{
            Api, Settings, Stage,
            authorizer::{Algorithm, Authorizer, Jwt},
        },
        template::{Input, render},
    };

    /// What the gateway of a stage in `eu-west-1` asks of the catch-all.
    fn read_stage(stage: &Stage) -> AccessTable {
        let identity = Identity { project: "shop".to_owned(), stage: "prod".to_owned(), function_name: None };
        let artifact = ArtifactKey::new(&identity, NO_PACKAGE);
        let input = Input { identity: &identity, stage, region: "eu-west-1", artifact: &artifact, sha256: NO_PACKAGE };
        let kind = match stage.api {
            Api::Rest => GatewayKind::Rest,
            Api::Http => GatewayKind::Http,
            Api::FunctionUrl => GatewayKind::FunctionUrl,
        };
        read(&render(&input), kind, "eu-west-1").expect("it is a template of ours")
    }

    fn with_authorizer(api: Api, authorizer: Authorizer) -> Stage {
        let authorizers = [("users".to_owned(), authorizer)].into();
        let declared = ["Users", "Page"].map(|id| (id.to_owned(), json!({}))).into();
        Stage { api, authorizer: Some("users".to_owned()), authorizers, resources: declared, ..Stage::default() }
    }

    fn rules(stage: &Stage) -> TokenRules {
        let table = read_stage(stage);
        let (method, path) = ("ANY", if stage.api == Api::Rest { "/{proxy+}" } else { DEFAULT_STAGE });
        match table.get(method, path).map(|(_, access)| access.authorization.clone()) {
            Some(Authorization::Token(rules)) => rules,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_public_stage_asks_for_nothing() {
        for api in [Api::Rest, Api::Http, Api::FunctionUrl] {
            assert!(read_stage(&Stage { api, ..Stage::default() }).is_empty(), "{api:?}");
        }
    }

    #[test]
    fn signatures_and_throttles_are_read_for_every_route() {
        let access = Access { authorization: Authorization::Iam, throttle: Some(Throttle { rate: 5.0, burst: 10.0 }) };
        for (api, paths) in [(Api::Rest, &["/", "/{proxy+}"][..]), (Api::Http, &[DEFAULT_STAGE])] {
            let mut stage = Stage { api, iam_authorization: true, ..Stage::default() };
            stage.throttle = serde_json::from_value(json!({ "rate": 5, "burst": 10 })).expect("a throttle");
            let table = read_stage(&stage);
            for path in paths {
                assert_eq!(table.get("ANY", path).map(|(_, access)| access), Some(&access), "{path}");
            }
            assert_eq!(table.routes().len(), paths.len());
        }
        let url = Stage { api: Api::FunctionUrl, iam_authorization: true, ..Stage::default() };
        let access = Access { authorization: Authorization::Iam, throttle: None };
        assert_eq!(read_stage(&url).get("ANY", DEFAULT_STAGE), Some((0, &access)));
    }

    #[test]
    fn user_pools_are_read_with_their_issuers() {
        let authorizer = Authorizer {
            cognito: vec!["arn:aws-cn:cognito-idp:cn-north-1:123456789012:userpool/cn-north-1_abc".to_owned()],
            clients: vec!["abc123".to_owned(), "Page".to_owned()],
            scopes: vec!["shop/read".to_owned()],
            ..Authorizer::default()
        };
        let issuer =
            Issuer { url: "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_abc".to_owned(), declared: None };
        for (api, is_of_pools) in [(Api::Rest, true), (Api::Http, false)] {
            let expected = TokenRules {
                name: "users".to_owned(),
                issuers: vec![issuer.clone()],
                audience: vec!["abc123".to_owned(), "Page".to_owned()],
                algorithms: Vec::new(),
                scopes: vec!["shop/read".to_owned()],
                is_of_pools,
            };
            assert_eq!(rules(&with_authorizer(api, authorizer.clone())), expected, "{api:?}");
        }
    }

    #[test]
    fn a_pool_of_the_stage_has_an_issuer_that_is_made_up() {
        let authorizer =
            Authorizer { cognito: vec!["Users".to_owned()], clients: vec!["Page".to_owned()], ..Authorizer::default() };
        for api in [Api::Rest, Api::Http] {
            let rules = rules(&with_authorizer(api, authorizer.clone()));
            let issuer = Issuer {
                url: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Users".to_owned(),
                declared: Some("Users".to_owned()),
            };
            assert_eq!(rules.issuers, [issuer], "{api:?}");
            assert_eq!(rules.audience, ["Page"], "{api:?}");
        }
    }

    #[test]
    fn an_issuer_of_openid_connect_is_read() {
        let authorizer = |algorithms| Authorizer {
            jwt: Some(Jwt {
                issuer: "https://id.example.com".to_owned(),
                audience: vec!["shop".to_owned()],
                algorithms,
            }),
            ..Authorizer::default()
        };
        for (api, algorithms, expected) in [
            (Api::Rest, vec![Algorithm::Es256, Algorithm::Rs384], &["ES256", "RS384"][..]),
            (Api::Rest, vec![], &["RS256"]),
            (Api::Http, vec![], &[]),
        ] {
            let rules = rules(&with_authorizer(api, authorizer(algorithms)));
            assert_eq!(rules.issuers[0].url, "https://id.example.com");
            assert_eq!((rules.audience, rules.is_of_pools), (vec!["shop".to_owned()], false));
            assert_eq!(rules.algorithms, expected, "{api:?}");
        }
    }

    #[test]
    fn an_authorizer_that_is_a_function_is_read_with_the_function_of_the_stage() {
        let settings = |api: &str, authorizer: &str| {
            let text = format!(
                "[stage.dev]\naws_region = \"eu-west-1\"\napi = \"{api}\"\nauthorizer = \"a\"\n\
                 [stage.dev.authorizers]\na = {{ {authorizer} }}\n"
            );
            let settings = Settings::parse(Path::new("x.toml"), text, &BTreeMap::new()).expect("settings");
            settings.choose(None).expect("a stage").primary().clone()
        };
        let read = |api: &str, path: &str, authorizer: &str| {
            let table = read_stage(&settings(api, authorizer));
            match table.get("ANY", path).map(|(_, access)| access.authorization.clone()) {
                Some(Authorization::Function(rules)) => rules,
                other => panic!("{other:?}"),
            }
        };
        let sources = "identity_sources = [\"header.X-Key\", \"query.k\", \"context.identity.sourceIp\"]";
        let session = FunctionRules {
            name: "a".to_owned(),
            function: Some("session".to_owned()),
            sources: vec![
                RequestPart::Header("X-Key".to_owned()),
                RequestPart::Query("k".to_owned()),
                RequestPart::Context("identity.sourceIp".to_owned()),
            ],
            ttl_seconds: 60,
            ..FunctionRules::default()
        };
        let authorizer = format!("function = \"session\", ttl_seconds = 60, {sources}");
        assert_eq!(read("rest", "/{proxy+}", &authorizer), session);
        assert_eq!(read("http", DEFAULT_STAGE, &authorizer), session);
        let arn = "arn = \"arn:aws:lambda:eu-west-1:123456789012:function:p\", type = \"token\", validation = \"^a$\"";
        let partner = FunctionRules {
            name: "a".to_owned(),
            is_token: true,
            sources: vec![RequestPart::Header("Authorization".to_owned())],
            validation: Some("^a$".to_owned()),
            ..FunctionRules::default()
        };
        assert_eq!(read("rest", "/", arn), partner);
    }

    #[test]
    fn a_path_has_the_segments_of_its_resources_and_its_own_limits() {
        let limits = |path, method, rate| json!({ "ResourcePath": path, "HttpMethod": method, "ThrottlingRateLimit": rate, "ThrottlingBurstLimit": 1 });
        let method = |resource: Value, name| json!({ "Type": "AWS::ApiGateway::Method", "Properties": { "ResourceId": resource, "HttpMethod": name } });
        let resource = |parent: Value, part| json!({ "Properties": { "ParentId": parent, "PathPart": part } });
        let root = json!({ "Fn::GetAtt": ["Api", "RootResourceId"] });
        let template = json!({ "Resources": {
            "ApiStage": { "Properties": { "MethodSettings":
                [limits("/*", "*", 9), limits("/", "ANY", 8), limits("/~1admin~1{proxy+}", "GET", 2)] } },
            "Admin": resource(root.clone(), "admin"),
            "Below": resource(json!({ "Ref": "Admin" }), "{proxy+}"),
            "A": method(root, "ANY"),
            "B": method(json!({ "Ref": "Below" }), "GET"),
            "C": method(json!({ "Ref": "Below" }), "POST"),
        } });
        let table = read(&template, GatewayKind::Rest, "eu-west-1").expect("a template");
        for (method, path, rate) in
            [("ANY", "/", 8.0), ("GET", "/admin/{proxy+}", 2.0), ("POST", "/admin/{proxy+}", 9.0)]
        {
            let throttle = table.get(method, path).and_then(|(_, access)| access.throttle);
            assert_eq!(throttle, Some(Throttle { rate, burst: 1.0 }), "{method} {path}");
        }
    }

    #[test]
    fn an_authorization_that_is_not_known_is_no_open_door() {
        let method = json!({ "HttpMethod": "ANY", "AuthorizationType": "CUSTOM" });
        let template = json!({ "Resources": { "A": { "Type": "AWS::ApiGateway::Method", "Properties": method } } });
        assert!(read(&template, GatewayKind::Rest, "eu-west-1").unwrap_err().to_string().contains("`CUSTOM`"));
    }
}
