//! Fuzz target `response`: any response of an application becomes JSON with the same status and the same bytes.
#![no_main]

use axum_core::body::Body;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::BodyExt as _;
use libfuzzer_sys::{
    arbitrary::{self, Arbitrary},
    fuzz_target,
};
use serde_json::Value;
use zappa_rs_adapter::{InvocationResult, Options};
use zappa_rs_adapter_fuzz::invoke;

/// One event for each gateway.
const EVENTS: [&str; 7] = [
    r#"{"httpMethod":"GET","path":"/x","requestContext":{"path":"/dev/x","stage":"dev"}}"#,
    r#"{"version":"2.0","rawPath":"/x","requestContext":{"http":{"method":"GET"}}}"#,
    r#"{"version":"2.0","rawPath":"/x","requestContext":{"domainName":"x.lambda-url.x","http":{"method":"GET"}}}"#,
    r#"{"httpMethod":"GET","path":"/x","requestContext":{"elb":{}},"headers":{}}"#,
    r#"{"httpMethod":"GET","path":"/x","requestContext":{"elb":{}},"multiValueHeaders":{}}"#,
    r#"{"method":"GET","raw_path":"/x"}"#,
    r#"{"requestContext":{"eventType":"MESSAGE","routeKey":"$default"}}"#,
];

#[derive(Arbitrary, Clone, Debug)]
struct AppResponse {
    gateway: u8,
    streams: bool,
    status: u16,
    headers: Vec<(Name, Vec<u8>)>,
    body: Vec<u8>,
}

#[derive(Arbitrary, Clone, Debug)]
enum Name {
    ContentType,
    ContentEncoding,
    ContentLength,
    SetCookie,
    Location,
    Other(String),
}

impl AppResponse {
    fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status();
        for (name, value) in &self.headers {
            let name = match name {
                Name::ContentType => "content-type",
                Name::ContentEncoding => "content-encoding",
                Name::ContentLength => "content-length",
                Name::SetCookie => "set-cookie",
                Name::Location => "location",
                Name::Other(name) => name,
            };
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value)) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(100 + self.status % 900).expect("a status")
    }
}

fuzz_target!(|app: AppResponse| {
    let event = EVENTS[usize::from(app.gateway) % EVENTS.len()];
    let options = Options::default().with_rest_streaming(app.streams).with_function_url_streaming(app.streams);
    let response = app.clone();
    let (is_called, result) = invoke(event.as_bytes(), options, move || response.response());
    assert!(is_called, "{result:?}");
    let (head, body) = match result {
        InvocationResult::Buffered(json) => {
            let json: Value = serde_json::from_slice(&json).expect("a response is JSON");
            let text = json["body"].as_str().unwrap_or_default();
            let body = match json["isBase64Encoded"].as_bool() {
                Some(true) => base64_simd::STANDARD.decode_to_vec(text).expect("base64"),
                _ => text.as_bytes().to_vec(),
            };
            (json, body)
        }
        InvocationResult::Streaming(body) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
            let Ok(collected) = runtime.block_on(body.collect());
            assert!(collected.trailers().is_none(), "nothing failed");
            let bytes = collected.to_bytes();
            let at = bytes.windows(8).position(|window| window == [0; 8]).expect("eight NULs");
            (serde_json::from_slice(&bytes[..at]).expect("a prelude is JSON"), bytes[at + 8..].to_vec())
        }
        other => panic!("an application's response is never lost: {other:?}"),
    };
    let status = app.status();
    assert_eq!(head["statusCode"].as_u64(), Some(u64::from(status.as_u16())));
    let has_body = status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED;
    assert_eq!(body, if has_body { &app.body[..] } else { &[] });
});
