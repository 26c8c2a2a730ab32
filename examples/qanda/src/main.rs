//! The program: on Lambda it is all three functions, elsewhere a web server.

use qanda::{Backend, Config};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    zappa_rs::init_tracing();
    let config = Config::from_environment()?;
    qanda::app(Backend::new(config).await).run().await?;
    Ok(())
}
