//! Change sets: creation, wait, execution and deletion.

use std::time::Duration;

use aws_sdk_cloudformation::{
    operation::{
        create_change_set::builders::CreateChangeSetFluentBuilder, describe_change_set::DescribeChangeSetOutput,
    },
    types::{ChangeSetStatus, ChangeSetType, ExecutionStatus},
};

use super::{Body, Change, ChangeKind, ChangeSet, Error, Operation, Region, ResourceChange, backoff::Backoff};

/// How long CloudFormation may take to find out what would change.
const PREPARING: Duration = Duration::from_secs(300);
/// How long a change set that was just made may be unknown.
const APPEARING: Duration = Duration::from_secs(10);
/// How long the shell of a stack that never was may take to go.
const VANISHING: Duration = Duration::from_secs(60);
/// How CloudFormation says that there is nothing to do, in its several places.
const NOTHING: [&str; 3] = ["No updates are to be performed", "didn't contain changes", "did not contain changes"];

impl Region {
    /// Makes a change set and waits until it is ready.
    pub(crate) async fn create_change_set(&self, change: &Change<'_>) -> Result<ChangeSet, Error> {
        self.in_mode(change, async |change| self.change_in_mode(change).await).await
    }

    async fn change_in_mode(&self, change: &Change<'_>) -> Result<ChangeSet, Error> {
        let call = self.call("cloudformation:CreateChangeSet", change.stack);
        let create = self.create_request(change);
        let mut already = None;
        let (id, stack_id) = match call.send(create.send()).await {
            Ok(answer) => (answer.id, answer.stack_id),
            Err(error) if error.message().is_some_and(is_nothing) => {
                return Ok(ChangeSet::nothing(String::new(), change.stack.to_owned()));
            }
            // The name is this run's own: the answer to an earlier try of this very call was lost.
            Err(error) if error.code() == Some("AlreadyExistsException") => {
                already = Some(error);
                (None, None)
            }
            Err(error) => return Err(error),
        };
        let id = id.filter(|id| !id.is_empty());
        let stack_id = stack_id.filter(|id| !id.is_empty());
        // An id names its stack, a name needs it.
        let stack = if id.is_some() { None } else { Some(change.stack) };
        let prepared = self.wait_until_prepared(id.as_deref().unwrap_or(change.name), stack).await;
        // It was the stack that exists already, not our change set.
        let (last, changes) = prepared.map_err(|error| match already {
            Some(already) if error.is_missing() => already,
            _ => error,
        })?;
        let id = last.change_set_id.clone().or(id).unwrap_or_else(|| change.name.to_owned());
        let stack_id = last.stack_id.clone().or(stack_id).unwrap_or_else(|| change.stack.to_owned());
        if last.status == Some(ChangeSetStatus::Failed) {
            return self.discard_failed(change, ChangeSet::nothing(id, stack_id), last.status_reason).await;
        }
        Ok(ChangeSet { id, stack_id, changes, is_empty: false })
    }

    fn create_request(&self, change: &Change<'_>) -> CreateChangeSetFluentBuilder {
        let create = self
            .cloudformation()
            .create_change_set()
            .stack_name(change.stack)
            .change_set_name(change.name)
            .change_set_type(match change.kind {
                ChangeKind::Create => ChangeSetType::Create,
                ChangeKind::Update => ChangeSetType::Update,
            })
            .set_parameters(Some(change.parameters()))
            .set_tags(Some(change.tags()))
            .set_capabilities(Some(change.capabilities.iter().map(|capability| capability.sent()).collect()))
            .set_role_arn(change.role_arn.map(str::to_owned))
            .set_deployment_config(change.mode.config())
            .client_token(self.token());
        match change.body {
            Body::Inline(template) => create.template_body(template),
            Body::Url(url) => create.template_url(url),
            Body::Previous => create.use_previous_template(true),
        }
    }

