//! The response: what CloudFormation learns of a custom resource.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::request::Envelope;
use crate::{Invocation, error::BoxError};

/// The most bytes of a response.
const MAX_SIZE: usize = 4096;
/// The most bytes of a physical id.
const MAX_ID_SIZE: usize = 1024;
/// The begin of the physical id of a resource whose create failed, by which its delete is recognized.
pub(super) const CREATE_FAILED: &str = "zappa-rs:create-failed:";

/// The response of a custom resource's handler: a physical id and data for the template.
///
/// A handler that has only data returns them as any type that `serde` writes as an object, and one that has nothing
/// `()`.
///
/// ```
/// use zappa_rs_adapter::{BoxError, CustomResource, CustomResourceResponse, Invocation};
///
/// async fn user(_: CustomResource<serde_json::Value>, _: Invocation) -> Result<CustomResourceResponse, BoxError> {
///     // `!GetAtt User.Token` in the template, which CloudFormation masks.
///     let data = serde_json::json!({"Token": "4711"});
///     Ok(CustomResourceResponse::new().with_physical_id("user-17").with_data(data)?.with_no_echo())
/// }
/// # let _ = user;
/// ```
#[derive(Clone, Default, Deserialize, Serialize)]
pub struct CustomResourceResponse {
    /// The key by which it is told from data.
    #[serde(rename = "zappa_rs:custom-resource")]
    marker: (),
    physical_id: Option<String>,
    data: Map<String, Value>,
    no_echo: bool,
}

/// Without the data, which may be secret.
impl std::fmt::Debug for CustomResourceResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomResourceResponse")
            .field("physical_id", &self.physical_id)
            .field("no_echo", &self.no_echo)
            .finish_non_exhaustive()
    }
}

impl CustomResourceResponse {
    /// A response without data, which keeps the physical id.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the physical id, which `Ref` returns. One that is not that of the request replaces the resource:
    /// CloudFormation deletes the old one. The response to a delete always has the request's.
    #[must_use]
    pub fn with_physical_id(mut self, id: impl Into<String>) -> Self {
        self.physical_id = Some(id.into());
        self
    }

    /// Sets the data, which `Fn::GetAtt` returns. The whole response is 4096 bytes at most.
    ///
    /// # Errors
    ///
    /// They are no object.
    pub fn with_data(mut self, data: impl Serialize) -> Result<Self, BoxError> {
        self.data = match serde_json::to_value(data)? {
            Value::Object(data) => data,
            _ => return Err(NO_OBJECT.into()),
        };
        Ok(self)
    }

    /// Masks the data as `*****` in what CloudFormation shows.
    #[must_use]
    pub fn with_no_echo(mut self) -> Self {
        self.no_echo = true;
        self
    }
}

const NO_OBJECT: &str = "the data of a custom resource must be an object";

/// The outcome of a request.
pub(super) enum Outcome {
    Done(CustomResourceResponse),
    Failed(String),
}

impl Outcome {
    /// A success without data.
    pub(super) fn nothing() -> Self {
        Self::Done(CustomResourceResponse::default())
    }

    /// The outcome from what a handler returned.
    pub(super) fn from_json(name: &str, json: &[u8]) -> Self {
        let data = match serde_json::from_slice(json) {
            Ok(Value::Null) => return Self::nothing(),
            Ok(Value::Object(data)) => data,
            _ => return Self::Failed(format!("{name} failed: {NO_OBJECT}")),
        };
        if !data.contains_key("zappa_rs:custom-resource") {
            return Self::Done(CustomResourceResponse { data, ..CustomResourceResponse::default() });
        }
        let response = serde_json::from_value(Value::Object(data));
        response.map_or_else(|error| Self::Failed(format!("{name} failed: {error}")), Self::Done)
    }

    pub(super) fn failure(&self) -> Option<&str> {
        match self {
            Self::Done(_) => None,
            Self::Failed(reason) => Some(reason),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    status: &'static str,
    reason: &'a str,
    physical_resource_id: &'a str,
    stack_id: &'a str,
    request_id: &'a str,
    logical_resource_id: &'a str,
    no_echo: bool,
    data: Map<String, Value>,
}

impl<'a> Body<'a> {
    fn new(envelope: &'a Envelope, id: &'a str) -> Self {
        Self {
            status: "SUCCESS",
            reason: "",
            physical_resource_id: id,
            stack_id: envelope.stack_id(),
            request_id: envelope.request_id(),
            logical_resource_id: envelope.logical_id(),
            no_echo: false,
            data: Map::new(),
        }
    }

    fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Encodes the response, which is never too large for CloudFormation.
pub(super) fn encode(envelope: &Envelope, outcome: Outcome, invocation: &Invocation) -> Vec<u8> {
    let response = match outcome {
        Outcome::Done(response) => response,
        Outcome::Failed(reason) if envelope.is_create() => {
            let id = format!("{CREATE_FAILED}{}", envelope.logical_id());
            return encode_failure(envelope, &id, &reason, invocation);
        }
        Outcome::Failed(reason) => return encode_failure(envelope, &envelope.physical_id(), &reason, invocation),
    };
    let id = response.physical_id.filter(|id| !id.is_empty() && !envelope.is_delete());
    let id = id.unwrap_or_else(|| envelope.physical_id());
    if id.len() > MAX_ID_SIZE {
        let reason = format!("the physical id has {} bytes, of which {MAX_ID_SIZE} are the most", id.len());
        return encode_failure(envelope, &envelope.physical_id(), &reason, invocation);
    }
    let body = Body { no_echo: response.no_echo, data: response.data, ..Body::new(envelope, &id) }.encode();
    if body.len() <= MAX_SIZE {
        return body;
    }
    // The resource exists: with its own id the delete that follows reaches the handler.
    let reason = format!("the response has {} bytes, of which {MAX_SIZE} are the most", body.len());
    encode_failure(envelope, &id, &reason, invocation)
}

/// Encodes a failure, with the place of its log lines; a reason that is too long loses its end.
fn encode_failure(envelope: &Envelope, id: &str, reason: &str, invocation: &Invocation) -> Vec<u8> {
    let place = match invocation.log_stream() {
        "" => format!(" (request {})", invocation.request_id()),
        stream => format!(" (request {}, log stream {stream})", invocation.request_id()),
    };
    let mut end = reason.len().min(MAX_SIZE);
    loop {
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        let reason = format!("{}{place}", &reason[..end]);
        let body = Body { status: "FAILED", reason: &reason, ..Body::new(envelope, id) }.encode();
        let excess = body.len().saturating_sub(MAX_SIZE);
        if excess == 0 || end == 0 {
            return body;
        }
        // A byte takes six at most in JSON.
        end -= excess.div_ceil(6).min(end);
    }
}
