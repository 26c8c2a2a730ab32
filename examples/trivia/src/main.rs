//! The program: on Lambda and everywhere else a web server.

use trivia::Store;

#[tokio::main]
async fn main() -> Result<(), zappa_rs::BoxError> {
    zappa_rs::init_tracing();
    zappa_rs::run(trivia::app(Store::from_environment().await?)).await?;
    Ok(())
}
