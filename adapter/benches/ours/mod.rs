//! The adapter's side: from the bytes of an event to the bytes of a response.

use std::time::{Duration, SystemTime};

use axum::{Router, body::Bytes};
use zappa_rs_adapter::{Adapter, BoxError, Dispatch, Invocation, InvocationResult, Record};

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
        let dispatch = Dispatch::new().with_sqs("orders", ship);
        Self { adapter: Adapter::new(app).with_dispatch(dispatch), invocation }
    }

    /// Translates an event to a request.
    ///
    /// The adapter builds the request when it is called. The future is not polled, so the application is not called.
    pub(crate) fn request(&self, event: &Bytes) {
        drop(self.adapter.invoke(event.clone(), self.invocation.clone()));
    }

    /// Runs one whole invocation.
    pub(crate) async fn invoke(&self, event: &Bytes) -> Bytes {
        match self.adapter.invoke(event.clone(), self.invocation.clone()).await {
            InvocationResult::Buffered(response) => response,
            other => panic!("not a buffered response: {other:?}"),
        }
    }
}

/// The body of a message.
#[derive(serde::Deserialize)]
struct Order {
    order: u32,
}

/// A handler of single messages that does nothing with them.
async fn ship(order: Order, record: Record) -> Result<(), BoxError> {
    if order.order == 0 { Err(format!("message {} orders nothing", record.id()).into()) } else { Ok(()) }
}
