//! The client of a WebSocket API's connections: messages from the app to its clients.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>

use std::{error, fmt, net::IpAddr, sync::Arc, time::SystemTime};

use aws_sdk_apigatewaymanagement::{
    Client,
    config::{Builder, Credentials},
    error::{ProvideErrorMetadata, SdkError},
    primitives::Blob,
};
use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::OnceCell;

use crate::{
    RequestContext, aws,
    contract::variable,
    error::{BoxError, Error},
};

/// The connections of a WebSocket API: posts messages to clients, looks at them, and disconnects them.
///
/// The id of a connection comes with each of its requests, by [`RequestContext::connection_id`]; keep it in a database
/// from `$connect` on. The function's role needs `execute-api:ManageConnections` on the API. Cheap to clone.
///
/// ```
/// use axum::{Router, http::StatusCode, routing::post};
/// use zappa_rs_adapter::{Connections, RequestContext};
///
/// async fn echo(context: RequestContext, message: String) -> StatusCode {
///     let (Some(connections), Some(id)) = (Connections::of(&context), context.connection_id()) else {
///         return StatusCode::BAD_REQUEST;
///     };
///     match connections.post(&id, message).await {
///         Ok(()) => StatusCode::OK,
///         // The client has left: forget its id.
///         Err(error) if error.is_gone() => StatusCode::OK,
///         Err(error) => {
///             println!("{error}");
///             StatusCode::BAD_GATEWAY
///         }
///     }
/// }
///
/// // The route `sendMessage` of the API.
/// let app: Router = Router::new().route("/sendMessage", post(echo));
/// ```
#[derive(Clone)]
pub struct Connections {
    shared: Arc<Shared>,
}

struct Shared {
    endpoint: String,
    client: OnceCell<Client>,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("endpoint", &self.shared.endpoint).finish()
    }
}

/// A connection of a client, as [`Connections::get`] returns it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Connection {
    /// When the client connected.
    pub connected_at: Option<SystemTime>,
    /// When a message last went either way.
    pub last_active_at: Option<SystemTime>,
    /// The client's address.
    pub source_ip: Option<IpAddr>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
}

