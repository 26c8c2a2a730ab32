//! Zappa for Rust: an axum or tower service on AWS Lambda with one changed line.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), zappa_rs::Error> {
//!     let app = Router::new().route("/", get(|| async { "hello" }));
//!     zappa_rs::run(app).await
//! }
//! ```
//!
//! [`run`] serves the app on the host of the process: on Lambda it handles the events of REST and HTTP APIs, Function
//! URLs, load balancers, WebSocket APIs and VPC Lattice; anywhere else it is an HTTP server. [`App`] adds handlers of
//! other events (schedules, queues, plain functions) and shutdown hooks.
//!
//! # Extractors
//!
//! All of them work on Lambda, under `zappa-rs local` and on the plain server:
//!
//! - axum's `ConnectInfo<SocketAddr>`,
//! - [`Invocation`]: request id, deadline, function ARN,
//! - [`Claims`] and [`Authorizer`]: the client as the gateway verified it; [`ApiKeyId`],
//! - [`StageVariables`], [`Prefix`], and [`RequestContext`] for everything else that the gateway sends.
//!
//! # Features
//!
//! - `axum` (default): requests carry axum's `ConnectInfo<SocketAddr>`.
//! - `custom-resource`: `App::on_custom_resource` handles custom resources of CloudFormation.
//! - `http2`: the plain server also speaks HTTP/2 without TLS, by prior knowledge.
//! - `idempotency`: [`Idempotency`] on a DynamoDB table, which the setting `idempotency` creates.
//! - `jwt`: the module `jwt` verifies JSON Web Tokens, and its layer asks requests for one where no gateway does.
//! - `logs`: `App::on_logs` handles CloudWatch Logs subscriptions.
//! - `otel`: `init_tracing()` also exports spans by OTLP; the module `otel` has the layer for a subscriber of your own.
//! - `secrets`: `secrets()` reads the secrets of the stage before the app is built.
//! - `websocket`: `Connections` posts messages to the clients of a WebSocket API.
//! - `test`: the module `test`, a client that invokes the app in your tests.
//! - `tracing`: `init_tracing()` sets up logging, JSON on Lambda and readable elsewhere.
//! - `lambda-http-ext`: `lambda_http::RequestExt` works on the requests of every gateway.
//!
//! # Stability
//!
//! The crate follows semantic versioning. This version belongs to axum 0.8 (axum-core 0.5), tower-service 0.3 and http
//! 1; a new major version of one of them is a new minor version of this crate as long as it is 0.x.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod address;
mod app;
mod error;
mod handlers;
mod host;
mod listener;
#[cfg(feature = "tracing")]
mod logging;
mod run;
mod server;
mod shutdown;
#[cfg(feature = "test")]
#[cfg_attr(docsrs, doc(cfg(feature = "test")))]
pub mod test;
#[cfg(unix)]
mod unix_socket;

#[cfg(feature = "tracing")]
#[cfg_attr(docsrs, doc(cfg(feature = "tracing")))]
pub use self::logging::init_tracing;
pub use self::{
    app::App,
    error::Error,
    listener::IntoListener,
    run::{Run, run},
};
#[cfg(feature = "jwt")]
#[cfg_attr(docsrs, doc(cfg(feature = "jwt")))]
pub use zappa_rs_adapter::jwt;
#[cfg(feature = "otel")]
#[cfg_attr(docsrs, doc(cfg(feature = "otel")))]
pub use zappa_rs_adapter::otel;
pub use zappa_rs_adapter::{
    ApiKeyId, Authorizer, AuthorizerHandler, AuthorizerRequest, AuthorizerResponse, Body, BoxError, Change, ChangeKind,
    Claims, CognitoTrigger, ContextError, EventHandler, HttpResponse, HttpService, Idempotency, Invocation, Link,
    LinkError, Options, Prefix, Record, RecordHandler, RequestContext, S3Object, Source, StageVariables, Unauthorized,
    idempotency, link,
};
#[cfg(feature = "websocket")]
#[cfg_attr(docsrs, doc(cfg(feature = "websocket")))]
pub use zappa_rs_adapter::{Connection, ConnectionError, Connections};
#[cfg(feature = "custom-resource")]
#[cfg_attr(docsrs, doc(cfg(feature = "custom-resource")))]
pub use zappa_rs_adapter::{CustomResource, CustomResourceResponse, ResourceChange};
#[cfg(feature = "logs")]
#[cfg_attr(docsrs, doc(cfg(feature = "logs")))]
pub use zappa_rs_adapter::{LogBatch, LogEvent};
#[cfg(feature = "secrets")]
#[cfg_attr(docsrs, doc(cfg(feature = "secrets")))]
pub use zappa_rs_adapter::{Secret, Secrets, SecretsError, secrets};

/// The README's code compiles and its claims hold.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The guide's code compiles and its claims hold.
#[cfg(doctest)]
#[doc = include_str!("../docs/guide.md")]
struct Guide;

/// The code of the page on access compiles.
#[cfg(all(doctest, feature = "jwt"))]
#[doc = include_str!("../docs/access.md")]
struct Access;

/// The code of the page on further functions compiles.
#[cfg(doctest)]
#[doc = include_str!("../docs/functions.md")]
struct Functions;

/// The code of the page on links compiles.
#[cfg(doctest)]
#[doc = include_str!("../docs/links.md")]
struct Links;

/// The code of the page on OpenTelemetry compiles.
#[cfg(all(doctest, feature = "otel"))]
#[doc = include_str!("../docs/opentelemetry.md")]
struct OpenTelemetry;

/// The code of the page on secrets compiles.
#[cfg(all(doctest, feature = "secrets"))]
#[doc = include_str!("../docs/secrets.md")]
struct SecretsPage;

/// The code of the page on schedules and event sources compiles.
#[cfg(all(doctest, feature = "custom-resource"))]
#[doc = include_str!("../docs/sources.md")]
struct Sources;

/// The code of the page on tests compiles and its claims hold.
#[cfg(all(doctest, feature = "test"))]
#[doc = include_str!("../docs/testing.md")]
struct Testing;
