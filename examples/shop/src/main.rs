//! The program: on Lambda the functions, elsewhere a web server.

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    zappa_rs::init_tracing();
    let secrets = zappa_rs::secrets().await?;
    let pool = shop::pool(&secrets.get("DB_URL")?)?;
    shop::app(pool).run().await?;
    Ok(())
}
