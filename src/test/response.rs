//! `Response`, an HTTP response as the client of a gateway gets it.

use std::{borrow::Cow, collections::BTreeMap};

use base64_simd::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};

use super::{ClientError, client::Payload};

/// The delimiter between the prelude and the body of a streamed response.
const DELIMITER: &[u8] = &[0; 8];

/// An HTTP response as the client of a gateway gets it.
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
}

/// The response in the form that gateways take, whole or as the prelude of a stream.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    multi_value_headers: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

impl Response {
    /// Reads a response from what the function returned.
    pub(super) fn read(payload: &Payload) -> Result<Self, ClientError> {
        let no_response = |error| ClientError::output("an HTTP response", error);
        if payload.is_stream {
            let at = payload.bytes.windows(DELIMITER.len()).position(|window| window == DELIMITER);
            let at = at.ok_or_else(|| ClientError::output("an HTTP response", "the stream has no prelude"))?;
            let document: Document = serde_json::from_slice(&payload.bytes[..at]).map_err(no_response)?;
            return Ok(document.into_response(payload.bytes.slice(at + DELIMITER.len()..)));
        }
        let mut document: Document = serde_json::from_slice(&payload.bytes).map_err(no_response)?;
        let text = document.body.take().unwrap_or_default();
        let body = if document.is_base64_encoded {
            STANDARD.decode_to_vec(text).map_err(|error| ClientError::output("an HTTP response", error))?
        } else {
            text.into_bytes()
        };
        Ok(document.into_response(body.into()))
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first header of a name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// All headers as pairs of name and value; cookies are headers `set-cookie`.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The body.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// Deserializes the JSON of the body.
    ///
    /// # Errors
    ///
    /// The body is no JSON, or does not fit `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_slice(&self.body).map_err(|error| ClientError::output("the expected JSON", error))
    }
}

impl Document {
    /// A header of `multiValueHeaders` wins over one of `headers`, as at the gateways.
    fn into_response(self, body: Bytes) -> Response {
        let Self { status_code: status, headers: single, multi_value_headers: multi, cookies, .. } = self;
        let single = single.into_iter().filter(|(name, _)| !multi.contains_key(name)).collect::<Vec<_>>();
        let multi = multi.iter().flat_map(|(name, values)| values.iter().map(|value| (name.clone(), value.clone())));
        let cookies = cookies.into_iter().map(|cookie| ("set-cookie".to_owned(), cookie));
        let headers = single.into_iter().chain(multi).chain(cookies).collect();
        Response { status, headers, body }
    }
}
