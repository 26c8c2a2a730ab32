//! Links in pages, which no gateway rewrites: where those that begin with `/` lead, front end by front end, as
//! `docs/gateways.md` says it.

use crate::{
    support::{client::Request, server::Server},
    tool,
};

/// The statuses of what the links of the page `/menu` lead to: the root-relative one, and the one with the prefix.
fn followed(server: &Server) -> [u16; 2] {
    let request = |target: &str| server.connect().unwrap().send(&Request::get(target)).unwrap();
    let page = request(&format!("{}/menu", server.prefix)).text();
    let links: Vec<_> = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let [root, prefix] = links[..] else { panic!("{page}") };
    assert_eq!(root, "/items");
    // A browser asks for a path that begins with `/` at the origin, whatever was in front of the page's.
    [request(root).status, request(prefix).status]
}

#[test]
fn root_relative_links_need_a_front_end_without_a_prefix_and_the_extractor_needs_none() {
    assert_eq!(followed(&Server::plain("redirects", &[])), [200, 200]);
    for (flags, expected) in [
        (&["--as", "rest"][..], [403, 200]),
        (&["--as", "rest", "--base-path", "shop"], [403, 200]),
        (&["--as", "http", "--stage", "dev"], [404, 200]),
        (&["--as", "http"], [200, 200]),
        (&["--as", "function-url"], [200, 200]),
        (&["--as", "alb"], [200, 200]),
        (&["--as", "rest", "--host", "api.example.com"], [200, 200]),
    ] {
        assert_eq!(followed(&Server::local(tool(), "redirects", &[], flags)), expected, "{flags:?}");
    }
}
