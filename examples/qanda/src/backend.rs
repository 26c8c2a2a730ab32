//! What the handlers work with: the table, the further function `answer`, and Slack.

use std::sync::mpsc::Sender;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_lambda::{Client as Lambda, primitives::Blob, types::InvocationType};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use zappa_rs::BoxError;

use crate::{answer::Request, messenger::Messenger, slack::Secret, store::Store};

/// The configuration, from the environment that `zappa_settings.toml` sets.
#[derive(Clone, Debug)]
pub struct Config {
    /// The name of the DynamoDB table; without one, questions are in the memory of the process.
    pub table: Option<String>,
    /// The ARN of the function `answer`; without one, nothing looks for answers.
    pub answer_function: Option<String>,
    /// The signing secret of the Slack app; without one, commands are refused.
    pub secret: Option<Secret>,
    /// The incoming webhook of the Slack channel that gets the digest; without one, it is only logged.
    pub digest_webhook: Option<String>,
}

impl Config {
    /// Reads the configuration. A variable that is empty counts as absent.
    ///
    /// # Errors
    ///
    /// On Lambda, the table is missing: each instance would have questions of its own.
    pub fn from_environment() -> Result<Self, BoxError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let table = match zappa_rs::link("Questions") {
            Ok(table) => Some(table.name().to_owned()),
            Err(error) if error.is_missing() && variable("AWS_LAMBDA_RUNTIME_API").is_none() => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self {
            table,
            answer_function: variable("ANSWER_FUNCTION"),
            secret: variable("SLACK_SIGNING_SECRET").map(Secret::new),
            digest_webhook: variable("DIGEST_WEBHOOK"),
        })
    }
}

/// What the handlers share.
#[derive(Debug)]
pub struct Backend {
    pub(crate) store: Store,
    pub(crate) answerer: Answerer,
    pub(crate) secret: Option<Secret>,
    pub(crate) digest_webhook: Option<String>,
    messenger: Messenger,
}

impl Backend {
    /// A backend of the AWS clients of the environment.
    pub async fn new(config: Config) -> Self {
        let mut backend = Self::in_memory(config.secret, Store::in_memory(), None);
        backend.digest_webhook = config.digest_webhook;
        if config.table.is_none() && config.answer_function.is_none() {
            return backend;
        }
        let sdk = sdk_config().await;
        if let Some(table) = config.table {
            backend.store = Store::dynamodb(aws_sdk_dynamodb::Client::new(&sdk), table);
        }
        if let Some(function) = config.answer_function {
            backend.answerer = Answerer::Lambda { client: Lambda::new(&sdk), function };
        }
        backend
    }

    /// A backend without AWS, for tests and for a first run: what `answer` would be asked is sent to a channel.
    #[must_use]
    pub fn in_memory(secret: Option<Secret>, store: Store, asked: Option<Sender<String>>) -> Self {
        Self {
            store,
            answerer: Answerer::Channel(asked),
            secret,
            digest_webhook: None,
            messenger: Messenger::default(),
        }
    }

    /// Posts a message to a URL of Slack's.
    pub(crate) async fn post(&self, url: &str, message: &serde_json::Value) -> Result<(), BoxError> {
        self.messenger.post(url, message).await
    }
}

/// The SDK's configuration, with the TLS of `ring`, which needs no C compiler.
async fn sdk_config() -> SdkConfig {
    let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    aws_config::defaults(BehaviorVersion::latest()).http_client(client).load().await
}

/// The way to the function `answer`.
#[derive(Debug)]
pub(crate) enum Answerer {
    /// The function itself, invoked asynchronously.
    Lambda { client: Lambda, function: String },
    /// A channel in its place, if there is one.
    Channel(Option<Sender<String>>),
}

impl Answerer {
    /// Asks `answer` to look for an answer, and does not wait for it: Lambda queues the event, and repeats it if the
    /// function fails.
    pub(crate) async fn ask(&self, request: &Request) -> Result<(), BoxError> {
        let payload = serde_json::to_string(request)?;
        match self {
            Self::Lambda { client, function } => {
                let call = client.invoke().function_name(function).invocation_type(InvocationType::Event);
                call.payload(Blob::new(payload)).send().await.map_err(aws_sdk_lambda::Error::from)?;
            }
            Self::Channel(Some(asked)) => asked.send(payload)?,
            Self::Channel(None) => tracing::warn!("nothing looks for an answer: `ANSWER_FUNCTION` is not set"),
        }
        Ok(())
    }
}
