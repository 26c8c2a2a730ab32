//! Events of a Function URL: payload 2.0 with the path as it was sent.
//!
//! Facts: <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>.

use super::{
    Outcome, header,
    payload::{self, Context, Event, Http},
    query::Query,
};
use crate::gateway::{
    Gateway,
    access::Caller,
    arrival::{Arrival, Stamp},
    is_function_url_host,
};

/// The event; a Function URL has no routes that could be missed.
pub(super) fn event(gateway: &Gateway, arrival: &Arrival, stamp: &Stamp, caller: &Caller) -> Outcome {
    let query = Query::decoded(arrival.query());
    let mut headers = payload::headers(arrival, stamp);
    let own = match gateway.host.as_deref().filter(|host| is_function_url_host(host)) {
        Some(host) => host.to_owned(),
        None => format!("{}.lambda-url.{}.on.aws", gateway.api_id, gateway.region),
    };
    // CloudFront, which serves a custom domain, asks for the URL's own name.
    if let Some(domain) = gateway.host.as_ref().filter(|host| **host != own) {
        headers.set("host", own.clone());
        headers.set("x-forwarded-host", domain.clone());
    }
    let (body, is_base64_encoded) = payload::body(arrival);
    let (time, time_epoch) = payload::times(stamp);
    Ok(serde_json::to_vec(&Event {
        version: "2.0",
        route_key: "$default".into(),
        raw_path: arrival.path().into(),
        raw_query_string: arrival.query(),
        cookies: header::cookies(arrival),
        headers: headers.joined(),
        query_string_parameters: (!query.is_empty()).then(|| query.joined()),
        request_context: Context {
            account_id: caller.iam().map_or("anonymous", |identity| &identity.account_id),
            api_id: &gateway.api_id,
            authorizer: caller.authorizer(),
            domain_name: own,
            domain_prefix: gateway.api_id.clone(),
            http: Http::new(arrival, arrival.path().into()),
            request_id: &stamp.request_id,
            route_key: "$default".into(),
            stage: "$default",
            time,
            time_epoch,
        },
        body,
        path_parameters: None,
        is_base64_encoded,
        stage_variables: None,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::gateway::{GatewayKind, sample};

    #[test]
    fn a_post_is_the_whole_document() {
        let gateway = sample::gateway(GatewayKind::FunctionUrl);
        let mut arrival = sample::post("/a%20b//c?x=1&x=2", None, b"\x00\x01");
        arrival.headers.extend(sample::headers(&[("cookie", "a=1; b=2"), ("connection", "keep-alive")]));
        let event = super::super::build(&gateway, &arrival, &sample::stamp()).unwrap();
        let expected = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/a%20b//c",
            "rawQueryString": "x=1&x=2",
            "cookies": ["a=1", "b=2"],
            "headers": {
                "content-length": "2",
                "host": "127.0.0.1:3000",
                "x-amzn-trace-id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
                "x-forwarded-for": "127.0.0.1",
                "x-forwarded-port": "3000",
                "x-forwarded-proto": "http",
            },
            "queryStringParameters": {"x": "1,2"},
            "requestContext": {
                "accountId": "anonymous",
                "apiId": "a1b2c3d4e5",
                "domainName": "a1b2c3d4e5.lambda-url.us-east-1.on.aws",
                "domainPrefix": "a1b2c3d4e5",
                "http": {
                    "method": "POST",
                    "path": "/a%20b//c",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "",
                },
                "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
                "routeKey": "$default",
                "stage": "$default",
                "time": "12/Mar/2020:19:03:58 +0000",
                "timeEpoch": 1_584_039_838_390_u64,
            },
            "body": "AAE=",
            "isBase64Encoded": true,
        });
        assert_eq!(serde_json::from_slice::<Value>(&event).unwrap(), expected);
    }

    #[test]
    fn behind_a_custom_domain_the_host_is_the_urls_own_and_the_domain_beside_it() {
        let mut gateway = sample::gateway(GatewayKind::FunctionUrl);
        gateway.host = Some("api.example.com".to_owned());
        let event = super::super::build(&gateway, &sample::get("/"), &sample::stamp()).unwrap();
        let event = serde_json::from_slice::<Value>(&event).unwrap();
        let own = "a1b2c3d4e5.lambda-url.us-east-1.on.aws";
        assert_eq!(event["headers"]["host"], own);
        assert_eq!(event["headers"]["x-forwarded-host"], "api.example.com");
        assert_eq!(event["requestContext"]["domainName"], own);
    }

    #[test]
    fn a_get_has_neither_body_nor_cookies_nor_parameters() {
        let gateway = sample::gateway(GatewayKind::FunctionUrl);
        let event = super::super::build(&gateway, &sample::get("/"), &sample::stamp()).unwrap();
        let event = serde_json::from_slice::<Value>(&event).unwrap();
        for key in ["body", "cookies", "queryStringParameters", "pathParameters", "stageVariables"] {
            assert_eq!(event.get(key), None, "{key}");
        }
        assert_eq!(event["headers"].get("content-length"), None);
    }
}
