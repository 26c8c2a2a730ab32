//! Event source mappings of queues: polls an emulator's queues, invokes the function with batches, and deletes the messages
//! that were handled. A message that failed is left alone: it becomes visible again after the queue's visibility timeout,
//! and the emulator applies the queue's `RedrivePolicy` (its dead-letter queue). Messages that no filter matches are deleted, too.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
};

use super::{
    batch,
    cloud::Cloud,
    credentials::Unavailable,
    description::QueueSource,
    emulator::{Emulator, Message},
    filter,
    instances::Instances,
    invocation::{FunctionFailure, Invocation},
    stamp,
};
use crate::progress::Progress;

/// How long a poll waits for a message.
const WAIT: Duration = Duration::from_secs(20);
/// The pause after a poll that failed.
const PAUSE: Duration = Duration::from_secs(2);
/// The most messages of one call of SQS.
const CALL_SIZE: u32 = 10;

/// Polls the queues of the stage until there is no cloud any more; after an edit, those that it has then.
pub(crate) async fn run(mut clouds: watch::Receiver<Arc<Cloud>>, emulator: Arc<dyn Emulator>) {
    let mut sources = Vec::new();
    // Aborted, the polls end, and not the batches that are being handled.
    let mut polls = JoinSet::new();
    loop {
        let cloud = Arc::clone(&clouds.borrow_and_update());
        if cloud.sources() != sources {
            sources = cloud.sources().to_vec();
            polls.abort_all();
            for source in &sources {
                let poller = Arc::new(Poller::new(source, &emulator, &cloud));
                polls.spawn(poller.poll());
            }
        }
        if clouds.changed().await.is_err() {
            return;
        }
    }
}

/// The poller of one queue.
struct Poller {
    source: QueueSource,
    emulator: Arc<dyn Emulator>,
    instances: Arc<Instances>,
    progress: Arc<dyn Progress>,
    /// The batches that may be handled at once.
    slots: Arc<Semaphore>,
}

impl Poller {
    fn new(source: &QueueSource, emulator: &Arc<dyn Emulator>, cloud: &Cloud) -> Self {
        Self {
            source: source.clone(),
            emulator: Arc::clone(emulator),
            instances: cloud.target(source.function.as_deref()).instances,
            progress: Arc::clone(&cloud.progress),
            slots: Arc::new(Semaphore::new(source.concurrency)),
        }
    }

    async fn poll(self: Arc<Self>) {
        let mut is_failing = false;
        // It is never closed.
        while let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await {
            match self.receive().await {
                Ok(messages) => {
                    if is_failing {
                        self.progress.step("Polling", &format!("{} again", self.source.queue.label()));
                    }
                    is_failing = false;
                    if !messages.is_empty() {
                        tokio::spawn(Arc::clone(&self).handle(messages, slot));
                    }
                }
                Err(Unavailable { reason, hint }) => {
                    if !is_failing {
                        let sentence = format!("{} cannot be polled: {reason}", self.source.queue.label());
                        self.progress.warning(&sentence, hint.as_deref());
                    }
                    is_failing = true;
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Receives a batch: what is there, or what comes within the window.
    async fn receive(&self) -> Result<Vec<Message>, Unavailable> {
        let mut messages = self.receive_matching(self.source.batch_size, WAIT).await?;
        if messages.is_empty() {
            return Ok(messages);
        }
        let end = Instant::now() + self.source.window;
        while let Some(missing) = self.source.batch_size.checked_sub(u32::try_from(messages.len()).unwrap_or(u32::MAX))
            && missing > 0
            && let rest = end.saturating_duration_since(Instant::now())
            && !rest.is_zero()
        {
            match self.receive_matching(missing, rest.min(WAIT)).await {
                Ok(more) if more.is_empty() && rest < Duration::from_secs(1) => break,
                Ok(more) => messages.extend(more),
                // Those that are there are handled all the same; the next poll reports it.
                Err(_) => break,
            }
        }
        Ok(messages)
    }

    /// Receives messages in one call and deletes those that no filter matches, as Lambda does before it makes a batch.
    async fn receive_matching(&self, count: u32, wait: Duration) -> Result<Vec<Message>, Unavailable> {
        let Self { source, emulator, .. } = self;
        let received = emulator.receive(&source.queue, count.min(CALL_SIZE), wait).await?;
        let passes = |message: &Message| filter::passes_message(&source.filters, &batch::record(source, message));
        let (matching, others): (Vec<_>, Vec<_>) = received.into_iter().partition(passes);
        if !others.is_empty() {
            let sentence = format!("{}: {} that no filter matches", source.queue.label(), others.len());
            self.progress.step("Deleting", &sentence);
            self.delete(&others.iter().collect::<Vec<_>>()).await;
        }
        Ok(matching)
    }

    /// Deletes messages, and says if that fails: they are delivered again.
    async fn delete(&self, messages: &[&Message]) {
        for chunk in messages.chunks(CALL_SIZE as usize) {
            let receipts = chunk.iter().map(|message| message.receipt.clone()).collect();
            if let Err(Unavailable { reason, hint }) = self.emulator.delete(&self.source.queue, receipts).await {
                let label = self.source.queue.label();
                let sentence = format!("{label}: messages could not be deleted: {reason}");
                self.progress.failure(&sentence, hint.as_deref());
            }
        }
    }

    async fn handle(self: Arc<Self>, messages: Vec<Message>, _slot: OwnedSemaphorePermit) {
        let started = Instant::now();
        let ids: Vec<&str> = messages.iter().map(|message| message.id.as_str()).collect();
        let failed = match self.invoke(&messages).await {
            Ok(response) => match batch::failures(&response, &ids) {
                Ok(failed) => failed,
                Err(reason) => {
                    let sentence =
                        format!("{}: {reason}, so all of its messages are delivered again", self.source.queue.label());
                    self.progress.failure(&sentence, None);
                    return;
                }
            },
            Err(failure) => {
                let document = String::from_utf8_lossy(&failure.payload);
                let sentence = format!(
                    "{}: a batch of {} failed and is delivered again: {document}",
                    self.source.queue.label(),
                    messages.len()
                );
                self.progress.failure(&sentence, failure.hint.as_deref());
                return;
            }
        };
        let done: Vec<&Message> = messages.iter().filter(|message| !failed.contains(&message.id)).collect();
        self.delete(&done).await;
        let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
        let again = if failed.is_empty() { String::new() } else { format!(", {} delivered again", failed.len()) };
        let label = self.source.queue.label();
        let sentence = format!("{label} in {milliseconds:.2} ms: {} handled{again}", done.len());
        self.progress.step("Completed", &sentence);
    }

    async fn invoke(&self, messages: &[Message]) -> Result<Bytes, FunctionFailure> {
        let stamp = stamp::now();
        let payload = Bytes::from(batch::event(&self.source, messages).to_string());
        let invocation = Invocation { request_id: stamp.request_id, trace_id: stamp.trace_id, payload };
        self.instances.invoke(invocation).await?.result().await
    }
}
