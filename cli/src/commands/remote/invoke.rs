//! `zappa-rs invoke`: calls what is live in one region, once or several times, and prints the answer or the latencies.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::{HeaderValue, Response, header::HOST};

use super::{
    Context, failure,
    interruptible::run_interruptible,
    record,
    stage::{self, Resolved},
};
use crate::{
    args::{InvokeArgs, SharedArgs},
    aws::{FunctionCall, Invoked, Region},
    commands::invoke::{
        answer::Answer,
        called::{called_function, needs_physical_names},
        input::Input,
        named::Named,
        physical::PhysicalNames,
        repeat::{Attempt, Finished, repeat},
        response, schedule,
    },
    gateway::{Gateway, arrival::Stamp},
    logical_id::FunctionIds,
    progress::Progress as _,
    regions,
    release::ReleaseId,
    report::{Failure, Report},
    rollout::{self, Deployed, gateway_of},
    settings::{MAIN, VERSION},
};

/// The alias that gateway and sources invoke.
const LIVE: &str = "live";

/// Runs `zappa-rs invoke`.
pub(crate) async fn run(
    args: &InvokeArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let mut input = Input::read(args, &cx.directory)?;
    let resolved = stage::resolve_for_inspection(&args.stage, cx).await?;
    let name = one_region(args, &resolved)?;
    let mut called = called_function(args, &input, &resolved.selection.stages[name], &PhysicalNames::default())?;
    let gateway = gateway_of(&resolved.identity, &resolved.selection.stages[name], name, "invoke");
    if let Input::Http(arrival) = &mut input {
        let own = || format!("invoke.execute-api.{name}.{}", regions::partition(name).dns_suffix);
        let host = gateway.host.clone().unwrap_or_else(own);
        if let Ok(host) = HeaderValue::from_str(&host) {
            arrival.headers.entry(HOST).or_insert(host);
        }
    }
    let stamp = stamp();
    let mut input = schedule::filled(input, args, &resolved.selection.stages[name], stamp.time);
    let payload = input.event(&gateway, &stamp, args.is_async)?;
    let finished = Finished::default();
    let interruption = || {
        finished.summarize(shared.json, report);
        Failure::interrupted().with_facts(["a function that was called runs to its end all the same".to_owned()])
    };
    run_interruptible(interruption, async {
        let region = resolved.aws(&args.stage, cx, report).await?.in_region(name);
        if needs_physical_names(args, &input, &resolved.selection.stages[name]) {
            let names = physical_names(&region, &resolved, report).await;
            called = called_function(args, &input, &resolved.selection.stages[name], &names)?;
        }
        let qualifier = match &args.qualifier {
            Some(release) => version_of(&resolved, &region, called.as_deref(), release).await?,
            None => LIVE.to_owned(),
        };
        let function = resolved.identity.function(called.as_deref());
        let payload = if schedule::needs_arn(&input, args) {
            input = schedule::with_arn(input, &schedule_arn(&resolved, &region, args).await?);
            input.event(&gateway, &stamp, args.is_async)?
        } else {
            payload
        };
        let call = FunctionCall { function, qualifier, payload, tenant: args.tenant.clone(), is_async: args.is_async };
        let named = Named::of(args, &input, &resolved.selection.stages[name]);
        let gateway = (&gateway, &stamp);
        let caller = Caller {
            region: &region,
            call: &call,
            resolved: &resolved,
            args,
            input: &input,
            gateway,
            named: named.as_ref(),
        };
        match args.repeat {
            Some(count) => {
                repeat(count, args.parallel, async || caller.attempt().await, &finished, (shared.json, report)).await
            }
            None => once(&caller, shared, report).await,
        }
    })
    .await
}

/// The physical names of the stack's resources; empty if they cannot be read, since a caller may have the right to invoke alone.
async fn physical_names(region: &Region, resolved: &Resolved, report: &Report) -> PhysicalNames {
    match region.stack_resources(&resolved.identity.stack()).await {
        Ok(resources) => {
            PhysicalNames::of_stack(resources.into_iter().map(|found| (found.logical_id, found.physical_id)))
        }
        Err(error) => {
            let sentence = format!("which function gets the event is unknown, so it goes to `{MAIN}`: {error}");
            report.warning(&sentence, Some("`--function` says which"));
            PhysicalNames::default()
        }
    }
}

/// The region to call in: the stage's first, or the one of `--region`.
fn one_region<'a>(args: &InvokeArgs, resolved: &'a Resolved) -> Result<&'a str, Failure> {
    match resolved.selection.regions.as_slice() {
        [one] => Ok(one),
        _ if args.stage.region.len() > 1 => {
            let error = anyhow::anyhow!("a call goes to one region, and `--region` names several");
            Err(Failure::usage(error, None))
        }
        regions => Ok(&regions[0]),
    }
}

/// A call with what its errors need to say.
struct Caller<'a> {
    region: &'a Region,
    call: &'a FunctionCall,
    resolved: &'a Resolved,
    args: &'a InvokeArgs,
    input: &'a Input,
    gateway: (&'a Gateway, &'a Stamp),
    named: Option<&'a Named>,
}

