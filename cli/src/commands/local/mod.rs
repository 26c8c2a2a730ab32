//! `zappa-rs local`: find, build, serve, follow edits, end.

mod access;
mod api_keys;
mod arn;
mod cors;
#[cfg_attr(not(feature = "deploy"), path = "no_credentials.rs")]
mod credentials;
mod destination;
#[cfg_attr(not(feature = "deploy"), path = "no_emulator.rs")]
mod emulator;
mod env_file;
mod error;
mod events;
mod flags;
mod follow;
mod loaded;
mod mapping;
mod resolve;
#[cfg(test)]
mod resolve_test;
mod routes;
mod settings;
mod source;
mod stack;
mod tokens;
mod unasked;
mod websocket;

use std::sync::Arc;

use serde_json::json;
use tokio::sync::{oneshot, watch};

use self::{credentials::Resolver, follow::Follow, loaded::Loaded, source::Source};
use super::Context;
use crate::{
    args::{LocalArgs, SharedArgs, TokenArgs},
    build::Cargo,
    gateway::{Gateway, access::AccessTable},
    interrupt::Interrupts,
    local::{
        clock::Clock,
        cloud::Cloud,
        credentials::CredentialSource,
        description::{Description, FurtherFunction},
        emulator::Emulator,
        poller, scheduler,
        server::Server,
        stream_poller,
        task_root::TaskRoot,
    },
    package::EntryDate,
    progress::Progress,
    report::{Failure, Report},
    settings::{Settings, Stage},
};

/// Runs the command until it is interrupted.
pub(crate) async fn run(
    args: &LocalArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let mut interrupts = Interrupts::new().map_err(|error| Failure::failed(error, None))?;
    let credentials = Arc::new(Resolver::new(cx, report));
    let prepared = tokio::select! {
        prepared = prepare(args, cx, &credentials, report) => prepared?,
        () = interrupts.next() => return Err(Failure::interrupted()),
    };
    let clock = Clock::new(args.time);
    report_serving(&prepared, clock, args.settings_stage.as_deref(), shared, report);
    // The folder of the processes is removed when the last of them has ended.
    let Prepared { description, server, mut task_root, follow, emulator, .. } = prepared;
    let address = server.address().to_string();
    let progress: Arc<dyn Progress> = Arc::clone(report) as _;
    let (clouds, current) = watch::channel(Cloud::new(description, credentials, emulator.clone(), progress));
    let (stop, stopped) = oneshot::channel::<()>();
    let scheduler = tokio::spawn(scheduler::run(clouds.subscribe(), clock));
    let polling = emulator.map(|emulator| {
        let queues = tokio::spawn(poller::run(clouds.subscribe(), Arc::clone(&emulator)));
        let streams = tokio::spawn(stream_poller::run(clouds.subscribe(), emulator));
        [queues, streams]
    });
    let serving = tokio::spawn(server.serve(current, async {
        // Dropping the sender signals it.
        let _ = stopped.await;
    }));
    tokio::select! {
        () = follow::follow_edits(follow, &mut task_root, &clouds, &address, report) => {}
        () = interrupts.next() => {}
    }
    report.step("Stopping", "when the requests in flight are done; a second Ctrl-C stops at once");
    scheduler.abort();
    for polling in polling.into_iter().flatten() {
        polling.abort();
    }
    drop(stop);
    let ended = async {
        // A panic in there was shown, and everything ends now anyway.
        let _ = serving.await;
        let cloud = Arc::clone(&clouds.borrow());
        cloud.stop().await;
    };
    tokio::select! {
        () = ended => {}
        () = interrupts.next() => clouds.borrow().close_queue(),
    }
    Ok(())
}

/// What the gateway of a stage asks of requests, and the cargo of its project: without a build.
pub(in crate::commands) fn access_of(
    args: &TokenArgs,
    cx: &Context,
    report: &Report,
) -> Result<(AccessTable, Cargo), Failure> {
    let args = args.local();
    // It sends nothing, so that it needs none of the environment's secrets.
    let settings = settings::load(&args, cx, Settings::select_for_inspection, None, report)?;
    let access = resolve::access(&args, &settings).map_err(|error| {
        let hint = error.hint();
        Failure::usage(error, hint)
    })?;
    let cargo = match settings.directory() {
        Some(directory) => cx.cargo.in_directory(directory),
        None => cx.cargo.clone(),
    };
    Ok((access, cargo))
}

