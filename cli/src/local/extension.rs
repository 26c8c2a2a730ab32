//! Extensions that an application registers from inside its own process, as AWS's Extensions API has them.
//!
//! `lambda_runtime` registers one to be notified of the shutdown; without it Lambda sends no SIGTERM.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use bytes::Bytes;
use tokio::sync::{Mutex as AsyncMutex, mpsc};

/// The extensions of one instance.
#[derive(Debug, Default)]
pub(crate) struct Extensions {
    registered: Mutex<Vec<Arc<Extension>>>,
    has_invoke: AtomicBool,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Extension {
    pub(crate) id: String,
    wants_invoke: bool,
    sender: mpsc::UnboundedSender<Bytes>,
    events: AsyncMutex<mpsc::UnboundedReceiver<Bytes>>,
}

impl Extensions {
    /// Adds one.
    pub(crate) fn register(&self, id: String, wants_invoke: bool) {
        let (sender, events) = mpsc::unbounded_channel();
        let extension = Extension { id, wants_invoke, sender, events: AsyncMutex::new(events) };
        self.registered.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(extension));
        if wants_invoke {
            self.has_invoke.store(true, Relaxed);
        }
    }

    /// The extension with this identifier.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<Extension>> {
        let registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
        registered.iter().find(|extension| extension.id == id).cloned()
    }

    /// Tells those that want to know of an invocation; `event` is made only if there are any.
    pub(crate) fn send_invoke(&self, event: impl FnOnce() -> Bytes) {
        if !self.has_invoke.load(Relaxed) {
            return;
        }
        let event = event();
        let registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
        for extension in registered.iter().filter(|extension| extension.wants_invoke) {
            // The receiver lives as long as the extension.
            let _ = extension.sender.send(event.clone());
        }
    }
}

impl Extension {
    /// Waits for its next event; one that wants none waits for ever, as on Lambda.
    pub(crate) async fn next(&self) -> Option<Bytes> {
        self.events.lock().await.recv().await
    }
}
