//! From an AWS gateway's event to an [`http::Request`], through your service, and back to the answer the gateway expects.
//!
//! The promise: what the client sent is what the app sees, and what the app says is what the client gets, byte for byte,
//! as if the app stood behind a plain HTTP/1.1 server. Applications use it through the crate `zappa-rs`.
//!
//! [`Adapter`] answers single events and needs no Lambda; [`runtime`] is the loop that feeds it there.
//!
//! # Features
//!
//! - `axum` (default): requests carry axum's `ConnectInfo<SocketAddr>`.
//! - `lambda-http-ext`: requests answer to `lambda_http::RequestExt`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod adapter;
mod address;
mod answer;
mod api;
#[cfg(feature = "axum")]
mod axum_extensions;
mod body;
mod context;
pub mod contract;
mod cookie;
mod deadline;
mod dispatch;
mod error;
mod event;
mod extract;
mod failure;
mod header_name;
mod headers;
mod invocation;
mod json;
#[cfg(feature = "lambda-http-ext")]
mod lambda_http_ext;
mod log;
mod options;
mod pairs;
mod path;
pub mod plain;
mod prefix;
mod query;
mod request;
mod response;
pub mod runtime;
mod scan;
mod service;
mod stream;
mod text;
mod unescape;
mod write;

pub use self::{
    adapter::Adapter,
    answer::Answer,
    context::RequestContext,
    dispatch::{Dispatch, EventHandler},
    error::{BoxError, Error},
    event::Source,
    extract::{ApiKeyId, Authorizer, Claims, Prefix, StageVariables, Unauthorized},
    invocation::Invocation,
    options::Options,
    service::{HttpResponse, HttpService},
    stream::StreamingBody,
};
/// The body of every request: axum's own, so that a router needs no conversion.
pub use axum_core::body::Body;
