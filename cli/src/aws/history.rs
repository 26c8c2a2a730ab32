//! The history of a stack operation: its events, the failure that they show, and whether the stack has settled.

use std::{collections::HashSet, time::Duration};

use tokio::time::Instant;

use super::{Error, EventCursor, Stack, StackEvent, StackStatus};

/// How long after it was asked for the work may not have begun, as far as can be seen.
const BEGINNING: Duration = Duration::from_secs(10);
/// How long the events of an operation that CloudFormation accepted may be unseen.
const UNSEEN: Duration = Duration::from_secs(180);
/// How often in a row the stack may be out of reach: each time stands for several tries.
const LOST_POLLS: u32 = 5;
/// How many looks in a row may show another status than the operation ended with: then somebody else's operation followed.
const FOLLOWED: u32 = 5;
/// What CloudFormation says of the resources that it stopped because another one failed.
const CANCELLED: [&str; 3] = ["creation cancelled", "update cancelled", "deletion cancelled"];

/// The events since the cursor.
#[derive(Debug)]
pub(super) struct History<'a> {
    pub(super) since: &'a EventCursor,
    pub(super) seen: HashSet<String>,
    events: Vec<StackEvent>,
    /// The caller may not read events, so that the status alone tells.
    is_denied: bool,
}

impl<'a> History<'a> {
    pub(super) fn new(since: &'a EventCursor) -> Self {
        Self { since, seen: HashSet::new(), events: Vec::new(), is_denied: false }
    }

    /// Notes that events could not be read.
    pub(super) fn miss(&mut self, error: &Error) {
        self.is_denied |= error.is_denied();
    }

    /// Whether the end of the work is what its own events say, and nothing else.
    fn decides(&self) -> bool {
        self.since.is_of_operation() && !self.is_denied
    }

    pub(super) fn keep(&mut self, events: Vec<StackEvent>) {
        self.seen.extend(events.iter().map(|event| event.id.clone()));
        self.events.extend(events);
    }

    /// Whether the stack's own latest row says the same as its status: then the work that was asked for did happen.
    fn confirms(&self, status: &StackStatus) -> bool {
        let latest = self.events.iter().rev().find(|event| event.is_of_stack());
        latest.is_some_and(|event| event.status == status.as_str())
    }

    /// How the operation ended by its own events: the latest row of the stack itself, if that is no state of transition.
    fn end(&self) -> Option<&str> {
        let latest = self.events.iter().rev().find(|event| event.is_of_stack())?;
        (!latest.status.ends_with("_IN_PROGRESS")).then_some(latest.status.as_str())
    }

    /// The earliest failure that is not the consequence of another.
    pub(super) fn first_cause(&self) -> Option<&StackEvent> {
        let is_cancelled = |event: &StackEvent| {
            let reason = event.reason.as_deref().unwrap_or_default();
            CANCELLED.iter().any(|cancelled| reason.contains(cancelled))
        };
        let of_resources =
            self.events.iter().find(|event| event.is_failure() && !event.is_of_stack() && !is_cancelled(event));
        of_resources.or_else(|| {
            // Some errors, such as a parameter that does not fit, only the stack itself tells.
            let tells = |event: &&StackEvent| {
                event.is_of_stack()
                    && event.reason.is_some()
                    && (event.is_failure() || event.status.ends_with("ROLLBACK_IN_PROGRESS"))
            };
            self.events.iter().find(tells)
        })
    }
}

