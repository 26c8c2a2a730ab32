//! The application on `lambda_http`, as its documentation shows it.

#[path = "../app/mod.rs"]
mod app;

// One thread, as in the other programs: how tasks move between workers would be measured otherwise.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(app::router(None)).await
}
