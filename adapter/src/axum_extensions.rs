//! What axum's own extractors look for among a request's extensions, beside what the router puts there itself.
//!
//! `OriginalUri` is the router's: where a stage stands in front, one from here would differ from the URI that the router is
//! asked for, and redirects that are built from it would name the stage twice.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::Extensions;

/// Makes the client's address known.
pub(crate) fn extend(extensions: &mut Extensions, client: SocketAddr) {
    extensions.insert(ConnectInfo(client));
}
