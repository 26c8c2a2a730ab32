//! Answers behind a REST API: payload 1.0, no key that the gateway does not know.
//!
//! Facts: <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html> and, for
//! when base64 is decoded, <https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html>.

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode, response::Parts};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Malformed, body,
    field::{self, Pairs},
    header,
    warning::Warning,
};
use crate::gateway::{Gateway, arrival::Arrival, media};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Answer {
    status_code: Value,
    headers: Option<Pairs>,
    multi_value_headers: Option<Pairs>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

/// The prelude of a stream; cookies may have their own list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Prelude {
    status_code: Option<Value>,
    headers: Option<Pairs>,
    multi_value_headers: Option<Pairs>,
    #[serde(default)]
    cookies: Vec<String>,
}

/// A buffered response.
pub(super) fn answer(gateway: &Gateway, arrival: &Arrival, payload: &[u8]) -> Result<Response<Bytes>, Malformed> {
    let answer: Answer = serde_json::from_slice(payload)?;
    let base64 = answer.is_base64_encoded.unwrap_or_default();
    let binary = wants_binary(gateway, arrival);
    let mut response = Response::new(body::bytes(answer.body, base64 && binary)?);
    *response.status_mut() = field::status(&answer.status_code, true)?;
    *response.headers_mut() = headers(&arrival.method, answer.headers, answer.multi_value_headers, &[])?;
    if base64 && !binary {
        let text = "the client gets base64 text, since the first type in its `Accept` is not among \
                    `binary_media_types`; add `*/*` to them";
        response.extensions_mut().insert(Warning(text.into()));
    }
    Ok(response)
}

/// Status and headers of a stream.
pub(super) fn prelude(method: &Method, json: &[u8]) -> Result<Parts, Malformed> {
    let prelude: Prelude = serde_json::from_slice(json)?;
    let (mut parts, ()) = Response::new(()).into_parts();
    parts.status = match prelude.status_code {
        Some(status) => field::status(&status, true)?,
        None => StatusCode::OK,
    };
    parts.headers = headers(method, prelude.headers, prelude.multi_value_headers, &prelude.cookies)?;
    Ok(parts)
}

/// Whether a base64 body is decoded: the first type that the client accepts decides, not the type of the response.
fn wants_binary(gateway: &Gateway, arrival: &Arrival) -> bool {
    let accept = arrival.header("accept");
    let first = accept.as_deref().and_then(|accept| accept.split(',').next());
    media::is_binary(&gateway.binary_media_types, first)
}

