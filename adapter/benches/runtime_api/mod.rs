//! A Lambda Runtime API on a loopback port that feeds one event to one process many times and watches what that costs.
//!
//! It answers what a process asks in order and nothing else: it is a load, not an emulator.

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

/// What every step may fail with; the run ends there.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// A process that polls for longer than this is stuck.
const PATIENCE: Duration = Duration::from_secs(600);

/// How one process is to be fed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load<'a> {
    /// The event, the same for every invocation.
    pub(crate) event: &'a Bytes,
    /// Invocations before the meter starts.
    pub(crate) warm_up: u64,
    /// Invocations while it runs.
    pub(crate) invocations: u64,
}

/// What one run of a process showed.
#[derive(Debug)]
pub(crate) struct Run {
    /// From the start of the process to its first poll.
    pub(crate) first_poll: Duration,
    /// Processor time of all its threads for one invocation, user and system together.
    pub(crate) cpu: Duration,
    /// What it wrote to standard error.
    pub(crate) stderr: String,
}

/// Starts the process, feeds it and waits for its end, which comes when its Runtime API goes away.
///
/// # Errors
///
/// The process does not start, reports an error, answers other than 200, or ends by itself.
pub(crate) async fn run(mut command: Command, load: Load<'_>) -> Result<Run, Failure> {
    LocalSet::new().run_until(fed(&mut command, load)).await
}

async fn fed(command: &mut Command, load: Load<'_>) -> Result<Run, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let feed = Rc::new(Feed::new(load));
    environment(command, &listener.local_addr()?.to_string());

    let started = Instant::now();
    let child = command.kill_on_drop(true).spawn()?;
    let meter = Meter::new(child.id().ok_or("the process ended at once")?);
    feed.watch(meter);
    let serving = tokio::task::spawn_local(connection::serve(listener, Rc::clone(&feed)));
    let mut ended = std::pin::pin!(child.wait_with_output());
    let figures = tokio::select! {
        figures = timeout(PATIENCE, feed.figures()) => figures.map_err(|_| "the process stopped polling")??,
        output = &mut ended => return Err(format!("the process ended by itself: {output:?}").into()),
    };
    serving.abort();
    let output = timeout(PATIENCE, ended).await.map_err(|_| "the process outlives its Runtime API")??;

    let invocations = u32::try_from(load.invocations.max(1))?;
    Ok(Run {
        first_poll: figures.first_poll.duration_since(started),
        cpu: (figures.end - figures.begin) / invocations,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// The command for a program, or for the program under a tool that takes it as its arguments.
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

fn environment(command: &mut Command, address: &str) {
    command.env_clear().envs([
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("AWS_LAMBDA_RUNTIME_API", address),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        // Without it, `lambda_http` puts the stage into the path of a REST event and the router answers 404.
        ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true"),
    ]);
}
