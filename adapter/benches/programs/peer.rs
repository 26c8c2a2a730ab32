//! The application on `lambda_http`, as its documentation shows it.

#[path = "../app/mod.rs"]
mod app;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(app::router(None)).await
}
