//! An optimistic update of a domain's stack: it is lost if the stack is no longer the one that was read.

use std::{collections::BTreeMap, time::Duration};

use super::{super::Phase, DOMAIN_TAG, DomainRollout, Error, FoundDomain};
use crate::{
    aws::{self, Body, Change, ChangeKind, DeploymentMode, Stack},
    names::domain_stack,
    template::{self, DomainStack},
};

/// API Gateway creates and deletes one domain name in this time.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
pub(super) const THROTTLE: Duration = Duration::from_secs(30);
/// How AWS's services say that they were asked too often.
const THROTTLED: [&str; 4] = ["Too Many Requests", "TooManyRequests", "Rate exceeded", "Throttl"];

/// What became of a change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sent {
    /// The stack is as wanted.
    Done,
    /// A concurrent update changed the stack first.
    Lost,
    /// A service was asked too often, and CloudFormation rolled the change back.
    Throttled,
}

impl DomainRollout<'_> {
    /// Sends a domain to the stack that was found.
    pub(super) async fn send(&self, found: &FoundDomain, wanted: &DomainStack) -> Result<Sent, Error> {
        let stack = domain_stack(&wanted.name);
        let text = template::serialize(&wanted.template());
        let (parameters, tags) = (BTreeMap::new(), tags(&wanted.name));
        let name = format!("zappa-rs-{:016x}", fastrand::u64(..));
        let change = Change {
            stack: &stack,
            kind: if found.stack.is_some() { ChangeKind::Update } else { ChangeKind::Create },
            body: Body::Inline(&text),
            parameters: &parameters,
            tags: &tags,
            role_arn: self.role(),
            name: &name,
            capabilities: &[],
            mode: DeploymentMode::Standard,
        };
        let operation = self.phase.run_in_phase(Phase::ChangingDomain, async {
            match &found.stack {
                None => self.create(&change).await,
                Some(stack) => self.update(&change, stack).await,
            }
        });
        match operation.await? {
            Started::Operation(operation) => {
                let since = aws::EventCursor::of_operation(&operation.token);
                let settled = self.wait(&wanted.name, &operation.stack_id, &since).await?;
                outcome(settled)
            }
            Started::Lost => Ok(Sent::Lost),
            Started::Nothing => Ok(Sent::Done),
        }
    }

    async fn create(&self, change: &Change<'_>) -> Result<Started, Error> {
        match self.region.send(change).await {
            Ok(Some(operation)) => Ok(Started::Operation(operation)),
            Ok(None) => Ok(Started::Nothing),
            // Another stage's deploy was faster.
            Err(error) if error.code() == Some("AlreadyExistsException") => Ok(Started::Lost),
            Err(error) => Err(error.into()),
        }
    }

    /// Compares and swaps. CloudFormation does not execute a change set that was made before another change of the stack; that
    /// none came between the reading and the making is what the second look tells.
    async fn update(&self, change: &Change<'_>, read: &Stack) -> Result<Started, Error> {
        let set = match self.region.create_change_set(change).await {
            Ok(set) if set.is_empty => return Ok(Started::Nothing),
            Ok(set) => set,
            Err(error) if error.is_busy() || error.is_missing() => return Ok(Started::Lost),
            Err(error) => return Err(error.into()),
        };
        if !self.is_unchanged(read).await? {
            self.region.discard(&set, change.kind).await?;
            return Ok(Started::Lost);
        }
        match self.region.execute(&set).await {
            Ok(operation) => Ok(Started::Operation(operation)),
            Err(error) if is_lost(&error) => {
                // It may be gone already, with the stack's other change sets.
                let _ = self.region.discard(&set, change.kind).await;
                Ok(Started::Lost)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a stack is as it was when it was read.
    pub(super) async fn is_unchanged(&self, read: &Stack) -> Result<bool, Error> {
        let now = self.region.find_stack(&read.id).await?;
        Ok(now.is_some_and(|now| {
            (&now.id, &now.status, now.last_updated, &now.change_set_id)
                == (&read.id, &read.status, read.last_updated, &read.change_set_id)
        }))
    }
}

/// A change that CloudFormation was asked for.
enum Started {
    Operation(aws::Operation),
    /// A concurrent update is in progress.
    Lost,
    /// The stack is as wanted.
    Nothing,
}

/// Whether a change set cannot be executed since the stack was changed after it was made.
fn is_lost(error: &aws::Error) -> bool {
    error.is_busy() || error.is_missing() || error.code().is_some_and(|code| code.starts_with("InvalidChangeSetStatus"))
}

fn outcome(settled: aws::SettledStack) -> Result<Sent, Error> {
    if settled.stack.status.is_success() {
        return Ok(Sent::Done);
    }
    let reasons = [settled.first_cause.as_ref().and_then(|cause| cause.reason.as_deref())];
    let reasons = reasons.into_iter().chain([settled.stack.status_reason.as_deref()]).flatten();
    if reasons.into_iter().any(|reason| THROTTLED.iter().any(|throttled| reason.contains(throttled))) {
        return Ok(Sent::Throttled);
    }
    Err(Error::StackFailed {
        stack: settled.stack.name,
        status: settled.stack.status.0,
        reason: settled.stack.status_reason,
        cause: settled.first_cause.map(Box::new),
    })
}

fn tags(domain: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(DOMAIN_TAG.to_owned(), domain.to_owned())])
}
