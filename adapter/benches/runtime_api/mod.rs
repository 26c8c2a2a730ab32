//! A Lambda Runtime API on a loopback port that sends one event to one process many times and measures the cost.
//!
//! It is a load generator and not an emulator: it serves polls and responses only.

mod connection;
mod process;

use std::{error::Error, path::Path, rc::Rc, time::Duration};

use axum::body::Bytes;
use tokio::{
    net::TcpListener,
    process::Command,
    task::LocalSet,
    time::{Instant, timeout},
};

use connection::Feed;
pub(crate) use process::Meter;

/// The error of a step, which ends the run.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// The timeout of a run, after which the process counts as stuck.
const RUN_TIMEOUT: Duration = Duration::from_secs(600);

/// The load for one process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load<'a> {
    /// The event, the same for every invocation.
    pub(crate) event: &'a Bytes,
    /// The number of invocations before the measurement.
    pub(crate) warm_up: u64,
    /// The number of measured invocations.
    pub(crate) invocations: u64,
}

/// The figures of one run of a process.
#[derive(Debug)]
pub(crate) struct Run {
    /// The time from the start of the process to its first poll.
    pub(crate) first_poll: Duration,
    /// The CPU time of all its threads for one invocation, user and system.
    pub(crate) cpu: Duration,
    /// Its standard error.
    pub(crate) stderr: String,
}

/// Runs a process under a load and waits for its end, which comes when its Runtime API goes away.
///
/// # Errors
///
/// The process does not start, reports an error, responds with a status other than 200, or ends by itself.
pub(crate) async fn run(mut command: Command, load: Load<'_>) -> Result<Run, Failure> {
    LocalSet::new().run_until(run_under_load(&mut command, load)).await
}

async fn run_under_load(command: &mut Command, load: Load<'_>) -> Result<Run, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let feed = Rc::new(Feed::new(load));
    set_environment(command, &listener.local_addr()?.to_string());

    let started = Instant::now();
    let child = command.kill_on_drop(true).spawn()?;
    let meter = Meter::new(child.id().ok_or("the process ended at once")?);
    feed.set_meter(meter);
    let serving = tokio::task::spawn_local(connection::serve(listener, Rc::clone(&feed)));
    let mut ended = std::pin::pin!(child.wait_with_output());
    let figures = tokio::select! {
        figures = timeout(RUN_TIMEOUT, feed.figures()) => figures.map_err(|_| "the process stopped polling")??,
        output = &mut ended => return Err(format!("the process ended by itself: {output:?}").into()),
    };
    serving.abort();
    let output = timeout(RUN_TIMEOUT, ended).await.map_err(|_| "the process outlives its Runtime API")??;

    let invocations = u32::try_from(load.invocations.max(1))?;
    Ok(Run {
        first_poll: figures.first_poll.duration_since(started),
        cpu: (figures.end - figures.begin) / invocations,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Creates the command for a program, or for a tool that runs the program.
pub(crate) fn command(tool: &[&str], program: &Path) -> Command {
    let mut command = match tool {
        [] => Command::new(program),
        [tool, arguments @ ..] => {
            let mut command = Command::new(tool);
            command.args(arguments).arg(program);
            command
        }
    };
    command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
    command
}

fn set_environment(command: &mut Command, address: &str) {
    command.env_clear().envs([
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("AWS_LAMBDA_RUNTIME_API", address),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        // Without it, `lambda_http` puts the stage into the path of a REST event and the router responds with 404.
        ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true"),
    ]);
}
