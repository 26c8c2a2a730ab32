//! Which of a gateway's routes a request takes.

use std::{borrow::Cow, cmp::Reverse, collections::BTreeMap};

use http::Method;

use super::query::decode;
use crate::gateway::Route;

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

/// How well a segment of a route fits: the order is the one in which API Gateway prefers them.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Fit {
    Literal,
    Name,
    Rest,
}

/// REST: the best path decides, and then it has the method or not. A trailing slash does not count.
pub(super) fn by_resource<'a>(routes: &'a [Route], method: &Method, path: &'a str) -> Option<Taken<'a>> {
    let found = candidates(routes, path, true);
    let best = found.iter().map(|(fits, _)| fits).min()?;
    let resource = found.iter().filter(|(fits, _)| fits == best).map(|(_, taken)| taken);
    Some(clone(resource.filter(|taken| allows(taken, method)).min_by_key(|taken| taken.method == "ANY")?))
}

/// HTTP API: the best among those that have the method; `$default` last.
pub(super) fn by_key<'a>(routes: &'a [Route], method: &Method, path: &'a str) -> Option<Taken<'a>> {
    let found = candidates(routes, path, false);
    let allowed = found.into_iter().filter(|(_, taken)| allows(taken, method));
    let best = allowed.min_by_key(|(fits, taken)| (fits.clone(), taken.method == "ANY"));
    best.map(|(_, taken)| taken).or_else(|| {
        let default = routes.iter().find(|route| route.path == "$default")?;
        Some(Taken { method: "ANY", path: &default.path, parameters: BTreeMap::new() })
    })
}

fn allows(taken: &Taken<'_>, method: &Method) -> bool {
    taken.method == "ANY" || taken.method.eq_ignore_ascii_case(method.as_str())
}

fn clone<'a>(taken: &Taken<'a>) -> Taken<'a> {
    Taken { method: taken.method, path: taken.path, parameters: taken.parameters.clone() }
}

type Candidate<'a> = (Vec<(Fit, Reverse<usize>)>, Taken<'a>);

fn candidates<'a>(routes: &'a [Route], path: &'a str, trailing_slash: bool) -> Vec<Candidate<'a>> {
    let candidate = |route: &'a Route| {
        let (fits, parameters) = fit(&route.path, path, trailing_slash)?;
        let method = route.method.as_deref().unwrap_or("ANY");
        Some((fits, Taken { method, path: &route.path, parameters }))
    };
    routes.iter().filter_map(candidate).collect()
}

type Fitted<'a> = (Vec<(Fit, Reverse<usize>)>, BTreeMap<&'a str, &'a str>);

/// Lays a route over a path, segment by segment.
fn fit<'a>(route: &'a str, path: &'a str, trailing_slash: bool) -> Option<Fitted<'a>> {
    let mut fits = Vec::new();
    let mut parameters = BTreeMap::new();
    let mut rest = Some(path.strip_prefix('/')?);
    for pattern in route.strip_prefix('/')?.split('/') {
        let left = rest?;
        let name = pattern.strip_prefix('{').and_then(|pattern| pattern.strip_suffix('}'));
        if let Some(name) = name.and_then(|name| name.strip_suffix('+')) {
            parameters.insert(name, left);
            fits.push((Fit::Rest, Reverse(0)));
            return (!left.is_empty()).then_some((fits, parameters));
        }
        let (segment, following) = left.split_once('/').map_or((left, None), |(segment, rest)| (segment, Some(rest)));
        rest = following;
        match name {
            Some(name) if !segment.is_empty() => {
                parameters.insert(name, segment);
                fits.push((Fit::Name, Reverse(0)));
            }
            None if same(pattern, segment) => fits.push((Fit::Literal, Reverse(pattern.len()))),
            _ => return None,
        }
    }
    (rest.is_none() || trailing_slash && rest == Some("")).then_some((fits, parameters))
}

fn same(pattern: &str, segment: &str) -> bool {
    let segment: Cow<'_, str> = decode(segment);
    pattern == segment
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    fn routes(keys: &[&str]) -> Vec<Route> {
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
            ("/pets/ne%77", Some("/pets/new"), &[]),
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
    fn without_a_match_there_is_no_route() {
        let routes = routes(&["GET /pets", "GET /{a}/{b}"]);
        for path in ["/", "/dogs", "/pets/", "/a//", "/a/b/c", "", "*"] {
            assert_eq!(by_key(&routes, &Method::GET, path), None, "{path}");
        }
        let greedy = [sample::route("ANY /{proxy+}")];
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
