//! What CloudFormation's operation events say of a failure: the errors that it found before it touched a resource, with
//! their path. A stack's own events lack them, and are what is left where an endpoint or the caller's rights have no others.

use std::time::SystemTime;

use aws_sdk_cloudformation::{
    operation::describe_events::builders::DescribeEventsFluentBuilder,
    types::{EventFilter, EventType, HookFailureMode, OperationEvent, ValidationStatus},
};

use super::{Region, StackEvent, feature::Feature};

/// The failures of one operation need few pages.
const PAGES: usize = 10;

impl Region {
    /// The first error that validation or a hook found in the operation with a token.
    pub(super) async fn validation_error_of_operation(&self, stack_id: &str, token: &str) -> Option<StackEvent> {
        let failed = self.validation_errors(stack_id, |describe| describe.stack_name(stack_id)).await;
        failed.into_iter().find(|event| event.token.as_deref() == Some(token))
    }

    /// The first error that validation or a hook found in a change set.
    pub(super) async fn validation_error_of_change_set(&self, id: &str) -> Option<StackEvent> {
        self.validation_errors(id, |describe| describe.change_set_name(id)).await.into_iter().next()
    }

    /// The errors that validation and hooks found, oldest first. They explain: that they cannot be read is no failure.
    async fn validation_errors(
        &self,
        resource: &str,
        of: impl Fn(DescribeEventsFluentBuilder) -> DescribeEventsFluentBuilder,
    ) -> Vec<StackEvent> {
        if !self.may_have(Feature::OperationEvents) {
            return Vec::new();
        }
        let call = self.call("cloudformation:DescribeEvents", resource);
        let mut errors = Vec::new();
        let mut next = None;
        for _ in 0..PAGES {
            let filter = EventFilter::builder().failed_events(true).build();
            let describe = of(self.cloudformation().describe_events()).filters(filter).set_next_token(next);
            match call.send(describe.send()).await {
                Ok(page) => {
                    errors.extend(page.operation_events.unwrap_or_default().into_iter().filter_map(validation_error));
                    next = page.next_token.filter(|token| !token.is_empty());
                }
                Err(error) => {
                    if !error.is_throttled() {
                        self.lacks(Feature::OperationEvents);
                    }
                    break;
                }
            }
            if next.is_none() {
                break;
            }
        }
        errors.sort_by_key(|event| event.time);
        errors
    }
}

/// The error that an event tells; `None` for progress, for warnings, and for what a resource's own event tells.
fn validation_error(event: OperationEvent) -> Option<StackEvent> {
    let is_warning = |mode: &Option<HookFailureMode>| *mode == Some(HookFailureMode::Warn);
    let (status, reason) = match event.event_type? {
        EventType::ValidationError if !is_warning(&event.validation_failure_mode) => {
            if event.validation_status == Some(ValidationStatus::Skipped) {
                return None;
            }
            ("VALIDATION_FAILED", event.validation_status_reason)
        }
        EventType::HookInvocationError if !is_warning(&event.hook_failure_mode) => {
            ("HOOK_FAILED", event.hook_status_reason)
        }
        _ => return None,
    };
    Some(StackEvent {
        id: event.event_id.unwrap_or_default(),
        time: event.timestamp.and_then(|time| SystemTime::try_from(time).ok()),
        logical_id: event.logical_resource_id.unwrap_or_default(),
        physical_id: event.physical_resource_id.filter(|id| !id.is_empty()),
        kind: event.resource_type.unwrap_or_default(),
        status: status.to_owned(),
        reason: reason.filter(|reason| !reason.is_empty()),
        token: event.client_request_token.filter(|token| !token.is_empty()),
        path: event.validation_path.filter(|path| !path.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use crate::aws::canned::{Canned, region};

    fn events(rows: &[(&str, &str, &str)]) -> Canned {
        let rows: String = rows
            .iter()
            .map(|(kind, token, rest)| {
                format!(
                    "<member><EventId>{kind}</EventId><EventType>{kind}</EventType><ClientRequestToken>{token}\
                     </ClientRequestToken><LogicalResourceId>Table</LogicalResourceId>\
                     <ResourceType>AWS::DynamoDB::Table</ResourceType>{rest}</member>"
                )
            })
            .collect();
        Canned::result("DescribeEvents", &format!("<OperationEvents>{rows}</OperationEvents>"))
    }

    const FAULT: &str = "<ValidationStatus>FAILED</ValidationStatus><ValidationFailureMode>FAIL</ValidationFailureMode>\
                         <ValidationStatusReason>extraneous key [BilingMode]</ValidationStatusReason>\
                         <ValidationPath>/Resources/Table/Properties/BilingMode</ValidationPath>";
    const WARNING: &str = "<ValidationFailureMode>WARN</ValidationFailureMode><ValidationPath>/x</ValidationPath>";

    #[tokio::test]
    async fn the_fault_of_an_operation_is_its_own_and_no_warning() {
        let rows = [
            ("VALIDATION_ERROR", "another", FAULT),
            ("VALIDATION_ERROR", "ours", WARNING),
            ("STACK_EVENT", "ours", ""),
            ("VALIDATION_ERROR", "ours", FAULT),
        ];
        let (region, asked) = region("eu-west-1", vec![events(&rows)]).await;
        let error = region.validation_error_of_operation("arn:stack/app/1", "ours").await.unwrap();
        assert_eq!(error.path.as_deref(), Some("/Resources/Table/Properties/BilingMode"));
        assert_eq!(error.reason.as_deref(), Some("extraneous key [BilingMode]"));
        assert_eq!(region.validation_error_of_operation("arn:stack/app/1", "nobody").await, None);
        assert!(asked.all()[0].contains("Filters.FailedEvents=true"));
    }

    #[tokio::test]
    async fn where_operation_events_cannot_be_read_nobody_asks_again() {
        let denied = Canned::error(403, "AccessDenied", "not authorized to perform: cloudformation:DescribeEvents");
        let (region, asked) = region("eu-west-1", vec![denied]).await;
        for _ in 0..2 {
            assert_eq!(region.validation_error_of_change_set("arn:change-set").await, None);
        }
        assert_eq!(asked.actions(), ["DescribeEvents"]);
    }
}
