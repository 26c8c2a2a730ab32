//! Change sets: what CloudFormation would do, before it does it.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_cloudformation::types::{
    ChangeSetStatus, ChangeSetType, Replacement as SdkReplacement, ResourceChange as SdkResourceChange,
};

use super::{
    Bucket, Error, Region, operator,
    settle::Pauses,
    stack::{capability, shown, tags},
};

/// How long CloudFormation may think about a change set.
const PATIENCE: Duration = Duration::from_secs(300);

/// A document on its way to a stack.
#[derive(Clone, Debug)]
pub(crate) struct Change<'a> {
    pub(crate) stack: &'a str,
    pub(crate) kind: ChangeKind,
    pub(crate) body: Body<'a>,
    pub(crate) tags: &'a BTreeMap<String, String>,
    /// The role that CloudFormation works with.
    pub(crate) role_arn: Option<&'a str>,
    /// The document names IAM resources itself.
    pub(crate) named_iam: bool,
}

/// Whether there is a stack already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ChangeKind {
    Create,
    Update,
}

/// Where the document is.
#[derive(Clone, Debug)]
pub(crate) enum Body<'a> {
    Inline(&'a str),
    Url(String),
}

/// What CloudFormation would do.
#[derive(Clone, Debug)]
pub(crate) struct ChangeSet {
    pub(crate) id: String,
    pub(crate) stack_id: String,
    /// There is nothing to change; the set is deleted again.
    pub(crate) is_empty: bool,
    pub(crate) changes: Vec<ResourceChange>,
}

/// What would happen to one resource.
#[derive(Clone, Debug)]
pub(crate) struct ResourceChange {
    pub(crate) logical_id: String,
    pub(crate) kind: String,
    /// `Add`, `Modify`, `Remove`, as CloudFormation says it.
    pub(crate) action: String,
    pub(crate) replacement: Replacement,
    /// The properties that change.
    pub(crate) details: Vec<String>,
}

/// Whether another resource takes the old one's place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Replacement {
    Never,
    Perhaps,
    Always,
}

impl Region {
    /// Where CloudFormation reads an object of the bucket.
    pub(crate) fn template_url(&self, bucket: &Bucket, key: &str) -> String {
        match self.endpoint_url() {
            Some(endpoint) => format!("{}/{}/{key}", endpoint.trim_end_matches('/'), bucket.name),
            None => {
                let suffix = if self.name().starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                format!("https://s3.{}.{suffix}/{}/{key}", self.name(), bucket.name)
            }
        }
    }

    /// Makes a change set and waits until CloudFormation knows what it would do.
    pub(crate) async fn change(&self, change: &Change<'_>) -> Result<ChangeSet, Error> {
        const OPERATION: &str = "cloudformation:CreateChangeSet";
        let stack = shown(change.stack);
        let name = operator::token("change").replace("change-", "");
        let mut call = self
            .cloudformation()
            .create_change_set()
            .stack_name(change.stack)
            .change_set_name(&name)
            .client_token(operator::token(self.operator()))
            .change_set_type(match change.kind {
                ChangeKind::Create => ChangeSetType::Create,
                ChangeKind::Update => ChangeSetType::Update,
            })
            .set_tags(Some(tags(change.tags)))
            .capabilities(capability(change.named_iam))
            .set_role_arn(change.role_arn.map(str::to_owned));
        call = match &change.body {
            Body::Inline(text) => call.template_body(*text),
            Body::Url(url) => call.template_url(url),
        };
        let made = match call.send().await {
            Ok(made) => (made.id().unwrap_or(&name).to_owned(), made.stack_id().unwrap_or(change.stack).to_owned()),
            Err(error) => {
                let error = Error::of(OPERATION, self.name(), &stack, &error);
                if is_about_nothing(error.message()) {
                    return Ok(ChangeSet::empty(change.stack));
                }
                // The answer to an earlier try was lost; the name is ours alone.
                if error.is_taken() { (name.clone(), change.stack.to_owned()) } else { return Err(error) }
            }
        };
        let mut pauses = Pauses::new(PATIENCE);
        loop {
            let set = self.read_change_set(change.stack, &made).await?;
            match set {
                Thought::Ready(set) => return Ok(set),
                Thought::Nothing => {
                    self.discard(change.stack, &made.0).await?;
                    return Ok(ChangeSet { stack_id: made.1, ..ChangeSet::empty(change.stack) });
                }
                Thought::Failed(reason) => {
                    self.discard(change.stack, &made.0).await?;
                    return Err(Error::odd(OPERATION, self.name(), &stack, &reason));
                }
                Thought::Thinking if pauses.next().await => {}
                Thought::Thinking => {
                    let what = format!("CloudFormation still thinks after {} minutes", PATIENCE.as_secs() / 60);
                    return Err(Error::timed_out("cloudformation:DescribeChangeSet", self.name(), &stack, what));
                }
            }
        }
    }

