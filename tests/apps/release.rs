//! A deployed test application, which identifies its release by a file beside it and a variable.
//!
//! The file also selects its behaviour, so that one binary makes a healthy release, one that crashes at its start and
//! one that is unhealthy.
#![expect(clippy::print_stderr, reason = "the tests read what a program prints when it crashes")]

use axum::{Router, http::StatusCode, routing::get};
use std::{
    fs,
    path::Path,
    process,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
static REQUESTS: AtomicU64 = AtomicU64::new(0);

fn variant() -> String {
    let folder = std::env::var_os("LAMBDA_TASK_ROOT").unwrap_or_default();
    fs::read_to_string(Path::new(&folder).join("variant")).unwrap_or_default().trim().to_owned()
}

/// The identity of the release: `<variant> <VERSION>`.
async fn which() -> String {
    REQUESTS.fetch_add(1, Ordering::Relaxed);
    format!("{} {}", variant(), std::env::var("VERSION").unwrap_or_default())
}

/// The process id, the number of earlier requests of this process, and its age in milliseconds.
async fn instance() -> String {
    let requests = REQUESTS.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(300)).await;
    format!("{} {requests} {}", process::id(), BEGUN.elapsed().as_millis())
}

async fn health() -> (StatusCode, &'static str) {
    if variant() == "ill" { (StatusCode::INTERNAL_SERVER_ERROR, "ill") } else { (StatusCode::OK, "well") }
}

#[tokio::main]
async fn main() -> Result<(), zappa_rs::Error> {
    LazyLock::force(&BEGUN);
    if variant() == "crash" {
        eprintln!("there is no database at the end of this cable");
        process::exit(3);
    }
    let app = Router::new().route("/", get(which)).route("/instance", get(instance)).route("/health", get(health));
    zappa_rs::run(app).await
}
