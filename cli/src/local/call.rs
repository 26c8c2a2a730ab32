//! One direct invocation, as `lambda:InvokeFunction` makes it, without a request over a socket.

use std::time::Duration;

use bytes::Bytes;

use super::{cloud::Cloud, instances::Instances, invocation::Invocation, stamp};
use crate::progress::Usage;

/// How long the lines that a process wrote before its response may take through the pipe.
const LOG_DELAY: Duration = Duration::from_millis(20);

/// What an invocation came to.
pub(crate) struct Called {
    /// The response, or the error document.
    pub(crate) payload: Bytes,
    /// Whether the function failed.
    pub(crate) is_error: bool,
    /// The remedy of a failure, where one is known.
    pub(crate) hint: Option<String>,
    /// What the process wrote meanwhile, 4 KB at most.
    pub(crate) log: Vec<u8>,
    /// The usage, if an instance took the event.
    pub(crate) usage: Option<Usage>,
}

impl Cloud {
    /// Invokes the function with an event and waits for the result.
    pub(crate) async fn call(&self, payload: Bytes) -> Called {
        let invocation = Invocation { request_id: stamp::uuid(), trace_id: stamp::now().trace_id, payload };
        call(&self.instances, invocation).await
    }
}

async fn call(instances: &std::sync::Arc<Instances>, invocation: Invocation) -> Called {
    let mut running = match instances.invoke(invocation).await {
        Ok(running) => running,
        Err(failure) => {
            let hint = failure.hint.map(Into::into);
            return Called { payload: failure.payload, is_error: true, hint, log: Vec::new(), usage: None };
        }
    };
    let result = running.result().await;
    let usage = Some(running.usage());
    tokio::time::sleep(LOG_DELAY).await;
    let log = running.log();
    match result {
        Ok(payload) => Called { payload, is_error: false, hint: None, log, usage },
        Err(failure) => {
            Called { payload: failure.payload, is_error: true, hint: failure.hint.map(Into::into), log, usage }
        }
    }
}
