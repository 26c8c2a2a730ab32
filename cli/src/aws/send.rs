//! Documents that are sent without asking first: where nothing can be lost, a change set would only cost time.

use super::{Body, Capability, Change, ChangeKind, Error, Region};

impl Region {
    /// Creates or updates a stack and tells its id; `None` if there is nothing to update.
    pub(crate) async fn send(&self, change: &Change<'_>) -> Result<Option<String>, Error> {
        match change.kind {
            ChangeKind::Create => self.create(change).await.map(Some),
            ChangeKind::Update => self.update(change).await,
        }
    }

    async fn create(&self, change: &Change<'_>) -> Result<String, Error> {
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
            .client_request_token(&token);
        let create = match change.body {
            Body::Inline(document) => create.template_body(document),
            Body::Url(url) => create.template_url(url),
        };
        match call.made(create.send()).await {
            Ok(answer) => Ok(answer.stack_id.unwrap_or_else(|| change.stack.to_owned())),
            // The answer to an earlier try of this very call was lost: then the stack's events carry its token.
            Err(error) if error.code() == Some("AlreadyExistsException") => {
                match self.find_stack(change.stack).await? {
                    Some(stack) if self.tokens(&stack.id).await?.contains(&token) => Ok(stack.id),
                    _ => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn update(&self, change: &Change<'_>) -> Result<Option<String>, Error> {
        let call = self.call("cloudformation:UpdateStack", change.stack);
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
            .client_request_token(self.token());
        let update = match change.body {
            Body::Inline(document) => update.template_body(document),
            Body::Url(url) => update.template_url(url),
        };
        match call.made(update.send()).await {
            Ok(answer) => Ok(Some(answer.stack_id.unwrap_or_else(|| change.stack.to_owned()))),
            Err(error) if error.message().is_some_and(super::change_set::is_nothing) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
