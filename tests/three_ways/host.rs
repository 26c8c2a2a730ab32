//! An application that answers to its own name alone, tried at that name before the name leads anywhere.

use crate::{
    support::{client::Ask, server::Server},
    tool,
};

/// What the application says of itself at `/named`, or the status if it is not asked for its name.
fn named(flags: &[&str]) -> Result<String, u16> {
    let server = Server::local(tool(), "redirects", &[], flags);
    assert!(server.address.ip().is_loopback());
    let answer = server.connect().unwrap().send(&Ask::get("/named").below(&server.prefix)).unwrap();
    if answer.status == 200 { Ok(answer.text()) } else { Err(answer.status) }
}

#[test]
fn a_host_check_passes_behind_the_name_that_it_asks_for() {
    let name = "api.example.com";
    for (flags, expected) in [
        (&["--as", "rest"][..], Err(421)),
        (&["--as", "rest", "--host", name], Ok("https://api.example.com")),
        (&["--as", "rest", "--host", name, "--base-path", "shop"], Ok("https://api.example.com/shop")),
        (&["--as", "http", "--host", name], Ok("https://api.example.com")),
        (&["--as", "alb", "--host", name], Ok("https://api.example.com")),
        (&["--as", "rest", "--host", "other.example.com"], Err(421)),
    ] {
        assert_eq!(named(flags).as_deref().map_err(|status| *status), expected, "{flags:?}");
    }
}
