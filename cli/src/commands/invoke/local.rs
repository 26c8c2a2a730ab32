//! `zappa-rs invoke --local`: builds the app, runs its binary once on a Runtime API as `local` does, and ends it.

use std::{sync::Arc, time::Instant};

use http::{HeaderValue, header::HOST};

use super::{answer::Answer, function, input::Input, response};
use crate::{
    args::{InvokeArgs, SharedArgs},
    commands::{
        Context,
        interruptible::run_interruptible,
        local::{Once, prepare_once},
    },
    local::{call::Called, cloud::Cloud, stamp},
    progress::Progress,
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
    run_interruptible(Failure::interrupted, async {
        let Once { description, credentials, task_root } = prepare_once(&args.local(), cx, report).await?;
        let gateway = description.gateway.clone();
        if let Input::Http(arrival) = &mut input {
            arrival.headers.entry(HOST).or_insert(HeaderValue::from_static("localhost"));
        }
        let stamp = stamp::now();
        let event = input.event(&gateway, &stamp, false)?;
        let progress: Arc<dyn Progress> = Arc::clone(report) as _;
        if let Some(name) = &args.function {
            function::check(name, description.further.iter().map(|further| further.name.as_str()))?;
        }
        let called = args.function.as_deref().or(args.name.as_deref()).unwrap_or_default();
        let description = description.with_function(called);
        let name = description.function.name.clone();
        let cloud = Cloud::new(description, credentials, None, progress);
        let begun = Instant::now();
        let called = cloud.call(event.into()).await;
        let elapsed = begun.elapsed();
        cloud.stop().await;
        drop(task_root);
        let cold = called.usage.as_ref().and_then(|usage| usage.init);
        let cold = cold.map(|init| format!(", {} ms of it to start", init.as_millis())).unwrap_or_default();
        report.step("Invoked", &format!("{name} on this machine, {} ms{cold}", elapsed.as_millis()));
        let answer = answer(called);
        let response = response::of(&answer, &input, (&gateway, &stamp), report)?;
        answer.print(response.as_ref(), shared.json, report);
        answer.failure(args.name.as_deref(), |_| "its output is above".to_owned()).map_or(Ok(()), Err)
    })
    .await
}

/// The answer of a call on this machine, whose log was printed line by line.
fn answer(called: Called) -> Answer {
    Answer {
        function_error: called.is_error.then(|| "Unhandled".to_owned()),
        payload: called.payload.into(),
        log: String::from_utf8_lossy(&called.log).into_owned(),
        is_log_printed: true,
        hint: called.hint,
        version: None,
    }
}
