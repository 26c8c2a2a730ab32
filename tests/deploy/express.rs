//! CloudFormation's express mode, asserted on the recorded requests: the emulator ignores it.

use std::time::Duration;

use crate::{
    stage::Stage,
    support::{
        call::Call,
        proxy::{Fault, Proxy},
    },
};

/// The changes of stacks among some calls, each with its deployment mode.
fn changes(calls: &[Call]) -> Vec<(&str, Option<&str>)> {
    let changes = calls.iter().filter(|call| call.service == "cloudformation" && call.is_mutating());
    changes.map(|call| (call.operation.as_str(), call.deployment_mode.as_deref())).collect()
}

const EXPRESS: Option<&str> = Some("EXPRESS");

#[test]
fn only_a_candidate_is_sent_in_express_mode() {
    let mut stage = Stage::new("");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok_with(&["deploy"], "one");
    assert_eq!(changes(&proxy.take()), [("CreateStack", None)]);
    stage.ok_with(&["update"], "two");
    assert_eq!(changes(&proxy.take()), [("UpdateStack", EXPRESS), ("UpdateStack", None)]);
    stage.ok(&["undeploy", "--yes"]);
    assert_eq!(changes(&proxy.take()), [("DeleteStack", None)]);
}

#[test]
fn a_stage_may_have_every_phase_in_express_mode_but_its_removal() {
    let mut stage = Stage::new("express = true");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    stage.ok_with(&["deploy"], "one");
    stage.ok_with(&["update"], "two");
    let calls = proxy.take();
    assert_eq!(changes(&calls), [("CreateStack", EXPRESS), ("UpdateStack", EXPRESS), ("UpdateStack", EXPRESS)]);
    // An express deletion may continue after it reports that it is complete.
    stage.ok(&["undeploy", "--yes"]);
    assert_eq!(changes(&proxy.take()), [("DeleteStack", None)]);
}

#[test]
fn where_express_mode_is_refused_a_deploy_goes_on_in_the_standard_mode() {
    let mut stage = Stage::new("express = true");
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, |call| {
        let message = "DeploymentConfig is not supported in this region";
        call.deployment_mode.is_some().then_some(Fault::Refuse(400, "ValidationError", message))
    });
    stage.through(proxy.address());
    stage.ok_with(&["deploy"], "one");
    assert_eq!(changes(&proxy.take()), [("CreateStack", EXPRESS), ("CreateStack", None)]);
    let url = stage.ok_with(&["update"], "two");
    let refused_once = [("UpdateStack", EXPRESS), ("UpdateStack", None), ("UpdateStack", None)];
    assert_eq!(changes(&proxy.take()), refused_once);
    assert_eq!(stage.visit(&url, "/").text(), "two ");
}
