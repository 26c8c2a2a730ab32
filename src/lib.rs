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
//! [`run`] serves the app wherever the process was started: on Lambda it answers the events of REST and HTTP APIs, Function
//! URLs, load balancers, WebSocket APIs and VPC Lattice, anywhere else it is an HTTP server. [`App`] adds what is not
//! HTTP: schedules, queues, plain functions, a shutdown hook.
//!
//! # What a handler can ask for
//!
//! All of it works on Lambda, under `zappa-rs local` and on the plain server:
//!
//! - axum's `ConnectInfo<SocketAddr>`,
//! - [`Invocation`]: request id, deadline, function ARN,
//! - [`Claims`] and [`Authorizer`]: what the gateway knows of a verified client; [`ApiKeyId`],
//! - [`StageVariables`], [`Prefix`], and [`RequestContext`] for everything else that the gateway says.
//!
//! # Features
//!
//! - `axum` (default): requests carry axum's `ConnectInfo<SocketAddr>`.
//! - `http2`: the plain server also speaks HTTP/2 without TLS, by prior knowledge.
//! - `tracing`: `zappa_rs::tracing()` sets up logging, JSON on Lambda and readable elsewhere.
//! - `lambda-http-ext`: `lambda_http::RequestExt` works on the requests of every gateway.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod app;
mod error;
mod listener;
#[cfg(feature = "tracing")]
mod logging;
mod place;
mod run;
mod server;
mod shutdown;

#[cfg(feature = "tracing")]
pub use self::logging::tracing;
pub use self::{
    app::App,
    error::Error,
    listener::IntoListener,
    run::{Run, run},
};
pub use zappa_rs_adapter::{
    ApiKeyId, Authorizer, Body, BoxError, Claims, Dispatch, EventHandler, HttpResponse, HttpService, Invocation,
    Options, Prefix, RequestContext, Source, StageVariables, Unauthorized,
};

/// The README's code compiles and says what is true.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// So does the guide's.
#[cfg(doctest)]
#[doc = include_str!("../docs/guide.md")]
struct Guide;
