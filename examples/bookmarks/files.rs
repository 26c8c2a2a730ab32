//! Files: raw upload, upload by a form, download with the very same bytes.

use crate::store::{File, Store};
use axum::{
    Json,
    body::Bytes,
    extract::{Multipart, Path, State, multipart::MultipartError},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

/// The characters that need no escape in an extended parameter: `attr-char` of RFC 8187, without a few rare ones.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const UNTYPED: HeaderValue = HeaderValue::from_static("application/octet-stream");

#[derive(Serialize)]
pub(crate) struct Entry {
    name: String,
    size: usize,
}

pub(crate) async fn list(State(store): State<Store>) -> Json<Vec<Entry>> {
    Json(store.files().into_iter().map(|(name, size)| Entry { name, size }).collect())
}

pub(crate) async fn upload(
    State(store): State<Store>,
    Path(name): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> StatusCode {
    let content_type = headers.get(header::CONTENT_TYPE).cloned().unwrap_or(UNTYPED);
    if store.put_file(name, File { content_type, bytes }) { StatusCode::CREATED } else { StatusCode::NO_CONTENT }
}

/// Takes every part that has a file name; a browser leaves that out, or empty, where nothing was chosen.
pub(crate) async fn upload_form(State(store): State<Store>, mut form: Multipart) -> Result<Redirect, MultipartError> {
    while let Some(part) = form.next_field().await? {
        let Some(name) = part.file_name().filter(|name| !name.is_empty()).map(str::to_owned) else {
            continue;
        };
        let content_type = part.content_type().and_then(|text| text.parse().ok()).unwrap_or(UNTYPED);
        let bytes = part.bytes().await?;
        store.put_file(name, File { content_type, bytes });
    }
    Ok(Redirect::to("/"))
}

pub(crate) async fn download(State(store): State<Store>, Path(name): Path<String>) -> Response {
    let Some(file) = store.file(&name) else {
        return no_such_file(&name);
    };
    let disposition = format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(&name, ENCODED));
    let head = [
        (header::CONTENT_TYPE, file.content_type),
        // Someone else's page must not run in this one's name.
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (head, [(header::CONTENT_DISPOSITION, disposition)], file.bytes).into_response()
}

pub(crate) async fn remove(State(store): State<Store>, Path(name): Path<String>) -> Response {
    if store.remove_file(&name) { StatusCode::NO_CONTENT.into_response() } else { no_such_file(&name) }
}

fn no_such_file(name: &str) -> Response {
    (StatusCode::NOT_FOUND, format!("there is no file `{name}`\n")).into_response()
}
