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
//! The items at the root follow semantic versioning. The modules [`contract`], [`plain`] and [`runtime`] are for the
//! crates `zappa-rs` and `zappa-rs-cli` of the same version and may change in any release. This version belongs to axum
//! 0.8 (axum-core 0.5).
//!
//! # Features
//!
//! - `axum` (default): requests carry axum's `ConnectInfo<SocketAddr>`.
//! - `lambda-http-ext`: requests work with `lambda_http::RequestExt`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod adapter;
mod address;
#[cfg(feature = "axum")]
mod axum_extensions;
mod body;
mod context;
pub mod contract;
mod cookie;
mod deadline;
mod dispatch;
mod entries;
mod error;
mod event;
mod extract;
mod failure;
mod handler;
mod header_name;
mod headers;
mod invocation;
mod json;
mod json_str;
#[cfg(feature = "lambda-http-ext")]
mod lambda_http_ext;
mod log;
mod options;
mod path;
pub mod plain;
mod prefix;
mod query;
mod request;
mod response;
pub mod runtime;
mod runtime_client;
mod scan;
mod serve;
mod service;
mod stream;
mod unescape;
mod write;

pub use self::{
    adapter::Adapter,
    context::{ContextError, RequestContext},
    dispatch::Dispatch,
    error::{BoxError, Error},
    event::Source,
    extract::{ApiKeyId, Authorizer, Claims, Prefix, StageVariables, Unauthorized},
    handler::EventHandler,
    invocation::Invocation,
    options::Options,
    serve::InvocationResult,
    service::{HttpResponse, HttpService},
    stream::StreamingBody,
};
/// The request body: axum's own, so that a router needs no conversion.
pub use axum_core::body::Body;

/// The README's code compiles and its claims hold.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
