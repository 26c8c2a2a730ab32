//! The role's permissions change while two releases use it, and IAM is eventually consistent.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use crate::{
    stage::Stage,
    support::{call::Call, emulator::Account, proxy::Proxy, response::Response},
};

fn settings(actions: &[&str]) -> String {
    format!("permissions = [{{ actions = {actions:?}, resources = [\"arn:aws:sqs:eu-central-1:000000000000:jobs\"] }}]")
}

/// What the stack's role may do on queues.
fn allowed(account: &Account) -> Vec<String> {
    let role = account.aws(&["iam", "list-roles"])["Roles"][0]["RoleName"].as_str().unwrap().to_owned();
    let policy = account.aws(&["iam", "get-role-policy", "--role-name", &role, "--policy-name", "function"]);
    let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap().clone();
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap().clone());
    let mut queues: Vec<String> = actions.map(|action| action.as_str().unwrap().to_owned()).collect();
    queues.retain(|action| action.starts_with("sqs:"));
    queues.sort();
    queues
}

#[test]
fn while_two_releases_use_the_role_it_allows_what_either_needs() {
    let mut stage = Stage::new(&settings(&["sqs:SendMessage", "sqs:DeleteMessage"]));
    let url = stage.ok_with(&["deploy"], "one");
    stage.set(&settings(&["sqs:ReceiveMessage"]));
    let (account, seen) = (stage.account.clone(), Arc::new(Mutex::new(Vec::new())));
    let noted = Arc::clone(&seen);
    let proxy = Proxy::editing(stage.account.address(), move |call, _| {
        if call.operation == "Invoke" {
            noted.lock().unwrap().push(allowed(&account));
        }
    });
    stage.through(proxy.address());
    stage.ok_with(&["update"], "two");
    assert_eq!(stage.visit(&url, "/").text(), "two ");
    assert_eq!(*seen.lock().unwrap(), [["sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage"]]);
    assert_eq!(allowed(&stage.account), ["sqs:ReceiveMessage"]);
    // The traffic moves before anything is taken away.
    let updates = proxy.take().iter().filter(|call| call.operation == "UpdateStack").count();
    assert_eq!(updates, 3);
}

/// Lets the first trials fail as long as the permissions have not reached Lambda.
fn denied_at_first(stage: &Stage, times: usize) -> Proxy {
    let trials = AtomicUsize::new(0);
    Proxy::editing(stage.account.address(), move |call: &Call, response: &mut Response| {
        if call.operation == "Invoke" && trials.fetch_add(1, Ordering::Relaxed) < times {
            response.headers.push(("x-amz-function-error".to_owned(), b"Unhandled".to_vec()));
            response.body = br#"{"errorMessage":"AccessDenied: not authorized to perform: sqs:SendMessage"}"#.to_vec();
        }
    })
}

#[test]
fn a_trial_is_retried_where_the_role_has_just_got_permissions_and_nowhere_else() {
    let mut stage = Stage::new(&settings(&["sqs:SendMessage"]));
    let address = stage.account.address();
    let first = denied_at_first(&stage, 2);
    stage.through(first.address());
    let deployed = stage.with(&["deploy"], "one");
    assert_eq!(deployed.code, Some(0), "{}", deployed.stderr);
    let told = "whose role has just got permissions: Unhandled: AccessDenied: not authorized";
    assert_eq!(deployed.stderr.matches(told).count(), 1, "{}", deployed.stderr);
    assert_eq!(deployed.stderr.matches("Retrying").count(), 1, "{}", deployed.stderr);

    // Less is nothing to wait for, and the same is not either.
    stage.set(&settings(&["sqs:SendMessage"]));
    let same = denied_at_first(&stage, 1);
    stage.through(same.address());
    let refused = stage.with(&["update"], "two");
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("not authorized to perform: sqs:SendMessage"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("Retrying"), "{}", refused.stderr);

    stage.through(address);
    stage.ok_with(&["update"], "two");
}
