use axum::{Router, routing::get};

#[tokio::main]
async fn main() -> Result<(), zappa_rs::Error> {
    let app = Router::new().route("/", get(|| async { "hello" }));
    zappa_rs::run(app.into_make_service()).await
}
