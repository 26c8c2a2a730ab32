//! Error responses: a status and one JSON object.

use axum::{
    Json,
    extract::rejection::{JsonRejection, QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// A status of the 4xx class and its reason.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    reason: String,
}

impl Failure {
    pub(crate) fn bad_request(reason: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, reason: reason.into() }
    }

    pub(crate) fn unknown_currency(code: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, reason: format!("there is no rate for `{code}`") }
    }

    pub(crate) fn no_such_page() -> Self {
        Self { status: StatusCode::NOT_FOUND, reason: "ask for /hello or /convert".into() }
    }

    pub(crate) fn no_such_method() -> Self {
        Self { status: StatusCode::METHOD_NOT_ALLOWED, reason: "this endpoint does not know that method".into() }
    }
}

impl From<QueryRejection> for Failure {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(rejection.body_text())
    }
}

impl From<JsonRejection> for Failure {
    fn from(rejection: JsonRejection) -> Self {
        // axum answers 415 and 422 too; a client of this service has one case to handle.
        Self::bad_request(rejection.body_text())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            error: String,
        }
        (self.status, Json(Body { error: self.reason })).into_response()
    }
}
