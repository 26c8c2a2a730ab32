//! Waits until CloudFormation is done with a stack, and tells each event once while it works.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::Instant;

use super::{Error, Region, Stack, operator, stack::shown};
use crate::progress::Happened;

/// The pause after the first look.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How many pages of events are read back; an operation of ours has fewer.
const MOST_PAGES: usize = 20;

/// How CloudFormation left a stack.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub(crate) stack: Stack,
    /// What failed first; everything after follows from it.
    pub(crate) first_cause: Option<StackEvent>,
}

/// Something that happened to a resource of a stack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StackEvent {
    pub(crate) id: String,
    pub(crate) logical_id: String,
    pub(crate) physical_id: Option<String>,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) token: Option<String>,
}

impl StackEvent {
    /// As it is told.
    pub(crate) fn happened(&self) -> Happened<'_> {
        Happened {
            status: &self.status,
            kind: &self.kind,
            logical_id: &self.logical_id,
            reason: self.reason.as_deref(),
        }
    }

    /// The first event of an operation on the stack itself.
    fn begins_operation(&self) -> bool {
        self.kind == "AWS::CloudFormation::Stack"
            && matches!(
                self.status.as_str(),
                "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "DELETE_IN_PROGRESS" | "REVIEW_IN_PROGRESS"
            )
    }

    fn is_cause(&self) -> bool {
        let follows = |reason: &String| reason.contains("cancelled") || reason.starts_with("The following resource(s)");
        self.status.ends_with("_FAILED") && !self.reason.as_ref().is_some_and(follows)
    }
}

impl Region {
    /// Waits until nothing is in progress, or no longer than `patience`.
    pub(crate) async fn settled(
        &self,
        stack_id: &str,
        on_event: &(dyn Fn(&StackEvent) + Send + Sync),
        patience: Duration,
    ) -> Result<Settled, Error> {
        let mut pauses = Pauses::new(patience);
        let mut told = BTreeSet::new();
        let mut first_cause = None;
        loop {
            let stack = self.find_stack(stack_id).await?.unwrap_or_else(|| gone(stack_id));
            for event in self.latest_events(stack_id).await? {
                if told.insert(event.id.clone()) {
                    on_event(&event);
                    if first_cause.is_none() && event.is_cause() {
                        first_cause = Some(event);
                    }
                }
            }
            if !stack.status.ends_with("_IN_PROGRESS") || stack.status == "REVIEW_IN_PROGRESS" {
                return Ok(Settled { stack, first_cause });
            }
            if !pauses.next().await {
                let what = format!("the stack is {} after {} minutes", stack.status, patience.as_secs() / 60);
                return Err(Error::timed_out("cloudformation:DescribeStacks", self.name(), &shown(stack_id), what));
            }
        }
    }

    /// Whoever began the latest operation, if a token of ours tells it.
    pub(crate) async fn changed_by(&self, stack_id: &str) -> Result<Option<String>, Error> {
        let tokens = self.tokens(stack_id).await?;
        Ok(tokens.iter().find_map(|token| operator::of_token(token)).map(str::to_owned))
    }

    /// The tokens of the latest operation's events.
    pub(super) async fn tokens(&self, stack_id: &str) -> Result<Vec<String>, Error> {
        let events = self.latest_events(stack_id).await?;
        Ok(events.into_iter().filter_map(|event| event.token).collect())
    }

    /// The events of the latest operation, oldest first. Where it began is read from the events themselves: clocks differ.
    async fn latest_events(&self, stack_id: &str) -> Result<Vec<StackEvent>, Error> {
        let mut pages = self.cloudformation().describe_stack_events().stack_name(stack_id).into_paginator().send();
        let mut events = Vec::new();
        for _ in 0..MOST_PAGES {
            let page = match pages.next().await {
                None => break,
                Some(Ok(page)) => page,
                Some(Err(error)) => {
                    let error = Error::of("cloudformation:DescribeStackEvents", self.name(), &shown(stack_id), &error);
                    if error.is_missing() {
                        break;
                    }
                    return Err(error);
                }
            };
            for event in page.stack_events() {
                let event = stack_event(event);
                let is_first = event.begins_operation();
                events.push(event);
                if is_first {
                    events.reverse();
                    return Ok(events);
                }
            }
        }
        events.reverse();
        Ok(events)
    }
}

fn stack_event(event: &aws_sdk_cloudformation::types::StackEvent) -> StackEvent {
    StackEvent {
        id: event.event_id().unwrap_or_default().to_owned(),
        logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
        physical_id: event.physical_resource_id().filter(|id| !id.is_empty()).map(str::to_owned),
        kind: event.resource_type().unwrap_or_default().to_owned(),
        status: event.resource_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        reason: event.resource_status_reason().filter(|reason| !reason.is_empty()).map(str::to_owned),
        token: event.client_request_token().map(str::to_owned),
    }
}

/// A stack that CloudFormation no longer tells of.
fn gone(stack_id: &str) -> Stack {
    let name = stack_id.split(":stack/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(stack_id);
    Stack { id: stack_id.to_owned(), name: name.to_owned(), status: "DELETE_COMPLETE".to_owned(), ..Stack::default() }
}

/// Pauses that grow and are never quite the same, up to an end.
pub(super) struct Pauses {
    next: Duration,
    end: Instant,
}

impl Pauses {
    pub(super) fn new(patience: Duration) -> Self {
        Self { next: FIRST_PAUSE, end: Instant::now() + patience }
    }

    /// Waits; false if the end is reached.
    pub(super) async fn next(&mut self) -> bool {
        if Instant::now() >= self.end {
            return false;
        }
        tokio::time::sleep(self.next.mul_f64(fastrand::f64().mul_add(0.4, 0.8))).await;
        self.next = self.next.mul_f64(1.5).min(LONGEST_PAUSE);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, status: &str, reason: Option<&str>) -> StackEvent {
        StackEvent {
            id: String::new(),
            logical_id: "X".to_owned(),
            physical_id: None,
            kind: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
            token: None,
        }
    }

    #[test]
    fn what_only_follows_from_a_failure_is_not_its_cause() {
        assert!(event("T", "CREATE_FAILED", Some("limit exceeded")).is_cause());
        assert!(!event("T", "CREATE_FAILED", Some("Resource creation cancelled")).is_cause());
        assert!(
            !event("T", "UPDATE_FAILED", Some("The following resource(s) failed to update: [Function]. ")).is_cause()
        );
        assert!(!event("T", "CREATE_COMPLETE", None).is_cause());
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_ends() {
        let mut pauses = Pauses::new(Duration::from_secs(60));
        let mut looks = 0;
        while pauses.next().await {
            looks += 1;
        }
        assert!((10..40).contains(&looks), "{looks}");
    }
}
