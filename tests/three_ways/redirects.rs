//! Redirects of an application that knows nothing of a prefix: each leads to where it leads on the plain server.

use crate::{
    support::{answer::Answer, client::Ask},
    visitor::{Visitor, compare},
};
use serde_json::{Value, json};

/// Asks, checks that the answer is a redirect to a place of this very server, and notes that place in the application's own
/// words, which are the same everywhere.
fn redirected(visitor: &mut Visitor<'_>, ask: &Ask) -> (Answer, String) {
    let (origin, prefix) = (visitor.origin(), visitor.prefix().to_owned());
    let mut place = String::new();
    let answer = visitor.ask_for(ask, |answer| {
        let location = answer.header("location").unwrap_or_else(|| panic!("no redirect: {answer:?}"));
        let path = location.strip_prefix(&origin).unwrap_or(&location);
        let inner = path.strip_prefix(&prefix).unwrap_or_else(|| panic!("{location} is not below {prefix}"));
        place = inner.to_owned();
        Value::from(inner)
    });
    (answer, place)
}

#[test]
fn a_trailing_slash_is_redirected_to_the_route() {
    compare("redirects", |visitor| {
        for (target, place, page) in [
            ("/items/", "/items", "items"),
            ("/items/?a=1&b=%2F", "/items?a=1&b=%2F", "items"),
            ("/folder", "/folder/", "folder"),
        ] {
            let (answer, seen) = redirected(visitor, &Ask::get(target));
            assert_eq!((answer.status, &*seen), (308, place));
            assert_eq!(visitor.ask(&Ask::get(seen)).text(), page);
        }
    });
}

#[test]
fn a_login_leads_back_to_where_it_was_asked_for() {
    compare("redirects", |visitor| {
        let (answer, login) = redirected(visitor, &Ask::get("/account/settings?tab=2"));
        assert_eq!((answer.status, &*login), (307, "/login?next=%2Faccount%2Fsettings%3Ftab%3D2"));
        let form = visitor.ask(&Ask::get(login)).text();
        assert_eq!(form, r#"<input name=next type=hidden value="/account/settings?tab=2">"#);
        // The form's own word, and what a script in the page takes from the browser's address.
        let prefix = visitor.prefix().to_owned();
        for next in ["/account/settings?tab=2".to_owned(), format!("{prefix}/account/settings?tab=2")] {
            let form = format!("next={}", next.replace('?', "%3F").replace('=', "%3D"));
            let ask = Ask::new("POST", "/login").with_body("application/x-www-form-urlencoded", form);
            let (answer, place) = redirected(visitor, &ask);
            assert_eq!((answer.status, &*place), (303, "/account/settings?tab=2"));
            let cookies: Vec<_> = answer.headers("set-cookie").collect();
            let theme = format!("theme=dark; Path={}", if prefix.is_empty() { "/" } else { &prefix });
            assert_eq!(cookies, ["__Host-session=ada; Secure; HttpOnly; Path=/", &theme]);
            let page = visitor.ask(&Ask::get(place).with("cookie", "__Host-session=ada; theme=dark"));
            assert_eq!(page.text(), "settings at /account/settings?tab=2");
        }
    });
}

#[test]
fn a_form_leads_back_to_the_page_that_it_came_from() {
    compare("redirects", |visitor| {
        let page = format!("{}{}/pastes", visitor.origin(), visitor.prefix());
        for whole in [true, false] {
            let ask = Ask::new("POST", format!("/paste?whole={whole}")).with("referer", &page);
            let (answer, place) = redirected(visitor, &ask);
            assert_eq!((answer.status, &*place), (303, "/pastes"));
            assert_eq!(visitor.ask(&Ask::get(place)).text(), "pastes");
        }
        let (answer, place) = redirected(visitor, &Ask::get("/absolute"));
        assert_eq!((answer.status, &*place), (303, "/pastes"));
        let elsewhere = Ask::new("POST", "/paste?whole=true").with("referer", "https://elsewhere.example/pastes");
        let answer = visitor.ask_for(&elsewhere, |answer| json!(answer.header("location")));
        assert_eq!(answer.header("location").as_deref(), Some("https://elsewhere.example/pastes"));
    });
}
