//! Events of a REST API: payload 1.0.
//!
//! Facts: <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html> and, for the headers,
//! the table in <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>.

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

use serde::Serialize;

use super::{
    Fault, Outcome, body, coding, date,
    header::{self, Headers, Rule},
    location::{self, Location},
    query::{Last, Query},
    route::{self, Taken},
};
use crate::{
    gateway::{
        Gateway,
        arrival::{Arrival, Stamp},
        limit, media,
    },
    regions,
};

/// What the table says is dropped on the way to a Lambda function. It says that `Content-Length` is generated; events show none.
const DROPPED: &[&str] = &[
    "connection",
    "content-length",
    "content-md5",
    "expect",
    "keep-alive",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    resource: &'a str,
    path: &'a str,
    http_method: &'a str,
    headers: Last<'a>,
    multi_value_headers: &'a BTreeMap<String, Vec<String>>,
    query_string_parameters: Option<Last<'a>>,
    multi_value_query_string_parameters: Option<&'a BTreeMap<String, Vec<String>>>,
    path_parameters: Option<&'a BTreeMap<&'a str, &'a str>>,
    stage_variables: Option<&'a BTreeMap<String, String>>,
    request_context: Context<'a>,
    body: Option<Cow<'a, str>>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    resource_id: String,
    resource_path: &'a str,
    http_method: &'a str,
    extended_request_id: &'a str,
    request_time: String,
    path: &'a str,
    account_id: &'a str,
    protocol: &'a str,
    stage: &'a str,
    domain_prefix: String,
    request_time_epoch: u64,
    request_id: &'a str,
    identity: Identity<'a>,
    domain_name: String,
    deployment_id: String,
    api_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    cognito_identity_pool_id: (),
    account_id: (),
    cognito_identity_id: (),
    caller: (),
    source_ip: IpAddr,
    principal_org_id: (),
    access_key: (),
    cognito_authentication_type: (),
    cognito_authentication_provider: (),
    user_arn: (),
    user_agent: Option<Cow<'a, str>>,
    user: (),
}

/// The event, or the fault for which there is none.
pub(super) fn event(gateway: &Gateway, arrival: &Arrival, stamp: &Stamp) -> Outcome {
    let location = Location::new(gateway, arrival)?;
    let taken = take(gateway, arrival, location.inner)?;
    let query = Query::decoded_at_semicolons(arrival.query());
    let mut headers = Headers::new(arrival, stamp, Rule { dropped: DROPPED, capitalized: true });
    // A signature was meant for the gateway.
    if arrival.header("authorization").is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 ")) {
        headers.remove("Authorization");
    }
    let content_type = arrival.header("content-type");
    let binary = media::is_binary(&gateway.binary_media_types, content_type.as_deref());
    let bytes = if binary {
        Cow::Borrowed(&arrival.body[..])
    } else {
        coding::unpacked(arrival, limit::request_body(gateway.kind))?
    };
    let (body, is_base64_encoded) = body::declared(&bytes, binary);
    let full = !query.is_empty();
    Ok(serde_json::to_vec(&Event {
        resource: taken.path,
        // On a custom domain the mapping's base path stays in; on the API's own host the stage does not.
        path: if gateway.base_path.is_some() { location.asked } else { location.inner },
        http_method: arrival.method.as_str(),
        headers: headers.last(),
        multi_value_headers: headers.all(),
        query_string_parameters: full.then(|| query.last()),
        multi_value_query_string_parameters: full.then(|| query.all()),
        path_parameters: Some(&taken.parameters).filter(|parameters| !parameters.is_empty()),
        stage_variables: Some(&gateway.stage_variables).filter(|variables| !variables.is_empty()),
        request_context: context(gateway, arrival, stamp, &location, &taken),
        body,
        is_base64_encoded,
    }))
}

/// The resource; without routes, those of a deploy: the root and the catch-all below it.
fn take<'a>(gateway: &'a Gateway, arrival: &Arrival, path: &'a str) -> Result<Taken<'a>, (Fault, String)> {
    if gateway.routes.is_empty() {
        return Ok(match path.strip_prefix('/') {
            None | Some("") => Taken { method: "ANY", path: "/", parameters: BTreeMap::new() },
            Some(rest) => Taken { method: "ANY", path: "/{proxy+}", parameters: [("proxy", rest)].into() },
        });
    }
    route::by_resource(&gateway.routes, &arrival.method, path).ok_or_else(|| {
        let reason =
            format!("the API has no method `{}` for `{path}`; add a route or ask for another path", arrival.method);
        (Fault::NoRoute, reason)
    })
}