/// Everything that is needed before the first request.
struct Prepared<'a> {
    description: Description,
    server: Server,
    shown: String,
    task_root: TaskRoot,
    follow: Option<Follow<'a>>,
    emulator: Option<Arc<dyn Emulator>>,
}

async fn prepare<'a>(
    args: &'a LocalArgs,
    cx: &'a Context,
    credentials: &Resolver,
    report: &Arc<Report>,
) -> Result<Prepared<'a>, Failure> {
    let mut task_root = task_root(cx)?;
    let loaded = loaded::load(args, cx, None, report).await?;
    let emulator = emulator::open(args, &loaded.description, cx, report)?;
    // Before a long build, not after it.
    let server = Server::bind(args.host.address(), args.port).await.map_err(|error| {
        let hint = error.hint();
        Failure::failed(error, hint)
    })?;
    report_missing(&loaded, report);
    report_unasked(args, &loaded.stage, report);
    if let Some(chain) = &loaded.description.function.credentials {
        credentials.check(chain, report).await?;
    }
    check_signers(&loaded.description, credentials, report).await?;
    let recipe = match &loaded.source {
        Source::Built(recipe) if args.watch => recipe.clone(),
        source => {
            let shown = source.shown();
            let mut description = build(loaded, &mut task_root, report).await?;
            description.set_endpoint(&format!("http://{}", server.address()));
            return Ok(Prepared { description, server, shown, task_root, follow: None, emulator });
        }
    };
    let endpoint = format!("http://{}", server.address());
    let mut follow = Follow::new(args, cx, loaded, &recipe, endpoint)?;
    let description = follow.build_first(&mut task_root, &server, report).await?;
    let shown = follow.source().shown();
    Ok(Prepared { description, server, shown, task_root, follow: Some(follow), emulator })
}

/// What one invocation needs: the function with its binary, its gateway, and the folder of its process.
pub(in crate::commands) struct Once {
    pub(in crate::commands) description: Description,
    /// The stage of the settings, or the defaults.
    pub(in crate::commands) stage: Stage,
    pub(in crate::commands) credentials: Arc<dyn CredentialSource>,
    /// It is removed on drop, after the process has ended.
    pub(in crate::commands) task_root: TaskRoot,
}