impl Connections {
    /// The connections of the API with a management URL: `https://ID.execute-api.REGION.amazonaws.com/STAGE`.
    #[must_use]
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self { shared: Arc::new(Shared { endpoint: endpoint.into(), client: OnceCell::new() }) }
    }

    /// The connections of the stage's WebSocket API, whose management URL `zappa-rs deploy` and `zappa-rs local` set in
    /// the environment; `None` without one. It works in every handler, also in those of a schedule or a queue.
    ///
    /// Each value has its own client of the SDK: keep one for many messages.
    #[must_use]
    pub fn from_env() -> Option<Self> {
        std::env::var(variable::WEBSOCKET_URL).ok().filter(|url| !url.is_empty()).map(Self::new)
    }

    /// The connections of the API that a request came from; `None` if it came from no WebSocket API. For the stage's own
    /// API it is the same as [`from_env`](Self::from_env).
    ///
    /// Each value has its own client of the SDK: keep one for many messages.
    #[must_use]
    pub fn of(context: &RequestContext) -> Option<Self> {
        let endpoint = endpoint(context, &std::env::var("AWS_REGION").unwrap_or_default())?;
        Some(
            Self::from_env()
                .filter(|own| own.is_local() || own.shared.endpoint == endpoint)
                .unwrap_or(Self::new(endpoint)),
        )
    }

    /// Whether `zappa-rs local` serves the API: AWS has no management URL without TLS.
    fn is_local(&self) -> bool {
        self.shared.endpoint.starts_with("http://")
            && std::env::var(variable::WEBSOCKET_URL).is_ok_and(|url| url == self.shared.endpoint)
    }

    /// Posts a message of at most 128 KB to a client.
    ///
    /// # Errors
    ///
    /// The client is gone, or the API refused the message.
    pub async fn post(&self, id: &str, message: impl Into<Bytes>) -> Result<(), ConnectionError> {
        let message = Blob::new(message.into());
        let sent = self.client().await.post_to_connection().connection_id(id).data(message).send().await;
        sent.map(drop).map_err(|error| ConnectionError::new("post to", id, &error))
    }

    /// Looks at a connection.
    ///
    /// # Errors
    ///
    /// The client is gone, or the API refused the call.
    pub async fn get(&self, id: &str) -> Result<Connection, ConnectionError> {
        let found = self.client().await.get_connection().connection_id(id).send().await;
        let found = found.map_err(|error| ConnectionError::new("get", id, &error))?;
        let time = |time: Option<&aws_sdk_apigatewaymanagement::primitives::DateTime>| {
            time.and_then(|time| SystemTime::try_from(*time).ok())
        };
        Ok(Connection {
            connected_at: time(found.connected_at()),
            last_active_at: time(found.last_active_at()),
            source_ip: found.identity().and_then(|client| client.source_ip()?.parse().ok()),
            user_agent: found.identity().and_then(|client| client.user_agent()).map(str::to_owned),
        })
    }

    /// Disconnects a client.
    ///
    /// # Errors
    ///
    /// The client is gone, or the API refused the call.
    pub async fn delete(&self, id: &str) -> Result<(), ConnectionError> {
        let deleted = self.client().await.delete_connection().connection_id(id).send().await;
        deleted.map(drop).map_err(|error| ConnectionError::new("delete", id, &error))
    }

    async fn client(&self) -> &Client {
        let Shared { endpoint, client } = &*self.shared;
        let new = || async {
            let config = aws::config().await;
            let mut builder = Builder::from(&config).endpoint_url(endpoint);
            if self.is_local() {
                // The SDK sends nothing without credentials, and nothing here checks them.
                builder =
                    builder.credentials_provider(Credentials::new("local", "local", None, None, "zappa-rs local"));
            }
            Client::from_conf(builder.build())
        };
        client.get_or_init(new).await
    }
}

/// The fields of a WebSocket request's context that make the management URL.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Api {
    connection_id: String,
    api_id: String,
    domain_name: String,
    stage: String,
}

/// The management URL of the API that a request came from. On a custom domain its path is that of a mapping, which is
/// not in the event, so that there the API's own host is used.
fn endpoint(context: &RequestContext, region: &str) -> Option<String> {
    let Api { connection_id, api_id, domain_name, stage } = context.json().ok()??;
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let host = match domain_name.contains(".execute-api.") {
        true => domain_name,
        false => format!("{api_id}.execute-api.{region}.{suffix}"),
    };
    (!connection_id.is_empty()).then(|| format!("https://{host}/{stage}"))
}

/// The error of a call to a connection.
///
/// [`source`](error::Error::source) has the reason.
#[derive(Debug)]
pub struct ConnectionError {
    action: &'static str,
    id: String,
    status: Option<u16>,
    source: BoxError,
}

impl ConnectionError {
    fn new<E>(action: &'static str, id: &str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + error::Error + Send + Sync + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let source = match error {
            // The error of this service has no text but its code.
            SdkError::ServiceError(_) => match (error.code(), error.message()) {
                (Some(code), Some(message)) => format!("{code}: {message}"),
                (Some(code), None) => code.to_owned(),
                (None, Some(message)) => format!("status {}: {message}", status.unwrap_or_default()),
                (None, None) => format!("status {}", status.unwrap_or_default()),
            },
            _ => Error::chain_of(error),
        };
        Self { action, id: id.to_owned(), status, source: source.into() }
    }

    /// Whether the client is gone: it has disconnected, or the connection reached its end after 2 hours, or 10 minutes
    /// without a message.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.status == Some(410)
    }

    /// Whether the message is too large.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.status == Some(413)
    }

    /// Whether the API was called too often, also after the SDK's own retries.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.status == Some(429)
    }
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} the WebSocket connection `{}`", self.action, self.id)
    }
}

impl error::Error for ConnectionError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.source)
    }
}
