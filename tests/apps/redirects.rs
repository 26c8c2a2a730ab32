//! An application that sends its visitors elsewhere, as applications do that know nothing of a prefix: to the other
//! spelling of a path, to where a login was asked for, to the page that a form came from. One page answers to the
//! application's own name alone. Only tests ask it.

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

/// Sends whoever is not signed in to the login, which is to lead back; axum-login does it this way.
async fn signed_in(OriginalUri(uri): OriginalUri, request: Request, next: Next) -> Response {
    let cookies = request.headers().get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if cookies.contains("__Host-session=ada") {
        return next.run(request).await;
    }
    let uri = uri.to_string();
    Redirect::temporary(&format!("/login?next={}", utf8_percent_encode(&uri, NON_ALPHANUMERIC))).into_response()
}

/// The form, whose hidden field is the query's word.
async fn login(Query(destination): Query<Destination>) -> Html<String> {
    Html(format!("<input name=next type=hidden value=\"{}\">", destination.next.replace('"', "&quot;")))
}

/// Signs in and goes on to what the form says.
async fn sign_in(Form(destination): Form<Destination>) -> impl IntoResponse {
    let cookies = ["__Host-session=ada; Secure; HttpOnly; Path=/", "theme=dark; Path=/"];
    (AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie))), Redirect::to(&destination.next))
}

/// Takes a paste and returns to the page that it came from, whole or as its path.
async fn paste(headers: HeaderMap, Query(form): Query<Back>) -> Result<Redirect, StatusCode> {
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok()).ok_or(StatusCode::BAD_REQUEST)?;
    let uri: Uri = referer.parse().map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok(Redirect::to(if form.whole { referer } else { uri.path() }))
}

#[derive(Deserialize)]
struct Back {
    whole: bool,
}

/// Leads to the front page by an absolute address, made from what the client asked for.
async fn absolute(headers: HeaderMap) -> Result<Redirect, StatusCode> {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).ok_or(StatusCode::BAD_REQUEST)?;
    Ok(Redirect::to(&format!("http://{host}/pastes")))
}

/// A page with the link that everybody writes, and with the one that is right behind a prefix.
async fn menu(Prefix(prefix): Prefix) -> Html<String> {
    Html(format!("<a href=\"/items\">root</a> <a href=\"{prefix}/items\">prefix</a>"))
}

/// The name that the application is known by.
const NAME: &str = "api.example.com";

/// Says where the client thinks it is, to whoever asks for the application's own name: any other host is 421, as of an
/// application that checks the host against attacks by a name that leads here.
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
