//! The application on `zappa-rs`, as in its documentation. It is an example of the package `examples`, since this
//! package does not have `run`.

#[path = "../app/mod.rs"]
mod app;

// One thread, as in the other programs; otherwise the benchmark would measure how tasks move between workers.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), zappa_rs::Error> {
    zappa_rs::run(app::router(None)).await
}
