//! Stacks as they are, and the calls that change one without a change set.

use std::{collections::BTreeMap, fmt, time::SystemTime};

use aws_sdk_cloudformation::types::{self, TemplateStage};

use super::{Error, Region};

/// All stacks of a region, as a policy names them.
pub(super) const ALL_STACKS: &str = "*";

/// A stack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Stack {
    /// Its name.
    pub(crate) name: String,
    /// Its ARN, which stays its own when a stack of the same name follows it.
    pub(crate) id: String,
    /// What it is doing or how that ended.
    pub(crate) status: StackStatus,
    /// Why.
    pub(crate) status_reason: Option<String>,
    /// Its tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// Its parameters.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Its outputs.
    pub(crate) outputs: BTreeMap<String, String>,
    /// When it was made.
    pub(crate) created: Option<SystemTime>,
    /// When its latest update began.
    pub(crate) last_updated: Option<SystemTime>,
    /// Whether it is protected against being deleted.
    pub(crate) is_protected: bool,
    /// `IN_SYNC`, `DRIFTED`, ..., if that was ever looked for.
    pub(crate) drift: Option<String>,
    /// The change set that was executed last.
    pub(crate) change_set_id: Option<String>,
    /// The role that CloudFormation takes for it.
    pub(crate) role_arn: Option<String>,
    /// The description of its template.
    pub(crate) description: Option<String>,
    /// Whether it is a resource of another stack, whose tags it has.
    pub(crate) is_nested: bool,
}

/// `UPDATE_COMPLETE` and its like.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StackStatus(pub(crate) String);

impl StackStatus {
    /// As AWS writes it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// CloudFormation is at work, cleaning up included.
    pub(crate) fn is_in_progress(&self) -> bool {
        self.0.ends_with("_IN_PROGRESS") && !self.is_review()
    }

    /// A change set made the stack's name known, and nothing exists.
    pub(crate) fn is_review(&self) -> bool {
        self.0 == "REVIEW_IN_PROGRESS"
    }

    /// The latest create or update came to its good end.
    pub(crate) fn is_success(&self) -> bool {
        matches!(&*self.0, "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE")
    }

    /// It is gone.
    pub(crate) fn is_deleted(&self) -> bool {
        self.0 == "DELETE_COMPLETE"
    }
}

