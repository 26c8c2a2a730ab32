//! The application on `zappa-rs`, as its documentation shows it. An example of the package `examples`, since `run` is
//! not of this one.

#[path = "../app/mod.rs"]
mod app;

// One thread, as in the other programs: how tasks move between workers would be measured otherwise.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), zappa_rs::Error> {
    zappa_rs::run(app::router(None)).await
}
