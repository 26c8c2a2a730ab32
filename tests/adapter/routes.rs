//! Routes that ask for different things: a path that a router could read as another route's is refused before the application.

use http::StatusCode;
use serde_json::{Value, json};
use zappa_rs_adapter::{InvocationResult, contract::variable};

use crate::{
    exchange::{Exchange, response},
    sample::Sample,
};

/// Everything is public but `/admin` and all below it, and `/items` for writing.
const TABLE: &str = "*=none;/admin/{proxy+}=users;/items#GET=none;/items=users";

/// Spellings of `/admin`, encoded as the client sends them.
const SPELLINGS: [&str; 18] = [
    "/admin",
    "/admin/",
    "/admin/x",
    "//admin",
    "///admin",
    "/%61dmin",
    "/%2561dmin",
    "/Admin",
    "/ADMIN/",
    "/a/../admin",
    "/a/%2e%2e/admin",
    "/a/..%2Fadmin",
    "/./admin",
    "/admin;x",
    "/admin%3Bx",
    "/admin%2Fx",
    "/;a/admin",
    "/\\admin",
];

/// A REST API's event of a path, as it is sent, that took the resource of a path with variables.
fn rest(path: &str, method: &str, resource: &str) -> Sample {
    Sample::named("rest-get")
        .with("/path", path)
        .with("/resource", resource)
        .with("/requestContext/resourcePath", resource)
        .with_method(method)
}

/// An HTTP API's event of a path, which the API decodes.
fn http(path: &str, method: &str, key: &str) -> Sample {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    Sample::named("http-get")
        .with("/rawPath", decoded)
        .with("/routeKey", key)
        .with("/requestContext/routeKey", key)
        .with_method(method)
}

/// The status of the response, and whether the application saw the request.
async fn sent(event: Sample, table: &str) -> (u64, bool) {
    let exchange = Exchange::new(event).with_variables(&[(variable::ROUTES, table)]);
    let (request, result) = exchange.outcome(response(200, &[], "seen")).await;
    let InvocationResult::Buffered(json) = result else { panic!("{result:?}") };
    let json: Value = serde_json::from_slice(&json).unwrap();
    (json["statusCode"].as_u64().unwrap(), request.is_some())
}

const FORBIDDEN: (u64, bool) = (StatusCode::FORBIDDEN.as_u16() as u64, false);
const SEEN: (u64, bool) = (200, true);

#[tokio::test]
async fn no_spelling_of_a_protected_path_gets_past_the_catch_all() {
    for path in SPELLINGS {
        assert_eq!(sent(rest(path, "GET", "/{proxy+}"), TABLE).await, FORBIDDEN, "rest {path}");
        assert_eq!(sent(rest(path, "GET", "/items"), TABLE).await, FORBIDDEN, "rest {path}");
        assert_eq!(sent(http(path, "GET", "$default"), TABLE).await, FORBIDDEN, "http {path}");
        assert_eq!(sent(http(path, "GET", "GET /items"), TABLE).await, FORBIDDEN, "http {path}");
    }
}

#[tokio::test]
async fn whoever_was_let_in_by_the_route_itself_is_served_in_every_spelling() {
    for path in SPELLINGS {
        assert_eq!(sent(rest(path, "GET", "/admin/{proxy+}"), TABLE).await, SEEN, "rest {path}");
        assert_eq!(sent(http(path, "GET", "ANY /admin"), TABLE).await, SEEN, "http {path}");
        // Without a table nothing is asked.
        let (request, _) = Exchange::new(rest(path, "GET", "/{proxy+}")).outcome(response(200, &[], "")).await;
        assert!(request.is_some());
    }
    for path in ["/", "/about", "/about/../x", "/administration", "/a%2Fadmin"] {
        assert_eq!(sent(rest(path, "GET", "/{proxy+}"), TABLE).await, SEEN, "{path}");
        assert_eq!(sent(http(path, "POST", "$default"), TABLE).await, SEEN, "{path}");
    }
}

#[tokio::test]
async fn a_method_is_protected_by_itself() {
    for (method, expected) in [("GET", SEEN), ("POST", FORBIDDEN), ("DELETE", FORBIDDEN), ("HEAD", FORBIDDEN)] {
        assert_eq!(sent(rest("/items/", method, "/{proxy+}"), TABLE).await, expected, "{method}");
        assert_eq!(sent(http("/items/", method, "$default"), TABLE).await, expected, "{method}");
    }
}

#[tokio::test]
async fn front_ends_without_routes_reach_nothing_that_a_route_protects() {
    for name in ["url-get", "alb-multi"] {
        let event = |path: &str| {
            let event = Sample::named(name).with(Sample::path_pointer(name), path);
            // An event of a console or of `invoke` names no resource.
            event.without("/resource").with("/requestContext/resourcePath", Value::Null)
        };
        assert_eq!(sent(event("/admin"), TABLE).await, FORBIDDEN, "{name}");
        assert_eq!(sent(event("/about"), TABLE).await, SEEN, "{name}");
    }
}

#[tokio::test]
async fn a_base_path_is_no_part_of_the_paths_of_routes() {
    let event = Sample::named("rest-custom-domain").with("/path", "/shop/%61dmin").with("/resource", "/{proxy+}");
    let event = event.with("/requestContext/resourcePath", "/{proxy+}").with("/requestContext/path", "/shop/%61dmin");
    let variables = [(variable::ROUTES, TABLE), (variable::BASE_PATH, "/shop")];
    let (request, _) = Exchange::new(event).with_variables(&variables).outcome(response(200, &[], "")).await;
    assert!(request.is_none());
}

#[tokio::test]
async fn a_table_that_is_not_understood_lets_nobody_in() {
    for table in ["", "*", "/admin=users", "*=none;admin=users", &json!({ "/admin": "users" }).to_string()] {
        assert_eq!(sent(rest("/about", "GET", "/{proxy+}"), table).await, FORBIDDEN, "{table}");
    }
}
