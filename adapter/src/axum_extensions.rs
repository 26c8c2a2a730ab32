//! The two things that axum's own extractors look for among a request's extensions.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, OriginalUri};
use bytes::Bytes;
use http::{Extensions, Uri, uri::PathAndQuery};

/// Makes the client's address and, where it differs, its own path known.
pub(crate) fn extend(extensions: &mut Extensions, client: SocketAddr, original: Option<String>) {
    extensions.insert(ConnectInfo(client));
    // Longer than a URI can be: the app then sees the shorter path that it was routed by.
    if let Some(original) = original.and_then(|uri| PathAndQuery::from_maybe_shared(Bytes::from(uri)).ok()) {
        extensions.insert(OriginalUri(Uri::from(original)));
    }
}
