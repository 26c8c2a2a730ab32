//! Waiting for a stack, and hearing what happens to it meanwhile.

use std::{
    collections::{BTreeMap, HashSet},
    time::{Duration, SystemTime},
};

use aws_sdk_cloudformation::types;
use tokio::time::Instant;

use super::{Error, Region, Stack, StackStatus, pace::Pace};

/// How long after it was asked for the work may not have begun, as far as can be seen.
const BEGINNING: Duration = Duration::from_secs(10);
/// How often in a row the stack may be out of reach: each time stands for several tries.
const LOST_POLLS: u32 = 5;
/// A stack that needs more pages than these between two looks is not looked at to its end.
const PAGES: usize = 100;
/// What CloudFormation says of the resources that it stopped because another one failed.
const CANCELLED: [&str; 3] = ["creation cancelled", "update cancelled", "deletion cancelled"];

/// A point in a stack's history: what happened after it belongs to the work that is waited for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Mark {
    time: Option<SystemTime>,
    event_id: Option<String>,
}

impl Mark {
    /// The beginning of the stack: every event of it counts.
    pub(crate) fn beginning() -> Self {
        Self::default()
    }

    /// A point in time by AWS's clock.
    pub(super) fn at(time: SystemTime) -> Self {
        Self { time: Some(time), event_id: None }
    }

    /// Whether an event belongs to what came before.
    fn is_before(&self, event: &StackEvent) -> bool {
        self.event_id.as_ref().is_some_and(|id| *id == event.id)
            || matches!((self.time, event.time), (Some(mark), Some(time)) if time < mark)
    }
}

/// Something that happened to a stack or to one of its resources.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StackEvent {
    /// Its id, unique in the stack.
    pub(crate) id: String,
    /// When it happened, by AWS's clock.
    pub(crate) time: Option<SystemTime>,
    /// The resource's key in the template, or the stack's name.
    pub(crate) logical_id: String,
    /// The resource's name, id or ARN.
    pub(crate) physical_id: Option<String>,
    /// `AWS::Lambda::Function`.
    pub(crate) kind: String,
    /// `CREATE_IN_PROGRESS`.
    pub(crate) status: String,
    /// Why.
    pub(crate) reason: Option<String>,
}

impl StackEvent {
    /// Something failed.
    pub(crate) fn is_failure(&self) -> bool {
        self.status.ends_with("_FAILED")
    }

    /// It is about the stack itself.
    pub(crate) fn is_of_stack(&self) -> bool {
        self.kind == "AWS::CloudFormation::Stack"
    }
}

/// How a stack came to rest.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    /// The stack as it is now; a deleted one has the status DELETE_COMPLETE.
    pub(crate) stack: Stack,
    /// The failure that led to the others.
    pub(crate) first_cause: Option<StackEvent>,
}

impl Region {
    /// The newest event of a stack: one call. For work that no change set begins.
    pub(crate) async fn mark(&self, stack_id: &str) -> Result<Mark, Error> {
        let call = self.call("cloudformation:DescribeStackEvents", stack_id);
        match call.made(self.cloudformation().describe_stack_events().stack_name(stack_id).send()).await {
            Ok(page) => {
                let newest = page.stack_events.and_then(|events| events.into_iter().next());
                Ok(Mark { time: None, event_id: newest.and_then(|event| event.event_id) })
            }
            Err(error) if error.is_missing() => Ok(Mark::beginning()),
            Err(error) => Err(error),
        }
    }

    /// Waits until nothing changes the stack any more; each event since the mark is heard once, in order.
    ///
    /// How the work ended stands in the stack's status: a rollback is no error here. An error after `patience`.
    pub(crate) async fn settled(
        &self,
        stack_id: &str,
        since: &Mark,
        on_event: &(dyn Fn(&StackEvent) + Send + Sync),
        patience: Duration,
    ) -> Result<Settled, Error> {
        let mut pace = Pace::new(Duration::from_millis(250), Duration::from_secs(5), patience);
        let mut history = History::new(since);
        let mut watch = Watch::new();
        loop {
            // The status first: events that are read after it hold all that led to it.
            let status = self.find_stack(stack_id).await;
            // Events explain; that they cannot be read does not end the wait.
            let events = self.events(stack_id, &mut history).await.unwrap_or_default();
            events.iter().for_each(on_event);
            history.keep(events);
            if let Some(stack) = watch.look(stack_id, status, &history)? {
                return Ok(Settled { stack, first_cause: history.first_cause().cloned() });
            }
            if !pace.wait().await {
                let what = format!("the stack `{}`", name_of(stack_id));
                return Err(Error::Patience { what, region: self.name().to_owned(), patience });
            }
        }
    }

