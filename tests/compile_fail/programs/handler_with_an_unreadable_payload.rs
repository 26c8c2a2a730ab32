use axum::Router;
use zappa_rs::{App, BoxError, Invocation};

struct Job;

async fn resize(_: Job, _: Invocation) -> Result<(), BoxError> {
    Ok(())
}

fn main() {
    let _ = App::new(Router::new()).function("resize", resize);
}
