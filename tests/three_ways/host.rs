//! An application that responses to its own name alone, tried at that name before the name leads anywhere.

use crate::{
    support::{client::Request, server::Server},
    tool,
};

/// What the application says of itself at `/named`, or the status if it is not asked for its name.
fn named(flags: &[&str]) -> Result<String, u16> {
    let server = Server::local(tool(), "redirects", &[], flags);
    assert!(server.address.ip().is_loopback());
    let response = server.connect().unwrap().send(&Request::get("/named").below(&server.prefix)).unwrap();
    if response.status == 200 { Ok(response.text()) } else { Err(response.status) }
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

#[test]
fn the_authority_of_an_absolute_target_is_the_host() {
    let local = Server::local(tool(), "redirects", &[], &["--as", "rest"]);
    let plain = Server::plain("redirects", &[]);
    for (server, target, host, expected) in [
        (&local, "http://api.example.com/dev/named", "other", Ok("https://api.example.com/dev")),
        (&local, "http://api.example.com/dev/named", "", Ok("https://api.example.com/dev")),
        (&local, "http://other/dev/named", "api.example.com", Err(421)),
        (&local, "http://user@api.example.com/dev/named", "api.example.com", Err(400)),
        (&local, "/dev/named", "", Err(400)),
        // The application gets what the HTTP library gives it, and our own context the host that was asked for.
        (&plain, "http://other/named", "api.example.com", Ok("http://other")),
        (&plain, "http://api.example.com/named", "other", Err(421)),
        (&plain, "/named", "", Err(421)),
    ] {
        let mut client = server.connect().unwrap();
        client.write_raw(format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes()).unwrap();
        let response = client.read("GET").unwrap();
        let seen = if response.status == 200 { Ok(response.text()) } else { Err(response.status) };
        assert_eq!(seen.as_deref().map_err(|status| *status), expected, "{target} {host}");
    }
}
