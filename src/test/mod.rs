//! A client for tests of an app: requests, calls and events, in process or against the app's binary.
//!
//! [`Client`] sends the bytes of an event, as Lambda does, through the adapter to the app, and reads the bytes of the
//! response. No network, AWS account or emulator is needed. The module is for tests: enable the feature `test` in
//! `[dev-dependencies]`, so that the app itself is compiled without it.
//!
//! ```toml
//! [dev-dependencies]
//! zappa-rs = { version = "0.1", features = ["test"] }
//! ```
//!
//! ```
//! use axum::{Router, routing::get};
//! use serde_json::{Value, json};
//! use zappa_rs::{App, BoxError, Invocation, Record, test::{Client, events}};
//!
//! async fn double(number: u32, _: Invocation) -> Result<u32, BoxError> {
//!     Ok(number * 2)
//! }
//!
//! async fn work(job: Value, _: Record) -> Result<(), BoxError> {
//!     if job["image"].is_null() { Err("no image".into()) } else { Ok(()) }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let router = Router::new().route("/", get(|| async { "hello" }));
//! let client = Client::new(App::new(router).function("double", double).on_sqs("jobs", work));
//!
//! let response = client.http().get("/").send().await?;
//! assert_eq!((response.status(), response.text()), (200, "hello".into()));
//!
//! assert_eq!(client.invoke("double", &21).await?.json::<u32>()?, 42);
//!
//! let batch = events::sqs("jobs").json(&json!({"image": "cat.png"})).json(&json!({}));
//! assert_eq!(client.event(batch).await?.failed_records().len(), 1);
//! # Ok(())
//! # }
//! ```

mod client;
mod error;
pub mod events;
mod gateway;
mod in_process;
mod output;
mod process;
mod request;
mod response;
mod runtime_api;

pub use self::{
    client::Client,
    error::ClientError,
    gateway::Gateway,
    output::Output,
    request::{Http, RequestBuilder},
    response::Response,
};