impl fmt::Display for StackStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Region {
    /// The stack of this name or id, in one call; a deleted one is found by its id only.
    pub(crate) async fn find_stack(&self, name_or_id: &str) -> Result<Option<Stack>, Error> {
        let call = self.call("cloudformation:DescribeStacks", name_or_id);
        match call.send(self.cloudformation().describe_stacks().stack_name(name_or_id).send()).await {
            Ok(answer) => match answer.stacks.unwrap_or_default().into_iter().next() {
                Some(stack) => {
                    Stack::new(stack).map(Some).ok_or_else(|| Error::odd(call, None, b"a stack without status"))
                }
                None => Ok(None),
            },
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All stacks of the region, a call a page; deleted ones are not among them.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>
    pub(crate) async fn stacks(&self) -> Result<Vec<Stack>, Error> {
        let call = self.call("cloudformation:DescribeStacks", ALL_STACKS);
        let mut all = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let describe = self.cloudformation().describe_stacks().set_next_token(token.clone());
            let page = call.clone().send(describe.send()).await?;
            for stack in page.stacks.unwrap_or_default() {
                match Stack::new(stack) {
                    Some(stack) => all.push(stack),
                    None => return Err(Error::odd(call, None, b"a stack without status")),
                }
            }
            let next = page.next_token.filter(|next| !next.is_empty());
            if next.is_none() {
                return Ok(all);
            }
            if next == token {
                return Err(Error::odd(call, None, b"the same page again and again"));
            }
            token = next;
        }
    }

    /// The template that was sent last, as it was sent.
    pub(crate) async fn template(&self, stack: &str) -> Result<String, Error> {
        let call = self.call("cloudformation:GetTemplate", stack);
        let original = self.cloudformation().get_template().stack_name(stack).template_stage(TemplateStage::Original);
        let answer = call.send(original.send()).await?;
        answer.template_body.filter(|body| !body.is_empty()).ok_or_else(|| Error::odd(call, None, b"no template"))
    }

    /// Begins to delete a stack and returns the token of the operation; one that is gone is fine. `retain` is for
    /// resources whose deletion failed before.
    pub(crate) async fn delete_stack(
        &self,
        stack_id: &str,
        retain: &[String],
        role_arn: Option<&str>,
    ) -> Result<String, Error> {
        let call = self.call("cloudformation:DeleteStack", stack_id);
        let token = self.token();
        let delete = self
            .cloudformation()
            .delete_stack()
            .stack_name(stack_id)
            .set_retain_resources((!retain.is_empty()).then(|| retain.to_vec()))
            .set_role_arn(role_arn.map(str::to_owned))
            .client_request_token(&token);
        match call.send(delete.send()).await {
            Err(error) if !error.is_missing() => Err(error),
            _ => Ok(token),
        }
    }

    /// Asks a stack in UPDATE_ROLLBACK_FAILED to try its rollback once more, and returns the token of the operation.
    pub(crate) async fn continue_rollback(&self, stack: &str, role_arn: Option<&str>) -> Result<String, Error> {
        let call = self.call("cloudformation:ContinueUpdateRollback", stack);
        let token = self.token();
        let go_on = self
            .cloudformation()
            .continue_update_rollback()
            .stack_name(stack)
            .set_role_arn(role_arn.map(str::to_owned))
            .client_request_token(&token);
        match call.send(go_on.send()).await {
            Ok(_) => Ok(token),
            // The answer to an earlier try of this very call was lost.
            Err(error) if error.message().is_some_and(|message| message.contains("ROLLBACK_IN_PROGRESS")) => Ok(token),
            Err(error) => Err(error),
        }
    }

    /// Asks a stack in UPDATE_FAILED, which somebody let stay half-way, to roll back, and returns the token of the
    /// operation.
    pub(crate) async fn roll_back(&self, stack: &str, role_arn: Option<&str>) -> Result<String, Error> {
        let call = self.call("cloudformation:RollbackStack", stack);
        let token = self.token();
        let back = self
            .cloudformation()
            .rollback_stack()
            .stack_name(stack)
            .set_role_arn(role_arn.map(str::to_owned))
            .client_request_token(&token);
        match call.send(back.send()).await {
            Ok(_) => Ok(token),
            // The answer to an earlier try of this very call was lost.
            Err(error) if error.message().is_some_and(|message| message.contains("ROLLBACK_IN_PROGRESS")) => Ok(token),
            Err(error) => Err(error),
        }
    }

    /// Switches the protection against being deleted.
    pub(crate) async fn protect(&self, stack: &str, is_protected: bool) -> Result<(), Error> {
        let call = self.call("cloudformation:UpdateTerminationProtection", stack);
        let update = self
            .cloudformation()
            .update_termination_protection()
            .stack_name(stack)
            .enable_termination_protection(is_protected);
        call.send(update.send()).await.map(drop)
    }
}

impl Stack {
    /// A stack of which nothing is known but its name and status.
    pub(crate) fn bare(name: &str, status: StackStatus) -> Self {
        Self {
            name: name.to_owned(),
            id: String::new(),
            status,
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
            description: None,
            is_nested: false,
        }
    }

