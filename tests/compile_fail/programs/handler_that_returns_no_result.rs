use axum::Router;
use zappa_rs::{App, Invocation, Source};

async fn jobs(_: String, _: Invocation) {}

fn main() {
    let _ = App::new(Router::new()).on(Source::Sqs, jobs);
}
