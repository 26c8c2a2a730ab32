//! Translation of an AWS gateway's event to an [`http::Request`], and of an [`http::Response`] to the gateway's
//! response.
//!
//! The promise: the app sees what the client sent, and the client gets what the app responded, byte for byte, as if the
//! app ran behind a plain HTTP/1.1 server. Applications use it through the crate `zappa-rs`.
//!
//! [`Adapter`] handles single events and needs no Lambda; [`runtime`] is the event loop on Lambda.
//!
//! # Stability
//!
//! The items at the root, in [`idempotency`] and in `jwt` follow semantic versioning. The modules [`contract`], [`plain`],
//! [`runtime`] and `sample` are for the
//! crates `zappa-rs` and `zappa-rs-cli` of the same version and may change in any release. This version belongs to axum
//! 0.8 (axum-core 0.5).
//!
//! # Features
//!
//! - `axum` (default): requests carry axum's `ConnectInfo<SocketAddr>`.
//! - `custom-resource`: handlers of CloudFormation's custom resources.
//! - `idempotency`: [`Idempotency`] on a DynamoDB table.
//! - `jwt`: the module `jwt`, a verifier of JSON Web Tokens, and a layer that asks requests for one.
//! - `lambda-http-ext`: requests work with `lambda_http::RequestExt`.
//! - `logs`: handlers of CloudWatch Logs subscriptions.
//! - `otel`: the module `otel`, which exports the spans of `tracing` by OTLP.
//! - `samples`: sample events of every source, for tests and for `zappa-rs event`.
//! - `runtime` (default): everything but [`contract`], which alone has no dependencies.
//! - `secrets`: values of Systems Manager and Secrets Manager, which `secrets()` reads.
//! - `websocket`: messages to the clients of a WebSocket API.
#![cfg_attr(docsrs, feature(doc_cfg), doc(auto_cfg(hide(feature = "runtime"))))]

#[cfg(feature = "runtime")]
mod adapter;
#[cfg(feature = "runtime")]
mod address;
#[cfg(feature = "runtime")]
mod authorizer;
#[cfg(any(feature = "idempotency", feature = "websocket"))]
mod aws;
#[cfg(feature = "axum")]
mod axum_extensions;
#[cfg(feature = "runtime")]
mod body;
#[cfg(feature = "runtime")]
mod cognito;
#[cfg(feature = "websocket")]
mod connections;
#[cfg(feature = "runtime")]
mod context;
pub mod contract;
#[cfg(feature = "runtime")]
mod cookie;
#[cfg(feature = "runtime")]
mod cors;
#[cfg(feature = "custom-resource")]
mod custom_resource;
#[cfg(feature = "runtime")]
mod deadline;
#[cfg(feature = "runtime")]
mod dispatch;
#[cfg(feature = "runtime")]
mod entries;
#[cfg(feature = "runtime")]
mod error;
#[cfg(feature = "runtime")]
mod event;
#[cfg(feature = "runtime")]
mod extract;
#[cfg(feature = "runtime")]
mod failure;
#[cfg(feature = "runtime")]
mod handler;
#[cfg(feature = "runtime")]
mod handler_key;
#[cfg(feature = "runtime")]
mod header_name;
#[cfg(feature = "runtime")]
mod headers;
#[cfg(feature = "runtime")]
pub mod idempotency;
#[cfg(feature = "runtime")]
mod inventory;
#[cfg(feature = "runtime")]
mod invocation;
#[cfg(feature = "runtime")]
mod iot;
#[cfg(feature = "runtime")]
mod json;
#[cfg(feature = "runtime")]
mod json_str;
#[cfg(feature = "jwt")]
#[cfg_attr(docsrs, doc(cfg(feature = "jwt")))]
pub mod jwt;
#[cfg(feature = "lambda-http-ext")]
mod lambda_http_ext;
#[cfg(feature = "runtime")]
mod link;
#[cfg(feature = "runtime")]
mod log;
#[cfg(feature = "runtime")]
mod options;
#[cfg(feature = "otel")]
#[cfg_attr(docsrs, doc(cfg(feature = "otel")))]
pub mod otel;
#[cfg(feature = "runtime")]
mod path;
#[cfg(feature = "runtime")]
mod path_reading;
#[cfg(feature = "runtime")]
pub mod plain;
#[cfg(feature = "runtime")]
mod prefix;
#[cfg(feature = "runtime")]
mod query;
#[cfg(feature = "runtime")]
mod records;
#[cfg(feature = "runtime")]
mod request;
#[cfg(feature = "runtime")]
mod response;
#[cfg(feature = "runtime")]
mod route_guard;
#[cfg(feature = "runtime")]
mod routes;
#[cfg(feature = "runtime")]
pub mod runtime;
#[cfg(feature = "runtime")]
mod runtime_client;
#[cfg(feature = "samples")]
#[cfg_attr(docsrs, doc(cfg(feature = "samples")))]
pub mod sample;
#[cfg(feature = "runtime")]
mod scan;
#[cfg(feature = "secrets")]
mod secrets;
#[cfg(feature = "runtime")]
mod serve;
#[cfg(feature = "runtime")]
mod service;
#[cfg(feature = "runtime")]
mod stream;
#[cfg(feature = "runtime")]
mod unescape;
#[cfg(feature = "runtime")]
mod write;

#[cfg(feature = "websocket")]
pub use self::connections::{Connection, ConnectionError, Connections};
#[cfg(feature = "custom-resource")]
pub use self::custom_resource::{CustomResource, CustomResourceResponse, ResourceChange};
#[cfg(feature = "logs")]
pub use self::records::{LogBatch, LogEvent};
#[cfg(feature = "secrets")]
pub use self::secrets::{Secret, Secrets, SecretsError, secrets};
#[cfg(feature = "runtime")]
pub use self::{
    adapter::Adapter,
    authorizer::{AuthorizerHandler, AuthorizerRequest, AuthorizerResponse},
    cognito::CognitoTrigger,
    context::{ContextError, RequestContext},
    dispatch::Dispatch,
    error::{BoxError, Error},
    event::Source,
    extract::{ApiKeyId, Authorizer, Claims, Prefix, StageVariables, Unauthorized},
    handler::EventHandler,
    idempotency::Idempotency,
    invocation::Invocation,
    link::{Link, LinkError, link},
    options::Options,
    records::{Change, ChangeKind, Record, RecordHandler, S3Object},
    serve::InvocationResult,
    service::{HttpResponse, HttpService},
    stream::StreamingBody,
};
#[cfg(feature = "runtime")]
/// The request body: axum's own, so that a router needs no conversion.
pub use axum_core::body::Body;

/// The README's code compiles and its claims hold.
#[cfg(all(doctest, feature = "runtime"))]
#[doc = include_str!("../README.md")]
struct Readme;
