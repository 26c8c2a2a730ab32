//! Shutdown by Ctrl-C and SIGTERM: the first signal stops `run`, the second ends the process.
//!
//! Tokio replaces a signal's default action permanently, also after the last `run` has ended. So a thread of its own
//! counts the signals, also while a second server is running or all threads of the application are busy.

use std::{
    future::pending,
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use tokio::{runtime, sync::watch};

/// The number of signals since the last `run` began.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// The sender that notifies every `run` of the process; `None` until the thread listens.
static NOTIFIER: Mutex<Option<watch::Sender<()>>> = Mutex::new(None);

/// A subscription to Ctrl-C and SIGTERM.
#[derive(Debug)]
pub(crate) struct Signals {
    receiver: watch::Receiver<()>,
}

impl Signals {
    /// Subscribes. From now on the second signal ends the process.
    pub(crate) fn new() -> io::Result<Self> {
        let mut notifier = NOTIFIER.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = match &mut *notifier {
            Some(sender) => sender,
            none => none.insert(listen()?),
        };
        COUNT.store(0, Ordering::Relaxed);
        Ok(Self { receiver: sender.subscribe() })
    }

    /// Waits for a signal.
    pub(crate) async fn next(&mut self) {
        if self.receiver.changed().await.is_err() {
            pending::<()>().await;
        }
    }
}

/// Starts the thread, and waits until it listens.
fn listen() -> io::Result<watch::Sender<()>> {
    let sender = watch::Sender::new(());
    let (ready, is_ready) = mpsc::channel();
    let notifier = sender.clone();
    thread::Builder::new().name("zappa-rs-signals".to_owned()).spawn(move || {
        // A runtime must not be dropped inside another one, so it is created here and not in the caller.
        let streams = runtime::Builder::new_current_thread().enable_io().build().and_then(|runtime| {
            let streams = runtime.block_on(async { Streams::new() })?;
            Ok((runtime, streams))
        });
        match streams {
            Ok((runtime, streams)) => {
                let _ = ready.send(Ok(()));
                runtime.block_on(count(streams, &notifier));
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        }
    })?;
    is_ready.recv().map_err(io::Error::other)??;
    Ok(sender)
}

/// Counts signals until the second, which ends the process as the default action would.
#[expect(clippy::exit, reason = "a second signal must end the process without running destructors")]
async fn count(mut streams: Streams, notifier: &watch::Sender<()>) {
    loop {
        let code = streams.next().await;
        if COUNT.fetch_add(1, Ordering::Relaxed) > 0 {
            std::process::exit(code);
        }
        notifier.send_replace(());
    }
}

#[cfg(unix)]
struct Streams {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Streams {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for a signal, and returns its exit code by the convention of shells.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}

#[cfg(windows)]
struct Streams {
    interrupt: tokio::signal::windows::CtrlC,
}

#[cfg(windows)]
impl Streams {
    fn new() -> io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    /// Waits for Ctrl-C, and returns the exit code that Windows has for it (`STATUS_CONTROL_C_EXIT`).
    async fn next(&mut self) -> i32 {
        let _ = self.interrupt.recv().await;
        0xC000_013A_u32.cast_signed()
    }
}
