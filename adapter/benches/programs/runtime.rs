//! `lambda_runtime` alone: its loop and a handler that skips over the event and answers a document of the same size.

use std::convert::Infallible;

use lambda_http::lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

const ANSWER: &str = include_str!("answer.json");

// One thread, as in the other programs: how tasks move between workers would be measured otherwise.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let answer: &'static RawValue = serde_json::from_str(ANSWER)?;
    run(service_fn(move |_: LambdaEvent<IgnoredAny>| async move { Ok::<_, Infallible>(answer) })).await
}
