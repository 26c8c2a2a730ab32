//! The root package's `hello` example on `lambda_http`: what the size of its binary is compared with.

use axum::{Router, routing::get};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let app = Router::new().route("/", get(|| async { "hello" }));
    lambda_http::run(app).await
}
