//! A batch of records: the order and concurrency of their handling, and partial batch failures (`batchItemFailures`).

use std::{
    any::Any,
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{FutureExt as _, StreamExt as _, stream};

use super::{Record, payload::Payload};
use crate::{
    deadline,
    error::{BoxError, Error, Kind},
    failure::panic_message,
    invocation::Invocation,
    log, write,
};

/// How many groups of records are handled at once.
const CONCURRENCY: usize = 10;

/// The handler of one record, with its type erased.
pub(crate) type Handle = dyn Fn(Payload, Record) -> super::RecordFuture + Send + Sync;

/// A record of a batch with its payload.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) record: Record,
    pub(crate) payload: Payload,
    /// Records of a group are handled in their order, and none after one that failed.
    pub(crate) order: Order,
}

/// The group in which records are handled in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Order {
    /// Order does not matter.
    None,
    /// The record's own group: a message group, a partition.
    Group,
    /// The whole batch.
    Batch,
}

/// How a source learns which records failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Report {
    /// The ids of all records that failed or were not handled; the others are deleted (SQS).
    Failures,
    /// The id of the first record that failed; those before it are done (streams).
    FirstFailure,
    /// An error of the invocation, after which all records are delivered again.
    Error,
}

/// A batch of records.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The ARN of the resource that sent the batch (for Kafka the topic, for Amazon MQ the queue), by which its handler
    /// is found.
    pub(crate) origin: Arc<str>,
    pub(crate) items: Vec<Item>,
    pub(crate) report: Report,
}

/// The outcome of one record.
#[derive(Debug)]
enum Outcome {
    Done,
    Failed(BoxError),
    /// It was not handled: a record of its group failed before, or the deadline came.
    Unhandled,
}

impl Batch {
    /// A batch of one resource.
    pub(crate) fn new(items: Vec<Item>, report: Report) -> Self {
        let origin = items.first().map_or_else(|| Arc::from(""), |item| item.record.source_arn.clone());
        Self { origin, items, report }
    }

    /// Handles all records and returns the invocation's response.
    ///
    /// Shortly before the deadline the records that are not done count as failed, so that those that are done are not
    /// delivered again.
    ///
    /// # Errors
    /// No record succeeded, or the source has no other way to learn of a failure.
    pub(crate) async fn run(self, name: &str, handle: &Handle, invocation: &Invocation) -> Result<Vec<u8>, Error> {
        let report = self.report;
        let ids: Vec<String> = self.items.iter().map(|item| item.record.id.clone()).collect();
        let outcomes: Vec<Mutex<Outcome>> = ids.iter().map(|_| Mutex::new(Outcome::Unhandled)).collect();
        let set = |index: usize, outcome| {
            *outcomes[index].lock().unwrap_or_else(PoisonError::into_inner) = outcome;
        };
        let work = stream::iter(self.into_groups()).for_each_concurrent(CONCURRENCY, |group| async {
            for (index, item) in group {
                match call(handle, item).await {
                    Ok(()) => set(index, Outcome::Done),
                    Err(error) => return set(index, Outcome::Failed(error)),
                }
            }
        });
        let is_late = match deadline::instant(invocation) {
            Some(deadline) => tokio::time::timeout_at(deadline, work).await.is_err(),
            None => {
                work.await;
                false
            }
        };
        let outcomes: Vec<Outcome> =
            outcomes.into_iter().map(|outcome| outcome.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
        conclude(name, report, &ids, outcomes, is_late, invocation)
    }

    /// Sorts the records into groups, each in the order of the batch.
    fn into_groups(self) -> Vec<Vec<(usize, Item)>> {
        let mut groups: Vec<Vec<(usize, Item)>> = Vec::new();
        let mut known: HashMap<Option<String>, usize> = HashMap::new();
        for (index, item) in self.items.into_iter().enumerate() {
            let key = match item.order {
                Order::None => None,
                Order::Group => Some(item.record.group.clone()),
                Order::Batch => Some(None),
            };
            match key {
                Some(key) => {
                    let position = *known.entry(key).or_insert(groups.len());
                    if position == groups.len() {
                        groups.push(Vec::new());
                    }
                    groups[position].push((index, item));
                }
                None => groups.push(vec![(index, item)]),
            }
        }
        groups
    }
}

/// Calls the handler of one record. A panic is its failure and not the process's.
async fn call(handle: &Handle, item: Item) -> Result<(), BoxError> {
    let panicked = |panic: Box<dyn Any + Send>| -> BoxError { format!("panic: {}", panic_message(&*panic)).into() };
    // A plain function that returns a future runs its own code here.
    let future = catch_unwind(AssertUnwindSafe(|| handle(item.payload, item.record))).map_err(panicked)?;
    AssertUnwindSafe(future).catch_unwind().await.map_err(panicked)?
}

/// Logs the failures and builds the response.
fn conclude(
    name: &str,
    report: Report,
    ids: &[String],
    outcomes: Vec<Outcome>,
    is_late: bool,
    invocation: &Invocation,
) -> Result<Vec<u8>, Error> {
    let mut failed = Vec::new();
    let mut cause = None;
    for (id, outcome) in ids.iter().zip(outcomes) {
        match outcome {
            Outcome::Done => continue,
            Outcome::Failed(error) => {
                let chain = Error::chain_of(&*error);
                log::error(invocation.request_id(), &format!("{name}: record `{id}` failed: {chain}"));
                cause.get_or_insert(error);
            }
            Outcome::Unhandled if is_late => {
                let message = format!("{name}: record `{id}` was not done shortly before the deadline");
                log::error(invocation.request_id(), &message);
            }
            Outcome::Unhandled => {}
        }
        failed.push(id.as_str());
    }
    let has_success = failed.len() < ids.len();
    if !failed.is_empty() && (!has_success || report == Report::Error) {
        let late = || BoxError::from("no record was done shortly before the deadline");
        return Err(Error::with_source(Kind::Handler(name.to_owned()), cause.unwrap_or_else(late)));
    }
    if report == Report::FirstFailure {
        failed.truncate(1);
    }
    Ok(match report {
        Report::Error => b"null".to_vec(),
        Report::Failures | Report::FirstFailure => encode(&failed),
    })
}

/// Encodes the ids of the failures:
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>.
fn encode(failed: &[&str]) -> Vec<u8> {
    let mut json = b"{\"batchItemFailures\":[".to_vec();
    for (index, id) in failed.iter().enumerate() {
        json.extend_from_slice(if index == 0 { b"{\"itemIdentifier\":" } else { b",{\"itemIdentifier\":" });
        write::push_string(&mut json, id);
        json.push(b'}');
    }
    json.extend_from_slice(b"]}");
    json
}