impl Caller<'_> {
    /// The response that the client of the gateway would get.
    fn response(&self, answer: &Answer) -> Result<Option<Response<Bytes>>, Failure> {
        response::of(answer, self.input, self.gateway)
    }

    /// The failure of the function, if it failed.
    fn failure(&self, answer: &Answer, response: Option<&Response<Bytes>>) -> Option<Failure> {
        answer.failure(self.named, response, |id| {
            let Resolved { identity, flags, .. } = self.resolved;
            let region = match self.args.stage.region.first() {
                Some(name) => format!(" --region {name}"),
                None => String::new(),
            };
            format!("its log: `zappa-rs tail {}{flags}{region} --request {id} --no-follow`", identity.stage)
        })
    }

    /// Calls once, for the latency.
    async fn attempt(&self) -> Attempt {
        let begun = Instant::now();
        let outcome = self.call().await.map(answer);
        let elapsed = begun.elapsed();
        let (failure, is_cold) = match outcome {
            Ok(answer) => {
                // A call that is queued has no response.
                let response = if self.args.is_async { Ok(None) } else { self.response(&answer) };
                let failure = response.map(|response| self.failure(&answer, response.as_ref()));
                (failure.unwrap_or_else(Some), answer.is_cold())
            }
            Err(failure) => (Some(failure), false),
        };
        Attempt { elapsed, is_cold, failure }
    }

    async fn call(&self) -> Result<Invoked, Failure> {
        self.region.call_function(self.call).await.map_err(|error| {
            if error.may_have_been_delivered() {
                let hint = "the function may have run, and the call is not repeated: its log says so".to_owned();
                return Failure::failed(error, Some(hint));
            }
            let is_missing = error.is_missing();
            let failure = failure::failure(&error.into());
            if is_missing {
                let (stage, flags) = (&self.resolved.identity.stage, &self.resolved.flags);
                failure.with_hint(format!("`zappa-rs deploy {stage}{flags}` creates it"))
            } else {
                failure
            }
        })
    }
}

/// Calls once and prints the answer.
async fn once(caller: &Caller<'_>, shared: &SharedArgs, report: &Report) -> Result<(), Failure> {
    let begun = Instant::now();
    let answer = answer(caller.call().await?);
    let FunctionCall { function, qualifier, is_async, .. } = caller.call;
    let version = answer.version.as_deref().filter(|version| *version != qualifier);
    let version = version.map(|version| format!(" (version {version})")).unwrap_or_default();
    let verb = if *is_async { "Queued" } else { "Invoked" };
    let region = caller.region.name();
    report.step(verb, &format!("{function}:{qualifier}{version} in {region}, {}", shown(begun.elapsed())));
    if *is_async {
        if shared.json {
            answer.print(None, true, report);
        }
        return Ok(());
    }
    let response = caller.response(&answer).inspect_err(|_| answer.print_log(report))?;
    answer.print(response.as_ref(), shared.json, report);
    caller.failure(&answer, response.as_ref()).map_or(Ok(()), Err)
}

fn answer(invoked: Invoked) -> Answer {
    let Invoked { function_error, payload, log, version, .. } = invoked;
    Answer { function_error, payload, log, version, ..Answer::default() }
}

fn shown(elapsed: Duration) -> String {
    format!("{} ms", elapsed.as_millis())
}

fn stamp() -> Stamp {
    let id = format!("invoke-{:016x}", fastrand::u64(..));
    Stamp { request_id: id.clone(), extended_request_id: id, trace_id: String::new(), time: SystemTime::now() }
}

/// The ARN of the schedule that is called, in the account of the credentials.
async fn schedule_arn(resolved: &Resolved, region: &Region, args: &InvokeArgs) -> Result<String, Failure> {
    let caller = region.caller().await.map_err(|error| failure::failure(&error.into()))?;
    let (partition, group) = (regions::partition(region.name()).name, resolved.identity.stack());
    let (account, name) = (caller.account, args.name.as_deref().unwrap_or_default());
    Ok(format!("arn:{partition}:scheduler:{}:{account}:schedule/{group}/{name}", region.name()))
}

/// The number of the version that a release published.
async fn version_of(
    resolved: &Resolved,
    region: &Region,
    function: Option<&str>,
    release: &str,
) -> Result<String, Failure> {
    let failed = |error: rollout::Error| failure::failure(&error);
    let stage = &resolved.selection.stages[region.name()];
    let deployed = Deployed::inspect(region, &resolved.identity, stage).await.map_err(failed)?;
    let key = record::find(&deployed.inventory.records, &ReleaseId(release.to_owned())).map_err(failed)?;
    let record = record::read_key(region, &deployed, key).await.map_err(failed)?;
    let (ids, name) = (FunctionIds::of(function), resolved.identity.function(function));
    let variables = &record.template["Resources"][&ids.function]["Properties"]["Environment"]["Variables"];
    let seal = variables[VERSION].as_str().map(str::to_owned);
    let versions = region.versions(&name).await.map_err(|error| failed(error.into()))?;
    let found = versions.into_iter().rev().find(|version| seal.is_some() && version.seal == seal);
    found.map(|version| version.number).ok_or_else(|| {
        let (id, stage) = (&record.id, &resolved.identity.stage);
        let error = anyhow::anyhow!("release {id} has no version of function `{name}` in {}", region.name());
        let flags = &resolved.flags;
        let hint = format!("`zappa-rs rollback {stage}{flags} --to {id}` publishes one, and moves all traffic to it");
        Failure::failed(error, Some(hint))
    })
}
