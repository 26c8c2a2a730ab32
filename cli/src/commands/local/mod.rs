//! `zappa-rs local`: find, build, serve, follow edits, end.

mod follow;
mod settings;
mod source;
mod wanted;

use std::{net::IpAddr, sync::Arc};

use serde_json::json;
use tokio::sync::oneshot;

use self::{follow::Follow, settings::Merged, source::Source};
use super::Surroundings;
use crate::{
    args::{LocalArgs, LoopbackHost, SharedArgs},
    interrupt::Interrupts,
    local::{
        cloud::Cloud,
        description::{Description, GatewayKind},
        server::Server,
        task_root::TaskRoot,
    },
    progress::Progress,
    report::{Failure, Report},
};

/// Runs the command to its end.
pub(crate) async fn run(
    args: &LocalArgs,
    shared: &SharedArgs,
    around: &Surroundings,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let mut interrupts = Interrupts::new().map_err(|error| Failure::failed(error, None))?;
    let prepared = tokio::select! {
        prepared = prepare(args, around, report) => prepared?,
        () = interrupts.next() => return Err(Failure::interrupted()),
    };
    say(&prepared, shared, report);
    // The folder of the processes goes when the last of them is gone.
    let Prepared { description, server, mut task_root, follow, .. } = prepared;
    let function = description.function.clone();
    let progress: Arc<dyn Progress> = Arc::clone(report) as _;
    let cloud = Cloud::new(description, progress);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve(Arc::clone(&cloud), async {
        // The sender is dropped to say it.
        let _ = stopped.await;
    }));
    tokio::select! {
        () = follow::rest(follow, &mut task_root, &cloud, &function, report) => {}
        () = interrupts.next() => {}
    }
    report.step("Stopping", "when the requests under way are answered; a second Ctrl-C stops at once");
    drop(stop);
    let ended = async {
        // A panic in there was shown, and everything ends now anyway.
        let _ = serving.await;
        cloud.stop().await;
    };
    tokio::select! {
        () = ended => {}
        () = interrupts.next() => {}
    }
    Ok(())
}

/// Everything that has to be there before the first request.
struct Prepared {
    description: Description,
    server: Server,
    source: Source,
    task_root: TaskRoot,
    follow: Option<Follow>,
}

async fn prepare(args: &LocalArgs, around: &Surroundings, report: &Report) -> Result<Prepared, Failure> {
    let merged = settings::merged(args, around, report)?;
    let deployed = merged.named.as_ref().map(|named| &named.deployed);
    let source = source::source(&merged.args, deployed, around).await?;
    let include = merged.include(&source);
    let Merged { args, told, region, named } = &merged;
    let description = wanted::description(args, told, &source.project(), region);
    let mut description = description.map_err(|error| {
        let hint = error.hint();
        Failure::usage(error, hint)
    })?;
    if let Some(named) = named {
        named.describe(&mut description.function);
    }
    // Before a long build, not after it.
    let server = Server::bind(host(args.host), args.port).await.map_err(|error| {
        let hint = error.hint();
        Failure::failed(error, hint)
    })?;
    let mut task_root = TaskRoot::new().map_err(|error| Failure::failed(error, None))?;
    let mut follow = None;
    description.function.binary = match &source {
        Source::Given(binary) => source::given_placed(binary, &include, &mut task_root)?,
        Source::Built(recipe) if args.watch => {
            let follow = follow.insert(Follow::new(recipe, &include, &around.cargo)?);
            follow.first(&mut task_root, &server, report).await?
        }
        Source::Built(recipe) => source::built(recipe, &include, &around.cargo, &mut task_root, report).await?.0,
    };
    Ok(Prepared { description, server, source, task_root, follow })
}

fn host(host: LoopbackHost) -> Option<IpAddr> {
    match host {
        LoopbackHost::Localhost => None,
        LoopbackHost::Address(address) => Some(address),
    }
}

/// The answer on stdout, and what goes with it.
fn say(prepared: &Prepared, shared: &SharedArgs, report: &Report) {
    let Prepared { description: Description { gateway, function }, server, source, .. } = prepared;
    let endpoint = format!("http://{}", server.address());
    let url = format!("{endpoint}{}", wanted::prefix(gateway));
    let kind = match gateway.kind {
        GatewayKind::Rest => "rest",
        GatewayKind::Http => "http",
        GatewayKind::FunctionUrl => "function-url",
        GatewayKind::Alb => "alb",
    };
    let machine = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    report.step(
        "Serving",
        &format!("{} for this machine ({machine}) behind {}", source.shown(), wanted::noun(gateway.kind)),
    );
    report.step(
        "Invoking",
        &format!(
            "`{}` also by `aws lambda invoke --endpoint-url {endpoint}`, which takes POST /2015-03-31/functions/*/invocations",
            function.name
        ),
    );
    // The story that leads to the answer is read before it.
    report.flush();
    if shared.json {
        let answer = json!({
            "url": url,
            "gateway": kind,
            "stage": gateway.stage,
            "base_path": gateway.base_path,
            "streaming": gateway.streaming,
            "function_name": function.name,
            "region": gateway.region,
            "invoke_endpoint": endpoint,
            "machine": machine,
            "binary": function.binary,
            "memory_mb": function.memory_mb,
            "timeout_seconds": function.timeout.as_secs(),
            "concurrency": function.concurrency,
        });
        report.answer(&answer.to_string());
    } else {
        report.answer(&url);
    }
}
