//! The application on `lambda_http`, as in its documentation.

#[path = "../app/mod.rs"]
mod app;

// One thread, as in the other programs; otherwise the benchmark would measure how tasks move between workers.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(app::router(None)).await
}
