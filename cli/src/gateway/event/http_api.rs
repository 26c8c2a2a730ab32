//! Events of an HTTP API: payload 2.0 with a decoded path.
//!
//! Facts: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    GatewayError, Outcome, header,
    location::{self, Location},
    payload::{self, Context, Event, Http},
    query::{Query, decode},
    route::{self, Taken},
};
use crate::{
    gateway::{
        Gateway,
        access::{Access, Caller},
        arrival::{Arrival, Stamp},
    },
    regions,
};

/// The event, or the error for which there is none.
pub(super) fn event(gateway: &Gateway, arrival: &Arrival, stamp: &Stamp, caller: &Caller) -> Outcome {
    let location = Location::new(gateway, arrival)?;
    let inner = decode(location.inner);
    let taken = take(gateway, arrival, &inner)?;
    let query = Query::decoded(arrival.query());
    let mut headers = payload::headers(arrival, stamp);
    // Events of requests without a body show it too.
    headers.set("content-length", arrival.body.len().to_string());
    let (body, is_base64_encoded) = payload::body(arrival);
    let (time, time_epoch) = payload::times(stamp);
    let service = format!("execute-api.{}.{}", gateway.region, regions::partition(&gateway.region).dns_suffix);
    let (domain_name, domain_prefix) = location::domain(gateway, arrival, &service);
    let route_key = key(&taken);
    let path = decode(location.asked);
    Ok(serde_json::to_vec(&Event {
        version: "2.0",
        route_key: route_key.clone(),
        raw_path: path.clone(),
        raw_query_string: arrival.query(),
        cookies: header::cookies(arrival),
        headers: headers.joined(),
        query_string_parameters: (!query.is_empty()).then(|| query.joined()),
        request_context: Context {
            account_id: &gateway.account_id,
            api_id: &gateway.api_id,
            authorizer: caller.authorizer(),
            domain_name,
            domain_prefix,
            http: Http::new(arrival, path),
            request_id: &stamp.extended_request_id,
            route_key,
            stage: &gateway.stage,
            time,
            time_epoch,
        },
        body,
        path_parameters: Some(taken.parameters).filter(|parameters| !parameters.is_empty()),
        is_base64_encoded,
        stage_variables: Some(&gateway.stage_variables).filter(|variables| !variables.is_empty()),
    }))
}

/// What the API asks of the request.
pub(super) fn access<'a>(
    gateway: &'a Gateway,
    arrival: &Arrival,
) -> Result<Option<(usize, &'a Access)>, (GatewayError, String)> {
    let location = Location::new(gateway, arrival)?;
    let inner = decode(location.inner);
    let taken = take(gateway, arrival, &inner)?;
    Ok(gateway.access.get(taken.method, taken.path))
}

/// The route; without routes, the `$default` of a deploy.
fn take<'a>(gateway: &'a Gateway, arrival: &Arrival, path: &'a str) -> Result<Taken<'a>, (GatewayError, String)> {
    if gateway.routes.is_empty() {
        return Ok(Taken { method: "ANY", path: "$default", parameters: BTreeMap::new() });
    }
    route::by_key(&gateway.routes, &arrival.method, path).ok_or_else(|| {
        let reason = format!("the API has no route `{} {path}`; add one or ask for another path", arrival.method);
        (GatewayError::NoRoute, reason)
    })
}

fn key<'a>(taken: &Taken<'a>) -> Cow<'a, str> {
    match taken.path {
        "$default" => "$default".into(),
        path => format!("{} {path}", taken.method.to_ascii_uppercase()).into(),
    }
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
        let event = parsed(&sample::gateway(GatewayKind::Http), &sample::get("/"));
        let expected = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/",
            "rawQueryString": "",
            "headers": {
                "content-length": "0",
                "host": "127.0.0.1:3000",
                "x-amzn-trace-id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
                "x-forwarded-for": "127.0.0.1",
                "x-forwarded-port": "3000",
                "x-forwarded-proto": "http",
            },
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "a1b2c3d4e5",
                "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
                "domainPrefix": "a1b2c3d4e5",
                "http": {
                    "method": "GET",
                    "path": "/",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "",
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": "$default",
                "stage": "$default",
                "time": "12/Mar/2020:19:03:58 +0000",
                "timeEpoch": 1_584_039_838_390_u64,
            },
            "isBase64Encoded": false,
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn a_post_with_everything_is_the_whole_document() {
        let mut gateway = sample::gateway(GatewayKind::Http);
        gateway.stage = "dev".into();
        gateway.stage_variables.insert("table".into(), "users".into());
        gateway.routes = [sample::route("POST /pets/{id}")].into_iter().collect();
        let mut arrival = sample::post("/dev/pets/a%20b?q=1&q=%2F&e", Some("application/json"), b"{}");
        arrival.headers.extend(sample::headers(&[
            ("user-agent", "curl/8.5.0"),
            ("x-many", "1"),
            ("x-many", "2, 3"),
            ("cookie", "a=1; b=2"),
        ]));
        let expected = json!({
            "version": "2.0",
            "routeKey": "POST /pets/{id}",
            "rawPath": "/dev/pets/a b",
            "rawQueryString": "q=1&q=%2F&e",
            "cookies": ["a=1", "b=2"],
            "headers": {
                "content-length": "2",
                "content-type": "application/json",
                "host": "127.0.0.1:3000",
                "user-agent": "curl/8.5.0",
                "x-amzn-trace-id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
                "x-forwarded-for": "127.0.0.1",
                "x-forwarded-port": "3000",
                "x-forwarded-proto": "http",
                "x-many": "1,2, 3",
            },
            "queryStringParameters": {"e": "", "q": "1,/"},
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "a1b2c3d4e5",
                "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
                "domainPrefix": "a1b2c3d4e5",
                "http": {
                    "method": "POST",
                    "path": "/dev/pets/a b",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "curl/8.5.0",
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": "POST /pets/{id}",
                "stage": "dev",
                "time": "12/Mar/2020:19:03:58 +0000",
                "timeEpoch": 1_584_039_838_390_u64,
            },
            "body": "{}",
            "pathParameters": {"id": "a b"},
            "isBase64Encoded": false,
            "stageVariables": {"table": "users"},
        });
        assert_eq!(parsed(&gateway, &arrival), expected);
    }

    #[test]
    fn missing_stages_and_routes_are_404() {
        let mut gateway = sample::gateway(GatewayKind::Http);
        gateway.stage = "dev".into();
        gateway.routes = [sample::route("GET /pets")].into_iter().collect();
        for target in ["/pets", "/device/pets", "/dev/dogs", "/dev"] {
            let refusal = super::super::build(&gateway, &sample::get(target), &sample::stamp()).unwrap_err();
            assert_eq!(refusal.response.status(), 404, "{target}");
            assert_eq!(refusal.response.body(), r#"{"message":"Not Found"}"#);
        }
        assert_eq!(parsed(&gateway, &sample::get("/dev/pets"))["rawPath"], "/dev/pets");
    }

    #[test]
    fn forms_and_unknown_types_are_base64() {
        let gateway = sample::gateway(GatewayKind::Http);
        for (content_type, body, base64) in [
            (Some("application/x-www-form-urlencoded"), "YT0x", true),
            (None, "YT0x", true),
            (Some("text/plain; charset=utf-8"), "a=1", false),
        ] {
            let event = parsed(&gateway, &sample::post("/", content_type, b"a=1"));
            assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(body), &json!(base64)), "{content_type:?}");
        }
    }
}
