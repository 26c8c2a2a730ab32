//! The front page. All links and forms on it are relative, so it works at any address that ends in a slash: at `/`, and
//! behind a gateway's stage at `/dev/`.

use crate::{
    bookmarks,
    store::{Draft, Store},
};
use axum::{
    Form,
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use axum_extra::extract::SignedCookieJar;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use std::fmt::Write as _;

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Bookmarks</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
  form { margin: .5rem 0 }
</style>
<h1>Bookmarks</h1>
"#;

const FORMS: &str = r#"<h2>Add</h2>
<form method="post" action="add">
  <input name="title" placeholder="title" required>
  <input name="url" type="url" placeholder="https://" required>
  <input name="tags" placeholder="tags, with commas">
  <button>Add</button>
</form>
<form method="post" action="files" enctype="multipart/form-data">
  <input name="file" type="file" multiple required>
  <button>Upload</button>
</form>
<h2>Events</h2>
<p id="ticks">…</p>
<script>
  const ticks = new EventSource("events?n=5");
  ticks.addEventListener("tick", event => {
    document.getElementById("ticks").textContent += " " + event.data;
    if (event.data === "5") ticks.close();
  });
</script>
"#;

const SIGN_IN: &str = r#"<form method="post" action="sign-in">
  <input name="name" placeholder="your name" required>
  <button>Sign in</button>
</form>
"#;

const SIGN_OUT: &str = r#"<form method="post" action="sign-out"><button>Sign out</button></form>
"#;

#[derive(Deserialize)]
pub(crate) struct Addition {
    url: String,
    title: String,
    #[serde(default)]
    tags: String,
}

pub(crate) async fn front(State(store): State<Store>, sessions: SignedCookieJar) -> Html<String> {
    let mut page = String::from(HEAD);
    match sessions.get("session") {
        Some(session) => {
            line(&mut page, &format!("<p>Hello, {}.</p>", escaped(session.value())));
            page.push_str(SIGN_OUT);
        }
        None => page.push_str(SIGN_IN),
    }
    page.push_str("<ul>\n");
    for bookmark in store.bookmarks() {
        let (url, title) = (escaped(&bookmark.draft.url), escaped(&bookmark.draft.title));
        line(&mut page, &format!(r#"<li><a href="{url}">{title}</a> {}"#, escaped(&bookmark.draft.tags.join(", "))));
    }
    page.push_str("</ul>\n<ul>\n");
    for (name, size) in store.files() {
        let link = utf8_percent_encode(&name, NON_ALPHANUMERIC);
        line(&mut page, &format!(r#"<li><a href="files/{link}">{}</a>, {size} bytes"#, escaped(&name)));
    }
    page.push_str("</ul>\n");
    page.push_str(FORMS);
    Html(page)
}

pub(crate) async fn add(State(store): State<Store>, Form(addition): Form<Addition>) -> Response {
    let tags = addition.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty());
    let draft = Draft { tags: tags.map(str::to_owned).collect(), url: addition.url, title: addition.title };
    if !draft.is_web_page() {
        return bookmarks::not_a_web_page();
    }
    store.add(draft);
    Redirect::to("/").into_response()
}

fn line(page: &mut String, text: &str) {
    writeln!(page, "{text}").expect("a string can be written to");
}

/// Text escaped for HTML, between tags and in quotes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
