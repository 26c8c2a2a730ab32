//! `zappa-rs invoke --local`: builds the app, runs its binary on a Runtime API as `local` does, once or several times, and ends
//! it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderValue, Response, header::HOST};

use super::{
    answer::Answer,
    called::called_function,
    input::Input,
    muted::Muted,
    named::Named,
    physical::PhysicalNames,
    repeat::{Attempt, Finished, repeat},
    response, schedule,
};
use crate::{
    args::{InvokeArgs, SharedArgs},
    commands::{
        Context,
        interruptible::run_interruptible,
        local::{Once, prepare_once},
    },
    gateway::{Gateway, arrival::Stamp},
    local::{call::Called, cloud::Cloud, stamp},
    progress::{Progress, Usage},
    report::{Failure, Report},
};

/// Runs `zappa-rs invoke --local`.
pub(crate) async fn run(
    args: &InvokeArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let mut input = Input::read(args, &cx.directory)?;
    if args.stage.region.len() > 1 {
        let error = anyhow::anyhow!("a call goes to one region, and `--region` names several");
        return Err(Failure::usage(error, None));
    }
    let finished = Finished::default();
    let interruption = || {
        finished.summarize(shared.json, report);
        Failure::interrupted().with_facts(["the app on this machine has ended, too".to_owned()])
    };
    run_interruptible(interruption, async {
        let Once { mut description, stage, credentials, task_root } = prepare_once(&args.local(), cx, report).await?;
        let gateway = description.gateway.clone();
        if let Input::Http(arrival) = &mut input {
            arrival.headers.entry(HOST).or_insert(HeaderValue::from_static("localhost"));
        }
        let stamp = stamp::now();
        input = schedule::filled(input, args, &stage, stamp.time);
        if schedule::needs_arn(&input, args)
            && let Some(called) =
                description.events.schedules.iter().find(|schedule| Some(&schedule.name) == args.name.as_ref())
        {
            input = schedule::with_arn(input, &called.arn);
        }
        let event = Bytes::from(input.event(&gateway, &stamp, false)?);
        let progress: Arc<dyn Progress> = match args.repeat {
            Some(_) => Arc::new(Muted(Arc::clone(report))),
            None => Arc::clone(report) as _,
        };
        let names = PhysicalNames::of_local(&description, &stage);
        if let Some(function) = called_function(args, &input, &stage, &names)? {
            description = description.with_function(&function);
        }
        let named = Named::of(args, &input, &stage);
        // A process for each of the calls at once.
        description.function.concurrency = usize::from(args.parallel);
        let name = description.function.name.clone();
        let cloud = Cloud::new(description, credentials, None, progress);
        let caller = Caller { cloud: &cloud, input: &input, gateway: &gateway, stamp: &stamp, named: named.as_ref() };
        let outcome = match args.repeat {
            Some(count) => {
                let has_failed = AtomicBool::new(false);
                let call = async || attempt(&caller, &event, (&has_failed, report)).await;
                repeat(count, args.parallel, call, &finished, (shared.json, report)).await
            }
            None => once(&caller, event, &name, (shared, report)).await,
        };
        cloud.stop().await;
        drop(task_root);
        outcome
    })
    .await
}

/// What is called, and what its answers need to be understood.
struct Caller<'a> {
    cloud: &'a Cloud,
    input: &'a Input,
    gateway: &'a Gateway,
    stamp: &'a Stamp,
    named: Option<&'a Named>,
}

impl Caller<'_> {
    /// The response that the client of the gateway would get.
    fn response(&self, answer: &Answer) -> Result<Option<Response<Bytes>>, Failure> {
        response::of(answer, self.input, (self.gateway, self.stamp))
    }

    /// The failure of the function, if it failed.
    fn failure(&self, answer: &Answer, response: Option<&Response<Bytes>>) -> Option<Failure> {
        answer.failure(self.named, response, |_| "its output is above".to_owned())
    }
}

/// Calls once and prints the answer.
async fn once(
    caller: &Caller<'_>,
    event: Bytes,
    name: &str,
    (shared, report): (&SharedArgs, &Report),
) -> Result<(), Failure> {
    let begun = Instant::now();
    let called = caller.cloud.call(event).await;
    let elapsed = begun.elapsed();
    let cold = called.usage.as_ref().and_then(|usage| usage.init);
    let cold = cold.map(|init| format!(", {} ms of it to start", init.as_millis())).unwrap_or_default();
    report.step("Invoked", &format!("{name} on this machine, {} ms{cold}", elapsed.as_millis()));
    let answer = answer(called);
    let response = caller.response(&answer).inspect_err(|_| answer.print_log(report))?;
    answer.print(response.as_ref(), shared.json, report);
    caller.failure(&answer, response.as_ref()).map_or(Ok(()), Err)
}

/// Calls once, for the latency: what the caller of Lambda would wait, a start included. The log of the first call that fails is
/// printed.
async fn attempt(caller: &Caller<'_>, event: &Bytes, (has_failed, report): (&AtomicBool, &Report)) -> Attempt {
    let begun = Instant::now();
    let called = caller.cloud.call(event.clone()).await;
    let of_usage = |usage: &Usage| usage.duration + usage.init.unwrap_or_default();
    let elapsed: Duration = called.usage.as_ref().map_or_else(|| begun.elapsed(), of_usage);
    let is_cold = called.usage.as_ref().is_some_and(|usage| usage.init.is_some());
    let answer = answer(called);
    let failure = match caller.response(&answer) {
        Ok(response) => caller.failure(&answer, response.as_ref()),
        Err(failure) => Some(failure),
    };
    if failure.is_some() && !has_failed.swap(true, Ordering::Relaxed) {
        report.quote(&answer.log);
    }
    Attempt { elapsed, is_cold, failure }
}

/// The answer of a call on this machine, whose log was printed line by line.
fn answer(called: Called) -> Answer {
    Answer {
        function_error: called.is_error.then(|| "Unhandled".to_owned()),
        payload: called.payload.into(),
        log: String::from_utf8_lossy(&called.log).into_owned(),
        is_local: true,
        hint: called.hint,
        version: None,
    }
}
