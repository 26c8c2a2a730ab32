//! `Output`, the result of an invocation that is not HTTP.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};

use super::ClientError;

/// The result of an invocation: the bytes that the function returned.
#[derive(Clone, Debug)]
pub struct Output {
    bytes: Bytes,
}

impl Output {
    pub(super) fn new(bytes: Bytes) -> Self {
        Self { bytes }
    }

    /// The bytes, as the function returned them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes as text.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    /// Deserializes the JSON that the function returned.
    ///
    /// # Errors
    ///
    /// The JSON does not fit `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_slice(&self.bytes).map_err(|error| ClientError::output("the expected JSON", error))
    }

    /// The ids of the records that the function reported as failed, and that the source delivers again: message ids of
    /// SQS, sequence numbers of Kinesis and DynamoDB. Empty if none failed or the source has no such report.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>
    #[must_use]
    pub fn failed_records(&self) -> Vec<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Report {
            batch_item_failures: Vec<Failure>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Failure {
            item_identifier: String,
        }
        let report: Option<Report> = serde_json::from_slice(&self.bytes).ok();
        report.map_or_else(Vec::new, |report| {
            report.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
        })
    }
}
