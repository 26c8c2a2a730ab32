//! Lambda's Invoke API, for `aws lambda invoke --endpoint-url` and the SDKs.
//!
//! It hides one path from the application, and only for POST: `/2015-03-31/functions/{name}/invocations`.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{CONTENT_TYPE, ORIGIN},
};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::{
    body::{self, ReadError, ResponseBody},
    cloud::Cloud,
    further::Target,
    instances::Instances,
    invocation::{FunctionFailure, Invocation},
    line::Line,
    stamp,
};
use crate::{lambda, progress::Usage};

/// How long the lines that a process wrote before its response may take through the pipe.
const LOG_DELAY: Duration = Duration::from_millis(20);

/// The size of the log tail that Lambda returns.
const TAIL_BYTES: usize = 4096;

const INVOCATION_TYPE: HeaderName = HeaderName::from_static("x-amz-invocation-type");
const LOG_TYPE: HeaderName = HeaderName::from_static("x-amz-log-type");
const LOG_RESULT: HeaderName = HeaderName::from_static("x-amz-log-result");
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The name of the function that a request invokes; `None` for another request.
pub(super) fn function_of<B>(request: &Request<B>) -> Option<String> {
    if request.method() != Method::POST {
        return None;
    }
    let name = request.uri().path().strip_prefix("/2015-03-31/functions/")?;
    let name = name.strip_suffix("/invocations")?;
    if name.is_empty() || name.contains('/') {
        return None;
    }
    let name = percent_decode_str(name).decode_utf8().ok()?.into_owned();
    let qualifier =
        request.uri().query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("Qualifier=")));
    Some(match qualifier {
        Some(qualifier) => format!("{name}:{}", percent_decode_str(qualifier).decode_utf8_lossy()),
        None => name,
    })
}

/// Responds to an invocation.
pub(super) async fn respond(cloud: &Cloud, wanted: &str, request: Request<Incoming>) -> Response<ResponseBody> {
    let line = Line::new(Arc::clone(&cloud.progress), "INVOKE", wanted);
    let request_id = stamp::uuid();
    let (head, mut incoming) = request.into_parts();
    let (response, usage) = match call(cloud, wanted, &head.headers, &mut incoming, &request_id).await {
        Ok((response, usage)) => (response, usage),
        Err(error) => {
            line.failure(&error.message, None);
            (error.response(), None)
        }
    };
    line.end(response.status().as_u16(), usage.as_ref());
    let mut response = response.map(ResponseBody::from);
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

type Invoked = (Response<Bytes>, Option<Usage>);

async fn call(
    cloud: &Cloud,
    wanted: &str,
    headers: &HeaderMap,
    incoming: &mut Incoming,
    request_id: &str,
) -> Result<Invoked, InvokeError> {
    if headers.contains_key(ORIGIN) {
        // A browser sends one with every POST; no other client that invokes functions does.
        body::drain(incoming, 4 * lambda::MAX_PAYLOAD).await;
        let message = "the request has an `Origin`, and web pages may not invoke functions here; \
                       use the AWS CLI or an SDK"
            .to_owned();
        return Err(InvokeError::new(StatusCode::FORBIDDEN, "AccessDeniedException", message));
    }
    let kind = headers.get(&INVOCATION_TYPE).map_or(b"RequestResponse".as_slice(), HeaderValue::as_bytes);
    let payload = read_payload(incoming, kind == b"Event").await?;
    let target = find(cloud, wanted)?;
    let payload = if payload.is_empty() { Bytes::from_static(b"{}") } else { payload };
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
        let message = format!("Could not parse request body into json: {error}");
        return Err(InvokeError::new(StatusCode::BAD_REQUEST, "InvalidRequestContentException", message));
    }
    let invocation = Invocation { request_id: request_id.to_owned(), trace_id: stamp::now().trace_id, payload };
    match kind {
        b"RequestResponse" => {
            let wants_log = headers.get(&LOG_TYPE).is_some_and(|kind| kind == "Tail");
            Ok(invoke(cloud, &target.instances, invocation, wants_log).await)
        }
        b"Event" => {
            let label = format!("asynchronous invocation {}", invocation.request_id);
            target.queue.send(label, invocation);
            Ok((status(StatusCode::ACCEPTED), None))
        }
        b"DryRun" => Ok((status(StatusCode::NO_CONTENT), None)),
        other => {
            let message = format!(
                "`{}` is not an invocation type; there are RequestResponse, Event and DryRun",
                String::from_utf8_lossy(other)
            );
            Err(InvokeError::new(StatusCode::BAD_REQUEST, "InvalidParameterValueException", message))
        }
    }
}

