//! The application on both sides of every comparison: an ordinary axum router that depends on neither side.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path},
    http::header::CONTENT_TYPE,
    response::IntoResponse,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};

/// The response to `GET /bookmarks/{id}`, about 200 bytes of JSON.
#[derive(Debug, Serialize)]
struct Bookmark {
    id: u64,
    title: &'static str,
    url: &'static str,
    tags: [&'static str; 3],
    visits: u32,
    archived: bool,
}

/// The payload of `POST /bookmarks`.
#[derive(Debug, Deserialize)]
struct Draft {
    title: String,
    url: String,
    tags: Vec<String>,
    notes: String,
}

/// The response to `POST /bookmarks`.
#[derive(Debug, Serialize)]
struct Saved {
    title: String,
    url: String,
    tags: usize,
    words: usize,
}

/// Builds the router, with `GET /cover` only if a picture is given: a process that serves small responses should not
/// hold four megabytes.
pub(crate) fn router(cover: Option<Bytes>) -> Router {
    let router = Router::new()
        .route("/bookmarks/{id}", get(bookmark))
        .route("/bookmarks", post(save))
        .route("/upload", post(upload))
        .route("/echo", post(echo))
        .layer(DefaultBodyLimit::disable());
    match cover {
        Some(cover) => {
            router.route("/cover", get(move || async move { ([(CONTENT_TYPE, "image/png")], cover).into_response() }))
        }
        None => router,
    }
}

async fn bookmark(Path(id): Path<u64>) -> Json<Bookmark> {
    Json(Bookmark {
        id,
        title: "The Rust Programming Language, second edition",
        url: "https://doc.rust-lang.org/book/ch04-00-ownership.html",
        tags: ["rust", "book", "reading"],
        visits: 1284,
        archived: false,
    })
}

async fn save(Json(draft): Json<Draft>) -> Json<Saved> {
    Json(Saved {
        words: draft.notes.split_whitespace().count(),
        title: draft.title,
        url: draft.url,
        tags: draft.tags.len(),
    })
}

async fn upload(body: Bytes) -> String {
    body.len().to_string()
}

async fn echo(body: Bytes) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], body)
}
