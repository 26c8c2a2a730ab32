//! Stacks with the stage's name that the `aws` command makes, beside the tool.

use crate::{
    stage::{PATIENCE, Stage},
    support::poll::poll,
};

/// The tags of the stage's own stack.
pub(crate) const OWN_TAGS: [&str; 3] = ["--tags", "Key=zappa-rs:project,Value=shop", "Key=zappa-rs:stage,Value=dev"];
/// Templates of an application that is not ours.
pub(crate) const QUEUE: &str = r#"{"Resources":{"Queue":{"Type":"AWS::SQS::Queue"}}}"#;
pub(crate) const TOPIC: &str = r#"{"Resources":{"Topic":{"Type":"AWS::SNS::Topic"}}}"#;

/// Creates the stack and waits until CloudFormation is done with it; its status.
pub(crate) fn create(stage: &Stage, template: &str, tags: &[&str]) -> String {
    let make = ["cloudformation", "create-stack", "--stack-name", "shop-dev", "--template-body", template];
    stage.account.aws(&[&make, tags].concat());
    poll("a stack that CloudFormation is done with", PATIENCE, || {
        Some(stage.stack_status()).filter(|status| !status.ends_with("_IN_PROGRESS"))
    })
}

/// Creates a change set, whose stack is only a name so far.
pub(crate) fn review(stage: &Stage, tags: &[&str]) {
    let set = ["cloudformation", "create-change-set", "--stack-name", "shop-dev", "--change-set-name", "first"];
    let make = ["--change-set-type", "CREATE", "--template-body", QUEUE];
    stage.account.aws(&[&set[..], &make, tags].concat());
    let stacks = stage.account.aws(&["cloudformation", "describe-stacks"]);
    assert_eq!(stacks["Stacks"][0]["StackStatus"], "REVIEW_IN_PROGRESS", "{stacks}");
}
