//! The tool behind the `zappa-rs` command: builds a service, deploys it, and emulates the deployment on this machine.

// What only the commands that call AWS use is small; it is compiled without them, too, for one attribute and not many.
#![cfg_attr(
    not(feature = "deploy"),
    expect(dead_code, unused_imports, reason = "the commands that use it are not in this build")
)]
// Tests may read variables: `ZAPPA_RS_WRITE` and the `PATH`.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod args;
mod artifact;
#[cfg(feature = "deploy")]
mod aws;
mod build;
mod commands;
mod digest;
#[cfg(feature = "deploy")]
mod doctor;
mod executable;
mod external;
mod gateway;
mod hook;
mod interrupt;
mod lambda;
mod local;
mod logical_id;
mod logs;
mod names;
mod package;
mod pattern;
#[cfg(feature = "deploy")]
mod plan;
mod policy;
mod printable;
mod process_group;
mod progress;
mod regions;
mod release;
mod report;
#[cfg(feature = "deploy")]
mod rollout;
mod schedule;
mod settings;
mod shell;
mod suggestion;
mod template;
mod world;
mod zig;

use std::{ffi::OsString, sync::Arc, time::Duration};

pub use world::{Stream, World};

use args::{Args, Color, Command, RemoteCommand, SharedArgs};
use build::Cargo;
use commands::Context;
use external::External;
use progress::Progress as _;
use report::{Coloured, Failure, Report, Volume};

/// The default region.
const REGION: &str = "us-east-1";

/// Runs one command and returns its exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
pub fn run(args: impl IntoIterator<Item = OsString>, world: World) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(outcome) = zig::run(&args) {
        return outcome.map_or_else(
            |message| {
                report::raw(&message);
                1
            },
            |()| 0,
        );
    }
    let parsed = args::parsed(&args);
    let shared = parsed.as_ref().map(|args| args.shared.clone()).ok();
    let colour = Coloured {
        stdout: is_coloured(&world.stdout, shared.as_ref(), &world),
        stderr: is_coloured(&world.stderr, shared.as_ref(), &world),
    };
    // A terminal without cursor movement is written to like a file.
    let is_able = world.variable("TERM") != Some("dumb");
    let volume = match &shared {
        Some(SharedArgs { quiet: true, .. }) => Volume::Quiet,
        Some(SharedArgs { verbose: 1.., .. }) => Volume::Verbose,
        _ => Volume::Normal,
    };
    let region =
        ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| world.variable(name)).unwrap_or(REGION).to_owned();
    let cargo = Cargo::new(
        &world.environment,
        &world.directory,
        if colour.stderr { "always" } else { "never" },
        volume == Volume::Quiet,
    );
    let cx = Context { cargo, directory: world.directory, region, environment: world.environment };
    let mut stderr = world.stderr;
    stderr.is_terminal &= is_able;
    let report = Arc::new(Report::new(world.stdout, stderr, volume, colour, world.can_ask && is_able));
    let outcome = match parsed {
        Ok(args) => dispatch(&args, &cx, &report),
        Err(error) => match run_external(&error, &args, &cx) {
            Some(outcome) => match outcome {
                Ok(code) => return code,
                Err(failure) => Err(failure),
            },
            None => commands::usage::outcome(&error, &args, &cx).map(|text| report.answer(&text)),
        },
    };
    match outcome.and_then(|()| report.stdout_error().map_or(Ok(()), Err)) {
        Ok(()) => 0,
        Err(failure) => {
            report.end(&failure);
            report.flush();
            failure.code()
        }
    }
}

/// Runs the program of `PATH` that stands in for a command that there is not; `None` if there is no such program.
fn run_external(error: &clap::Error, args: &[OsString], cx: &Context) -> Option<Result<u8, Failure>> {
    if error.kind() != clap::error::ErrorKind::InvalidSubcommand {
        return None;
    }
    let external = External::find(args, &cx.environment)?;
    Some(external.run(&cx.environment).map_err(|error| {
        let error = anyhow::Error::new(error).context(format!("`{}` cannot be run", external.program()));
        let hint = "a script needs its first line, such as `#!/bin/sh`".to_owned();
        Failure::failed(error, Some(hint))
    }))
}

fn dispatch(args: &Args, cx: &Context, report: &Arc<Report>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(error, None))?;
    let outcome = runtime.block_on(async {
        match &args.command {
            Command::Init(init) => commands::init::run(init, &args.shared, cx, report).await,
            Command::Check(stage) => commands::check::run(stage, &args.shared, cx, report).await,
            Command::Local(local) => commands::local::run(local, &args.shared, cx, report).await,
            Command::Token(token) => commands::token::run(token, &args.shared, cx, report).await,
            Command::Package(package) => commands::package::run(package, &args.shared, cx, report).await,
            Command::Template(template) => commands::template::run(template, &args.shared, cx, report).await,
            Command::Remote(RemoteCommand::Invoke(invoke)) if invoke.is_local => {
                commands::invoke::run_local(invoke, &args.shared, cx, report).await
            }
            Command::Remote(remote) => commands::remote::run(remote, &args.shared, cx, report).await,
            Command::Policy(policy) => commands::policy::run(policy, cx, report).await,
            Command::Event(event) => commands::event::run(event, &args.shared, report),
            Command::Completions(completions) => {
                commands::completions::run(completions, report);
                Ok(())
            }
            Command::Schema => {
                report.document(&settings::schema::file());
                Ok(())
            }
        }
    });
    // Tasks that still run were asked to end and had time for it.
    runtime.shutdown_timeout(Duration::from_millis(100));
    report.flush();
    outcome
}

fn is_coloured(stream: &Stream, shared: Option<&SharedArgs>, world: &World) -> bool {
    match shared.map_or(Color::Auto, |shared| shared.color) {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            stream.is_terminal && world.variable("NO_COLOR").is_none() && world.variable("TERM") != Some("dumb")
        }
    }
}

/// A test of the gateway and the adapter together, which needs the gateway's own functions.
#[cfg(test)]
#[path = "../../tests/round_trip.rs"]
mod round_trip;
