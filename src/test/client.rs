//! `Client`, which invokes an app as Lambda does.

use std::{
    fmt,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use serde::Serialize;
use serde_json::json;
use zappa_rs_adapter::{HttpService, Invocation, contract};

use super::{ClientError, Http, Output, events::Event, in_process::InProcess, process::Process};
use crate::App;

/// The function's ARN in invocations.
const FUNCTION_ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:app-test:live";
/// The timeout of an invocation, the setting's default in seconds.
const TIMEOUT: Duration = Duration::from_secs(29);

/// A client that invokes an app as Lambda does, with the bytes of an event.
///
/// It is cheap to clone, and invocations may run concurrently. See the [module](super) for an example.
#[derive(Clone)]
pub struct Client {
    target: Target,
    timeout: Duration,
}

#[derive(Clone)]
enum Target {
    InProcess(Arc<dyn InProcess>),
    Process(Arc<Process>),
}

/// The bytes of a result, and whether they are a streamed HTTP response.
pub(super) struct Payload {
    pub(super) bytes: Bytes,
    pub(super) is_stream: bool,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = match &self.target {
            Target::InProcess(_) => "in process".to_owned(),
            Target::Process(process) => process.program().to_owned(),
        };
        f.debug_struct("Client").field("target", &target).field("timeout", &self.timeout).finish()
    }
}

impl Client {
    /// A client of an app in this process: an [`App`], or a `Router` or service without further handlers.
    ///
    /// Shutdown hooks and listeners of the app are not used.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), zappa_rs::test::ClientError> {
    /// use axum::{Router, routing::get};
    /// use zappa_rs::test::Client;
    ///
    /// let client = Client::new(Router::new().route("/", get(|| async { "hello" })));
    /// assert_eq!(client.http().get("/").send().await?.text(), "hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn new<S: HttpService>(app: impl Into<App<S>>) -> Self {
        let adapter = app.into().into_adapter();
        Self { target: Target::InProcess(Arc::new(adapter)), timeout: TIMEOUT }
    }

    /// A client of a binary of the app, with the environment of this process. It is started as Lambda starts it, with a
    /// Runtime API on loopback, and handles one invocation at a time. It ends with the last clone of the client.
    ///
    /// The binary runs on this machine, so it is one of `cargo build --release` and not of a cross build. Call this in a
    /// tokio runtime.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), zappa_rs::test::ClientError> {
    /// use zappa_rs::test::Client;
    ///
    /// let client = Client::binary("target/release/shop")?;
    /// assert_eq!(client.http().get("/health").send().await?.status(), 200);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// There is no tokio runtime, or the binary cannot be started.
    pub fn binary(path: impl AsRef<Path>) -> Result<Self, ClientError> {
        Self::command(Command::new(path.as_ref()))
    }

    /// A client of a binary as [`binary`](Self::binary), with arguments and an environment of your own.
    ///
    /// ```no_run
    /// # fn example() -> Result<(), zappa_rs::test::ClientError> {
    /// use std::process::Command;
    /// use zappa_rs::test::Client;
    ///
    /// let mut command = Command::new("target/release/shop");
    /// command.env("TABLE", "shop-test");
    /// let client = Client::command(command)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`binary`](Self::binary).
    pub fn command(command: Command) -> Result<Self, ClientError> {
        Ok(Self { target: Target::Process(Arc::new(Process::start(command)?)), timeout: TIMEOUT })
    }

    /// Sets the timeout of an invocation, 29 seconds by default. The app sees it as its deadline.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends HTTP requests, by default as the event of an HTTP API.
    ///
    /// ```no_run
    /// # async fn example(client: zappa_rs::test::Client) -> Result<(), zappa_rs::test::ClientError> {
    /// use zappa_rs::test::Gateway;
    ///
    /// let response = client.http().gateway(Gateway::Rest).post("/orders").json(&["tea"]).send().await?;
    /// assert_eq!(response.status(), 201);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn http(&self) -> Http<'_> {
        Http::new(self)
    }

    /// Calls a function that the app registered as [`App::function`], as `zappa-rs invoke -n NAME` does. Schedules and
    /// tasks are called by [`events::schedule`](super::events::schedule) and the sample `task`.
    ///
    /// # Errors
    ///
    /// The function fails, or there is none of this name.
    pub async fn invoke(&self, name: &str, payload: &(impl Serialize + ?Sized)) -> Result<Output, ClientError> {
        let payload = serde_json::to_value(payload).map_err(ClientError::payload)?;
        self.event(Event::from(json!({
            contract::EVENT_KEY: contract::KIND_FUNCTION,
            contract::NAME_KEY: name,
            contract::PAYLOAD_KEY: payload,
        })))
        .await
    }

    /// Sends an event: one of [`events`](super::events), or any JSON.
    ///
    /// ```no_run
    /// # async fn example(client: zappa_rs::test::Client) -> Result<(), zappa_rs::test::ClientError> {
    /// use zappa_rs::test::events;
    ///
    /// client.event(events::sns("news").message("hello")).await?;
    /// client.event(serde_json::json!({"zappa_rs": "schedule", "name": "nightly"})).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The invocation fails: no handler is registered for the event, or the handler fails.
    pub async fn event(&self, event: impl Into<Event>) -> Result<Output, ClientError> {
        self.send(event.into().into_bytes()).await.map(|payload| Output::new(payload.bytes))
    }

    /// Sends the bytes of an event and returns the bytes of the result.
    pub(super) async fn send(&self, event: Vec<u8>) -> Result<Payload, ClientError> {
        let invocation = Invocation::with_random_id()
            .with_deadline(SystemTime::now() + self.timeout)
            .with_function_arn(FUNCTION_ARN);
        let event = Bytes::from(event);
        let invoking = async {
            match &self.target {
                Target::InProcess(app) => app.invoke(event, invocation).await,
                Target::Process(process) => process.invoke(event, invocation).await,
            }
        };
        match tokio::time::timeout(self.timeout, invoking).await {
            Ok(result) => result,
            Err(_) => Err(ClientError::timeout(self.timeout)),
        }
    }
}
