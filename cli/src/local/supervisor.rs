//! The supervisor of one instance, from its process's start to its end: timeouts, crashes, shutdown.

use std::{process::ExitStatus, sync::Arc, time::Instant};

use tokio::{net::TcpListener, task::AbortHandle};

use super::{
    credentials::Credentials,
    description::Function,
    instance::{Instance, Remains, Work},
    instances::Instances,
    invocation::{FunctionFailure, Outcome},
    process::{Process, Start},
    runtime_api,
};

/// The reason for a process's end.
enum End {
    ByItself,
    Stopped,
    NeverPolled,
    TimedOut,
}

/// Runs one instance and returns when its process is gone.
pub(crate) async fn run(instances: Arc<Instances>, instance: Arc<Instance>, function: Arc<Function>) {
    let started = start(&instances, &instance, &function).await;
    let (mut process, _runtime_api) = match started {
        Ok(started) => started,
        Err(failure) => {
            instances.remove(&instance, 0, Some(failure));
            return;
        }
    };
    instance.set_process(process.id());
    let end = watch(&instances, &instance, &function, &mut process).await;
    let status = match end {
        End::ByItself => process.finish().await,
        End::Stopped => {
            process.stop().await;
            None
        }
        End::NeverPolled | End::TimedOut => {
            process.kill();
            process.finish().await
        }
    };
    conclude(&instances, &instance, &function, &end, status);
}

/// Removes an instance whose process is gone, with the failure for each client that waits for it.
fn conclude(
    instances: &Arc<Instances>,
    instance: &Instance,
    function: &Function,
    end: &End,
    status: Option<ExitStatus>,
) {
    let Remains { has_polled, work, returning, init_error } = instance.end();
    if !has_polled {
        let failure = match end {
            End::NeverPolled => FunctionFailure::never_polled(instances.init_limit),
            End::Stopped => FunctionFailure::stopping(),
            End::ByItself | End::TimedOut => FunctionFailure::not_started(status, init_error)
                .explained(&instance.output.since(0), instances.has_others()),
        };
        return instances.remove(instance, 0, Some(failure));
    }
    if work.is_empty() && returning == 0 && matches!(end, End::ByItself) {
        let sentence = "a process ended by itself while it waited for an event; the next request gets a new one";
        instances.progress.warning(sentence, None);
    }
    for work in work {
        fail(instances, instance, function, (end, status), work);
    }
    instances.remove(instance, returning, None);
}

/// Sends the failure of an invocation that was in flight.
fn fail(
    instances: &Arc<Instances>,
    instance: &Instance,
    function: &Function,
    (end, status): (&End, Option<ExitStatus>),
    work: Work,
) {
    let Work { request_id, deadline, responder } = work;
    let is_late = deadline <= Instant::now();
    let failure = match end {
        End::TimedOut if is_late => FunctionFailure::timed_out(&request_id, function.timeout),
        End::Stopped => FunctionFailure::stopping(),
        End::ByItself | End::NeverPolled | End::TimedOut => {
            FunctionFailure::exited(&request_id, status).explained(&instance.output.since(0), instances.has_others())
        }
    };
    let hint = failure.hint.clone();
    let is_unreceived = responder.is_none_or(|responder| responder.send(Outcome::Failed(failure)).is_err());
    // The gateway's own timeout came first, or the response was being streamed.
    if is_unreceived && is_late && matches!(end, End::TimedOut) {
        let seconds = function.timeout.as_secs_f64();
        let sentence = format!("request {request_id} was cut: Task timed out after {seconds:.2} seconds");
        instances.progress.failure(&sentence, hint.as_deref());
    }
}

/// Ends the Runtime API with the instance.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn start(
    instances: &Arc<Instances>,
    instance: &Arc<Instance>,
    function: &Function,
) -> Result<(Process, AbortOnDrop), FunctionFailure> {
    let credentials = credentials(instances, instance, function).await?;
    let not_spawned = |error| FunctionFailure::not_spawned(&error);
    // A listener of its own identifies the instance of a poll: the Runtime API does not name it.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(not_spawned)?;
    let log_stream = format!("local/[$LATEST]{:032x}", fastrand::u128(..));
    let start = Start {
        runtime_api: &listener,
        log_stream: &log_stream,
        credentials: &credentials,
        output: &instance.output,
        progress: &instances.progress,
    };
    let process = Process::start(function, start).await.map_err(not_spawned)?;
    let served = tokio::spawn(runtime_api::serve(
        listener,
        Arc::clone(instances),
        Arc::clone(instance),
        Arc::from(function.name.as_str()),
    ));
    Ok((process, AbortOnDrop(served.abort_handle())))
}

/// Resolves the credentials of one process, if the function gets any.
async fn credentials(
    instances: &Instances,
    instance: &Instance,
    function: &Function,
) -> Result<Credentials, FunctionFailure> {
    let Some(chain) = &function.credentials else { return Ok(Credentials::default()) };
    let resolved = tokio::select! {
        resolved = instances.credentials.resolve(chain) => resolved,
        () = instance.stop.notified() => return Err(FunctionFailure::stopping()),
    };
    let credentials = resolved.map_err(FunctionFailure::without_credentials)?;
    instance.set_expiry(credentials.expiry);
    Ok(credentials)
}

/// Waits until the process ends, is to be stopped, or exceeds a timeout.
///
/// No signal wakes this task when an invocation begins: it would come with each request. An instance that is idle now
/// cannot run into a deadline before its timeout has passed, so looking again by then is enough.
async fn watch(instances: &Instances, instance: &Instance, function: &Function, process: &mut Process) -> End {
    loop {
        let now = Instant::now();
        let mut next = now + function.timeout;
        if let Some((deadline, is_start)) = instance.deadline(instances.init_limit) {
            if deadline <= now {
                return if is_start { End::NeverPolled } else { End::TimedOut };
            }
            next = if is_start { next.min(deadline) } else { deadline };
        }
        tokio::select! {
            _ = process.wait() => return End::ByItself,
            () = instance.stop.notified() => return End::Stopped,
            () = tokio::time::sleep_until(next.into()) => {}
        }
    }
}
