//! Request extensions for axum's extractors, beside those that the router inserts itself.
//!
//! `OriginalUri` is left to the router: behind a stage, one from here would differ from the URI that the router gets,
//! and redirects built from it would contain the stage twice.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::Extensions;

/// Inserts the client's address for axum's `ConnectInfo`.
pub(crate) fn extend(extensions: &mut Extensions, client: SocketAddr) {
    extensions.insert(ConnectInfo(client));
}
