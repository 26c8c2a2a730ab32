//! Queues of an emulator: found by name, and created where the stage declares them.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use serde_json::json;

use super::{Service, unavailable};
use crate::{
    aws::{self, QueueMessage},
    local::{
        credentials::Unavailable,
        description::{DeclaredQueue, Queue},
        emulator::{Attribute, Message, Queues},
    },
};

impl Service {
    async fn queue_url(&self, queue: &Queue) -> Result<String, Unavailable> {
        let mut urls = self.queues.lock().await;
        if let Some(url) = urls.get(&queue.name) {
            return Ok(url.clone());
        }
        let found = self.region.queue_url(&queue.name).await.map_err(|error| unavailable(&error))?;
        let url = match (found, &queue.declared) {
            (Some(url), _) => url,
            (None, Some(declared)) => self.create_queue(queue, declared).await?,
            (None, None) => {
                return Err(self.missing("queue", &format!("sqs create-queue --queue-name {}", queue.name)));
            }
        };
        urls.insert(queue.name.clone(), url.clone());
        Ok(url)
    }

    /// Creates a queue of the stage, after its dead-letter queue.
    async fn create_queue(&self, queue: &Queue, declared: &DeclaredQueue) -> Result<String, Unavailable> {
        let mut attributes = declared.attributes.clone();
        if let Some((dead_letters, receives)) = &declared.dead_letters {
            let found = self.region.queue_url(&dead_letters.name).await.map_err(|error| unavailable(&error))?;
            let url = match (found, &dead_letters.declared) {
                (Some(url), _) => url,
                (None, Some(declared)) => {
                    self.report_creation(&dead_letters.label());
                    let created = self.region.create_queue(&dead_letters.name, &declared.attributes).await;
                    created.map_err(|error| unavailable(&error))?
                }
                (None, None) => {
                    return Err(self.missing("queue", &format!("sqs create-queue --queue-name {}", dead_letters.name)));
                }
            };
            let arn = self.region.queue_arn(&url).await.map_err(|error| unavailable(&error))?;
            let policy = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": receives });
            attributes.push(("RedrivePolicy", policy.to_string()));
        }
        self.report_creation(&queue.label());
        self.region.create_queue(&queue.name, &attributes).await.map_err(|error| unavailable(&error))
    }

    /// Looks for the queue again after an error: an emulator that was started again may have another.
    async fn forget<T>(&self, queue: &Queue, outcome: Result<T, aws::Error>) -> Result<T, Unavailable> {
        if outcome.is_err() {
            self.queues.lock().await.remove(&queue.name);
        }
        outcome.map_err(|error| unavailable(&error))
    }
}

impl Queues for Service {
    fn receive<'a>(
        &'a self,
        queue: &'a Queue,
        count: u32,
        wait: Duration,
    ) -> BoxFuture<'a, Result<Vec<Message>, Unavailable>> {
        async move {
            let url = self.queue_url(queue).await?;
            let received = self.region.receive_messages(&url, count, wait).await;
            Ok(self.forget(queue, received).await?.into_iter().map(message).collect())
        }
        .boxed()
    }

    fn delete<'a>(&'a self, queue: &'a Queue, receipts: Vec<String>) -> BoxFuture<'a, Result<(), Unavailable>> {
        async move {
            let url = self.queue_url(queue).await?;
            let outcome = self.region.delete_messages(&url, &receipts).await;
            match self.forget(queue, outcome).await?.into_iter().next() {
                Some(reason) => Err(Unavailable { reason, hint: None }),
                None => Ok(()),
            }
        }
        .boxed()
    }

    fn send<'a>(&'a self, queue: &'a Queue, body: &'a str) -> BoxFuture<'a, Result<(), Unavailable>> {
        async move {
            let url = self.queue_url(queue).await?;
            let outcome = self.region.send_message(&url, body).await;
            self.forget(queue, outcome).await
        }
        .boxed()
    }
}

fn message(message: QueueMessage) -> Message {
    let attributes = message.message_attributes.into_iter();
    Message {
        id: message.id,
        receipt: message.receipt,
        body: message.body,
        md5: message.md5,
        attributes: message.attributes,
        message_attributes: attributes
            .map(|(name, aws::MessageAttribute { data_type, text, binary })| {
                (name, Attribute { data_type, text, binary })
            })
            .collect(),
    }
}
