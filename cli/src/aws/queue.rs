//! Queues of SQS, as an emulator serves them.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, MessageSystemAttributeName, QueueAttributeName};

use super::{Error, Region, timeout};

/// How long a call waits for a message, in seconds: the longest wait that SQS takes.
const WAIT_SECONDS: i32 = 20;

/// A message that was received.
#[derive(Clone, Debug)]
pub(crate) struct QueueMessage {
    pub(crate) id: String,
    pub(crate) receipt: String,
    pub(crate) body: String,
    pub(crate) md5: String,
    /// `SentTimestamp`, `ApproximateReceiveCount` and others.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) message_attributes: BTreeMap<String, MessageAttribute>,
}

/// An attribute that the sender set.
#[derive(Clone, Debug)]
pub(crate) struct MessageAttribute {
    pub(crate) data_type: String,
    pub(crate) text: Option<String>,
    pub(crate) binary: Option<Vec<u8>>,
}

impl Region {
    /// The URL of a queue; `None` if there is no queue of that name.
    pub(crate) async fn queue_url(&self, name: &str) -> Result<Option<String>, Error> {
        let call = self.call("sqs:GetQueueUrl", name);
        match call.send(self.sqs().get_queue_url().queue_name(name).send()).await {
            Ok(output) => Ok(output.queue_url),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates a queue and returns its URL.
    pub(crate) async fn create_queue(&self, name: &str, attributes: &[(&str, String)]) -> Result<String, Error> {
        let call = self.call("sqs:CreateQueue", name);
        let mut request = self.sqs().create_queue().queue_name(name);
        for (name, value) in attributes {
            request = request.attributes(QueueAttributeName::from(*name), value);
        }
        let output = call.send(request.send()).await?;
        output.queue_url.ok_or_else(|| Error::odd(call, None, b"no URL of the queue"))
    }

    /// Receives up to `count` messages, 10 at most, and waits for the first for some seconds, 20 at most.
    pub(crate) async fn receive_messages(
        &self,
        url: &str,
        count: u32,
        wait: Duration,
    ) -> Result<Vec<QueueMessage>, Error> {
        let call = self.call("sqs:ReceiveMessage", url);
        let request = self
            .sqs()
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(i32::try_from(count).unwrap_or(10).min(10))
            .wait_time_seconds(i32::try_from(wait.as_secs()).unwrap_or(WAIT_SECONDS).min(WAIT_SECONDS))
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All");
        // A wait of 20 seconds is no endpoint that does not answer.
        let config = aws_sdk_sqs::config::Builder::new().timeout_config(timeout::of_receive());
        let output = call.send(request.customize().config_override(config).send()).await?;
        Ok(output.messages.unwrap_or_default().into_iter().map(message).collect())
    }

    /// The ARN of a queue.
    pub(crate) async fn queue_arn(&self, url: &str) -> Result<String, Error> {
        let call = self.call("sqs:GetQueueAttributes", url);
        let name = QueueAttributeName::QueueArn;
        let request = self.sqs().get_queue_attributes().queue_url(url).attribute_names(name.clone());
        let mut attributes = call.send(request.send()).await?.attributes.unwrap_or_default();
        attributes.remove(&name).ok_or_else(|| Error::odd(call, None, b"no ARN of the queue"))
    }

    /// Sends a message.
    pub(crate) async fn send_message(&self, url: &str, body: &str) -> Result<(), Error> {
        let call = self.call("sqs:SendMessage", url);
        call.send(self.sqs().send_message().queue_url(url).message_body(body).send()).await?;
        Ok(())
    }

    /// Deletes messages, 10 at most; returns the reasons for those that were not.
    pub(crate) async fn delete_messages(&self, url: &str, receipts: &[String]) -> Result<Vec<String>, Error> {
        let call = self.call("sqs:DeleteMessageBatch", url);
        let mut request = self.sqs().delete_message_batch().queue_url(url);
        for (index, receipt) in receipts.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string()).receipt_handle(receipt);
            request = request.entries(entry.build().map_err(call.build_error())?);
        }
        let output = call.send(request.send()).await?;
        let reason = |code: String, message: Option<String>| message.unwrap_or(code);
        Ok(output.failed.into_iter().map(|failed| reason(failed.code, failed.message)).collect())
    }
}

fn message(message: aws_sdk_sqs::types::Message) -> QueueMessage {
    let attributes = message.attributes.unwrap_or_default().into_iter();
    let message_attributes = message.message_attributes.unwrap_or_default().into_iter();
    QueueMessage {
        id: message.message_id.unwrap_or_default(),
        receipt: message.receipt_handle.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
        md5: message.md5_of_body.unwrap_or_default(),
        attributes: attributes.map(|(name, value)| (name.as_str().to_owned(), value)).collect(),
        message_attributes: message_attributes
            .map(|(name, value)| {
                let binary = value.binary_value.map(aws_sdk_sqs::primitives::Blob::into_inner);
                (name, MessageAttribute { data_type: value.data_type, text: value.string_value, binary })
            })
            .collect(),
    }
}