    fn new(stack: types::Stack) -> Option<Self> {
        let outputs = stack.outputs.unwrap_or_default().into_iter();
        let parameters = stack.parameters.unwrap_or_default().into_iter();
        let tags = stack.tags.unwrap_or_default().into_iter();
        Some(Self {
            name: stack.stack_name.unwrap_or_default(),
            id: stack.stack_id.unwrap_or_default(),
            status: StackStatus(stack.stack_status?.as_str().to_owned()),
            status_reason: stack.stack_status_reason.filter(|reason| !reason.is_empty()),
            tags: tags.filter_map(|tag| Some((tag.key?, tag.value?))).collect(),
            parameters: parameters.filter_map(|found| Some((found.parameter_key?, found.parameter_value?))).collect(),
            outputs: outputs.filter_map(|output| Some((output.output_key?, output.output_value?))).collect(),
            created: stack.creation_time.and_then(|time| SystemTime::try_from(time).ok()),
            last_updated: stack.last_updated_time.and_then(|time| SystemTime::try_from(time).ok()),
            is_protected: stack.enable_termination_protection.unwrap_or_default(),
            drift: stack
                .drift_information
                .and_then(|drift| drift.stack_drift_status)
                .map(|status| status.as_str().to_owned()),
            change_set_id: stack.change_set_id.filter(|id| !id.is_empty()),
            role_arn: stack.role_arn.filter(|arn| !arn.is_empty()),
            description: stack.description.filter(|description| !description.is_empty()),
            is_nested: stack.parent_id.is_some_and(|id| !id.is_empty()),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::aws::canned::{Canned, region};

    fn page(content: &str, next: &str) -> Canned {
        let next = if next.is_empty() { String::new() } else { format!("<NextToken>{next}</NextToken>") };
        Canned::result("DescribeStacks", &format!("<Stacks>{content}</Stacks>{next}"))
    }

    fn member(name: &str, more: &str) -> String {
        format!("<member><StackName>{name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>{more}</member>")
    }

    #[tokio::test]
    async fn all_stacks_are_read_page_by_page() {
        let first = member(
            "shop-dev",
            "<Description>shop dev</Description><Tags><member><Key>zappa-rs:stage</Key><Value>dev</Value></member></Tags>\
             <Outputs><member><OutputKey>Url</OutputKey><OutputValue>https://a.example/</OutputValue></member></Outputs>",
        );
        let second = member("shop-dev-Nested-1", "<ParentId>arn:aws:cloudformation:::stack/shop-dev/1</ParentId>");
        let (region, asked) = region("eu-west-1", vec![page(&first, "more"), page(&second, "")]).await;
        let stacks = region.stacks().await.unwrap();
        let found: Vec<_> = stacks.iter().map(|stack| (stack.name.as_str(), stack.is_nested)).collect();
        assert_eq!(found, [("shop-dev", false), ("shop-dev-Nested-1", true)]);
        assert_eq!(stacks[0].description.as_deref(), Some("shop dev"));
        assert_eq!(stacks[0].tags["zappa-rs:stage"], "dev");
        assert_eq!(stacks[0].outputs["Url"], "https://a.example/");
        let asked = asked.all();
        assert_eq!(asked.len(), 2, "{asked:?}");
        assert!(!asked[0].contains("NextToken") && asked[1].contains("NextToken=more"), "{asked:?}");
        assert!(asked.iter().all(|request| !request.contains("StackName")), "{asked:?}");
    }

    #[tokio::test]
    async fn pages_that_repeat_do_not_go_on_for_ever() {
        let (region, _) = region("eu-west-1", vec![page("", "same")]).await;
        let error = region.stacks().await.unwrap_err();
        assert!(error.hint().unwrap().contains("the same page again"), "{error}");
    }

    #[tokio::test]
    async fn a_refusal_names_the_permissions_for_all_stacks() {
        let denied = Canned::error(403, "AccessDenied", "");
        let (region, _) = region("eu-west-1", vec![denied]).await;
        let hint = region.stacks().await.unwrap_err().hint().unwrap();
        assert!(
            hint.contains("`cloudformation:DescribeStacks` and `cloudformation:ListStacks` on all stacks"),
            "{hint}"
        );
        let hint = region.find_stack("shop-dev").await.unwrap_err().hint().unwrap();
        assert!(!hint.contains("ListStacks"), "{hint}");
    }
}
