//! Event source mappings of Kinesis and DynamoDB streams: reads the shards of an emulator's streams, and invokes the function
//! with their records in order.
//!
//! A shard has one batch at a time, and the shards that another one was split into wait for its end.
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
};

use super::{
    batch,
    cloud::Cloud,
    credentials::Unavailable,
    description::{Destination, StartingPosition, StreamSource},
    emulator::{Emulator, Record, Shard, Start},
    failure_record::{self, FailedBatch},
    filter,
    instances::Instances,
    invocation::Invocation,
    stamp,
    stream_batch::{Batch, Next},
    stream_event,
    stream_position::Position,
};
use crate::{names::ALIAS, progress::Progress};

/// How often a shard without records is read.
const READ_INTERVAL: Duration = Duration::from_millis(500);
/// How often new shards are looked for.
const LIST_INTERVAL: Duration = Duration::from_secs(5);
/// The pause after a call that failed.
const PAUSE: Duration = Duration::from_secs(2);

/// Reads the streams of the stage until there is no cloud any more; after an edit, those that it has then. A stream whose
/// mapping is as before is read on.
pub(crate) async fn run(mut clouds: watch::Receiver<Arc<Cloud>>, emulator: Arc<dyn Emulator>) {
    let mut tasks = JoinSet::new();
    let mut running: Vec<(StreamSource, AbortHandle)> = Vec::new();
    loop {
        let cloud = Arc::clone(&clouds.borrow_and_update());
        running.retain(|(source, task)| {
            let is_kept = cloud.streams().contains(source);
            if !is_kept {
                task.abort();
            }
            is_kept
        });
        for source in cloud.streams() {
            if running.iter().all(|(known, _)| known != source) {
                let reader = Arc::new(Reader {
                    source: source.clone(),
                    emulator: Arc::clone(&emulator),
                    instances: cloud.target(source.function.as_deref()).instances,
                    progress: Arc::clone(&cloud.progress),
                });
                running.push((source.clone(), tasks.spawn(reader.read())));
            }
        }
        if clouds.changed().await.is_err() {
            return;
        }
    }
}

/// The reader of one stream.
struct Reader {
    source: StreamSource,
    emulator: Arc<dyn Emulator>,
    instances: Arc<Instances>,
    progress: Arc<dyn Progress>,
}

/// What became of an invocation with a batch.
enum Outcome {
    Done,
    /// The records before this one succeeded.
    Failed {
        first: usize,
        reason: String,
        is_function_error: bool,
    },
}