fn context<'a>(
    gateway: &'a Gateway,
    arrival: &'a Arrival,
    stamp: &'a Stamp,
    location: &Location<'a>,
    taken: &Taken<'a>,
) -> Context<'a> {
    let service = format!("execute-api.{}.{}", gateway.region, regions::partition(&gateway.region).dns_suffix);
    let (domain_name, domain_prefix) = location::domain(gateway, arrival, &service);
    Context {
        resource_id: identifier(&gateway.api_id, taken.path, if taken.path == "/" { 10 } else { 6 }),
        resource_path: taken.path,
        http_method: arrival.method.as_str(),
        extended_request_id: &stamp.extended_request_id,
        request_time: date::written(stamp.epoch_millis()),
        path: location.asked,
        account_id: &gateway.account_id,
        protocol: arrival.protocol,
        stage: &gateway.stage,
        domain_prefix,
        request_time_epoch: stamp.epoch_millis(),
        request_id: &stamp.request_id,
        identity: Identity {
            cognito_identity_pool_id: (),
            account_id: (),
            cognito_identity_id: (),
            caller: (),
            source_ip: header::address(arrival.client),
            principal_org_id: (),
            access_key: (),
            cognito_authentication_type: (),
            cognito_authentication_provider: (),
            user_arn: (),
            user_agent: arrival.header("user-agent"),
            user: (),
        },
        domain_name,
        deployment_id: identifier(&gateway.api_id, &gateway.stage, 6),
        api_id: &gateway.api_id,
    }
}