    async fn read_change_set(&self, stack: &str, made: &(String, String)) -> Result<Thought, Error> {
        let failed = |error: &_| Error::of("cloudformation:DescribeChangeSet", self.name(), &shown(stack), error);
        let mut changes = Vec::new();
        let mut token = None;
        loop {
            let call = self.cloudformation().describe_change_set().stack_name(stack).change_set_name(&made.0);
            let page = call.set_next_token(token).send().await.map_err(|error| failed(&error))?;
            match page.status() {
                Some(ChangeSetStatus::CreateComplete) => {}
                Some(ChangeSetStatus::Failed) => {
                    let reason = page.status_reason().unwrap_or_default();
                    return Ok(if is_about_nothing(reason) {
                        Thought::Nothing
                    } else {
                        Thought::Failed(reason.to_owned())
                    });
                }
                _ => return Ok(Thought::Thinking),
            }
            changes.extend(page.changes().iter().filter_map(|change| change.resource_change()).map(resource_change));
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        let (id, stack_id) = made.clone();
        Ok(Thought::Ready(ChangeSet { id, stack_id, is_empty: false, changes }))
    }

    /// Lets CloudFormation do it.
    pub(crate) async fn execute(&self, stack: &str, id: &str) -> Result<(), Error> {
        let call = self.cloudformation().execute_change_set().stack_name(stack).change_set_name(id);
        call.client_request_token(operator::token(self.operator()))
            .send()
            .await
            .map_err(|error| Error::of("cloudformation:ExecuteChangeSet", self.name(), &shown(stack), &error))?;
        Ok(())
    }

    /// Deletes a change set.
    pub(crate) async fn discard(&self, stack: &str, id: &str) -> Result<(), Error> {
        let call = self.cloudformation().delete_change_set().stack_name(stack).change_set_name(id);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let error = Error::of("cloudformation:DeleteChangeSet", self.name(), &shown(stack), &error);
                if error.is_missing() { Ok(()) } else { Err(error) }
            }
        }
    }
}

impl ChangeSet {
    fn empty(stack: &str) -> Self {
        Self { id: String::new(), stack_id: stack.to_owned(), is_empty: true, changes: Vec::new() }
    }
}

/// What CloudFormation thinks of a change set.
enum Thought {
    Thinking,
    Ready(ChangeSet),
    Nothing,
    Failed(String),
}

/// "No updates" comes as a failed set and as a refusal to make one, in several wordings.
fn is_about_nothing(reason: &str) -> bool {
    ["didn't contain changes", "No updates are to be performed", "no changes"]
        .iter()
        .any(|words| reason.contains(words))
}

fn resource_change(change: &SdkResourceChange) -> ResourceChange {
    let mut details: Vec<String> = change
        .details()
        .iter()
        .filter_map(|detail| detail.target())
        .filter_map(|target| target.name().or_else(|| target.attribute().map(|attribute| attribute.as_str())))
        .map(str::to_owned)
        .collect();
    details.dedup();
    ResourceChange {
        logical_id: change.logical_resource_id().unwrap_or_default().to_owned(),
        kind: change.resource_type().unwrap_or_default().to_owned(),
        action: change.action().map(|action| action.as_str().to_owned()).unwrap_or_default(),
        replacement: match change.replacement() {
            Some(SdkReplacement::True) => Replacement::Always,
            Some(SdkReplacement::Conditional) => Replacement::Perhaps,
            _ => Replacement::Never,
        },
        details,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_updates_is_known_in_each_of_its_wordings() {
        for reason in [
            "The submitted information didn't contain changes. Submit different information to create a change set.",
            "No updates are to be performed.",
        ] {
            assert!(is_about_nothing(reason), "{reason}");
        }
        assert!(!is_about_nothing("Template format error"));
    }
}
