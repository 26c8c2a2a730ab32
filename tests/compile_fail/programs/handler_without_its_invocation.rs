use axum::Router;
use zappa_rs::{App, BoxError};

async fn nightly(_: String) -> Result<(), BoxError> {
    Ok(())
}

fn main() {
    let _ = App::new(Router::new()).schedule("nightly", nightly);
}
