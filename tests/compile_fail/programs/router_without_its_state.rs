use axum::{Router, extract::State, routing::get};

#[derive(Clone)]
struct Database;

#[tokio::main]
async fn main() -> Result<(), zappa_rs::Error> {
    let app = Router::new().route("/", get(|State(_): State<Database>| async { "hello" }));
    zappa_rs::App::new(app).run().await
}
