//! Bookmarks as JSON: create, read, replace, remove, list.

use crate::store::{Bookmark, Draft, Store};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Filter {
    tag: Option<String>,
}

pub(crate) async fn list(State(store): State<Store>, Query(filter): Query<Filter>) -> Json<Vec<Bookmark>> {
    let mut bookmarks = store.bookmarks();
    if let Some(tag) = filter.tag {
        bookmarks.retain(|bookmark| bookmark.draft.tags.contains(&tag));
    }
    Json(bookmarks)
}

pub(crate) async fn create(State(store): State<Store>, Json(draft): Json<Draft>) -> Response {
    if !draft.is_web_page() {
        return not_a_web_page();
    }
    let bookmark = store.add(draft);
    let location = format!("/bookmarks/{}", bookmark.id);
    (StatusCode::CREATED, [(header::LOCATION, location)], Json(bookmark)).into_response()
}

pub(crate) async fn read(State(store): State<Store>, Path(id): Path<u64>) -> Response {
    store.bookmark(id).map_or_else(|| no_such_bookmark(id), |bookmark| Json(bookmark).into_response())
}

pub(crate) async fn replace(State(store): State<Store>, Path(id): Path<u64>, Json(draft): Json<Draft>) -> Response {
    if !draft.is_web_page() {
        return not_a_web_page();
    }
    store.replace(id, draft).map_or_else(|| no_such_bookmark(id), |bookmark| Json(bookmark).into_response())
}

pub(crate) async fn remove(State(store): State<Store>, Path(id): Path<u64>) -> Response {
    if store.remove(id) { StatusCode::NO_CONTENT.into_response() } else { no_such_bookmark(id) }
}

fn no_such_bookmark(id: u64) -> Response {
    (StatusCode::NOT_FOUND, format!("there is no bookmark {id}\n")).into_response()
}

/// The answer to a link that no browser should follow.
pub(crate) fn not_a_web_page() -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, "a bookmark's URL begins with https:// or http://\n").into_response()
}