/// An identifier of API Gateway's look, the same for the same thing at every start.
fn identifier(api: &str, thing: &str, length: usize) -> String {
    const LETTERS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    // FNV-1a: short, fixed for ever, and nothing here needs more than a spread.
    let digest =
        api.bytes().chain(*b"/").chain(thing.bytes()).fold(0xcbf2_9ce4_8422_2325_u64, |digest, byte| {
            (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    let digits = std::iter::successors(Some(digest), |digest| Some(digest / 36));
    digits.take(length).map(|digest| char::from(LETTERS[(digest % 36) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::{GatewayKind, sample};

    fn parsed(gateway: &Gateway, arrival: &Arrival) -> Value {
        serde_json::from_slice(&super::super::build(gateway, arrival, &sample::stamp()).unwrap()).unwrap()
    }

    #[test]
    fn a_bare_get_is_the_whole_document() {
        let event = parsed(&sample::gateway(GatewayKind::Rest), &sample::get("/dev"));
        let expected = json!({
            "resource": "/",
            "path": "/",
            "httpMethod": "GET",
            "headers": {
                "Host": "127.0.0.1:3000",
                "X-Amzn-Trace-Id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
                "X-Forwarded-For": "127.0.0.1",
                "X-Forwarded-Port": "3000",
                "X-Forwarded-Proto": "http",
            },
            "multiValueHeaders": {
                "Host": ["127.0.0.1:3000"],
                "X-Amzn-Trace-Id": ["Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e"],
                "X-Forwarded-For": ["127.0.0.1"],
                "X-Forwarded-Port": ["3000"],
                "X-Forwarded-Proto": ["http"],
            },
            "queryStringParameters": null,
            "multiValueQueryStringParameters": null,
            "pathParameters": null,
            "stageVariables": null,
            "requestContext": {
                "resourceId": identifier("a1b2c3d4e5", "/", 10),
                "resourcePath": "/",
                "httpMethod": "GET",
                "extendedRequestId": "JKJaXmPLvHcESHA=",
                "requestTime": "12/Mar/2020:19:03:58 +0000",
                "path": "/dev",
                "accountId": "123456789012",
                "protocol": "HTTP/1.1",
                "stage": "dev",
                "domainPrefix": "a1b2c3d4e5",
                "requestTimeEpoch": 1_584_039_838_390_u64,
                "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
                "identity": {
                    "cognitoIdentityPoolId": null,
                    "accountId": null,
                    "cognitoIdentityId": null,
                    "caller": null,
                    "sourceIp": "127.0.0.1",
                    "principalOrgId": null,
                    "accessKey": null,
                    "cognitoAuthenticationType": null,
                    "cognitoAuthenticationProvider": null,
                    "userArn": null,
                    "userAgent": null,
                    "user": null,
                },
                "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
                "deploymentId": identifier("a1b2c3d4e5", "dev", 6),
                "apiId": "a1b2c3d4e5",
            },
            "body": null,
            "isBase64Encoded": false,
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn a_post_with_everything_is_the_whole_document() {
        let mut gateway = sample::gateway(GatewayKind::Rest);
        gateway.stage_variables.insert("table".into(), "users".into());
        let mut arrival = sample::post("/dev/a%20b/c?q=1&q=2&e&n=%26+x", Some("application/json"), b"{\"a\":1}");
        arrival.headers.extend(sample::headers(&[("user-agent", "curl/8.5.0"), ("x-many", "1"), ("x-many", "2")]));
        let mut event = parsed(&gateway, &arrival);
        let context = event["requestContext"].take();
        assert_eq!(context["resourcePath"], "/{proxy+}");
        assert_eq!(context["path"], "/dev/a%20b/c");
        assert_eq!(context["identity"]["userAgent"], "curl/8.5.0");
        assert_eq!(context["httpMethod"], "POST");
        let expected = json!({
            "resource": "/{proxy+}",
            "path": "/a%20b/c",
            "httpMethod": "POST",
            "headers": {
                "Content-Type": "application/json",
                "Host": "127.0.0.1:3000",
                "User-Agent": "curl/8.5.0",
                "X-Amzn-Trace-Id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
                "X-Forwarded-For": "127.0.0.1",
                "X-Forwarded-Port": "3000",
                "X-Forwarded-Proto": "http",
                "X-Many": "2",
            },
            "multiValueHeaders": {
                "Content-Type": ["application/json"],
                "Host": ["127.0.0.1:3000"],
                "User-Agent": ["curl/8.5.0"],
                "X-Amzn-Trace-Id": ["Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e"],
                "X-Forwarded-For": ["127.0.0.1"],
                "X-Forwarded-Port": ["3000"],
                "X-Forwarded-Proto": ["http"],
                "X-Many": ["1", "2"],
            },
            "queryStringParameters": {"e": "", "n": "& x", "q": "2"},
            "multiValueQueryStringParameters": {"e": [""], "n": ["& x"], "q": ["1", "2"]},
            "pathParameters": {"proxy": "a%20b/c"},
            "stageVariables": {"table": "users"},
            "requestContext": null,
            "body": "{\"a\":1}",
            "isBase64Encoded": false,
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn keys_stand_in_the_order_of_aws() {
        let event = super::super::build(&sample::gateway(GatewayKind::Rest), &sample::get("/dev/x"), &sample::stamp());
        let text = String::from_utf8(event.unwrap().to_vec()).unwrap();
        assert!(
            text.starts_with(r#"{"resource":"/{proxy+}","path":"/x","httpMethod":"GET","headers":{"Host""#),
            "{text}"
        );
        assert!(text.ends_with(r#""apiId":"a1b2c3d4e5"},"body":null,"isBase64Encoded":false}"#), "{text}");
    }

    #[test]
    fn a_custom_domain_keeps_its_base_path_in_the_path() {
        let mut gateway = sample::gateway(GatewayKind::Rest);
        gateway.base_path = Some("/shop".into());
        let event = parsed(&gateway, &sample::get("/shop/x/y"));
        assert_eq!(event["path"], "/shop/x/y");
        assert_eq!(event["requestContext"]["path"], "/shop/x/y");
        assert_eq!(event["pathParameters"], json!({"proxy": "x/y"}));
        assert_eq!(event["requestContext"]["stage"], "dev");
        assert_eq!(event["requestContext"]["domainName"], "127.0.0.1");
    }

    #[test]
    fn only_routes_that_exist_reach_the_function() {
        let mut gateway = sample::gateway(GatewayKind::Rest);
        gateway.routes = vec![sample::route("GET /pets/{id}")];
        let event = parsed(&gateway, &sample::get("/dev/pets/7"));
        assert_eq!((&event["resource"], &event["pathParameters"]), (&json!("/pets/{id}"), &json!({"id": "7"})));
        for arrival in [sample::get("/dev/dogs"), sample::post("/dev/pets/7", None, b"")] {
            let refusal = super::super::build(&gateway, &arrival, &sample::stamp()).unwrap_err();
            assert_eq!(refusal.response.status(), 403);
            assert_eq!(refusal.response.body(), r#"{"message":"Missing Authentication Token"}"#);
            assert!(refusal.reason.contains("has no method"), "{}", refusal.reason);
        }
    }

    #[test]
    fn bodies_are_base64_only_where_the_api_says_so() {
        for (types, content_type, body, base64) in [
            (&["*/*"][..], Some("text/plain"), "aGk=", true),
            (&["*/*"], None, "aGk=", true),
            (&["image/png"], Some("image/png"), "aGk=", true),
            (&["image/png"], Some("text/plain"), "hi", false),
            (&[], Some("image/png"), "hi", false),
        ] {
            let mut gateway = sample::gateway(GatewayKind::Rest);
            gateway.binary_media_types = types.iter().map(|&entry| entry.into()).collect();
            let event = parsed(&gateway, &sample::post("/dev/x", content_type, b"hi"));
            assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(body), &json!(base64)), "{types:?}");
        }
    }

    #[test]
    fn a_signature_ends_at_the_gateway_and_other_authorization_passes() {
        let gateway = sample::gateway(GatewayKind::Rest);
        for (value, passes) in [("AWS4-HMAC-SHA256 Credential=x", false), ("Bearer x", true)] {
            let mut arrival = sample::get("/dev/x");
            arrival.headers.extend(sample::headers(&[
                ("authorization", value),
                ("connection", "close"),
                ("te", "trailers"),
            ]));
            let event = parsed(&gateway, &arrival);
            assert_eq!(event["headers"].get("Authorization").is_some(), passes, "{value}");
            assert_eq!(event["headers"].get("Connection"), None);
            assert_eq!(event["headers"].get("TE"), None);
        }
    }

    #[test]
    fn identifiers_look_like_aws_and_stay() {
        assert_eq!(identifier("a", "/", 10).len(), 10);
        assert_eq!(identifier("a", "/x", 6), identifier("a", "/x", 6));
        assert_ne!(identifier("a", "/x", 6), identifier("b", "/x", 6));
    }
}
