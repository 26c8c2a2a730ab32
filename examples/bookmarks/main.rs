//! Bookmarks with files: an ordinary axum application that knows nothing of Lambda but the last line of `main`.
//!
//! It keeps everything in memory. A database would have been closer to life, but SQLite is compiled from C for minutes and
//! a Lambda instance could not share its file anyway; what is stored is beside the point here, how it is asked for is not.
//! So on Lambda, and under `zappa-rs local`, each instance has a memory of its own: what one stored, another does not know.
//! Run it with a concurrency of one to see one memory, or put the store's methods in front of a real database.
//!
//! Cookies are signed, so that any instance with the same `BOOKMARKS_KEY` (64 bytes or more) knows a visitor again.

mod bookmarks;
mod files;
mod page;
mod session;
mod store;
mod ticks;
mod whoami;

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, routing::get, routing::post};
use std::time::Duration;
use store::Store;
use tower_http::{compression::CompressionLayer, cors::CorsLayer, timeout::TimeoutLayer, trace::TraceLayer};

/// 5 MB for a file and some bytes for the boundaries of a form. A gateway in front may take less: AWS hands at most 6 MB
/// to a function, about 4.5 MB of a binary file.
const BODY_LIMIT: usize = 5 * 1024 * 1024 + 64 * 1024;
/// The timeout of a response's head. Event streams may take longer: their head is sent at once.
const PATIENCE: Duration = Duration::from_secs(10);

/// The application, as any server of axum would be given it.
fn app(key: session::Key) -> Router {
    Router::new()
        .route("/", get(page::front))
        .route("/add", post(page::add))
        .route("/bookmarks", get(bookmarks::list).post(bookmarks::create))
        .route("/bookmarks/{id}", get(bookmarks::read).put(bookmarks::replace).delete(bookmarks::remove))
        .route("/files", get(files::list).post(files::upload_form))
        .route("/files/{name}", get(files::download).put(files::upload).delete(files::remove))
        .route("/sign-in", post(session::sign_in))
        .route("/sign-out", post(session::sign_out))
        .route("/me", get(session::me))
        .route("/events", get(ticks::stream))
        .route("/whoami", get(whoami::echo).post(whoami::echo))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(CorsLayer::permissive())
        .layer(CompressionLayer::new())
        .layer(TraceLayer::new_for_http())
        .with_state(State { store: Store::default(), key })
}

/// What handlers share.
#[derive(Clone, Debug)]
struct State {
    store: Store,
    key: session::Key,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let key = session::Key::from_variable(std::env::var("BOOKMARKS_KEY").ok().as_deref())?;
    zappa_rs::run(app(key)).await?;
    Ok(())
}
