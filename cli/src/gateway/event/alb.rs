//! Events of an Application Load Balancer, in both of its modes.
//!
//! Facts: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;

use super::{
    Outcome, body,
    header::{Headers, Rule},
    query::{Last, Query},
};
use crate::{
    gateway::{
        Gateway,
        arrival::{Arrival, Stamp},
        media,
    },
    regions,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    request_context: Context,
    http_method: &'a str,
    path: &'a str,
    #[serde(flatten)]
    maps: Maps<'a>,
    body: Cow<'a, str>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
struct Context {
    elb: Balancer,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Balancer {
    target_group_arn: String,
}

/// Headers and query in the mode of the target group, never in both.
#[derive(Serialize)]
#[serde(untagged)]
enum Maps<'a> {
    #[serde(rename_all = "camelCase")]
    Single { query_string_parameters: Last<'a>, headers: Last<'a> },
    #[serde(rename_all = "camelCase")]
    Multi {
        multi_value_query_string_parameters: &'a BTreeMap<String, Vec<String>>,
        multi_value_headers: &'a BTreeMap<String, Vec<String>>,
    },
}

/// The event; a load balancer's only rule is the function.
pub(super) fn event(gateway: &Gateway, arrival: &Arrival, stamp: &Stamp) -> Outcome {
    let query = Query::raw(arrival.query());
    let rule = Rule { dropped: &["expect", "keep-alive", "te", "trailer", "transfer-encoding"], capitalized: false };
    let headers = Headers::new(arrival, stamp, rule);
    let text = media::is_text(arrival.header("content-type").as_deref());
    let (body, is_base64_encoded) =
        body::textual(&arrival.body, text && !arrival.headers.contains_key("content-encoding"));
    let maps = if gateway.multi_value_headers {
        Maps::Multi { multi_value_query_string_parameters: query.all(), multi_value_headers: headers.all() }
    } else {
        Maps::Single { query_string_parameters: query.last(), headers: headers.last() }
    };
    let target_group_arn = format!(
        "arn:{}:elasticloadbalancing:{}:{}:targetgroup/local/{:0>16}",
        regions::partition(&gateway.region).name,
        gateway.region,
        gateway.account_id,
        gateway.api_id
    );
    Ok(serde_json::to_vec(&Event {
        request_context: Context { elb: Balancer { target_group_arn } },
        http_method: arrival.method.as_str(),
        path: arrival.path(),
        maps,
        body: body.unwrap_or_default(),
        is_base64_encoded,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::{GatewayKind, sample};

    fn parsed(multi_value_headers: bool, arrival: &Arrival) -> Value {
        let gateway = Gateway { multi_value_headers, ..sample::gateway(GatewayKind::Alb) };
        serde_json::from_slice(&super::super::build(&gateway, arrival, &sample::stamp()).unwrap()).unwrap()
    }

    fn arrival() -> Arrival {
        let mut arrival = sample::get("/a%20b?x=1&x=%20+2&flag");
        arrival.headers.extend(sample::headers(&[("x-many", "1"), ("x-many", "2"), ("connection", "keep-alive")]));
        arrival
    }

    #[test]
    fn single_value_mode_is_the_whole_document() {
        let expected = json!({
            "requestContext": {"elb": {
                "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/local/000000a1b2c3d4e5",
            }},
            "httpMethod": "GET",
            "path": "/a%20b",
            "queryStringParameters": {"flag": "", "x": "%20+2"},
            "headers": {
                "connection": "keep-alive",
                "host": "127.0.0.1:3000",
                "x-amzn-trace-id": "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
                "x-forwarded-for": "127.0.0.1",
                "x-forwarded-port": "3000",
                "x-forwarded-proto": "http",
                "x-many": "2",
            },
            "body": "",
            "isBase64Encoded": false,
        });
        assert_eq!(parsed(false, &arrival()), expected);
    }

    #[test]
    fn multi_value_mode_is_the_whole_document() {
        let expected = json!({
            "requestContext": {"elb": {
                "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/local/000000a1b2c3d4e5",
            }},
            "httpMethod": "GET",
            "path": "/a%20b",
            "multiValueQueryStringParameters": {"flag": [""], "x": ["1", "%20+2"]},
            "multiValueHeaders": {
                "connection": ["keep-alive"],
                "host": ["127.0.0.1:3000"],
                "x-amzn-trace-id": ["Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e"],
                "x-forwarded-for": ["127.0.0.1"],
                "x-forwarded-port": ["3000"],
                "x-forwarded-proto": ["http"],
                "x-many": ["1", "2"],
            },
            "body": "",
            "isBase64Encoded": false,
        });
        assert_eq!(parsed(true, &arrival()), expected);
    }

    #[test]
    fn an_empty_query_is_an_empty_map() {
        assert_eq!(parsed(false, &sample::get("/"))["queryStringParameters"], json!({}));
        assert_eq!(parsed(true, &sample::get("/"))["multiValueQueryStringParameters"], json!({}));
    }

    #[test]
    fn bodies_are_text_by_type_and_encoding() {
        for (content_type, encoding, body, base64) in [
            (Some("application/json"), None, "hi", false),
            (Some("application/json"), Some("gzip"), "aGk=", true),
            (Some("image/png"), None, "aGk=", true),
            (None, None, "aGk=", true),
        ] {
            let mut arrival = sample::post("/", content_type, b"hi");
            if let Some(encoding) = encoding {
                arrival.headers.extend(sample::headers(&[("content-encoding", encoding)]));
            }
            let event = parsed(false, &arrival);
            assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(body), &json!(base64)), "{content_type:?}");
        }
    }
}
