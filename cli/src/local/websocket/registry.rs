//! The open connections by their ids. They outlive a build of `--watch`, as they outlive a deploy on AWS.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::sync::{mpsc, oneshot, watch};

use crate::gateway::websocket::Connection;

/// How long connections may take to end, with their handlers of `$disconnect`, when the tool stops.
const GRACE: Duration = Duration::from_secs(3);

/// What the management API and the handlers ask of a connection.
#[derive(Debug)]
pub(super) enum Command {
    /// Sends a text, and says when it is written.
    Send(String, oneshot::Sender<()>),
    /// Closes the connection.
    Close,
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) connection: Connection,
    last_active: Mutex<SystemTime>,
    commands: mpsc::UnboundedSender<Command>,
}

impl Entry {
    /// Sends a text to the client; whether it was written.
    pub(super) async fn send(&self, text: String) -> bool {
        let (written, is_written) = oneshot::channel();
        self.commands.send(Command::Send(text, written)).is_ok() && is_written.await.is_ok()
    }

    /// Closes the connection; whether it was open.
    pub(super) fn close(&self) -> bool {
        self.commands.send(Command::Close).is_ok()
    }

    /// Notes that a message went either way.
    pub(super) fn touch(&self) {
        *self.last_active.lock().unwrap_or_else(PoisonError::into_inner) = SystemTime::now();
    }

    pub(super) fn last_active(&self) -> SystemTime {
        *self.last_active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All open connections.
#[derive(Debug)]
pub(crate) struct Registry {
    entries: Mutex<HashMap<String, Arc<Entry>>>,
    stopping: watch::Sender<bool>,
    /// The number of connections that are open or whose `$disconnect` still runs.
    open: watch::Sender<usize>,
}

impl Registry {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { entries: Mutex::default(), stopping: watch::Sender::new(false), open: watch::Sender::new(0) })
    }

    /// Adds a connection, which ends when the result is dropped.
    pub(super) fn add(self: &Arc<Self>, connection: Connection) -> Opened {
        let (sender, commands) = mpsc::unbounded_channel();
        let last_active = Mutex::new(connection.connected_at);
        let entry = Arc::new(Entry { connection, last_active, commands: sender });
        self.lock().insert(entry.connection.id.clone(), Arc::clone(&entry));
        self.open.send_modify(|open| *open += 1);
        Opened { entry, commands, stopping: self.stopping.subscribe(), registry: Arc::clone(self) }
    }

    /// The connection with an id.
    pub(super) fn find(&self, id: &str) -> Option<Arc<Entry>> {
        self.lock().get(id).cloned()
    }

    /// Closes all connections, and waits for their handlers.
    pub(crate) async fn stop(&self) {
        self.stopping.send_replace(true);
        let mut open = self.open.subscribe();
        // The sender is in `self`.
        let _ = tokio::time::timeout(GRACE, open.wait_for(|open| *open == 0)).await;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection for the task that owns its socket.
pub(super) struct Opened {
    pub(super) entry: Arc<Entry>,
    pub(super) commands: mpsc::UnboundedReceiver<Command>,
    pub(super) stopping: watch::Receiver<bool>,
    registry: Arc<Registry>,
}

impl Opened {
    /// Removes the connection: later calls of the management API for it get 410.
    pub(super) fn forget(&mut self) {
        self.registry.lock().remove(&self.entry.connection.id);
        self.commands.close();
        while self.commands.try_recv().is_ok() {}
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.forget();
        self.registry.open.send_modify(|open| *open -= 1);
    }
}
