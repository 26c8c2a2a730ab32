//! An invocation in flight: the receiver of its outcome, its usage and its log.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::{
    instance::Instance,
    invocation::{FunctionFailure, Outcome},
    stream,
};
use crate::{lambda, progress::Usage};

/// An invocation that an instance works on.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) outcome: oneshot::Receiver<Outcome>,
    pub(super) request_id: String,
    pub(super) instance: Arc<Instance>,
    pub(super) started: Instant,
    pub(super) init: Option<Duration>,
    pub(super) log_position: u64,
    pub(super) memory_limit: u32,
}

impl Running {
    /// What it has cost so far.
    pub(crate) fn usage(&self) -> Usage {
        Usage {
            request_id: self.request_id.clone(),
            duration: self.started.elapsed(),
            init: self.init,
            memory_used: self.instance.memory(),
            memory_limit: self.memory_limit,
        }
    }

    /// Waits for the result, and for the end of one that is streamed.
    pub(crate) async fn result(&mut self) -> Result<Bytes, FunctionFailure> {
        let outcome = (&mut self.outcome)
            .await
            .unwrap_or_else(|_| Outcome::Failed(FunctionFailure::exited(&self.request_id, None)));
        match outcome {
            Outcome::Buffered(payload) => Ok(payload),
            Outcome::Failed(failure) => Err(failure),
            Outcome::Streamed(mut streamed) => {
                stream::collect(&mut streamed, lambda::MAX_PAYLOAD).await.map_err(FunctionFailure::broken_stream)
            }
        }
    }

    /// What the process wrote since it was given the event.
    pub(crate) fn log(&self) -> Vec<u8> {
        self.instance.output.since(self.log_position)
    }
}
