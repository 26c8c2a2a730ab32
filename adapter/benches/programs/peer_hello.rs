//! The root package's `hello` example on `lambda_http`, for the comparison of binary sizes.

use axum::{Router, routing::get};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let app = Router::new().route("/", get(|| async { "hello" }));
    lambda_http::run(app).await
}