    /// What happened since the last look, oldest first.
    async fn events(&self, stack_id: &str, history: &mut History<'_>) -> Result<Vec<StackEvent>, Error> {
        let call = self.call("cloudformation:DescribeStackEvents", stack_id);
        let mut events = Vec::new();
        let mut next = None;
        'pages: for _ in 0..PAGES {
            let page = self.cloudformation().describe_stack_events().stack_name(stack_id).set_next_token(next);
            let page = call.made(page.send()).await?;
            for event in page.stack_events.unwrap_or_default() {
                let event = StackEvent::new(event);
                if history.since.is_before(&event) || history.seen.contains(&event.id) {
                    break 'pages;
                }
                events.push(event);
            }
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                break;
            }
        }
        events.reverse();
        Ok(events)
    }
}

/// What was heard since the mark.
#[derive(Debug)]
struct History<'a> {
    since: &'a Mark,
    seen: HashSet<String>,
    events: Vec<StackEvent>,
}

impl<'a> History<'a> {
    fn new(since: &'a Mark) -> Self {
        Self { since, seen: HashSet::new(), events: Vec::new() }
    }

    fn keep(&mut self, events: Vec<StackEvent>) {
        self.seen.extend(events.iter().map(|event| event.id.clone()));
        self.events.extend(events);
    }

    /// Whether the stack's own latest row says the same as its status: then the work that was asked for did happen.
    fn confirms(&self, status: &StackStatus) -> bool {
        let latest = self.events.iter().rev().find(|event| event.is_of_stack());
        latest.is_some_and(|event| event.status == status.as_str())
    }

    /// The earliest failure that is not the consequence of another.
    fn first_cause(&self) -> Option<&StackEvent> {
        let is_cancelled = |event: &StackEvent| {
            let reason = event.reason.as_deref().unwrap_or_default();
            CANCELLED.iter().any(|cancelled| reason.contains(cancelled))
        };
        let of_resources =
            self.events.iter().find(|event| event.is_failure() && !event.is_of_stack() && !is_cancelled(event));
        of_resources.or_else(|| {
            // Some faults, such as a parameter that does not fit, only the stack itself tells.
            let tells = |event: &&StackEvent| {
                event.is_of_stack()
                    && event.reason.is_some()
                    && (event.is_failure() || event.status.ends_with("ROLLBACK_IN_PROGRESS"))
            };
            self.events.iter().find(tells)
        })
    }
}

/// What the looks at a stack's status came to so far.
#[derive(Debug)]
struct Watch {
    began: Instant,
    was_in_progress: bool,
    last: Option<Stack>,
    lost: u32,
    missing: u32,
}

impl Watch {
    fn new() -> Self {
        Self { began: Instant::now(), was_in_progress: false, last: None, lost: 0, missing: 0 }
    }

