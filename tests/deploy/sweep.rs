//! Every call of a deploy goes wrong in turn, and its caller is killed after each in turn: nothing is left half done.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{
    stage::{PATIENCE, Stage},
    state::{assert_complete, state},
    support::{
        call::Call,
        emulator::REGION,
        proxy::{Fault, Proxy},
    },
};

/// How many cases run at once: they wait for the emulator most of the time.
const WORKERS: usize = 4;

/// What is done to a stage before the command that is swept, and that command.
#[derive(Clone, Copy, Debug)]
struct Story {
    before: Option<&'static str>,
    command: &'static str,
    variant: &'static str,
}

const FIRST: Story = Story { before: None, command: "deploy", variant: "one" };
const SECOND: Story = Story { before: Some("one"), command: "update", variant: "two" };

impl Story {
    /// A stage that is ready for the command.
    fn stage(self) -> Stage {
        let stage = Stage::new("");
        if let Some(variant) = self.before {
            stage.ok_with(&["deploy"], variant);
        }
        stage
    }

    /// How many calls the command takes, and the state after it.
    fn undisturbed(self) -> (usize, Vec<String>) {
        let mut stage = self.stage();
        let proxy = Proxy::start(stage.account.address());
        stage.through(proxy.address());
        stage.ok_with(&[self.command], self.variant);
        let lines = state(&stage, REGION);
        assert_complete(&lines, 1 + usize::from(self.before.is_some()));
        (calls_here(&proxy).len(), lines)
    }
}

#[test]
fn a_first_deploy_that_is_killed_after_any_call_is_finished_by_the_next() {
    killed(FIRST);
}

#[test]
fn an_update_that_is_killed_after_any_call_is_finished_by_the_next() {
    killed(SECOND);
}

#[test]
fn a_first_deploy_survives_every_fault_of_every_call() {
    spoiled(FIRST, true);
}

#[test]
fn an_update_survives_a_fault_of_every_call() {
    spoiled(SECOND, false);
}

fn killed(story: Story) {
    let (calls, wanted) = story.undisturbed();
    sweep(calls, |number| {
        let mut stage = story.stage();
        let proxy = Proxy::with(stage.account.address(), Duration::ZERO, nth_here(number, Fault::Kill));
        stage.through(proxy.address());
        let zip = stage.zip(story.variant);
        let process = stage.start(&[story.command, "--yes", "--zip", &zip]);
        proxy.aim_at(process.id());
        let (status, _, output) = process.wait(PATIENCE);
        let call = calls_here(&proxy).get(number).map(Call::name);
        if status.success() {
            return Err(format!("{call:?}: it was not killed: {output}"));
        }
        stage.through(stage.account.address());
        let next = stage.with(&[story.command, "--wait"], story.variant);
        match differences(&wanted, &state(&stage, REGION)) {
            None if next.code == Some(0) => Ok(()),
            found => Err(format!("killed after {call:?}: {}\n{}", found.unwrap_or_default(), next.stderr)),
        }
    });
}

/// `is_thorough`: every fault of every call, not one fault of every call. The faults are the same for each story, and so is
/// the code that meets them.
fn spoiled(story: Story, is_thorough: bool) {
    let (calls, wanted) = story.undisturbed();
    let faults = [Fault::Throttle, Fault::Internal, Fault::Reset, Fault::Lost];
    let cases = if is_thorough { calls * faults.len() } else { calls };
    sweep(cases, |case| {
        let number = if is_thorough { case / faults.len() } else { case };
        let fault = faults[case % faults.len()];
        let mut stage = story.stage();
        let proxy = Proxy::with(stage.account.address(), Duration::ZERO, nth_here(number, fault));
        stage.through(proxy.address());
        let end = stage.with(&[story.command], story.variant);
        let call = calls_here(&proxy).get(number).map(Call::name);
        if end.code != Some(0) {
            return Err(format!("{fault:?} of {call:?}: {}", end.stderr));
        }
        let found = differences(&wanted, &state(&stage, REGION));
        found.map_or(Ok(()), |found| Err(format!("{fault:?} of {call:?}: {found}")))
    });
}

/// The calls in the stage's region. At a first deploy others are asked at the same time, in no order.
pub(crate) fn calls_here(proxy: &Proxy) -> Vec<Call> {
    let mut calls = proxy.calls();
    calls.retain(|call| call.region == REGION);
    calls
}

/// A rule for one of the calls in the stage's region, by its place among them.
pub(crate) fn nth_here(number: usize, fault: Fault) -> impl Fn(&Call) -> Option<Fault> {
    let next = AtomicUsize::new(0);
    move |call| (call.region == REGION && next.fetch_add(1, Ordering::Relaxed) == number).then_some(fault)
}

/// Runs all cases, some at once, and reports all that fail.
pub(crate) fn sweep(cases: usize, run: impl Fn(usize) -> Result<(), String> + Sync) {
    assert!(cases > 0, "nothing was called");
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(case) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|case| *case < cases) {
                    if let Err(found) = run(case) {
                        failed.lock().unwrap().push(format!("{case}: {found}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {cases}:\n{}", failed.len(), failed.join("\n\n"));
}

/// What one has and the other has not.
pub(crate) fn differences(wanted: &[String], found: &[String]) -> Option<String> {
    let mut missing = wanted.to_vec();
    let mut extra = Vec::new();
    for line in found {
        match missing.iter().position(|other| other == line) {
            Some(index) => drop(missing.remove(index)),
            None => extra.push(line.clone()),
        }
    }
    (!missing.is_empty() || !extra.is_empty()).then(|| format!("missing {missing:#?}, too much {extra:#?}"))
}
