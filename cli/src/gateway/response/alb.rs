//! Answers behind an Application Load Balancer, in the mode of its target group.
//!
//! Facts: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>.

use bytes::Bytes;
use http::{Method, Response};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Malformed, body,
    field::{self, Pairs},
    header,
    warning::Warning,
};
use crate::gateway::Gateway;

/// The reason phrase of the status line, from the function's `statusDescription`: `I'm a teapot` of `418 I'm a teapot`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StatusDescription(pub String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: Value,
    status_description: Option<String>,
    headers: Option<Pairs>,
    multi_value_headers: Option<Pairs>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

/// A response. Headers in the other mode's map are lost.
pub(super) fn answer(gateway: &Gateway, method: &Method, payload: &[u8]) -> Result<Response<Bytes>, Malformed> {
    let answer: Answer = serde_json::from_slice(payload)?;
    let mut response = Response::new(body::bytes(answer.body, answer.is_base64_encoded.unwrap_or_default())?);
    *response.status_mut() = field::status(&answer.status_code, false)?;
    let single = answer.headers.unwrap_or_default();
    let multiple = answer.multi_value_headers.unwrap_or_default();
    let (mut headers, lost) = if gateway.multi_value_headers {
        let lost = (!single.0.is_empty()).then_some(("headers", "multiValueHeaders"));
        (header::multiple(reversed(multiple))?, lost)
    } else {
        let lost = (!multiple.0.is_empty()).then_some(("multiValueHeaders", "headers"));
        (header::single(single)?, lost)
    };
    header::without_hops(&mut headers, method);
    if !response.body().is_empty() {
        header::set_default_type(&mut headers, "application/octet-stream");
    }
    *response.headers_mut() = headers;
    if let Some((lost, wanted)) = lost {
        let text = format!("the ALB ignores `{lost}` of the response, its target group expects `{wanted}`");
        response.extensions_mut().insert(Warning(text));
    }
    if let Some(words) = answer.status_description.and_then(|text| words(&text, response.status().as_str())) {
        response.extensions_mut().insert(StatusDescription(words));
    }
    Ok(response)
}

/// The values of each name the other way round. AWS promises no order, and this is the one that load balancers show.
fn reversed(mut pairs: Pairs) -> Pairs {
    let lists = pairs.0.iter_mut().filter_map(|(_, values)| values.as_array_mut());
    lists.for_each(|values| values.reverse());
    pairs
}

/// What follows the code; nothing that a status line cannot hold.
fn words(text: &str, code: &str) -> Option<String> {
    let words = text.strip_prefix(code).unwrap_or(text).trim();
    let fits = words.bytes().all(|byte| byte == b'\t' || byte == b' ' || byte.is_ascii_graphic());
    (fits && !words.is_empty()).then(|| words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{GatewayKind, refusal::Refusal, response as responses, sample};

    fn answered(multi_value_headers: bool, payload: &str) -> Result<Response<Bytes>, Refusal> {
        let gateway = Gateway { multi_value_headers, ..sample::gateway(GatewayKind::Alb) };
        responses::parse(&gateway, &sample::get("/"), &sample::stamp(), payload.as_bytes())
    }

    const FULL: &str = r#"{"statusCode":418,"statusDescription":"418 I'm a teapot",
        "headers":{"content-type":"text/plain","set-cookie":"a=1","Set-Cookie":"b=2"},
        "multiValueHeaders":{"content-type":["text/html"],"x":["1","2"]},"body":"hi","isBase64Encoded":false}"#;

    #[test]
    fn the_mode_decides_which_headers_arrive() {
        for (multi, expected) in [
            (
                false,
                &[
                    ("content-type", "text/plain"),
                    ("set-cookie", "a=1"),
                    ("set-cookie", "b=2"),
                    ("server", "awselb/2.0"),
                ][..],
            ),
            (true, &[("content-type", "text/html"), ("x", "2"), ("x", "1"), ("server", "awselb/2.0")]),
        ] {
            let response = answered(multi, FULL).unwrap();
            assert_eq!((response.status().as_u16(), &response.body()[..]), (418, &b"hi"[..]));
            assert_eq!(response.headers(), &sample::headers(expected));
            let warning = response.extensions().get::<Warning>().unwrap();
            let ignored = if multi { "ignores `headers`" } else { "ignores `multiValueHeaders`" };
            assert!(warning.0.contains(ignored), "{warning:?}");
        }
    }

    #[test]
    fn the_status_line_says_what_the_function_says() {
        for (text, found) in [
            ("418 I'm a teapot", Some("I'm a teapot")),
            ("Teapot", Some("Teapot")),
            ("418", None),
            ("", None),
            ("a\r\nb: c", None),
        ] {
            let payload = serde_json::json!({"statusCode": 418, "statusDescription": text}).to_string();
            let response = answered(false, &payload).unwrap();
            let words = response.extensions().get::<StatusDescription>().map(|words| words.0.as_str());
            assert_eq!(words, found, "{text}");
        }
    }

    #[test]
    fn what_is_malformed_is_502_and_reported() {
        for (payload, reason) in [
            ("", "EOF while parsing"),
            ("{}", "missing field `statusCode`"),
            (r#"{"statusCode":"200"}"#, "`statusCode`"),
            (r#"{"statusCode":200,"headers":{"a":["b"]}}"#, "`a`"),
            (r#"{"statusCode":200,"body":"*","isBase64Encoded":true}"#, "is not base64"),
        ] {
            let refusal = answered(false, payload).unwrap_err();
            assert_eq!(refusal.response.status(), 502, "{payload}");
            assert!(refusal.response.body().starts_with(b"<html>\r\n<head><title>502 Bad Gateway"));
            assert!(refusal.reason.contains(reason), "{payload}: {}", refusal.reason);
        }
    }

    #[test]
    fn a_body_without_a_type_is_a_download() {
        let response = answered(false, r#"{"statusCode":200,"body":"aGk=","isBase64Encoded":true}"#).unwrap();
        assert_eq!(&response.body()[..], b"hi");
        assert_eq!(response.extensions().get::<Warning>(), None);
        assert_eq!(response.headers()["content-type"], "application/octet-stream");
    }
}