    /// The stack, if it has come to rest.
    fn look(
        &mut self,
        stack_id: &str,
        found: Result<Option<Stack>, Error>,
        history: &History<'_>,
    ) -> Result<Option<Stack>, Error> {
        match found {
            Ok(Some(stack)) => {
                (self.lost, self.missing) = (0, 0);
                let is_over = if stack.status.is_in_progress() {
                    self.was_in_progress = true;
                    false
                } else {
                    // The old status may stay for a moment after the work was asked for.
                    let has_begun = self.was_in_progress || history.confirms(&stack.status);
                    has_begun && !stack.status.is_review()
                        || stack.status.is_deleted()
                        || self.began.elapsed() > BEGINNING
                };
                self.last = Some(stack);
                Ok(if is_over { self.last.take() } else { None })
            }
            Ok(None) => {
                self.missing += 1;
                let was_leaving = self.last.as_ref().is_some_and(|stack| stack.status.as_str().starts_with("DELETE_"));
                Ok((was_leaving || self.missing > 1).then(|| gone(self.last.take(), stack_id)))
            }
            Err(error) if error.is_throttled() => Ok(None),
            Err(error @ (Error::Unanswered { .. } | Error::Odd { .. })) => {
                self.lost += 1;
                if self.lost < LOST_POLLS { Ok(None) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }
}

/// A stack that nobody remembers any more.
fn gone(last: Option<Stack>, stack_id: &str) -> Stack {
    let deleted = StackStatus("DELETE_COMPLETE".to_owned());
    match last {
        Some(stack) => Stack { status: deleted, ..stack },
        None => Stack {
            name: name_of(stack_id).to_owned(),
            id: stack_id.to_owned(),
            status: deleted,
            status_reason: None,
            tags: BTreeMap::new(),
            parameters: BTreeMap::new(),
            outputs: BTreeMap::new(),
            created: None,
            last_updated: None,
            is_protected: false,
            drift: None,
            change_set_id: None,
            role_arn: None,
        },
    }
}

/// `arn:aws:cloudformation:eu-west-1:123456789012:stack/NAME/UUID`, or a name as it is.
fn name_of(stack_id: &str) -> &str {
    stack_id.split('/').nth(1).unwrap_or(stack_id)
}

impl StackEvent {
    /// Emulators leave out what AWS never does.
    fn new(event: types::StackEvent) -> Self {
        let status = event.resource_status.map(|status| status.as_str().to_owned()).unwrap_or_default();
        let logical_id = event.logical_resource_id.filter(|id| !id.is_empty()).or(event.stack_name).unwrap_or_default();
        let time = event.timestamp.and_then(|time| SystemTime::try_from(time).ok());
        let id =
            event.event_id.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("{logical_id} {status} {time:?}"));
        Self {
            id,
            time,
            logical_id,
            physical_id: event.physical_resource_id.filter(|id| !id.is_empty()),
            kind: event.resource_type.unwrap_or_default(),
            status,
            reason: event.resource_status_reason.filter(|reason| !reason.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(logical_id: &str, kind: &str, status: &str, reason: Option<&str>) -> StackEvent {
        StackEvent {
            id: format!("{logical_id}-{status}"),
            time: None,
            logical_id: logical_id.to_owned(),
            physical_id: None,
            kind: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
        }
    }

    const STACK: &str = "AWS::CloudFormation::Stack";

    #[test]
    fn the_first_cause_is_no_cancelled_resource_and_no_later_failure() {
        let mark = Mark::beginning();
        let mut history = History::new(&mark);
        history.keep(vec![
            event("app", STACK, "CREATE_IN_PROGRESS", Some("User Initiated")),
            event("Api", "AWS::ApiGateway::RestApi", "CREATE_FAILED", Some("Resource creation cancelled")),
            event("Function", "AWS::Lambda::Function", "CREATE_FAILED", Some("no such key")),
            event("app", STACK, "ROLLBACK_IN_PROGRESS", Some("The following resource(s) failed")),
            event("Role", "AWS::IAM::Role", "DELETE_FAILED", Some("in use")),
        ]);
        assert_eq!(history.first_cause().unwrap().logical_id, "Function");
    }

    #[test]
    fn a_fault_that_only_the_stack_tells_is_the_first_cause() {
        let mark = Mark::beginning();
        let mut history = History::new(&mark);
        history.keep(vec![event("app", STACK, "UPDATE_ROLLBACK_IN_PROGRESS", Some("Parameter x is wrong"))]);
        assert_eq!(history.first_cause().unwrap().reason.as_deref(), Some("Parameter x is wrong"));
    }

    #[test]
    fn an_old_status_is_not_taken_for_the_end_of_the_new_work() {
        let mark = Mark::beginning();
        let mut history = History::new(&mark);
        let mut watch = Watch::new();
        let stack = |status: &str| Stack { status: StackStatus(status.to_owned()), ..gone(None, "app") };
        assert!(watch.look("app", Ok(Some(stack("UPDATE_COMPLETE"))), &history).unwrap().is_none());
        history.keep(vec![event("app", STACK, "UPDATE_IN_PROGRESS", None)]);
        assert!(watch.look("app", Ok(Some(stack("UPDATE_COMPLETE"))), &history).unwrap().is_none());
        history.keep(vec![event("app", STACK, "UPDATE_COMPLETE", None)]);
        assert!(watch.look("app", Ok(Some(stack("UPDATE_COMPLETE"))), &history).unwrap().is_some());
    }

    #[test]
    fn a_stack_that_is_forgotten_is_deleted() {
        let mark = Mark::beginning();
        let history = History::new(&mark);
        let mut watch = Watch::new();
        let id = "arn:aws:cloudformation:eu-west-1:123456789012:stack/app/uuid";
        assert!(watch.look(id, Ok(None), &history).unwrap().is_none());
        let stack = watch.look(id, Ok(None), &history).unwrap().unwrap();
        assert!(stack.status.is_deleted());
        assert_eq!(stack.name, "app");
    }
}