/// The function that a name or an ARN means; a further function also by its name in the settings.
fn find(cloud: &Cloud, wanted: &str) -> Result<Target, InvokeError> {
    let is_meant = |target: &Target, alias: Option<&str>| {
        let (function, arn) = (target.instances.function(), target.instances.arn());
        [Some(function.name.as_str()), alias].into_iter().flatten().any(|name| matches_function(wanted, name, &arn))
    };
    let main = cloud.target(None);
    if is_meant(&main, None) {
        return Ok(main);
    }
    if let Some((_, target)) = cloud.further.iter().find(|(name, target)| is_meant(target, Some(*name))) {
        return Ok(target.clone());
    }
    let arns = [&main].into_iter().chain(cloud.further.iter().map(|(_, target)| target));
    let arns: Vec<String> = arns.map(|target| format!("`{}`", target.instances.function().arn())).collect();
    let known = match arns.as_slice() {
        [only] => format!("{only} is the only one here"),
        arns => format!("there are {}", arns.join(", ")),
    };
    let message = format!("Function not found: {wanted}; {known}");
    Err(InvokeError::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", message))
}

/// Reads the payload within Lambda's limit.
async fn read_payload(incoming: &mut Incoming, is_asynchronous: bool) -> Result<Bytes, InvokeError> {
    let limit = if is_asynchronous { lambda::MAX_ASYNC_PAYLOAD } else { lambda::MAX_PAYLOAD };
    match body::collect(incoming, limit).await {
        Ok(payload) => Ok(payload),
        Err(ReadError::TooLarge) => {
            body::drain(incoming, 4 * lambda::MAX_PAYLOAD).await;
            let message = format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
            Err(InvokeError::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", message))
        }
        Err(ReadError::Broken) => {
            let message = "the request was cut off before its body was whole; the function did not get it".to_owned();
            Err(InvokeError::new(StatusCode::BAD_REQUEST, "InvalidRequestContentException", message))
        }
    }
}

/// Invokes the function and waits for its response.
async fn invoke(cloud: &Cloud, instances: &Arc<Instances>, invocation: Invocation, wants_log: bool) -> Invoked {
    let mut running = match instances.invoke(invocation).await {
        Ok(running) => running,
        Err(failure) => return (failure_response(cloud, &failure), None),
    };
    let mut response = match running.result().await {
        Ok(payload) => Response::new(payload),
        Err(failure) => failure_response(cloud, &failure),
    };
    let usage = running.usage();
    if wants_log {
        tokio::time::sleep(LOG_DELAY).await;
        let log = base64_simd::STANDARD.encode_to_string(tail(&usage, &running.log()));
        if let Ok(log) = HeaderValue::from_str(&log) {
            response.headers_mut().insert(LOG_RESULT, log);
        }
    }
    let headers = response.headers_mut();
    headers.insert(EXECUTED_VERSION, HeaderValue::from_static("$LATEST"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (response, Some(usage))
}

/// The end of the log as Lambda writes it: the process's lines between its own.
fn tail(usage: &Usage, lines: &[u8]) -> Vec<u8> {
    let id = &usage.request_id;
    let milliseconds = |duration: Duration| format!("{:.2} ms", duration.as_secs_f64() * 1000.0);
    let mut log = format!("START RequestId: {id} Version: $LATEST\n").into_bytes();
    log.extend_from_slice(lines);
    let report = format!(
        "END RequestId: {id}\nREPORT RequestId: {id}\tDuration: {}\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
        milliseconds(usage.duration),
        usage.billed_ms(),
        usage.memory_limit,
        usage.memory_used.unwrap_or_default(),
    );
    log.extend_from_slice(report.as_bytes());
    if let Some(init) = usage.init {
        log.extend_from_slice(format!("Init Duration: {}\t", milliseconds(init)).as_bytes());
    }
    log.push(b'\n');
    let surplus = log.len().saturating_sub(TAIL_BYTES);
    log.split_off(surplus)
}

fn failure_response(cloud: &Cloud, failure: &FunctionFailure) -> Response<Bytes> {
    let document = String::from_utf8_lossy(&failure.payload);
    cloud.progress.failure(&format!("the function failed: {document}"), failure.hint.as_deref());
    let mut response = Response::new(failure.payload.clone());
    let headers = response.headers_mut();
    headers.insert(FUNCTION_ERROR, HeaderValue::from_static("Unhandled"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Whether a name, a partial ARN or a whole one, with or without a qualifier, means the function here.
fn matches_function(wanted: &str, name: &str, arn: &HeaderValue) -> bool {
    let arn = arn.to_str().unwrap_or_default();
    let partial = arn.splitn(5, ':').nth(4).unwrap_or_default();
    [name, partial, arn].iter().any(|known| {
        !known.is_empty() && wanted.strip_prefix(known).is_some_and(|rest| matches!(rest, "" | ":$LATEST" | ":live"))
    })
}

struct InvokeError {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl InvokeError {
    fn new(status: StatusCode, kind: &'static str, message: String) -> Self {
        Self { status, kind, message }
    }

    fn response(self) -> Response<Bytes> {
        let body = json!({ "Type": "User", "Message": self.message }).to_string();
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(ERROR_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

fn status(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_meant_by_its_name_its_arn_and_its_live_qualifiers() {
        let arn = HeaderValue::from_static("arn:aws:lambda:us-east-1:123456789012:function:app-dev");
        for (wanted, expected) in [
            ("app-dev", true),
            ("app-dev:$LATEST", true),
            ("app-dev:live", true),
            ("app-dev:7", false),
            ("app-dev2", false),
            ("app", false),
            ("123456789012:function:app-dev", true),
            ("arn:aws:lambda:us-east-1:123456789012:function:app-dev", true),
            ("arn:aws:lambda:us-east-1:123456789012:function:app-dev:live", true),
            ("arn:aws:lambda:eu-west-1:123456789012:function:app-dev", false),
        ] {
            assert_eq!(matches_function(wanted, "app-dev", &arn), expected, "{wanted}");
        }
    }

    #[test]
    fn only_the_invoke_path_is_taken_from_the_application() {
        for (method, uri, expected) in [
            ("POST", "/2015-03-31/functions/app/invocations", Some("app")),
            ("POST", "/2015-03-31/functions/app%3Alive/invocations", Some("app:live")),
            ("POST", "/2015-03-31/functions/app/invocations?Qualifier=live", Some("app:live")),
            ("GET", "/2015-03-31/functions/app/invocations", None),
            ("POST", "/2015-03-31/functions/app", None),
            ("POST", "/2015-03-31/functions//invocations", None),
            ("POST", "/dev/2015-03-31/functions/app/invocations", None),
        ] {
            let request = Request::builder().method(method).uri(uri).body(()).unwrap();
            assert_eq!(function_of(&request).as_deref(), expected, "{method} {uri}");
        }
    }
}
