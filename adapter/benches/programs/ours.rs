//! The application on the adapter.

#[path = "../app/mod.rs"]
mod app;

use zappa_rs_adapter::{Adapter, Error, Options, runtime};

// One thread, as in the other programs: how tasks move between workers would be measured otherwise.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let options = Options::from_variables(|name| std::env::var(name).ok());
    runtime::run(Adapter::new(app::router(None)).with_options(options)).await
}
