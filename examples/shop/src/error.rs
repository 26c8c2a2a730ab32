//! What can go wrong with a request, and the response for it.

use axum::{
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};

/// Why a request has no result.
#[derive(Debug)]
pub(crate) enum Error {
    /// No product or order has this name.
    NotFound,
    /// Less than one.
    Quantity,
    /// The key belongs to an order of something else.
    OtherOrder,
    /// There is not enough of the product.
    SoldOut,
    /// The database.
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not found").into_response(),
            Self::Quantity => (StatusCode::UNPROCESSABLE_ENTITY, "at least one").into_response(),
            Self::OtherOrder => (StatusCode::CONFLICT, "this key belongs to another order").into_response(),
            Self::SoldOut => (StatusCode::CONFLICT, "sold out").into_response(),
            Self::Database(error) => {
                // For the log alone: it may name hosts and tables.
                tracing::error!(%error, "the database failed");
                match error {
                    sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => {
                        (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")], "try again").into_response()
                    }
                    _ => (StatusCode::INTERNAL_SERVER_ERROR, "our fault").into_response(),
                }
            }
        }
    }
}
