//! A test application with handlers of events other than HTTP, and with shutdown hooks.

use std::time::Duration;

use axum::{Router, routing::get};
use serde_json::{Value, json};
use zappa_rs::{App, BoxError, Invocation, Source};

async fn double(number: i64, invocation: Invocation) -> Result<Value, BoxError> {
    let doubled = number.checked_mul(2).ok_or("too large to double")?;
    Ok(json!({ "doubled": doubled, "request_id": invocation.request_id() }))
}

async fn nightly(_: Option<Value>, _: Invocation) -> Result<&'static str, BoxError> {
    Ok("cleaned")
}

async fn report(_: Value, _: Invocation) -> Result<(), BoxError> {
    panic!("no paper");
}

/// Prints that it has begun, so that a test can act during it.
async fn linger(milliseconds: u64, _: Invocation) -> Result<&'static str, BoxError> {
    tracing::info!("lingering");
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    Ok("done")
}

async fn jobs(batch: Value, _: Invocation) -> Result<Value, BoxError> {
    let records = batch["Records"].as_array().ok_or("a batch without records")?;
    Ok(json!({ "jobs": records.len() }))
}

#[tokio::main]
async fn main() -> Result<(), zappa_rs::Error> {
    zappa_rs::init_tracing();
    App::new(Router::new().route("/", get(|| async { "hello" })))
        .function("double", double)
        .function("linger", linger)
        .schedule("nightly", nightly)
        .task("report", report)
        .on(Source::Sqs, jobs)
        .on_shutdown(|| async { tracing::info!("saying good-bye") })
        .on_shutdown(|| async { tracing::info!("good-bye") })
        .run()
        .await
}
