//! Redirects of an application that knows nothing of a prefix: each leads to where it leads on the plain server.

use crate::{
    support::{client::Request, response::Response},
    visitor::{Visitor, compare},
};
use serde_json::{Value, json};

/// Asks, checks that the response is a redirect to a path of this server, and returns that path in the application's own
/// words, which are the same everywhere.
fn redirected(visitor: &mut Visitor<'_>, request: &Request) -> (Response, String) {
    let (origin, prefix) = (visitor.origin(), visitor.prefix().to_owned());
    let mut redirect = String::new();
    let response = visitor.send_and_extract(request, |response| {
        let location = response.header("location").unwrap_or_else(|| panic!("no redirect: {response:?}"));
        let path = location.strip_prefix(&origin).unwrap_or(&location);
        let inner = path.strip_prefix(&prefix).unwrap_or_else(|| panic!("{location} is not below {prefix}"));
        inner.clone_into(&mut redirect);
        Value::from(inner)
    });
    (response, redirect)
}

#[test]
fn a_trailing_slash_is_redirected_to_the_route() {
    compare("redirects", |visitor| {
        for (target, path, page) in [
            ("/items/", "/items", "items"),
            ("/items/?a=1&b=%2F", "/items?a=1&b=%2F", "items"),
            ("/folder", "/folder/", "folder"),
        ] {
            let (response, seen) = redirected(visitor, &Request::get(target));
            assert_eq!((response.status, &*seen), (308, path));
            assert_eq!(visitor.send(&Request::get(seen)).text(), page);
        }
    });
}

#[test]
fn a_login_leads_back_to_where_it_was_asked_for() {
    compare("redirects", |visitor| {
        let (response, login) = redirected(visitor, &Request::get("/account/settings?tab=2"));
        assert_eq!((response.status, &*login), (307, "/login?next=%2Faccount%2Fsettings%3Ftab%3D2"));
        let form = visitor.send(&Request::get(login)).text();
        assert_eq!(form, r#"<input name=next type=hidden value="/account/settings?tab=2">"#);
        // The form's own word, and what a script in the page takes from the browser's address.
        let prefix = visitor.prefix().to_owned();
        for next in ["/account/settings?tab=2".to_owned(), format!("{prefix}/account/settings?tab=2")] {
            let form = format!("next={}", next.replace('?', "%3F").replace('=', "%3D"));
            let request = Request::new("POST", "/login").with_body("application/x-www-form-urlencoded", form);
            let (response, path) = redirected(visitor, &request);
            assert_eq!((response.status, &*path), (303, "/account/settings?tab=2"));
            let cookies: Vec<_> = response.headers("set-cookie").collect();
            let theme = format!("theme=dark; Path={}", if prefix.is_empty() { "/" } else { &prefix });
            assert_eq!(cookies, ["__Host-session=ada; Secure; HttpOnly; Path=/", &theme]);
            let page = visitor.send(&Request::get(path).with("cookie", "__Host-session=ada; theme=dark"));
            assert_eq!(page.text(), "settings at /account/settings?tab=2");
        }
    });
}

#[test]
fn a_form_leads_back_to_the_page_that_it_came_from() {
    compare("redirects", |visitor| {
        let page = format!("{}{}/pastes", visitor.origin(), visitor.prefix());
        for whole in [true, false] {
            let request = Request::new("POST", format!("/paste?whole={whole}")).with("referer", &page);
            let (response, path) = redirected(visitor, &request);
            assert_eq!((response.status, &*path), (303, "/pastes"));
            assert_eq!(visitor.send(&Request::get(path)).text(), "pastes");
        }
        let (response, path) = redirected(visitor, &Request::get("/absolute"));
        assert_eq!((response.status, &*path), (303, "/pastes"));
        let elsewhere = Request::new("POST", "/paste?whole=true").with("referer", "https://elsewhere.example/pastes");
        let response = visitor.send_and_extract(&elsewhere, |response| json!(response.header("location")));
        assert_eq!(response.header("location").as_deref(), Some("https://elsewhere.example/pastes"));
    });
}
