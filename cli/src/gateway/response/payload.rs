//! Answers behind HTTP APIs and Function URLs: payload 2.0, whose shape the gateway infers.
//!
//! Facts: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode, response::Parts};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{
    Malformed, body,
    field::{self, Pairs},
    header,
    warning::Warning,
};
use crate::gateway::{Gateway, GatewayKind};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: Option<Value>,
    headers: Option<Pairs>,
    cookies: Option<Vec<String>>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
    /// Payload 1.0's, of which the gateway takes no notice.
    multi_value_headers: Option<IgnoredAny>,
}

/// Whether there is a status.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Probe {
    status_code: Option<Value>,
}

/// A buffered response.
pub(super) fn answer(gateway: &Gateway, method: &Method, payload: &[u8]) -> Result<Response<Bytes>, Malformed> {
    let Some(answer) = shaped(payload)? else {
        return inferred(payload);
    };
    let body = body::bytes(answer.body, answer.is_base64_encoded.unwrap_or_default())?;
    let media = match gateway.kind {
        GatewayKind::FunctionUrl => Some("application/json"),
        _ if body.is_empty() => None,
        _ => Some("text/plain;charset=utf-8"),
    };
    let mut response = Response::new(body);
    *response.status_mut() = field::status(&answer.status_code.unwrap_or_default(), true)?;
    let cookies = answer.cookies.unwrap_or_default();
    *response.headers_mut() = headers(gateway, method, answer.headers, &cookies, media)?;
    if answer.multi_value_headers.is_some() {
        let text = "the gateway ignores `multiValueHeaders` of the response; payload 2.0 has `headers` and `cookies`";
        response.extensions_mut().insert(Warning(text.into()));
    }
    Ok(response)
}

/// A response with a status; `None` for JSON without one, whatever else it holds.
fn shaped(payload: &[u8]) -> Result<Option<Answer>, Malformed> {
    let is_object = payload.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if !is_object {
        return Ok(None);
    }
    match serde_json::from_slice::<Answer>(payload) {
        Ok(answer) => Ok(Some(answer).filter(|answer| answer.status_code.is_some())),
        // Fields of other types make a response malformed only if it has a status.
        Err(error) => match serde_json::from_slice(payload)? {
            Probe { status_code: Some(_) } => Err(error.into()),
            Probe { status_code: None } => Ok(None),
        },
    }
}

/// Status and headers of a stream.
pub(super) fn prelude(gateway: &Gateway, method: &Method, json: &[u8]) -> Result<Parts, Malformed> {
    let prelude: Answer = serde_json::from_slice(json)?;
    let (mut parts, ()) = Response::new(()).into_parts();
    parts.status = match prelude.status_code {
        Some(status) => field::status(&status, true)?,
        None => StatusCode::OK,
    };
    let cookies = prelude.cookies.unwrap_or_default();
    parts.headers = headers(gateway, method, prelude.headers, &cookies, Some("application/octet-stream"))?;
    Ok(parts)
}

/// A response without a status: JSON that is the body, or a string whose text is.
fn inferred(payload: &[u8]) -> Result<Response<Bytes>, Malformed> {
    let body = match serde_json::from_slice(payload)? {
        Value::String(text) => text.into(),
        _ => Bytes::copy_from_slice(payload),
    };
    let mut response = Response::new(body);
    header::set_default_type(response.headers_mut(), "application/json");
    Ok(response)
}