fn headers(
    method: &Method,
    single: Option<Pairs>,
    multiple: Option<Pairs>,
    cookies: &[String],
) -> Result<HeaderMap, Malformed> {
    let single = header::single(single.unwrap_or_default())?;
    let multiple = header::multiple(multiple.unwrap_or_default())?;
    let mut headers = header::remap(&header::merge(&single, multiple), method);
    header::cookies(&mut headers, cookies)?;
    header::set_default_type(&mut headers, "application/json");
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{GatewayKind, refusal::Refusal, response as responses, sample};

    fn answered(payload: &str) -> Result<Response<Bytes>, Refusal> {
        let gateway = sample::gateway(GatewayKind::Rest);
        responses::parse(&gateway, &sample::get("/dev"), &sample::stamp(), payload.as_bytes())
    }

    #[test]
    fn a_full_answer_is_the_whole_response() {
        let response = answered(
            r#"{"statusCode":201,"headers":{"Content-Type":"text/plain","X-A":"1"},
                "multiValueHeaders":{"set-cookie":["a=1","b=2"],"x-a":["1","2"]},"body":"hi","isBase64Encoded":false}"#,
        )
        .unwrap();
        assert_eq!((response.status().as_u16(), &response.body()[..]), (201, &b"hi"[..]));
        let expected = sample::headers(&[
            ("content-type", "text/plain"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("x-a", "1"),
            ("x-a", "2"),
            ("x-amzn-requestid", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"),
            ("x-amz-apigw-id", "JKJaXmPLvHcESHA="),
            ("x-amzn-trace-id", "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e"),
        ]);
        assert_eq!(response.headers(), &expected);
    }

    #[test]
    fn a_bare_status_is_an_empty_json() {
        let response = answered(r#"{"statusCode":"204"}"#).unwrap();
        assert_eq!((response.status().as_u16(), response.body().len()), (204, 0));
        assert_eq!(response.headers()["content-type"], "application/json");
    }

    #[test]
    fn what_is_malformed_is_502_and_reported() {
        for (payload, reason) in [
            ("", "EOF while parsing"),
            ("null", "invalid type: null"),
            (r#""hi""#, "invalid type: string"),
            ("{}", "missing field `statusCode`"),
            (r#"{"statusCode":200,"cookies":[]}"#, "unknown field `cookies`"),
            (r#"{"statusCode":200,"statusDescription":"OK"}"#, "unknown field `statusDescription`"),
            (r#"{"statusCode":"ok"}"#, "`statusCode`"),
            (r#"{"statusCode":true}"#, "`statusCode`"),
            (r#"{"statusCode":200,"headers":{"a":["b"]}}"#, "`a`"),
            (r#"{"statusCode":200,"headers":"a: b"}"#, "expected an object"),
            (r#"{"statusCode":200,"multiValueHeaders":{"a":"b"}}"#, "without a list"),
            (r#"{"statusCode":200,"body":{"a":1}}"#, "expected a string"),
            (r#"{"statusCode":200,"isBase64Encoded":"true"}"#, "expected a boolean"),
        ] {
            let refusal = answered(payload).unwrap_err();
            assert_eq!(refusal.response.status(), 502, "{payload}");
            assert_eq!(refusal.response.body(), r#"{"message": "Internal server error"}"#);
            assert!(refusal.reason.contains(reason), "{payload}: {}", refusal.reason);
        }
    }

    #[test]
    fn base64_is_decoded_if_the_first_accepted_type_is_binary() {
        for (types, accept, body) in [
            (&["*/*"][..], None, "hi"),
            (&["*/*"], Some("text/html"), "hi"),
            (&["image/png"], Some("image/png,*/*"), "hi"),
            (&["image/png"], Some("image/png;q=0.9"), "hi"),
            (&["image/png"], Some("text/html,image/png"), "aGk="),
            (&["image/png"], Some("*/*"), "aGk="),
            (&["image/png"], None, "aGk="),
            (&[], Some("image/png"), "aGk="),
        ] {
            let mut gateway = sample::gateway(GatewayKind::Rest);
            gateway.binary_media_types = types.iter().map(|&entry| entry.into()).collect();
            let mut arrival = sample::get("/dev");
            if let Some(accept) = accept {
                arrival.headers.extend(sample::headers(&[("accept", accept)]));
            }
            let payload =
                r#"{"statusCode":200,"headers":{"content-type":"image/png"},"body":"aGk=","isBase64Encoded":true}"#;
            let response = answer(&gateway, &arrival, payload.as_bytes()).unwrap();
            let warning = response.extensions().get::<Warning>();
            assert_eq!(warning.is_some(), body != "hi", "{types:?} {accept:?}");
            assert_eq!(&response.body()[..], body.as_bytes(), "{types:?} {accept:?}");
        }
    }

    #[test]
    fn bad_base64_is_502_only_where_it_is_decoded() {
        let mut gateway = sample::gateway(GatewayKind::Rest);
        let payload = br#"{"statusCode":200,"body":"%","isBase64Encoded":true}"#;
        assert!(answer(&gateway, &sample::get("/dev"), payload).is_ok());
        gateway.binary_media_types = vec!["*/*".into()];
        assert!(answer(&gateway, &sample::get("/dev"), payload).unwrap_err().0.contains("is not base64"));
    }

    #[test]
    fn a_prelude_has_lists_and_cookies() {
        let parts = prelude(
            &Method::GET,
            br#"{"statusCode":206,"headers":{"content-type":"video/mp4"},"multiValueHeaders":{"a":["1","2"]},"cookies":["c=1"]}"#,
        )
        .unwrap();
        assert_eq!(parts.status, 206);
        let expected = sample::headers(&[("a", "1"), ("a", "2"), ("content-type", "video/mp4"), ("set-cookie", "c=1")]);
        assert_eq!(parts.headers, expected);
        assert!(
            prelude(&Method::GET, br#"{"statusCode":200,"body":"x"}"#).unwrap_err().0.contains("unknown field `body`")
        );
    }
}