impl Reader {
    /// Reads all shards, and new ones as they appear.
    async fn read(self: Arc<Self>) {
        let mut readers = JoinSet::new();
        let (mut started, mut ended) = (BTreeSet::new(), BTreeSet::new());
        let mut is_first = true;
        let mut is_failing = false;
        loop {
            match self.emulator.shards(&self.source.stream).await {
                Ok(shards) => {
                    self.report_recovery(&mut is_failing);
                    for shard in ready(&shards, &started, &ended) {
                        started.insert(shard.id.clone());
                        // A shard that is found later is read from its oldest record.
                        let start = match self.source.position {
                            StartingPosition::Latest if is_first => Start::Latest,
                            _ => Start::TrimHorizon,
                        };
                        readers.spawn(Arc::clone(&self).read_shard(shard.id.clone(), start));
                    }
                    is_first = false;
                }
                Err(unavailable) => self.report_unavailable(&mut is_failing, &unavailable),
            }
            let pause = if is_failing { PAUSE } else { LIST_INTERVAL };
            tokio::select! {
                Some(Ok(shard)) = readers.join_next() => { ended.insert(shard); }
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Reads a shard to its end, and returns its id.
    async fn read_shard(self: Arc<Self>, shard: String, start: Start) -> String {
        let mut position = Position::new(start);
        let mut is_failing = false;
        while !position.is_at_end() {
            match self.fill(&shard, &mut position, &mut is_failing).await {
                batch if batch.is_empty() => tokio::time::sleep(READ_INTERVAL).await,
                batch => self.handle(&shard, Batch::new(batch)).await,
            }
        }
        shard
    }

    /// Reads a batch: the records that are there, or that come within the window, without those that no filter matches.
    async fn fill(&self, shard: &str, position: &mut Position, is_failing: &mut bool) -> Vec<Record> {
        let mut batch: Vec<Record> = Vec::new();
        let mut end: Option<Instant> = None;
        loop {
            let missing = self.source.batch_size.saturating_sub(batch.len());
            match position.advance(&*self.emulator, &self.source.stream, shard, missing).await {
                Ok(records) => {
                    self.report_recovery(is_failing);
                    let is_wanted = |record: &Record| filter::passes_record(&self.source.filters, &record.event);
                    batch.extend(records.into_iter().filter(is_wanted));
                }
                Err(unavailable) => {
                    self.report_unavailable(is_failing, &unavailable);
                    tokio::time::sleep(PAUSE).await;
                    return batch;
                }
            }
            let is_full = batch.len() >= self.source.batch_size || position.is_at_end() || batch.is_empty();
            let end = *end.get_or_insert_with(|| Instant::now() + self.source.window);
            if is_full || Instant::now() >= end {
                return batch;
            }
            tokio::time::sleep(READ_INTERVAL.min(end.saturating_duration_since(Instant::now()))).await;
        }
    }

    /// Handles a batch until each of its records is handled or given up.
    async fn handle(&self, shard: &str, batch: Batch) {
        let mut waiting = VecDeque::from([batch]);
        while let Some(batch) = waiting.pop_front() {
            let started = Instant::now();
            let count = batch.records.len();
            let stamp = stamp::now();
            let (first, reason, is_function_error) =
                match self.invoke(shard, &batch.records, &stamp.request_id, &stamp.trace_id).await {
                    Outcome::Done => {
                        let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
                        let sentence =
                            format!("{} in {milliseconds:.2} ms: {count} handled", self.source.stream.label());
                        self.progress.step("Completed", &sentence);
                        continue;
                    }
                    Outcome::Failed { first, reason, is_function_error } => (first, reason, is_function_error),
                };
            let (label, failed) = (self.source.stream.label(), count - first);
            match batch.next(first, self.source.bisects, self.source.retries) {
                Next::Continue(parts) => {
                    let sizes: Vec<String> = parts.iter().map(|part| part.records.len().to_string()).collect();
                    let sentence = format!(
                        "{label}: {failed} of {count} records failed and are delivered again as {}: {reason}",
                        sizes.join(" and ")
                    );
                    self.progress.failure(&sentence, None);
                    for part in parts.into_iter().rev() {
                        waiting.push_front(part);
                    }
                }
                Next::Retry(batch, delay) => {
                    let sentence = format!(
                        "{label}: {failed} of {count} records failed and are delivered again in {} s: {reason}",
                        delay.as_secs()
                    );
                    self.progress.failure(&sentence, None);
                    tokio::time::sleep(delay).await;
                    waiting.push_front(batch);
                }
                Next::GiveUp(batch) => self.give_up(shard, &batch, &stamp.request_id, &reason, is_function_error).await,
            }
        }
    }

    async fn invoke(&self, shard: &str, records: &[Record], request_id: &str, trace_id: &str) -> Outcome {
        let payload = Bytes::from(stream_event::event(&self.source, shard, records).to_string());
        let invocation = Invocation { request_id: request_id.to_owned(), trace_id: trace_id.to_owned(), payload };
        let result = match self.instances.invoke(invocation).await {
            Ok(mut running) => running.result().await,
            Err(failure) => Err(failure),
        };
        let response = match result {
            Ok(response) => response,
            Err(failure) => {
                let reason = String::from_utf8_lossy(&failure.payload).into_owned();
                return Outcome::Failed { first: 0, reason, is_function_error: true };
            }
        };
        let numbers: Vec<&str> = records.iter().map(|record| record.sequence_number.as_str()).collect();
        match batch::failures(&response, &numbers) {
            Ok(failed) => match numbers.iter().position(|number| failed.contains(*number)) {
                None => Outcome::Done,
                Some(first) => {
                    let reason = format!("the response reports record `{}`", numbers[first]);
                    Outcome::Failed { first, reason, is_function_error: false }
                }
            },
            Err(reason) => Outcome::Failed { first: 0, reason, is_function_error: false },
        }
    }

    /// Sends the record of a batch to the destination of failures, and says what becomes of it.
    async fn give_up(&self, shard: &str, batch: &Batch, request_id: &str, reason: &str, is_function_error: bool) {
        let (label, count) = (self.source.stream.label(), batch.records.len());
        let Some(destination) = &self.source.failure_destination else {
            let sentence =
                format!("{label}: a batch of {count} is dropped, since it has no failure destination: {reason}");
            self.progress.failure(&sentence, None);
            return;
        };
        let to = if destination.is_emulated() { "goes" } else { "would go" };
        let sentence = format!(
            "{label}: a batch of {count} failed for the last time and {to} to {}: {reason}",
            destination.label()
        );
        self.progress.failure(&sentence, None);
        let function_arn = format!("{}:{ALIAS}", self.instances.function().arn());
        let failed = FailedBatch {
            source: &self.source,
            shard,
            records: &batch.records,
            request_id,
            function_arn: &function_arn,
            invocations: batch.retries + 1,
            is_function_error,
        };
        let record = failure_record::batch(&failed, Timestamp::now()).to_string();
        let sent = match destination {
            Destination::Queue(queue) => self.emulator.send(queue, &record).await,
            Destination::Topic(topic) => self.emulator.publish(topic, &record).await,
            Destination::Other(_) => Ok(()),
        };
        if let Err(Unavailable { reason, hint }) = sent {
            let sentence = format!("{label}: {} does not take the record of a batch: {reason}", destination.label());
            self.progress.failure(&sentence, hint.as_deref());
        }
    }

    fn report_unavailable(&self, is_failing: &mut bool, unavailable: &Unavailable) {
        if !*is_failing {
            let sentence = format!("{} cannot be read: {}", self.source.stream.label(), unavailable.reason);
            self.progress.warning(&sentence, unavailable.hint.as_deref());
        }
        *is_failing = true;
    }

    fn report_recovery(&self, is_failing: &mut bool) {
        if *is_failing {
            self.progress.step("Polling", &format!("{} again", self.source.stream.label()));
        }
        *is_failing = false;
    }
}

/// The shards that can be read now: those whose parent was read to its end, or is gone.
fn ready<'a>(shards: &'a [Shard], started: &BTreeSet<String>, ended: &BTreeSet<String>) -> Vec<&'a Shard> {
    let is_there = |id: &str| shards.iter().any(|shard| shard.id == id);
    let is_waiting = |parent: &String| is_there(parent) && !ended.contains(parent);
    shards.iter().filter(|shard| !started.contains(&shard.id) && !shard.parents.iter().any(is_waiting)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shards_of_a_split_wait_for_its_end() {
        let shard = |id: &str, parents: &[&str]| Shard {
            id: id.to_owned(),
            parents: parents.iter().map(|&parent| parent.to_owned()).collect(),
        };
        let shards = [shard("1", &["0"]), shard("2", &["1"]), shard("3", &[]), shard("4", &["1", "3"])];
        let ids = |started: &[&str], ended: &[&str]| -> Vec<String> {
            let set = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
            ready(&shards, &set(started), &set(ended)).into_iter().map(|shard| shard.id.clone()).collect()
        };
        assert_eq!(ids(&[], &[]), ["1", "3"]);
        assert_eq!(ids(&["1", "3"], &["1"]), ["2"]);
        assert_eq!(ids(&["1", "2", "3"], &["1", "3"]), ["4"]);
    }
}
