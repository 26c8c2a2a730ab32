//! Documents that are sent without asking first: where nothing can be lost, a change set would only cost time.

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
            Body::Inline(document) => create.template_body(document),
            Body::Url(url) => create.template_url(url),
        };
        match call.made(create.send()).await {
            Ok(answer) => Ok(Operation { stack_id: answer.stack_id.unwrap_or_else(|| change.stack.to_owned()), token }),
            // The answer to an earlier try of this very call was lost: then the stack's events carry its token.
            Err(error) if error.code() == Some("AlreadyExistsException") => {
                match self.find_stack(change.stack).await? {
                    Some(stack) if self.tokens(&stack.id).await?.contains(&token) => {
                        Ok(Operation { stack_id: stack.id, token })
                    }
                    _ => Err(error),
                }
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
            Body::Inline(document) => update.template_body(document),
            Body::Url(url) => update.template_url(url),
        };
        match call.made(update.send()).await {
            Ok(answer) => {
                Ok(Some(Operation { stack_id: answer.stack_id.unwrap_or_else(|| change.stack.to_owned()), token }))
            }
            Err(error) => {
                let is_nothing = error.message().is_some_and(is_nothing);
                // The answer to an earlier try of this very call was lost: then it is at work, or done already.
                if (is_nothing || error.is_busy())
                    && let Some(stack) = self.find_stack(change.stack).await?
                    && self.tokens(&stack.id).await?.contains(&token)
                {
                    return Ok(Some(Operation { stack_id: stack.id, token }));
                }
                if is_nothing { Ok(None) } else { Err(error) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::aws::canned::{Canned, region};

    fn answers(refused: &str, token: &str) -> Vec<Canned> {
        let stack = "<Stacks><member><StackName>app</StackName><StackId>arn:stack/app/1</StackId>\
                     <StackStatus>UPDATE_COMPLETE</StackStatus></member></Stacks>";
        let events = format!(
            "<StackEvents><member><EventId>1</EventId><StackName>app</StackName><ResourceStatus>UPDATE_IN_PROGRESS\
             </ResourceStatus><ResourceType>AWS::CloudFormation::Stack</ResourceType>\
             <ClientRequestToken>{token}</ClientRequestToken></member></StackEvents>"
        );
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
        let (parameters, tags) = (BTreeMap::new(), BTreeMap::new());
        let change = Change {
            stack: "app",
            kind: ChangeKind::Update,
            body: Body::Inline("{}"),
            parameters: &parameters,
            tags: &tags,
            role_arn: None,
            name: "zappa-1",
            capabilities: &[],
            mode: DeploymentMode::Standard,
        };
        for refused in [NOTHING, BUSY] {
            let (region, _) = region("eu-west-1", answers(refused, Canned::TOKEN)).await;
            let operation = region.send(&change).await.unwrap().unwrap();
            assert_eq!(operation.stack_id, "arn:stack/app/1", "{refused}");
        }
        let (nothing, _) = region("eu-west-1", answers(NOTHING, "zappa-rs-of-an-earlier-run")).await;
        assert_eq!(nothing.send(&change).await.unwrap(), None);
        let (busy, _) = region("eu-west-1", answers(BUSY, "zappa-rs-somebody-else")).await;
        assert!(busy.send(&change).await.unwrap_err().is_busy());
    }

    #[tokio::test]
    async fn express_mode_that_a_region_refuses_is_not_asked_for_again_in_the_run() {
        let (parameters, tags) = (BTreeMap::new(), BTreeMap::new());
        let change = Change {
            stack: "app",
            kind: ChangeKind::Update,
            body: Body::Inline("{}"),
            parameters: &parameters,
            tags: &tags,
            role_arn: None,
            name: "zappa-1",
            capabilities: &[],
            mode: DeploymentMode::Express,
        };
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