/// Loads and builds what `local` would serve, for one invocation and without a server.
pub(in crate::commands) async fn prepare_once(
    args: &LocalArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<Once, Failure> {
    let credentials = Arc::new(Resolver::new(cx, report));
    let mut task_root = task_root(cx)?;
    let loaded = loaded::load(args, cx, None, report).await?;
    loaded.hooks.document().command = "invoke";
    report_missing(&loaded, report);
    if let Some(chain) = &loaded.description.function.credentials {
        credentials.check(chain, report).await?;
    }
    let stage = loaded.stage.clone();
    let description = build(loaded, &mut task_root, report).await?;
    Ok(Once { description, stage, credentials, task_root })
}

/// Looks for the keys that callers sign with. Without any, the application is served all the same, and nobody is let in.
async fn check_signers(description: &Description, credentials: &Resolver, report: &Report) -> Result<(), Failure> {
    let Some(chain) = &description.signers else { return Ok(()) };
    match credentials.check(chain, report).await {
        Err(failure) if !failure.is_interrupt() => {
            let reasons: Vec<String> = std::iter::once(failure.message()).chain(failure.causes()).collect();
            let hint = "no request is let in without them; any keys do, also made up: export `AWS_ACCESS_KEY_ID` and \
                        `AWS_SECRET_ACCESS_KEY` here and for the client";
            report.warning(&reasons.join(": "), Some(hint));
            Ok(())
        }
        result => result,
    }
}

/// Builds the binary, or takes the one that is given, and lays it out.
async fn build(loaded: Loaded, task_root: &mut TaskRoot, report: &Report) -> Result<Description, Failure> {
    let include = &loaded.include;
    let binary = match &loaded.source {
        Source::Given(binary) => source::place_given(binary, include, task_root)?,
        Source::Built(recipe) => {
            let (artifact, _output) = source::build(recipe, &loaded, report).await?;
            source::place(&artifact.executable, &source::list_included(include)?, task_root)?
        }
    };
    let mut description = loaded.description;
    description.set_binary(&binary);
    Ok(description)
}

fn report_missing(loaded: &Loaded, report: &Report) {
    if let Some(sentence) = &loaded.missing_settings {
        report.step("Found", &format!("{sentence}: flags and defaults apply"));
    }
}

/// Warns where the gateway of `--as` asks callers for less than the stage does.
fn report_unasked(args: &LocalArgs, stage: &Stage, report: &Report) {
    if let Some(sentence) = args.gateway.and_then(|kind| unasked::sentence(stage, kind)) {
        report.warning(
            &sentence,
            Some("`docs/access.md` has what each front end asks for; leave `--as` out for the stage's own"),
        );
    }
}

/// The folder of the processes, whose files have the date of those in the zip.
fn task_root(cx: &Context) -> Result<TaskRoot, Failure> {
    let date = EntryDate::from_environment(&cx.environment).map_err(|error| {
        let hint = error.hint();
        Failure::usage(error, hint)
    })?;
    TaskRoot::new(date).map_err(|error| Failure::failed(error, None))
}

/// The URL of the application's own root.
fn url(address: &str, gateway: &Gateway) -> String {
    format!("http://{address}{}", gateway.root())
}

/// Prints the result on stdout, and the progress lines that belong to it.
fn report_serving(prepared: &Prepared<'_>, clock: Clock, stage: Option<&str>, shared: &SharedArgs, report: &Report) {
    let Description { gateway, function, further, events, websocket, .. } = &prepared.description;
    let Prepared { server, shown, .. } = prepared;
    let address = server.address().to_string();
    let (endpoint, url) = (format!("http://{address}"), url(&address, gateway));
    let machine = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let noun = gateway.kind.noun();
    let name = gateway.host.as_ref().map(|name| format!(", which the app sees as `{name}`")).unwrap_or_default();
    report.step("Serving", &format!("{shown} for this machine ({machine}) behind {noun}{name}"));
    report.step(
        "Invoking",
        &format!(
            "`{}` also by `aws lambda invoke --endpoint-url {endpoint}`, which takes POST /2015-03-31/functions/*/invocations",
            function.name
        ),
    );
    for FurtherFunction { name, function, .. } in further {
        report.step("Adding", &format!("function `{name}`, by the same API also `{}`", function.name));
    }
    let websocket = websocket.as_ref().map(|api| format!("ws://{address}{}", api.path()));
    if let Some(url) = &websocket {
        report.step("Accepting", &format!("connections to the WebSocket API at {url}"));
    }
    let schedules = events::next_times(&events.schedules, clock.now());
    for schedule in &schedules {
        report.step("Scheduling", &schedule.sentence());
    }
    if !events.unpolled.is_empty() {
        let sources = events.unpolled.join(", ");
        report.step(
            "Leaving",
            &format!("{sources}, which `local` does not poll: `zappa-rs invoke --local --event` sends an event"),
        );
    }
    tokens::report_rules(&prepared.description, stage, report);
    for key in gateway.access.keys().all() {
        let value = key.development_value.as_deref().map_or_else(
            || "with the value of the settings".to_owned(),
            |value| format!("with `x-api-key: {value}`, a value that only `local` takes"),
        );
        report.step("Admitting", &format!("the API key `{}` of the plan `{}`, {value}", key.name, key.plan.name));
    }
    // The progress that leads to the result is printed before it.
    report.flush();
    if shared.json {
        let result = json!({
            "url": url,
            "gateway": gateway.kind.word(),
            "host": gateway.host,
            "stage": gateway.stage,
            "base_path": gateway.base_path,
            "streaming": gateway.streaming,
            "function_name": function.name,
            "functions": further.iter().map(|further| &further.function.name).collect::<Vec<_>>(),
            "region": gateway.region,
            "invoke_endpoint": endpoint,
            "websocket_url": websocket,
            "machine": machine,
            "binary": function.binary,
            "memory_mb": function.memory_mb,
            "timeout_seconds": function.timeout.as_secs(),
            "concurrency": function.concurrency,
            "concurrency_per_process": function.per_process,
            "schedules": schedules.iter().map(events::NextTime::json).collect::<Vec<_>>(),
            "with_credentials": function.credentials.is_some(),
            "profile": function.credentials.as_ref().and_then(|chain| chain.profile.as_ref()),
        });
        report.answer(&result.to_string());
    } else {
        report.answer(&url);
    }
}
