//! A test application of redirects, as in applications that know nothing of a prefix: to the canonical spelling of a
//! path, to the page before a login, to the page with a form. One page accepts the application's own host name only.

use axum::{
    Form, Router,
    extract::{OriginalUri, Query, Request},
    http::{HeaderMap, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{AppendHeaders, Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use axum_extra::routing::RouterExt as _;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use zappa_rs::{Prefix, RequestContext};

#[derive(Deserialize)]
struct Destination {
    next: String,
}

/// Redirects clients without a session to the login, with the way back in the query, as axum-login does.
async fn signed_in(OriginalUri(uri): OriginalUri, request: Request, next: Next) -> Response {
    let cookies = request.headers().get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if cookies.contains("__Host-session=ada") {
        return next.run(request).await;
    }
    let uri = uri.to_string();
    Redirect::temporary(&format!("/login?next={}", utf8_percent_encode(&uri, NON_ALPHANUMERIC))).into_response()
}

/// The form, with the way back in a hidden field.
async fn login(Query(destination): Query<Destination>) -> Html<String> {
    Html(format!("<input name=next type=hidden value=\"{}\">", destination.next.replace('"', "&quot;")))
}

/// Signs in and redirects to the way back in the form.
async fn sign_in(Form(destination): Form<Destination>) -> impl IntoResponse {
    let cookies = ["__Host-session=ada; Secure; HttpOnly; Path=/", "theme=dark; Path=/"];
    (AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie))), Redirect::to(&destination.next))
}

/// Accepts a paste and redirects to its `Referer`, whole or as a path.
async fn paste(headers: HeaderMap, Query(form): Query<Back>) -> Result<Redirect, StatusCode> {
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok()).ok_or(StatusCode::BAD_REQUEST)?;
    let uri: Uri = referer.parse().map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok(Redirect::to(if form.whole { referer } else { uri.path() }))
}

#[derive(Deserialize)]
struct Back {
    whole: bool,
}

/// Redirects to the front page by an absolute URL, made from the request's host.
async fn absolute(headers: HeaderMap) -> Result<Redirect, StatusCode> {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).ok_or(StatusCode::BAD_REQUEST)?;
    Ok(Redirect::to(&format!("http://{host}/pastes")))
}

/// A page with a common link, and with one that works behind a prefix.
async fn menu(Prefix(prefix): Prefix) -> Html<String> {
    Html(format!("<a href=\"/items\">root</a> <a href=\"{prefix}/items\">prefix</a>"))
}

/// The application's own host name.
const NAME: &str = "api.example.com";

/// Responds with the base URL for the client; for any other host with 421, as an application does that checks the host
/// against DNS rebinding.
async fn named(headers: HeaderMap, context: RequestContext) -> Result<String, StatusCode> {
    if headers.get(header::HOST).is_none_or(|host| host != NAME) {
        return Err(StatusCode::MISDIRECTED_REQUEST);
    }
    Ok(format!("{}://{}{}", context.scheme(), context.host().unwrap_or_default(), context.prefix()))
}

#[tokio::main]
async fn main() -> Result<(), zappa_rs::Error> {
    let account = Router::new()
        .route("/settings", get(|OriginalUri(uri): OriginalUri| async move { format!("settings at {uri}") }))
        .layer(middleware::from_fn(signed_in));
    let app = Router::new()
        .route_with_tsr("/items", get(|| async { "items" }))
        .route_with_tsr("/folder/", get(|| async { "folder" }))
        .route("/login", get(login).post(sign_in))
        .nest("/account", account)
        .route("/pastes", get(|| async { "pastes" }))
        .route("/paste", post(paste))
        .route("/absolute", get(absolute))
        .route("/named", get(named))
        .route("/menu", get(menu));
    zappa_rs::run(app).await
}