    /// Waits until CloudFormation knows what would change, or that it cannot.
    async fn wait_until_prepared(
        &self,
        id: &str,
        stack: Option<&str>,
    ) -> Result<(DescribeChangeSetOutput, Vec<ResourceChange>), Error> {
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(3), PREPARING);
        let mut appearing = Backoff::new(Duration::from_millis(250), Duration::from_secs(2), APPEARING);
        loop {
            match self.describe(id, stack, None).await {
                Ok(first) if is_prepared(&first) => return self.with_changes(id, stack, first).await,
                Ok(_) if backoff.wait().await => {}
                Ok(_) => {
                    let what = format!("the change set `{id}`");
                    return Err(Error::Timeout { what, region: self.name().to_owned(), after: PREPARING });
                }
                Err(error) if error.is_missing() && appearing.wait().await => {}
                Err(error) if error.is_throttled() && backoff.wait().await => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads the pages behind the first.
    async fn with_changes(
        &self,
        id: &str,
        stack: Option<&str>,
        mut page: DescribeChangeSetOutput,
    ) -> Result<(DescribeChangeSetOutput, Vec<ResourceChange>), Error> {
        let mut changes = Vec::new();
        loop {
            let found = page.changes.take().unwrap_or_default();
            changes.extend(found.into_iter().filter_map(|change| change.resource_change).map(ResourceChange::new));
            match page.next_token.take().filter(|token| !token.is_empty()) {
                Some(next) => page = self.describe(id, stack, Some(next)).await?,
                None => return Ok((page, changes)),
            }
        }
    }

    async fn describe(
        &self,
        id: &str,
        stack: Option<&str>,
        next: Option<String>,
    ) -> Result<DescribeChangeSetOutput, Error> {
        let call = self.call("cloudformation:DescribeChangeSet", id);
        let describe = self
            .cloudformation()
            .describe_change_set()
            .change_set_name(id)
            .set_stack_name(stack.map(str::to_owned))
            .set_next_token(next);
        call.send(describe.send()).await
    }

    /// A change set that failed: because there is nothing to do, or because CloudFormation does not want to.
    async fn discard_failed(
        &self,
        change: &Change<'_>,
        failed: ChangeSet,
        reason: Option<String>,
    ) -> Result<ChangeSet, Error> {
        let reason = reason.unwrap_or_else(|| "no reason given".to_owned());
        let is_empty = is_nothing(&reason);
        // The change set's events go with it.
        let cause = if is_empty { None } else { self.validation_error_of_change_set(&failed.id).await };
        let discarded = self.discard(&failed, change.kind).await;
        if !is_empty {
            let (stack, region) = (change.stack.to_owned(), self.name().to_owned());
            return Err(Error::ChangeRefused { stack, region, reason, cause: cause.map(Box::new) });
        }
        discarded.map(|()| failed)
    }

    /// Begins to execute a change set and returns the operation.
    pub(crate) async fn execute(&self, change_set: &ChangeSet) -> Result<Operation, Error> {
        let operation = Operation { stack_id: change_set.stack_id.clone(), token: self.token() };
        let call = self.call("cloudformation:ExecuteChangeSet", &change_set.id);
        let execute = self
            .cloudformation()
            .execute_change_set()
            .change_set_name(&change_set.id)
            .client_request_token(&operation.token);
        match call.send(execute.send()).await {
            Ok(_) => Ok(operation),
            Err(error) if error.refusal().is_some_and(|refusal| refusal.status < 500) && !error.is_denied() => {
                // The answer to an earlier try of this very call may have been lost.
                if self.is_executed(change_set).await { Ok(operation) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    async fn is_executed(&self, change_set: &ChangeSet) -> bool {
        if let Ok(Some(stack)) = self.find_stack(&change_set.stack_id).await
            && stack.change_set_id.as_deref() == Some(&change_set.id)
            && !stack.status.is_review()
        {
            return true;
        }
        let status = self.describe(&change_set.id, None, None).await.ok().and_then(|found| found.execution_status);
        matches!(status, Some(ExecutionStatus::ExecuteInProgress | ExecutionStatus::ExecuteComplete))
    }

    /// Deletes a change set, and the stack if this change set is all there was of it (REVIEW_IN_PROGRESS).
    pub(crate) async fn discard(&self, change_set: &ChangeSet, kind: ChangeKind) -> Result<(), Error> {
        if kind == ChangeKind::Create && self.discard_shell(&change_set.stack_id).await? {
            return Ok(());
        }
        if change_set.id.is_empty() {
            return Ok(());
        }
        let call = self.call("cloudformation:DeleteChangeSet", &change_set.id);
        match call.send(self.cloudformation().delete_change_set().change_set_name(&change_set.id).send()).await {
            Err(error) if !error.is_missing() => Err(error),
            _ => Ok(()),
        }
    }

    /// Deletes a stack that is only a name so far, and waits until the name is free again; false for a real stack.
    async fn discard_shell(&self, stack_id: &str) -> Result<bool, Error> {
        let Some(stack) = self.find_stack(stack_id).await? else { return Ok(true) };
        if !stack.status.is_review() {
            return Ok(false);
        }
        self.delete_stack(stack_id, &[], None).await?;
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(2), VANISHING);
        loop {
            match self.find_stack(stack_id).await? {
                Some(stack) if !stack.status.is_deleted() && backoff.wait().await => {}
                _ => return Ok(true),
            }
        }
    }
}

fn is_prepared(found: &DescribeChangeSetOutput) -> bool {
    !matches!(found.status, Some(ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress) | None)
}

pub(super) fn is_nothing(reason: &str) -> bool {
    NOTHING.iter().any(|nothing| reason.contains(nothing))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::aws::{
        DeploymentMode,
        canned::{Canned, region},
    };

    #[test]
    fn nothing_to_do_is_understood_in_each_of_its_shapes() {
        for reason in [
            "No updates are to be performed.",
            "The submitted information didn't contain changes. Submit different information to create a change set.",
        ] {
            assert!(is_nothing(reason), "{reason}");
        }
        assert!(!is_nothing("Template format error: unsupported structure."));
    }

    const NONE: &BTreeMap<String, Option<String>> = &BTreeMap::new();
    const TAGS: &BTreeMap<String, String> = &BTreeMap::new();

    fn wanted(kind: ChangeKind) -> Change<'static> {
        let (stack, name, body) = ("app-dev", "zappa-1", Body::Inline("{}"));
        Change {
            stack,
            kind,
            body,
            parameters: NONE,
            tags: TAGS,
            role_arn: None,
            name,
            capabilities: &[],
            mode: DeploymentMode::Standard,
        }
    }

    fn created() -> Canned {
        Canned::result("CreateChangeSet", "<Id>arn:change-set</Id><StackId>arn:stack/app-dev/1</StackId>")
    }

    fn describe(status: &str, rest: &str) -> Canned {
        let content = format!(
            "<ChangeSetId>arn:change-set</ChangeSetId><StackId>arn:stack/app-dev/1</StackId><Status>{status}</Status>\
             <CreationTime>2026-01-02T03:04:05.006Z</CreationTime>{rest}"
        );
        Canned::result("DescribeChangeSet", &content)
    }

    fn member(logical_id: &str) -> String {
        format!(
            "<member><Type>Resource</Type><ResourceChange><Action>Modify</Action><Replacement>True</Replacement>\
             <LogicalResourceId>{logical_id}</LogicalResourceId><ResourceType>AWS::Lambda::Function</ResourceType>\
             <Details><member><Target><Attribute>Properties</Attribute><Name>Code</Name></Target></member>\
             <member><Target><Attribute>Properties</Attribute><Name>Code</Name></Target></member></Details>\
             </ResourceChange></member>"
        )
    }

    #[tokio::test]
    async fn a_change_set_is_waited_for_and_read_to_its_last_page() {
        let first = format!("<Changes>{}</Changes><NextToken>more</NextToken>", member("A"));
        let second = format!("<Changes>{}</Changes>", member("B"));
        let answers = vec![
            created(),
            Canned::error(404, "ChangeSetNotFound", "ChangeSet [zappa-1] does not exist"),
            describe("CREATE_IN_PROGRESS", ""),
            describe("CREATE_COMPLETE", &first),
            describe("CREATE_COMPLETE", &second),
        ];
        let (region, asked) = region("eu-west-1", answers).await;
        let change_set = region.create_change_set(&wanted(ChangeKind::Update)).await.unwrap();
        let ids: Vec<&str> = change_set.changes.iter().map(|change| &*change.logical_id).collect();
        assert_eq!(ids, ["A", "B"]);
        assert_eq!(change_set.changes[0].replacement, crate::aws::Replacement::Always);
        assert_eq!(change_set.changes[0].details.len(), 1, "a property is named once");
        assert!(!change_set.is_empty);
        assert_eq!(asked.actions().len(), 5);
    }

    #[tokio::test]
    async fn nothing_to_do_is_empty_whether_the_call_or_the_change_set_says_so() {
        let refused = Canned::error(400, "ValidationError", "No updates are to be performed.");
        let (at_once, asked) = region("eu-west-1", vec![refused]).await;
        assert!(at_once.create_change_set(&wanted(ChangeKind::Update)).await.unwrap().is_empty);
        assert_eq!(asked.actions(), ["CreateChangeSet"]);

        for reason in ["The submitted information didn't contain changes.", "No updates are to be performed."] {
            let failed = describe("FAILED", &format!("<StatusReason>{reason}</StatusReason>"));
            let answers = vec![created(), failed, Canned::result("DeleteChangeSet", "")];
            let (later, asked) = region("eu-west-1", answers).await;
            assert!(later.create_change_set(&wanted(ChangeKind::Update)).await.unwrap().is_empty);
            assert_eq!(asked.actions(), ["CreateChangeSet", "DescribeChangeSet", "DeleteChangeSet"]);
        }
    }

    #[tokio::test]
    async fn a_change_set_that_failed_is_an_error_with_its_reason_and_is_deleted() {
        let failed = describe("FAILED", "<StatusReason>Transform failed</StatusReason>");
        let answers = vec![created(), failed, Canned::result("DeleteChangeSet", "")];
        let (region, asked) = region("eu-west-1", answers).await;
        let error = region.create_change_set(&wanted(ChangeKind::Update)).await.unwrap_err();
        assert_eq!(error.to_string(), "CloudFormation refused the change of `app-dev` in eu-west-1: Transform failed");
        assert_eq!(asked.actions().last().unwrap(), "DeleteChangeSet");
    }

    #[tokio::test]
    async fn a_change_set_whose_answer_was_lost_is_ours() {
        let answers = vec![
            Canned::Reset,
            Canned::error(400, "AlreadyExistsException", "ChangeSet zappa-1 already exists"),
            describe("CREATE_COMPLETE", ""),
        ];
        let (region, asked) = region("eu-west-1", answers).await;
        let change_set = region.create_change_set(&wanted(ChangeKind::Update)).await.unwrap();
        assert_eq!(change_set.id, "arn:change-set");
        let all = asked.all();
        let token = |request: &str| request.split("ClientToken=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        assert_eq!(token(&all[0]), token(&all[1]), "a repeated request is known as the same one");
        assert!(all[2].contains("StackName=app-dev"), "a name alone does not find a change set");
    }

    #[tokio::test]
    async fn an_execution_whose_answer_was_lost_counts() {
        let stack = "<Stacks><member><StackName>app-dev</StackName><StackId>arn:stack/app-dev/1</StackId>\
                     <StackStatus>UPDATE_IN_PROGRESS</StackStatus><ChangeSetId>arn:change-set</ChangeSetId></member></Stacks>";
        let gone = Canned::error(404, "ChangeSetNotFound", "ChangeSet [arn:change-set] does not exist");
        let change_set = ChangeSet::nothing("arn:change-set".to_owned(), "arn:stack/app-dev/1".to_owned());
        let answers = vec![Canned::Reset, gone.clone(), Canned::result("DescribeStacks", stack)];
        let (executed, _) = region("eu-west-1", answers).await;
        executed.execute(&change_set).await.unwrap();

        let other = stack.replace("arn:change-set", "arn:another");
        let answers = vec![gone.clone(), Canned::result("DescribeStacks", &other), gone];
        let (not, _) = region("eu-west-1", answers).await;
        assert_eq!(not.execute(&change_set).await.unwrap_err().code(), Some("ChangeSetNotFound"));
    }
}
