//! `lambda_runtime` alone: its loop, and a handler that skips the event and returns a document of the same size.

use std::convert::Infallible;

use lambda_http::lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

const RESPONSE: &str = include_str!("response.json");

// One thread, as in the other programs; otherwise the benchmark would measure how tasks move between workers.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let response: &'static RawValue = serde_json::from_str(RESPONSE)?;
    run(service_fn(move |_: LambdaEvent<IgnoredAny>| async move { Ok::<_, Infallible>(response) })).await
}
