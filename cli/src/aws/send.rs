//! Templates that are sent without asking first: where nothing can be lost, a change set would only cost time.

use super::{
    Body, Capability, Change, ChangeKind, DeploymentMode, Error, Region, change_set::is_nothing, feature::Feature,
};

/// An operation on a stack that CloudFormation accepted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Operation {
    /// The stack's ARN.
    pub(crate) stack_id: String,
    /// The client request token, which every event of the operation carries.
    pub(crate) token: String,
}

impl Region {
    /// Creates or updates a stack and returns the operation; `None` if there is nothing to update.
    pub(crate) async fn send(&self, change: &Change<'_>) -> Result<Option<Operation>, Error> {
        self.in_mode(change, async |change| match change.kind {
            ChangeKind::Create => self.create(change).await.map(Some),
            ChangeKind::Update => self.update(change).await,
        })
        .await
    }

    /// Sends a change in its deployment mode, and in the standard mode where the region refuses another.
    pub(super) async fn in_mode<T>(
        &self,
        change: &Change<'_>,
        send: impl AsyncFn(&Change<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let standard = Change { mode: DeploymentMode::Standard, ..*change };
        if change.mode == DeploymentMode::Standard || !self.may_have(Feature::ExpressMode) {
            return send(&standard).await;
        }
        match send(change).await {
            Err(error) if error.may_be_unknown_parameter() => {
                let sent = send(&standard).await?;
                self.lacks(Feature::ExpressMode);
                Ok(sent)
            }
            outcome => outcome,
        }
    }

    async fn create(&self, change: &Change<'_>) -> Result<Operation, Error> {
        let call = self.call("cloudformation:CreateStack", change.stack);
        let token = self.token();
        let create = self
            .cloudformation()
            .create_stack()
            .stack_name(change.stack)
            .set_parameters(Some(change.parameters()))
            .set_tags(Some(change.tags()))
            .set_capabilities(Some(
                change.capabilities.iter().map(|capability: &Capability| capability.sent()).collect(),
            ))
            .set_role_arn(change.role_arn.map(str::to_owned))
            .set_deployment_config(change.mode.config())
            .client_request_token(&token);
        let create = match change.body {
            Body::Inline(template) => create.template_body(template),
            Body::Url(url) => create.template_url(url),
            // CloudFormation refuses a stack without a template.
            Body::Previous => create,
        };
        match call.send(create.send()).await {
            Ok(answer) => Ok(Operation { stack_id: answer.stack_id.unwrap_or_else(|| change.stack.to_owned()), token }),
            Err(error) if error.code() == Some("AlreadyExistsException") => {
                self.find_accepted(change.stack, token).await?.ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, change: &Change<'_>) -> Result<Option<Operation>, Error> {
        let call = self.call("cloudformation:UpdateStack", change.stack);
        let token = self.token();
        let update = self
            .cloudformation()
            .update_stack()
            .stack_name(change.stack)
            .set_parameters(Some(change.parameters()))
            .set_tags(Some(change.tags()))
            .set_capabilities(Some(
                change.capabilities.iter().map(|capability: &Capability| capability.sent()).collect(),
            ))
            .set_role_arn(change.role_arn.map(str::to_owned))
            .set_deployment_config(change.mode.config())
            .client_request_token(&token);
        let update = match change.body {
            Body::Inline(template) => update.template_body(template),
            Body::Url(url) => update.template_url(url),
            Body::Previous => update.use_previous_template(true),
        };
        match call.send(update.send()).await {
            Ok(answer) => {
                Ok(Some(Operation { stack_id: answer.stack_id.unwrap_or_else(|| change.stack.to_owned()), token }))
            }
            Err(error) => {
                let is_nothing = error.message().is_some_and(is_nothing);
                if is_nothing || error.is_busy() {
                    let accepted = self.find_accepted(change.stack, token).await?;
                    if accepted.is_some() || is_nothing {
                        return Ok(accepted);
                    }
                }
                Err(error)
            }
        }
    }

    /// The operation that CloudFormation accepted at an earlier try of a call, the answer to which was lost: then the
    /// stack's events carry the token of the call.
    async fn find_accepted(&self, stack: &str, token: String) -> Result<Option<Operation>, Error> {
        let Some(stack) = self.find_stack(stack).await? else { return Ok(None) };
        let is_accepted = self.has_operation(&stack.id, &token).await?;
        Ok(is_accepted.then_some(Operation { stack_id: stack.id, token }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::aws::canned::{Canned, region};

    static PARAMETERS: BTreeMap<String, Option<String>> = BTreeMap::new();
    static TAGS: BTreeMap<String, String> = BTreeMap::new();

    /// An update of the stack `app`.
    fn update(mode: DeploymentMode) -> Change<'static> {
        Change {
            stack: "app",
            kind: ChangeKind::Update,
            body: Body::Inline("{}"),
            parameters: &PARAMETERS,
            tags: &TAGS,
            role_arn: None,
            name: "zappa-1",
            capabilities: &[],
            mode,
        }
    }

    /// A lost answer, a refusal, and the stack with the beginning of an operation of each token, the latest first.
    fn answers(refused: &str, tokens: &[&str]) -> Vec<Canned> {
        let stack = "<Stacks><member><StackName>app</StackName><StackId>arn:stack/app/1</StackId>\
                     <StackStatus>UPDATE_COMPLETE</StackStatus></member></Stacks>";
        let event = |token: &&str| {
            format!(
                "<member><EventId>{token}</EventId><StackName>app</StackName><ResourceStatus>UPDATE_IN_PROGRESS\
                 </ResourceStatus><ResourceType>AWS::CloudFormation::Stack</ResourceType>\
                 <ClientRequestToken>{token}</ClientRequestToken></member>"
            )
        };
        let events = format!("<StackEvents>{}</StackEvents>", tokens.iter().map(event).collect::<String>());
        vec![
            Canned::Reset,
            Canned::error(400, "ValidationError", refused),
            Canned::result("DescribeStacks", stack),
            Canned::result("DescribeStackEvents", &events),
        ]
    }

    #[tokio::test]
    async fn an_update_whose_answer_was_lost_is_under_way_and_another_one_in_the_way() {
        const NOTHING: &str = "No updates are to be performed.";
        const BUSY: &str = "Stack:app is in UPDATE_IN_PROGRESS state and can not be updated.";
        let change = update(DeploymentMode::Standard);
        let followed = [BUSY, "zappa-rs-somebody-else", Canned::TOKEN];
        for tokens in [&[NOTHING, Canned::TOKEN][..], &[BUSY, Canned::TOKEN], &followed] {
            let (region, _) = region("eu-west-1", answers(tokens[0], &tokens[1..])).await;
            let operation = region.send(&change).await.unwrap().unwrap();
            assert_eq!(operation.stack_id, "arn:stack/app/1", "{tokens:?}");
        }
        let (nothing, _) = region("eu-west-1", answers(NOTHING, &["zappa-rs-of-an-earlier-run"])).await;
        assert_eq!(nothing.send(&change).await.unwrap(), None);
        let (busy, _) = region("eu-west-1", answers(BUSY, &["zappa-rs-somebody-else"])).await;
        assert!(busy.send(&change).await.unwrap_err().is_busy());
    }

    #[tokio::test]
    async fn express_mode_that_a_region_refuses_is_not_asked_for_again_in_the_run() {
        let change = update(DeploymentMode::Express);
        let refused = Canned::error(400, "ValidationError", "DeploymentConfig is not supported in this region");
        let done = Canned::result("UpdateStack", "<StackId>arn:stack/app/1</StackId>");
        let (region, asked) = region("eu-west-1", vec![refused.clone(), done.clone(), done]).await;
        for _ in 0..2 {
            assert_eq!(region.send(&change).await.unwrap().unwrap().stack_id, "arn:stack/app/1");
        }
        let express: Vec<bool> =
            asked.all().iter().map(|request| request.contains("DeploymentConfig.Mode=EXPRESS")).collect();
        assert_eq!(express, [true, false, false]);
        assert!(asked.all()[0].contains("DeploymentConfig.DisableRollback=false"), "express mode rolls back too");

        // What is wrong in both modes says nothing about the mode.
        let wrong = Canned::error(400, "ValidationError", "Template format error: unsupported structure.");
        let (region, asked) = crate::aws::canned::region("eu-west-1", vec![wrong]).await;
        for _ in 0..2 {
            assert!(region.send(&change).await.unwrap_err().message().unwrap().contains("Template format error"));
        }
        assert_eq!(asked.all().iter().filter(|request| request.contains("EXPRESS")).count(), 2);
    }
}
