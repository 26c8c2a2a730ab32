//! A stack: what it is, its document, and the changes that are sent without asking first.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Capability, DeletionMode, Tag, TemplateStage};

use super::{Body, Change, ChangeKind, Error, Region, operator};

/// What CloudFormation says of a stack.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Stack {
    /// Its ARN.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) status_reason: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) outputs: BTreeMap<String, String>,
    /// When it was made or changed last, in nanoseconds since 1970; what two looks at a stack are compared by.
    pub(crate) last_updated: Option<i64>,
    pub(crate) termination_protection: bool,
    /// What drift detection found, if it ever ran.
    pub(crate) drift: Option<String>,
}

impl Region {
    /// Looks a stack up by name, or by id when it may be deleted meanwhile.
    pub(crate) async fn find_stack(&self, name: &str) -> Result<Option<Stack>, Error> {
        let answer = match self.cloudformation().describe_stacks().stack_name(name).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let error = Error::of("cloudformation:DescribeStacks", self.name(), &shown(name), &error);
                return if error.is_missing() { Ok(None) } else { Err(error) };
            }
        };
        let found = answer.stacks().first().map(stack);
        // A name outlives its stack in nothing; only by id are deleted ones found.
        Ok(found.filter(|stack| stack.status != "DELETE_COMPLETE" || name.starts_with("arn:")))
    }

    /// The document as it was sent.
    pub(crate) async fn template(&self, name: &str) -> Result<String, Error> {
        let call = self.cloudformation().get_template().stack_name(name).template_stage(TemplateStage::Original);
        let answer = call
            .send()
            .await
            .map_err(|error| Error::of("cloudformation:GetTemplate", self.name(), &shown(name), &error))?;
        Ok(answer.template_body().unwrap_or_default().to_owned())
    }

    /// Creates or updates a stack; `None` if there is nothing to update.
    pub(crate) async fn send(&self, change: &Change<'_>) -> Result<Option<String>, Error> {
        match change.kind {
            ChangeKind::Create => self.create(change).await.map(Some),
            ChangeKind::Update => self.update(change).await,
        }
    }

    async fn create(&self, change: &Change<'_>) -> Result<String, Error> {
        let token = operator::token(self.operator());
        let mut call = self.cloudformation().create_stack().stack_name(change.stack).client_request_token(&token);
        call = match &change.body {
            Body::Inline(text) => call.template_body(*text),
            Body::Url(url) => call.template_url(url),
        };
        let call = call
            .set_tags(Some(tags(change.tags)))
            .capabilities(capability(change.named_iam))
            .set_role_arn(change.role_arn.map(str::to_owned));
        match call.send().await {
            Ok(answer) => Ok(answer.stack_id().unwrap_or(change.stack).to_owned()),
            Err(error) => {
                let error = Error::of("cloudformation:CreateStack", self.name(), &shown(change.stack), &error);
                // The answer to an earlier try may have been lost on the way: then the stack carries our token.
                if error.is_taken()
                    && let Some(stack) = self.find_stack(change.stack).await?
                    && self.tokens(&stack.id).await?.contains(&token)
                {
                    return Ok(stack.id);
                }
                Err(error)
            }
        }
    }

    async fn update(&self, change: &Change<'_>) -> Result<Option<String>, Error> {
        let token = operator::token(self.operator());
        let mut call = self.cloudformation().update_stack().stack_name(change.stack).client_request_token(token);
        call = match &change.body {
            Body::Inline(text) => call.template_body(*text),
            Body::Url(url) => call.template_url(url),
        };
        let call = call
            .set_tags(Some(tags(change.tags)))
            .capabilities(capability(change.named_iam))
            .set_role_arn(change.role_arn.map(str::to_owned));
        match call.send().await {
            Ok(answer) => Ok(Some(answer.stack_id().unwrap_or(change.stack).to_owned())),
            Err(error) => {
                let error = Error::of("cloudformation:UpdateStack", self.name(), &shown(change.stack), &error);
                if error.message().contains("No updates are to be performed") { Ok(None) } else { Err(error) }
            }
        }
    }

    /// Begins to delete a stack.
    pub(crate) async fn delete_stack(&self, id: &str, role_arn: Option<&str>, by_force: bool) -> Result<(), Error> {
        let call = self
            .cloudformation()
            .delete_stack()
            .stack_name(id)
            .client_request_token(operator::token(self.operator()))
            .set_role_arn(role_arn.map(str::to_owned))
            .set_deletion_mode(by_force.then_some(DeletionMode::ForceDeleteStack));
        call.send().await.map_err(|error| Error::of("cloudformation:DeleteStack", self.name(), &shown(id), &error))?;
        Ok(())
    }

    /// Lets a rollback that got stuck go on.
    pub(crate) async fn continue_rollback(&self, name: &str) -> Result<(), Error> {
        let call = self.cloudformation().continue_update_rollback().stack_name(name);
        call.client_request_token(operator::token(self.operator()))
            .send()
            .await
            .map_err(|error| Error::of("cloudformation:ContinueUpdateRollback", self.name(), &shown(name), &error))?;
        Ok(())
    }

    /// Switches termination protection.
    pub(crate) async fn protect(&self, name: &str, wanted: bool) -> Result<(), Error> {
        let call = self.cloudformation().update_termination_protection().stack_name(name);
        call.enable_termination_protection(wanted).send().await.map_err(|error| {
            Error::of("cloudformation:UpdateTerminationProtection", self.name(), &shown(name), &error)
        })?;
        Ok(())
    }
}

pub(super) fn shown(name: &str) -> String {
    let name = name.split(":stack/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(name);
    format!("stack `{name}`")
}

pub(super) fn tags(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

pub(super) fn capability(named_iam: bool) -> Capability {
    if named_iam { Capability::CapabilityNamedIam } else { Capability::CapabilityIam }
}

fn stack(stack: &aws_sdk_cloudformation::types::Stack) -> Stack {
    let time = stack.last_updated_time().or(stack.creation_time());
    Stack {
        id: stack.stack_id().or(stack.stack_name()).unwrap_or_default().to_owned(),
        name: stack.stack_name().unwrap_or_default().to_owned(),
        status: stack.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        status_reason: stack.stack_status_reason().map(str::to_owned),
        tags: stack
            .tags()
            .iter()
            .map(|tag| (tag.key().unwrap_or_default().to_owned(), tag.value().unwrap_or_default().to_owned()))
            .collect(),
        outputs: stack
            .outputs()
            .iter()
            .filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned())))
            .collect(),
        last_updated: time.map(|time| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)),
        termination_protection: stack.enable_termination_protection().unwrap_or_default(),
        drift: stack
            .drift_information()
            .and_then(|drift| drift.stack_drift_status())
            .map(|status| status.as_str().to_lowercase().replace('_', " ")),
    }
}
