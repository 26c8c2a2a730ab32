//! The process of an app's binary, started as Lambda starts it.

use std::{io, net::TcpListener as Socket, process::Command, sync::Arc};

use bytes::Bytes;
use tokio::{net::TcpListener, runtime::Handle, task::AbortHandle};
use zappa_rs_adapter::{Invocation, contract::variable};

use super::{ClientError, client::Payload, runtime_api::RuntimeApi};

/// A running process with its Runtime API. It is killed on drop.
pub(super) struct Process {
    program: String,
    api: Arc<RuntimeApi>,
    tasks: [AbortHandle; 2],
}

impl Process {
    /// Starts the process of a command.
    pub(super) fn start(mut command: Command) -> Result<Self, ClientError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let failed = |error: io::Error| ClientError::start(program.clone(), error);
        let runtime = Handle::try_current().map_err(|error| ClientError::start(program.clone(), error))?;
        let socket = Socket::bind(("127.0.0.1", 0)).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        command
            .env(variable::RUNTIME_API, socket.local_addr().map_err(failed)?.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "app-test")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256");
        let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn().map_err(failed)?;
        let listener = TcpListener::from_std(socket).map_err(failed)?;
        let api = Arc::<RuntimeApi>::default();
        let serving = runtime.spawn(Arc::clone(&api).serve(listener)).abort_handle();
        let watched = Arc::clone(&api);
        let waiting = runtime.spawn(async move {
            let reason = match child.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            };
            watched.end(&reason);
        });
        Ok(Self { program, api, tasks: [serving, waiting.abort_handle()] })
    }

    pub(super) fn program(&self) -> &str {
        &self.program
    }

    /// Invokes the function.
    pub(super) async fn invoke(&self, event: Bytes, invocation: Invocation) -> Result<Payload, ClientError> {
        let result = self.api.queue(event, invocation).await;
        result.unwrap_or_else(|_| Err(ClientError::exit("its Runtime API went away".to_owned())))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The child is in one of the tasks, and is killed with it.
        for task in &self.tasks {
            task.abort();
        }
    }
}
