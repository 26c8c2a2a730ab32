//! Reserved and provisioned concurrency. The account needs a quota of 105 concurrent executions, 5 more than Lambda keeps
//! for functions without a reservation.

use crate::stage::Stage;

fn settings(provisioned: u32, reserved: u32) -> String {
    format!("provisioned_concurrency = {provisioned}\nreserved_concurrency = {reserved}")
}

/// Costs less than a cent: one stack and one provisioned instance for fifteen minutes.
#[test]
#[ignore = "pays for provisioned concurrency in a real account; see docs/with-an-account.md"]
fn equal_concurrency_leaves_a_trial_none() {
    let stage = Stage::new("equal", &settings(1, 2));
    let url = stage.deploy("one");
    // The trial of the second release has the one instance that is not provisioned.
    assert_eq!(stage.deploy("two"), url);
    stage.expect(&url, "/", 200, "two ");
    if stage.account.is_emulated() {
        return;
    }
    let function = stage.stack();
    let reserve = ["lambda", "put-function-concurrency", "--function-name", &function];
    stage.account.aws(&[&reserve[..], &["--reserved-concurrent-executions", "1"]].concat());
    let unpublished = ["lambda", "invoke", "--function-name", &function, "--qualifier", "$LATEST", "/dev/null"];
    let error = stage.account.try_aws(&unpublished).unwrap_err();
    assert!(error.contains("TooManyRequestsException"), "{error}");
}

/// Costs less than a cent: one stack and three provisioned instances for fifteen minutes.
#[test]
#[ignore = "pays for provisioned concurrency in a real account; see docs/with-an-account.md"]
fn reservation_is_lowered() {
    let stage = Stage::new("lowered", &settings(3, 5));
    let url = stage.deploy("one");
    stage.set(&settings(1, 2));
    assert_eq!(stage.deploy("one"), url);
    stage.expect(&url, "/", 200, "one ");
    if stage.account.is_emulated() {
        return;
    }
    let function = stage.stack();
    let reserved = stage.account.aws(&["lambda", "get-function-concurrency", "--function-name", &function]);
    assert_eq!(reserved["ReservedConcurrentExecutions"], 2);
    let args = ["lambda", "get-provisioned-concurrency-config", "--function-name", &function, "--qualifier", "live"];
    assert_eq!(stage.account.aws(&args)["RequestedProvisionedConcurrentExecutions"], 1);
}