fn headers(
    gateway: &Gateway,
    method: &Method,
    pairs: Option<Pairs>,
    cookies: &[String],
    media: Option<&'static str>,
) -> Result<HeaderMap, Malformed> {
    let mut headers = header::single(pairs.unwrap_or_default())?;
    if gateway.kind == GatewayKind::FunctionUrl {
        headers = header::remap(&headers, method);
    } else {
        header::without_hops(&mut headers, method);
    }
    header::cookies(&mut headers, cookies)?;
    if let Some(media) = media {
        header::set_default_type(&mut headers, media);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{refusal::Refusal, response as responses, sample};

    fn answered(kind: GatewayKind, payload: &str) -> Result<Response<Bytes>, Refusal> {
        responses::parse(&sample::gateway(kind), &sample::get("/"), &sample::stamp(), payload.as_bytes())
    }

    const FULL: &str = r#"{"statusCode":201,"headers":{"Content-Type":"image/png","WWW-Authenticate":"Basic","Connection":"close"},
        "cookies":["a=1","b=2; Secure"],"body":"aGk=","isBase64Encoded":true,"multiValueHeaders":{"x":["lost"]},"odd":1}"#;

    #[test]
    fn a_full_answer_of_an_http_api_is_the_whole_response() {
        let response = answered(GatewayKind::Http, FULL).unwrap();
        assert_eq!((response.status().as_u16(), &response.body()[..]), (201, &b"hi"[..]));
        let expected = sample::headers(&[
            ("content-type", "image/png"),
            ("www-authenticate", "Basic"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2; Secure"),
            ("apigw-requestid", "JKJaXmPLvHcESHA="),
        ]);
        assert_eq!(response.headers(), &expected);
        assert!(response.extensions().get::<Warning>().is_some());
    }

    #[test]
    fn a_full_answer_of_a_function_url_is_the_whole_response() {
        let response = answered(GatewayKind::FunctionUrl, FULL).unwrap();
        let expected = sample::headers(&[
            ("content-type", "image/png"),
            ("x-amzn-remapped-www-authenticate", "Basic"),
            ("x-amzn-remapped-connection", "close"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2; Secure"),
            ("x-amzn-requestid", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"),
            ("x-amzn-trace-id", "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e"),
        ]);
        assert_eq!(response.headers(), &expected);
    }

    #[test]
    fn an_answer_without_a_status_is_its_own_body() {
        for kind in [GatewayKind::Http, GatewayKind::FunctionUrl] {
            for (payload, body) in [
                (r#"{"message":"hi"}"#, r#"{"message":"hi"}"#),
                (r#" {"body":"x", "headers":{"a":"b"}}"#, r#" {"body":"x", "headers":{"a":"b"}}"#),
                (r#"{"statusCode":null}"#, r#"{"statusCode":null}"#),
                (r#"{"headers":1,"body":{}}"#, r#"{"headers":1,"body":{}}"#),
                (r#""Hello \"you\"""#, "Hello \"you\""),
                ("[1, 2]", "[1, 2]"),
                ("null", "null"),
                ("1.0", "1.0"),
            ] {
                let response = answered(kind, payload).unwrap();
                assert_eq!((response.status().as_u16(), &response.body()[..]), (200, body.as_bytes()), "{payload}");
                assert_eq!(response.headers()["content-type"], "application/json");
            }
        }
    }

    #[test]
    fn types_are_filled_in() {
        for (kind, payload, media) in [
            (GatewayKind::Http, r#"{"statusCode":200,"body":"x"}"#, Some("text/plain;charset=utf-8")),
            (GatewayKind::Http, r#"{"statusCode":204}"#, None),
            (GatewayKind::FunctionUrl, r#"{"statusCode":200,"body":"x"}"#, Some("application/json")),
            (GatewayKind::FunctionUrl, r#"{"statusCode":200,"headers":{"content-type":"a/b"}}"#, Some("a/b")),
        ] {
            let response = answered(kind, payload).unwrap();
            let found = response.headers().get("content-type").map(|value| value.to_str().unwrap());
            assert_eq!(found, media, "{kind:?} {payload}");
        }
    }

    #[test]
    fn what_is_malformed_is_reported() {
        for (payload, reason) in [
            ("", "EOF while parsing"),
            ("hello", "expected value"),
            (r#"{"statusCode":200} x"#, "trailing characters"),
            (r#"{"statusCode":"ok"}"#, "`statusCode`"),
            (r#"{"statusCode":200,"headers":{"a":["b"]}}"#, "`a`"),
            (r#"{"statusCode":200,"cookies":"a=1"}"#, "expected a sequence"),
            (r#"{"statusCode":200,"body":{}}"#, "expected a string"),
            (r#"{"statusCode":200,"body":"*","isBase64Encoded":true}"#, "is not base64"),
        ] {
            for (kind, status, body) in [
                (GatewayKind::Http, 500, r#"{"message":"Internal Server Error"}"#),
                (GatewayKind::FunctionUrl, 502, "Internal Server Error"),
            ] {
                let refusal = answered(kind, payload).unwrap_err();
                assert_eq!(
                    (refusal.response.status().as_u16(), &refusal.response.body()[..]),
                    (status, body.as_bytes())
                );
                assert!(refusal.reason.contains(reason), "{payload}: {}", refusal.reason);
            }
        }
    }

    #[test]
    fn a_prelude_has_headers_and_cookies() {
        let gateway = sample::gateway(GatewayKind::FunctionUrl);
        let parts = prelude(
            &gateway,
            &Method::GET,
            br#"{"statusCode":206,"headers":{"content-type":"text/event-stream"},"cookies":["c=1"]}"#,
        );
        let parts = parts.unwrap();
        assert_eq!(parts.status, 206);
        assert_eq!(parts.headers, sample::headers(&[("content-type", "text/event-stream"), ("set-cookie", "c=1")]));
        let bare = prelude(&gateway, &Method::GET, b"{}").unwrap();
        assert_eq!(
            (bare.status.as_u16(), &bare.headers["content-type"]),
            (200, &"application/octet-stream".parse().unwrap())
        );
        assert!(prelude(&gateway, &Method::GET, b"hello").is_err());
    }
}