/// The observations of a stack's status.
#[derive(Debug)]
pub(super) struct Watch {
    began: Instant,
    was_in_progress: bool,
    last: Option<Stack>,
    lost: u32,
    missing: u32,
    /// Observations in a row that showed another status than the operation ended with.
    followed: u32,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), was_in_progress: false, last: None, lost: 0, missing: 0, followed: 0 }
    }

    /// Takes in an observation of the stack; the stack, if it has come to rest.
    pub(super) fn observe(
        &mut self,
        stack_id: &str,
        found: Result<Option<Stack>, Error>,
        history: &History<'_>,
    ) -> Result<Option<Stack>, Error> {
        match found {
            Ok(Some(mut stack)) => {
                (self.lost, self.missing) = (0, 0);
                let is_over = if stack.status.is_in_progress() {
                    self.was_in_progress = true;
                    false
                } else {
                    // The old status may stay for a moment after the work was asked for.
                    let is_told = history.confirms(&stack.status) || self.was_in_progress && !history.decides();
                    is_told && !stack.status.is_review()
                        || stack.status.is_deleted()
                        || !history.decides() && self.began.elapsed() > BEGINNING
                };
                let end = history.end().filter(|end| history.decides() && *end != stack.status.as_str());
                self.followed = if end.is_some() { self.followed + 1 } else { 0 };
                if let Some(end) = end.filter(|_| self.followed > FOLLOWED) {
                    stack.status = StackStatus(end.to_owned());
                    return Ok(Some(stack));
                }
                if !is_over && history.events.is_empty() && history.decides() && self.began.elapsed() > UNSEEN {
                    return Err(Error::Unconfirmed { stack: stack.name, status: stack.status.0 });
                }
                self.last = Some(stack);
                Ok(if is_over { self.last.take() } else { None })
            }
            Ok(None) => {
                self.missing += 1;
                let was_leaving = self.last.as_ref().is_some_and(|stack| stack.status.as_str().starts_with("DELETE_"));
                Ok((was_leaving || self.missing > 1).then(|| deleted_stack(self.last.take(), stack_id)))
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
fn deleted_stack(last: Option<Stack>, stack_id: &str) -> Stack {
    let deleted = StackStatus("DELETE_COMPLETE".to_owned());
    match last {
        Some(stack) => Stack { status: deleted, ..stack },
        None => Stack { id: stack_id.to_owned(), ..Stack::bare(name_of(stack_id), deleted) },
    }
}

/// `arn:aws:cloudformation:eu-west-1:123456789012:stack/NAME/UUID`, or a name as it is.
pub(super) fn name_of(stack_id: &str) -> &str {
    stack_id.split('/').nth(1).unwrap_or(stack_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "AWS::CloudFormation::Stack";

    fn event(logical_id: &str, kind: &str, status: &str, reason: Option<&str>) -> StackEvent {
        StackEvent {
            id: format!("{logical_id}-{status}"),
            time: None,
            logical_id: logical_id.to_owned(),
            physical_id: None,
            kind: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
            token: None,
            path: None,
        }
    }

    #[test]
    fn the_first_cause_is_no_cancelled_resource_and_no_later_failure() {
        let mark = EventCursor::beginning();
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
        let mark = EventCursor::beginning();
        let mut history = History::new(&mark);
        history.keep(vec![event("app", STACK, "UPDATE_ROLLBACK_IN_PROGRESS", Some("Parameter x is wrong"))]);
        assert_eq!(history.first_cause().unwrap().reason.as_deref(), Some("Parameter x is wrong"));
    }

    #[test]
    fn an_old_status_is_not_taken_for_the_end_of_the_new_work() {
        let mark = EventCursor::beginning();
        let mut history = History::new(&mark);
        let mut watch = Watch::new();
        let stack = |status: &str| Stack { status: StackStatus(status.to_owned()), ..deleted_stack(None, "app") };
        assert!(watch.observe("app", Ok(Some(stack("UPDATE_COMPLETE"))), &history).unwrap().is_none());
        history.keep(vec![event("app", STACK, "UPDATE_IN_PROGRESS", None)]);
        assert!(watch.observe("app", Ok(Some(stack("UPDATE_COMPLETE"))), &history).unwrap().is_none());
        history.keep(vec![event("app", STACK, "UPDATE_COMPLETE", None)]);
        assert!(watch.observe("app", Ok(Some(stack("UPDATE_COMPLETE"))), &history).unwrap().is_some());
    }

    #[test]
    fn only_events_of_the_operation_tell_how_it_ended() {
        let mark = EventCursor::of_operation("mine");
        let mut history = History::new(&mark);
        let mut watch = Watch::new();
        let stack = |status: &str| Stack { status: StackStatus(status.to_owned()), ..deleted_stack(None, "app") };
        // Neither an old status nor one that somebody else's operation comes to is the end of this one.
        for status in ["UPDATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"] {
            assert!(watch.observe("app", Ok(Some(stack(status))), &history).unwrap().is_none(), "{status}");
        }
        history.keep(vec![event("app", STACK, "UPDATE_ROLLBACK_COMPLETE", None)]);
        let ended = stack("UPDATE_ROLLBACK_COMPLETE");
        assert_eq!(watch.observe("app", Ok(Some(ended.clone())), &history).unwrap(), Some(ended));
        // Another operation followed at once: this one ended as its events say all the same.
        let observe = || Watch::new().observe("app", Ok(Some(stack("UPDATE_COMPLETE"))), &history);
        assert!(observe().unwrap().is_none());
        let mut watch = Watch::new();
        let found =
            (0..=FOLLOWED).find_map(|_| watch.observe("app", Ok(Some(stack("UPDATE_COMPLETE"))), &history).unwrap());
        assert_eq!(found.unwrap().status.as_str(), "UPDATE_ROLLBACK_COMPLETE");
        // Whoever may not read events relies on the status.
        let mut denied = History::new(&mark);
        denied.is_denied = true;
        let mut watch = Watch::new();
        assert!(watch.observe("app", Ok(Some(stack("UPDATE_IN_PROGRESS"))), &denied).unwrap().is_none());
        assert!(watch.observe("app", Ok(Some(stack("UPDATE_COMPLETE"))), &denied).unwrap().is_some());
    }

    #[test]
    fn a_stack_that_is_forgotten_is_deleted() {
        let mark = EventCursor::beginning();
        let history = History::new(&mark);
        let mut watch = Watch::new();
        let id = "arn:aws:cloudformation:eu-west-1:123456789012:stack/app/uuid";
        assert!(watch.observe(id, Ok(None), &history).unwrap().is_none());
        let stack = watch.observe(id, Ok(None), &history).unwrap().unwrap();
        assert!(stack.status.is_deleted());
        assert_eq!(stack.name, "app");
    }
}
