//! Our side: what the adapter does between the bytes of an event and the bytes of an answer.

use std::time::{Duration, SystemTime};

use axum::{Router, body::Bytes};
use zappa_rs_adapter::{Adapter, Invocation, InvocationResult};

/// The application behind the adapter.
#[derive(Clone)]
pub(crate) struct Ours {
    adapter: Adapter<Router>,
    invocation: Invocation,
}

impl Ours {
    /// Puts the application behind the adapter.
    pub(crate) fn new(app: Router) -> Self {
        // A deadline, as on Lambda, so that the timer is measured too; late enough for any run.
        let deadline = SystemTime::now() + Duration::from_secs(24 * 3600);
        let invocation = Invocation::new("8476a536-e9f4-11e8-9739-2dfe598c3fcd").with_deadline(deadline);
        Self { adapter: Adapter::new(app), invocation }
    }

    /// Event bytes to request.
    ///
    /// The adapter reads the event when it is called, into what the application is going to be given; nobody polls
    /// the answer, so the application is not asked.
    pub(crate) fn request(&self, event: &Bytes) {
        drop(self.adapter.invoke(event.clone(), self.invocation.clone()));
    }

    /// The whole way of one invocation.
    pub(crate) async fn answer(&self, event: &Bytes) -> Bytes {
        match self.adapter.invoke(event.clone(), self.invocation.clone()).await {
            InvocationResult::Buffered(answer) => answer,
            other => panic!("not a whole answer: {other:?}"),
        }
    }
}
