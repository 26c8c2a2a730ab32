use axum::{Router, routing::get};

// The order of `axum::serve(listener, app)`.
#[tokio::main]
async fn main() -> Result<(), zappa_rs::Error> {
    let app = Router::new().route("/", get(|| async { "hello" }));
    let listener = tokio::net::TcpListener::bind("0.0.0.0:3000").await.unwrap();
    zappa_rs::run(listener, app).await
}
