//! Which of a gateway's routes a request takes.

use std::collections::BTreeMap;

use http::Method;

use crate::gateway::{
    Route, Routes,
    routes::{Found, Reading},
};

/// A route that was taken.
#[derive(Debug, PartialEq)]
pub(super) struct Taken<'a> {
    /// The method of the route, `ANY` for any.
    pub(super) method: &'a str,
    /// The path of the route, with its names.
    pub(super) path: &'a str,
    /// The values of the path parameters, encoded as in the path.
    pub(super) parameters: BTreeMap<&'a str, &'a str>,
}

/// REST: the best path decides, and then it has the method or not. A trailing slash does not count.
pub(super) fn by_resource<'a>(routes: &'a Routes, method: &Method, path: &'a str) -> Option<Taken<'a>> {
    taken(routes.find(path, Reading::Rest, |_| true)?, method)
}

/// HTTP API: the best among those that have the method; `$default` last. The path is decoded.
pub(super) fn by_key<'a>(routes: &'a Routes, method: &Method, path: &'a str) -> Option<Taken<'a>> {
    let found = routes.find(path, Reading::Http, |route| allows(route, method));
    found.and_then(|found| taken(found, method)).or_else(|| {
        let default = routes.default_route()?;
        Some(Taken { method: "ANY", path: &default.path, parameters: BTreeMap::new() })
    })
}

/// The route of a path that has the method; one for any method last.
fn taken<'a>(found: Found<'a, 'a>, method: &Method) -> Option<Taken<'a>> {
    let allowed = found.routes.iter().filter(|route| allows(route, method));
    let route = allowed.min_by_key(|route| route.method.is_none())?;
    let parameters = route.variables().zip(found.values).collect();
    Some(Taken { method: route.method.as_deref().unwrap_or("ANY"), path: &route.path, parameters })
}

fn allows(route: &Route, method: &Method) -> bool {
    route.method.as_deref().is_none_or(|allowed| allowed.eq_ignore_ascii_case(method.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    fn routes(keys: &[&str]) -> Routes {
        keys.iter().map(|key| sample::route(key)).collect()
    }

    #[test]
    fn the_most_exact_path_is_taken() {
        let routes = routes(&["ANY /{proxy+}", "ANY /pets/{id}", "ANY /pets/new", "ANY /pets/{id}/{rest+}", "ANY /"]);
        for (path, route, parameters) in [
            ("/", Some("/"), &[][..]),
            ("/x", Some("/{proxy+}"), &[("proxy", "x")]),
            ("/x/y/", Some("/{proxy+}"), &[("proxy", "x/y/")]),
            ("//x", Some("/{proxy+}"), &[("proxy", "/x")]),
            ("/pets/new", Some("/pets/new"), &[]),
            ("/pets/a%2Fb", Some("/pets/{id}"), &[("id", "a%2Fb")]),
            ("/pets/7/a/b", Some("/pets/{id}/{rest+}"), &[("id", "7"), ("rest", "a/b")]),
        ] {
            for taken in [by_resource(&routes, &Method::GET, path), by_key(&routes, &Method::GET, path)] {
                assert_eq!(taken.as_ref().map(|taken| taken.path), route, "{path}");
                assert_eq!(taken.unwrap().parameters, parameters.iter().copied().collect(), "{path}");
            }
        }
    }

    #[test]
    fn a_segment_is_decoded_once() {
        let routes = routes(&["GET /pets/new", "GET /pets/{id}"]);
        for (path, rest, http) in
            [("/pets/ne%77", "/pets/new", "/pets/{id}"), ("/pets/ne%2577", "/pets/{id}", "/pets/{id}")]
        {
            assert_eq!(by_resource(&routes, &Method::GET, path).unwrap().path, rest, "{path}");
            assert_eq!(by_key(&routes, &Method::GET, path).unwrap().path, http, "{path}: decoded before");
        }
    }

    #[test]
    fn without_a_match_there_is_no_route() {
        let pets = routes(&["GET /pets", "GET /{a}/{b}"]);
        for path in ["/", "/dogs", "/pets/", "/a//", "/a/b/c", "", "*"] {
            assert_eq!(by_key(&pets, &Method::GET, path), None, "{path}");
        }
        let greedy = routes(&["ANY /{proxy+}"]);
        assert_eq!(by_resource(&greedy, &Method::GET, "/"), None);
    }

    #[test]
    fn rest_overlooks_a_trailing_slash() {
        let routes = routes(&["GET /pets"]);
        assert!(by_resource(&routes, &Method::GET, "/pets/").is_some());
        assert!(by_resource(&routes, &Method::GET, "/pets//").is_none());
    }

    #[test]
    fn rest_looks_at_the_path_first_and_http_at_both() {
        let routes = routes(&["GET /pets", "ANY /{proxy+}"]);
        assert_eq!(by_resource(&routes, &Method::POST, "/pets"), None);
        assert_eq!(by_key(&routes, &Method::POST, "/pets").unwrap().path, "/{proxy+}");
    }

    #[test]
    fn a_method_beats_any_and_default_is_last() {
        let routes = routes(&["ANY $default", "ANY /pets", "get /pets"]);
        assert_eq!(by_key(&routes, &Method::GET, "/pets").unwrap().method, "get");
        assert_eq!(by_key(&routes, &Method::PUT, "/pets").unwrap().method, "ANY");
        assert_eq!(by_key(&routes, &Method::PUT, "/x").unwrap().path, "$default");
    }
}
