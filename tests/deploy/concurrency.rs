//! Concurrent deploys of one stage: one of them waits or is refused, and the stage is whole afterwards.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{
    stage::{Ended, PATIENCE, Stage},
    support::{
        poll::poll_until,
        process::Process,
        proxy::{Fault, Proxy},
    },
};

#[test]
fn two_first_deploys_at_once_leave_one_whole_stack() {
    let stage = Stage::new("");
    let both = at_once(&stage, &["deploy"], ["one", "two"]);
    one_whole_release(&stage, &both);
}

#[test]
fn two_first_deploys_that_may_wait_both_end_well() {
    let stage = Stage::new("");
    let both = at_once(&stage, &["deploy", "--wait"], ["one", "two"]);
    assert!(both.iter().all(|ended| ended.code == Some(0)), "{both:?}");
    one_whole_release(&stage, &both);
}

/// The same command twice at once, as two CI jobs would run it.
fn at_once(stage: &Stage, command: &[&str], variants: [&str; 2]) -> Vec<Ended> {
    let zips = variants.map(|variant| stage.zip(variant));
    let jobs: Vec<_> = zips
        .iter()
        .enumerate()
        .map(|(job, zip)| {
            let mut tool = stage.tool(&[command, &["--yes", "--zip", zip]].concat());
            Process::start(tool.env("USER", "ci").env("HOSTNAME", format!("job-{job}")))
        })
        .collect();
    jobs.into_iter()
        .map(|job| {
            let (status, stdout, stderr) = job.wait(PATIENCE);
            Ended { code: status.code(), stdout, stderr }
        })
        .collect()
}

/// One of the two releases is live and whole: alias, template and code agree, no candidate is left, and a deploy that was
/// refused got the reason.
fn one_whole_release(stage: &Stage, both: &[Ended]) {
    let url = both.iter().find(|ended| ended.code == Some(0)).unwrap_or_else(|| panic!("none ended well: {both:?}"));
    for ended in both.iter().filter(|ended| ended.code != Some(0)) {
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("hint: "), "{}", ended.stderr);
    }
    let answer = stage.visit(&url.stdout, "/").text();
    let served = answer.trim();
    assert!(["one", "two"].contains(&served), "{answer}: {both:?}");
    assert!(stage.stack_status().ends_with("_COMPLETE"));
    // The same release again finds nothing to change.
    let again = stage.with(&["deploy"], served);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert_eq!(stage.visit(&url.stdout, "/").text(), answer);
}

#[test]
fn of_two_deploys_at_once_one_waits_or_is_refused_and_the_stage_is_whole() {
    let stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "zero");
    let (one, two) = thread::scope(|scope| {
        let one = scope.spawn(|| stage.with(&["update"], "one"));
        let two = scope.spawn(|| stage.with(&["update", "--wait"], "two"));
        (one.join().unwrap(), two.join().unwrap())
    });
    let served = stage.visit(&url, "/").text();
    let ended = [("one ", &one), ("two ", &two)];
    assert!(ended.iter().any(|(answer, ended)| *answer == served && ended.code == Some(0)), "{served}: {ended:?}");
    for (_, ended) in ended {
        // Also where the change was noticed while the candidate was rolled back.
        let refusals = [
            "stack `shop-dev` is UPDATE_",
            "error: the candidate of stack `shop-dev` is ",
            "stack `shop-dev` was changed in the meantime",
        ];
        let is_refused = ended.code == Some(1) && refusals.iter().any(|refusal| ended.stderr.contains(refusal));
        assert!(ended.code == Some(0) || is_refused, "{ended:?}");
    }
    // A deploy that was refused succeeds when it is run again.
    stage.ok_with(&["deploy"], "three");
    assert_eq!(stage.visit(&url, "/").text(), "three ");
}

#[test]
fn another_deploy_does_not_cut_into_a_trial() {
    let mut stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    // The trial of the first takes until the second has been refused.
    let is_over = Arc::new(AtomicBool::new(false));
    let (waits, is_tried) = (Arc::clone(&is_over), Arc::new(AtomicBool::new(false)));
    let tried = Arc::clone(&is_tried);
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, move |call| {
        if call.name() == "lambda:Invoke" && !tried.swap(true, Ordering::Relaxed) {
            poll_until("the refusal of the second update", PATIENCE, || waits.load(Ordering::Relaxed));
        }
        None::<Fault>
    });
    let job = |stage: &Stage, host: &str, variant: &str, more: &[&str]| {
        let zip = stage.zip(variant);
        let mut tool = stage.tool(&[&["update", "--yes", "--zip", &zip], more].concat());
        Process::start(tool.env("USER", "ci").env("HOSTNAME", host))
    };
    stage.through(proxy.address());
    let first = job(&stage, "job-1", "two", &[]);
    stage.through(stage.account.address());
    poll_until("the trial of the first update", PATIENCE, || is_tried.load(Ordering::Relaxed));
    let (status, _, output) = job(&stage, "job-2", "three", &[]).wait(PATIENCE);
    assert_eq!(status.code(), Some(1), "{output}");
    assert!(
        output.contains("the candidate of stack `shop-dev` is being tried, changed by ci-at-job-1 since "),
        "{output}"
    );
    let third = job(&stage, "job-3", "three", &["--wait"]);
    is_over.store(true, Ordering::Relaxed);
    let (status, _, output) = first.wait(PATIENCE);
    assert_eq!(status.code(), Some(0), "{output}");
    let (status, _, output) = third.wait(PATIENCE);
    assert_eq!(status.code(), Some(0), "{output}");
    assert_eq!(stage.visit(&url, "/").text(), "three ");
}

#[test]
fn a_switch_that_cloudformation_refuses_since_the_stack_is_busy_is_no_raw_error() {
    const BUSY: Fault =
        Fault::Refuse(400, "ValidationError", "Stack [shop-dev] is in UPDATE_IN_PROGRESS state and cannot be updated");
    let mut stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    let updates = AtomicUsize::new(0);
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, move |call| {
        (call.operation == "UpdateStack" && updates.fetch_add(1, Ordering::Relaxed) == 1).then_some(BUSY)
    });
    stage.through(proxy.address());
    // No other command changed the stack, and it is not busy any more: the deploy inspects it again and continues.
    let ended = stage.with(&["update"], "two");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("Looking again: stack `shop-dev` was changed in the meantime"), "{}", ended.stderr);
    stage.through(stage.account.address());
    assert_eq!(stage.visit(&url, "/").text(), "two ");
}
