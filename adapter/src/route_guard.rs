//! The guard of routes: an API asks callers for what the route that it takes asks for, and a router may read the path in
//! another way. A request that may reach what another route protects is refused.
//!
//! The route is the gateway's word, as all of `requestContext` is: who can invoke the function itself can name any route, and
//! needs none of the gateway's permissions.

use crate::{
    contract::route_table::{PUBLIC, Protections, RouteTable},
    event::Fields,
    json_str::JsonStr,
    path_reading,
};

/// The routes of the API in front of the application.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RouteGuard {
    /// `None` where the variable is not understood: then no request is passed on.
    table: Option<RouteTable>,
}

impl RouteGuard {
    /// Reads the value of [`ROUTES`](crate::contract::variable::ROUTES).
    pub(crate) fn from_variable(value: &str) -> Self {
        Self { table: RouteTable::parse(value) }
    }

    /// Whether a request is to be refused: some reading of `path`, encoded, belongs to a route that asks for something else than
    /// the route that the event names.
    pub(crate) fn refuses(&self, fields: &Fields<'_>, method: &str, path: &str) -> bool {
        let Some(table) = &self.table else { return true };
        let taken = protection_of_route(table, fields, method);
        let is_other = |protections: &Protections| ![PUBLIC, taken].contains(&protections.of(method));
        path_reading::any(path, &mut |segments| {
            let mut is_protected = false;
            table.visit_in_any_case(segments, &mut |protections| is_protected |= is_other(protections));
            is_protected || is_other(table.of_segments(segments))
        })
    }
}

/// What the route that the event names asked its caller for; an event that names none has passed the catch-all at most.
fn protection_of_route<'a>(table: &'a RouteTable, fields: &Fields<'_>, method: &str) -> &'a str {
    let context = fields.context.as_ref();
    let key = context.and_then(|context| context.route_key.or(context.resource_path)).or(fields.resource);
    let key = key.map(JsonStr::into_cow).unwrap_or_default();
    match key.split_once(' ') {
        // The key of an HTTP API: a method that the route lists, or `ANY` for the others.
        Some(("ANY", path)) => &table.of_route(path).others,
        Some((method, path)) => table.of_route(path).of(method),
        None => table.of_route(&key).of(method),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "*=none;/admin/{proxy+}=users;/admin/logo=none;/keys=iam;/items#GET=none;/items=users;/users/{id}=users";

    /// Whether a request is refused that took a route of a gateway.
    fn refuses(table: &str, route: &str, method: &str, path: &str) -> bool {
        let events = match route.starts_with('/') {
            false => vec![format!(r#"{{"routeKey":"{route}","requestContext":{{"routeKey":"{route}"}}}}"#)],
            true => vec![
                format!(r#"{{"resource":"{route}","requestContext":{{"resourcePath":"{route}"}}}}"#),
                format!(r#"{{"resource":"{route}","requestContext":null}}"#),
            ],
        };
        let guard = RouteGuard::from_variable(table);
        let mut answers = events.iter().map(|event| guard.refuses(&Fields::read(event).unwrap(), method, path));
        let answer = answers.next().unwrap();
        assert!(answers.all(|other| other == answer));
        answer
    }

    #[test]
    fn no_spelling_reaches_what_another_route_protects() {
        for path in [
            "/admin",
            "/admin/",
            "/admin/x",
            "//admin",
            "/%61dmin",
            "/Admin",
            "/ADMIN/x",
            "/a/../admin",
            "/admin;x",
            "/admin%2Fx",
            "/admin/logo/../x",
            "/admin/logo/x",
            "/%2561dmin",
            "/keys",
            "/keys/",
            "/KEYS;x",
            "/users/7",
            "/Users/7/",
            "/users/a%2Fb",
            "/./keys",
        ] {
            for route in ["$default", "/{proxy+}", "/admin/logo", "GET /items"] {
                assert!(refuses(TABLE, route, "GET", path), "{route}: {path}");
            }
        }
        assert!(refuses(TABLE, "/{proxy+}", "POST", "/items"));
        assert!(refuses(TABLE, "/keys", "GET", "/admin"), "one protection is none of the other");
    }

    #[test]
    fn an_empty_segment_and_a_slash_at_the_end_reach_nothing_that_another_route_protects() {
        let table = "*=none;/c/{id}/x=iam;/d/{id}=users;/d/me=none;/d/{id}/{proxy+}=users;/a/{id}=none;/a/{proxy+}=iam;\
                     /b=none;/b/{proxy+}=iam";
        for (route, path) in [
            ("/{proxy+}", "/c//x"),
            ("$default", "/c//x/"),
            ("/{proxy+}", "/c/%2Fx"),
            ("/d/me", "/d//me"),
            ("/{proxy+}", "/d//"),
            ("/a/{id}", "/a/7/"),
            ("/a/{id}", "/a/7%2f"),
            ("/b", "/b/"),
            ("/b", "/b/."),
            ("/{proxy+}", "/x/../b/."),
        ] {
            assert!(refuses(table, route, "GET", path), "{route}: {path}");
        }
        for (route, path) in
            [("/a/{id}", "/a/7"), ("/b", "/b"), ("/b/{proxy+}", "/b/"), ("/{proxy+}", "/d/"), ("/", "/")]
        {
            assert!(!refuses(table, route, "GET", path), "{route}: {path}");
        }
        // What only the catch-all protects is not below a path that asks for nothing.
        assert!(refuses("*=users;/status=none", "/status", "GET", "/status/"));
        assert!(!refuses("*=users;/status=none", "/status", "GET", "/status"));
    }

    #[test]
    fn what_a_route_was_asked_for_passes() {
        for (route, method, path) in [
            ("/{proxy+}", "GET", "/about"),
            ("$default", "GET", "/about/../x;y//%2F"),
            ("/admin/{proxy+}", "GET", "/admin/x"),
            ("ANY /admin/{proxy+}", "GET", "/admin/%2e%2e/about"),
            ("/admin", "GET", "/admin/"),
            ("/admin/logo", "GET", "/admin/logo"),
            ("/keys", "GET", "/keys"),
            ("GET /items", "GET", "/items"),
            ("ANY /items", "POST", "/items"),
            ("/items", "POST", "/items"),
            ("/items", "GET", "/items"),
            ("/users/{id}", "GET", "/users/7"),
            ("/admin/{proxy+}", "GET", "/users/7"),
        ] {
            assert!(!refuses(TABLE, route, method, path), "{route}: {method} {path}");
        }
    }

    #[test]
    fn the_method_counts_in_any_case_and_a_route_for_others_does_not_stand_for_one_of_its_own() {
        let table = "*=none;/items#GET=users;/items=iam";
        assert!(refuses(table, "/{proxy+}", "get", "/items"));
        assert!(refuses(table, "ANY /items", "GET", "/items"));
        assert!(!refuses(table, "GET /items", "GET", "/items"));
    }

    #[test]
    fn an_event_that_names_no_route_reaches_nothing_that_is_protected() {
        let guard = RouteGuard::from_variable(TABLE);
        for event in [r#"{"requestContext":{"elb":{}}}"#, r#"{"requestContext":{"routeKey":"admin"}}"#, "{}"] {
            let fields = Fields::read(event).unwrap();
            assert!(guard.refuses(&fields, "POST", "/admin"), "{event}");
            assert!(!guard.refuses(&fields, "GET", "/about"), "{event}");
        }
    }

    #[test]
    fn a_table_that_is_not_understood_passes_nothing_on() {
        assert!(refuses("*=none;/a", "/{proxy+}", "GET", "/about"));
    }
}
