//! Who is here: two cookies, one for the server's eyes only and one that a script on the page may read.

use axum::{
    Form, Json,
    extract::FromRef,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::{self, Cookie, CookieJar, SameSite, SignedCookieJar};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Proves who someone is: signed, and hidden from scripts.
const SESSION: &str = "session";
/// Only what to call them.
const VISITOR: &str = "visitor";

/// What sessions are signed with.
#[derive(Clone)]
pub(crate) struct Key(cookie::Key);

impl Key {
    /// Takes the key from a variable's value, or makes one that lasts as long as the process.
    ///
    /// # Errors
    ///
    /// The value is shorter than 64 bytes.
    pub(crate) fn from_variable(value: Option<&str>) -> Result<Self, ShortKey> {
        let Some(value) = value else {
            return Ok(Self(cookie::Key::generate()));
        };
        cookie::Key::try_from(value.as_bytes()).map(Self).map_err(|_| ShortKey)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// A key that anyone could guess.
#[derive(Debug)]
pub(crate) struct ShortKey;

impl fmt::Display for ShortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`BOOKMARKS_KEY` is shorter than 64 bytes")
    }
}

impl std::error::Error for ShortKey {}

impl FromRef<super::State> for cookie::Key {
    fn from_ref(state: &super::State) -> Self {
        state.key.0.clone()
    }
}

#[derive(Deserialize)]
pub(crate) struct SignIn {
    name: String,
}

#[derive(Serialize)]
pub(crate) struct Me {
    session: Option<String>,
    visitor: Option<String>,
    /// The names of all cookies that came: behind a gateway none may be missing.
    cookies: Vec<String>,
}

pub(crate) async fn sign_in(sessions: SignedCookieJar, cookies: CookieJar, Form(form): Form<SignIn>) -> Response {
    let name = form.name.trim();
    if name.is_empty() {
        return (StatusCode::UNPROCESSABLE_ENTITY, "a name has at least one letter\n").into_response();
    }
    let session = Cookie::build((SESSION, name.to_owned())).path("/").http_only(true).same_site(SameSite::Lax);
    let visitor = Cookie::build((VISITOR, name.to_owned())).path("/").same_site(SameSite::Lax);
    (sessions.add(session), cookies.add(visitor), Redirect::to("/")).into_response()
}

pub(crate) async fn sign_out(sessions: SignedCookieJar, cookies: CookieJar) -> (SignedCookieJar, CookieJar, Redirect) {
    // A cookie is only gone if the path is the one that it was set with.
    let gone = |name| Cookie::build(name).path("/");
    (sessions.remove(gone(SESSION)), cookies.remove(gone(VISITOR)), Redirect::to("/"))
}

pub(crate) async fn me(sessions: SignedCookieJar, cookies: CookieJar) -> Json<Me> {
    let mut names: Vec<_> = cookies.iter().map(|cookie| cookie.name().to_owned()).collect();
    names.sort_unstable();
    Json(Me {
        session: sessions.get(SESSION).map(|cookie| cookie.value().to_owned()),
        visitor: cookies.get(VISITOR).map(|cookie| cookie.value().to_owned()),
        cookies: names,
    })
}
