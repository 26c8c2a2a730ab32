//! Ctrl-C and SIGTERM: the first ends what `run` serves, the second ends the process.
//!
//! Tokio replaces a signal's default for good, also for when no `run` listens any more. So a thread of its own counts
//! them: it hears them while a second server goes on, and while all threads of the application are busy.

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

/// How many signals came since the last `run` began.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Notifies every `run` of the process; `None` until there is a thread that listens.
static HEARD: Mutex<Option<watch::Sender<()>>> = Mutex::new(None);

/// A subscription to the signals that ask a process to stop, from the moment this is made.
#[derive(Debug)]
pub(crate) struct Signals {
    heard: watch::Receiver<()>,
}

impl Signals {
    /// Subscribes. From now on the second signal ends the process, whoever listens.
    pub(crate) fn new() -> io::Result<Self> {
        let mut heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = match &mut *heard {
            Some(sender) => sender,
            none => none.insert(listen()?),
        };
        COUNT.store(0, Ordering::Relaxed);
        Ok(Self { heard: sender.subscribe() })
    }

    /// Waits for a signal.
    pub(crate) async fn next(&mut self) {
        if self.heard.changed().await.is_err() {
            pending::<()>().await;
        }
    }
}

/// Starts the thread, and waits until it listens.
fn listen() -> io::Result<watch::Sender<()>> {
    let heard = watch::Sender::new(());
    let (started, has_started) = mpsc::channel();
    let notified = heard.clone();
    thread::Builder::new().name("zappa-rs-signals".to_owned()).spawn(move || {
        // A runtime must not be dropped where another one runs, so it is made here and not in the caller.
        let streams = runtime::Builder::new_current_thread().enable_io().build().and_then(|runtime| {
            let streams = runtime.block_on(async { Streams::new() })?;
            Ok((runtime, streams))
        });
        match streams {
            Ok((runtime, streams)) => {
                let _ = started.send(Ok(()));
                runtime.block_on(count(streams, &notified));
            }
            Err(error) => {
                let _ = started.send(Err(error));
            }
        }
    })?;
    has_started.recv().map_err(io::Error::other)??;
    Ok(heard)
}

/// Counts signals until the second, which ends the process as it would have by default.
#[expect(clippy::exit, reason = "whoever asks a second time wants no more destructors to run")]
async fn count(mut streams: Streams, heard: &watch::Sender<()>) {
    loop {
        let code = streams.next().await;
        if COUNT.fetch_add(1, Ordering::Relaxed) > 0 {
            std::process::exit(code);
        }
        heard.send_replace(());
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

    /// Waits for a signal, and gives the exit code by which a shell knows it.
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

    /// Waits for Ctrl-C, and gives the exit code that Windows has for it (`STATUS_CONTROL_C_EXIT`).
    async fn next(&mut self) -> i32 {
        let _ = self.interrupt.recv().await;
        0xC000_013A_u32.cast_signed()
    }
}
