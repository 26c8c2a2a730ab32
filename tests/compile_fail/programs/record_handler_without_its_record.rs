use axum::Router;
use zappa_rs::{App, BoxError};

async fn job(_: String) -> Result<(), BoxError> {
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), zappa_rs::Error> {
    App::new(Router::new()).on_sqs("jobs", job).run().await
}
