//! The prefix before the application's paths: extractors give it, and `Location` and cookie paths get it.

use axum::{Router, extract::OriginalUri};
use axum_core::body::Body;
use zappa_rs_adapter::{
    Adapter, RequestContext,
    contract::{
        OFF,
        variable::{BASE_PATH, REWRITE_LOCATION},
    },
};

use crate::{
    exchange::{Exchange, GatewayResponse, invocation, options, response},
    sample::{REQUESTS, Sample},
};

/// A response header as the client of a REST API's default host gets it; the prefix is `/dev`.
async fn gateway_header(name: &str, value: &str) -> Option<String> {
    let exchange = Exchange::new(Sample::named("rest-get"));
    exchange.gateway_response(response(302, &[(name, value)], "")).await.value(name)
}

/// A typical router: nested, with a fallback; every handler responds with its `OriginalUri`.
fn router() -> Router {
    async fn original(OriginalUri(uri): OriginalUri) -> String {
        uri.to_string()
    }
    Router::new().nest("/items", Router::new().fallback(original)).fallback(original)
}

#[tokio::test]
async fn original_uri_is_the_one_that_the_router_was_asked_for() {
    for (event, expected) in [
        (Sample::named("rest-cognito"), "/me"),
        (Sample::named("rest-get").with("/path", "/items/1").with("/requestContext/path", "/dev/items/1"), "/items/1"),
        (Sample::named("rest-custom-domain"), "/items/42"),
        (Sample::named("http-named-stage").with("/rawPath", "/prod/items/a b"), "/items/a%20b"),
        (Sample::named("url-get").with("/rawPath", "/shop/items/1"), "/items/1"),
        (Sample::named("alb-single").with("/path", "/shop/items/1"), "/items/1"),
    ] {
        let adapter = Adapter::new(router()).with_options(options(&[(BASE_PATH, "/shop")]));
        let output = GatewayResponse::new(adapter.invoke(event.into(), invocation()).await);
        let original: http::Uri = String::from_utf8(output.body()).unwrap().parse().expect("a URI");
        assert_eq!(original.path(), expected);
    }
}

#[tokio::test]
async fn adapter_sets_no_original_uri() {
    for sample in REQUESTS {
        let request = Exchange::new(Sample::named(sample)).with_variables(&[(BASE_PATH, "/shop")]).app_request().await;
        assert!(request.head.extensions.get::<OriginalUri>().is_none(), "{sample}");
    }
}

#[tokio::test]
async fn path_that_a_layer_normalized_is_the_original_one() {
    // As tower-http's `NormalizePath`, in front of the router.
    let normalized = tower::ServiceBuilder::new()
        .map_request(|mut request: http::Request<Body>| {
            let path = request.uri().path().trim_end_matches('/').to_owned();
            *request.uri_mut() = path.parse().expect("a path");
            request
        })
        .service(router());
    let event = Sample::named("rest-get").with("/path", "/a/").with("/requestContext/path", "/dev/a/");
    let output = GatewayResponse::new(Adapter::new(normalized).invoke(event.into(), invocation()).await);
    assert_eq!(output.body(), b"/a");
}

#[tokio::test]
async fn prefix_is_what_the_client_sees_in_front() {
    for (sample, prefix) in [
        ("rest-get", "/dev"),
        ("rest-custom-domain", "/shop"),
        ("http-named-stage", "/prod"),
        ("http-v1-get", "/prod"),
        ("http-get", ""),
        ("http-encoded-path", ""),
        ("url-get", ""),
        ("alb-multi", ""),
        ("alb-health-check", ""),
    ] {
        let request = Exchange::new(Sample::named(sample)).with_variables(&[(BASE_PATH, "/shop")]).app_request().await;
        assert_eq!(RequestContext::of(&request.head.extensions).prefix(), prefix, "{sample}");
    }
}

#[tokio::test]
async fn locations_of_this_host_get_the_prefix_back() {
    for name in ["location", "content-location"] {
        for (app, client) in [
            ("/login", "/dev/login"),
            ("/", "/dev/"),
            ("/login?next=/me#top", "/dev/login?next=/me#top"),
            ("/login?next=/dev/me", "/dev/login?next=/dev/me"),
            ("/devices", "/dev/devices"),
            ("/dev%2Flogin", "/dev/dev%2Flogin"),
            ("/x/dev/login", "/dev/x/dev/login"),
            (
                "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/login",
                "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/dev/login",
            ),
        ] {
            assert_eq!(gateway_header(name, app).await.as_deref(), Some(client), "{name}: {app}");
        }
    }
}

#[tokio::test]
async fn locations_that_have_the_prefix_stay() {
    for name in ["location", "content-location"] {
        for value in [
            "/dev",
            "/dev/",
            "/dev/login",
            "/dev/login?next=/me",
            "/dev?a=1",
            "/dev#top",
            "/%64ev/login",
            "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/dev/login",
        ] {
            assert_eq!(gateway_header(name, value).await.as_deref(), Some(value), "{name}: {value}");
        }
    }
}

#[tokio::test]
async fn locations_of_other_places_stay() {
    for name in ["location", "content-location"] {
        for value in [
            "https://example.com/login",
            "http://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/login",
            "login",
            "../x",
            "?a=1",
            "#top",
            "",
            "//cdn.example.com/x",
        ] {
            assert_eq!(gateway_header(name, value).await.as_deref(), Some(value), "{name}: {value}");
        }
    }
}

#[tokio::test]
async fn cookie_of_the_whole_host_gets_the_prefix_back() {
    for (app, client) in [
        ("a=1; Path=/", "a=1; Path=/dev"),
        ("a=1; path=/; HttpOnly", "a=1; path=/dev; HttpOnly"),
        ("a=1; HttpOnly;Path=/;Secure", "a=1; HttpOnly;Path=/dev;Secure"),
    ] {
        assert_eq!(gateway_header("set-cookie", app).await.as_deref(), Some(client));
    }
}

#[tokio::test]
async fn cookie_without_a_path_stays() {
    for value in ["a=1", "a=Path=/", "path=/", "a=1; Domain=example.com", "a=1; XPath=/"] {
        assert_eq!(gateway_header("set-cookie", value).await.as_deref(), Some(value));
    }
}

#[tokio::test]
async fn cookie_of_the_whole_host_by_its_name_is_never_changed() {
    for value in
        ["__Host-id=1; Secure; Path=/", "__host-id=1; Path=/; Secure", "a=1; Path=/dev", "a=1; Path=/dev/x; Secure"]
    {
        assert_eq!(gateway_header("set-cookie", value).await.as_deref(), Some(value));
    }
    assert_eq!(gateway_header("set-cookie", "a=1; Path=/devices").await.as_deref(), Some("a=1; Path=/dev/devices"));
}

#[tokio::test]
async fn prefix_comes_back_behind_every_gateway_that_has_one() {
    let cases = [
        (Sample::named("rest-custom-domain"), "/shop"),
        (Sample::named("http-get").with("/rawPath", "/shop/x"), "/shop"),
        (Sample::named("http-named-stage"), "/prod"),
    ];
    for (event, prefix) in cases {
        let exchange = Exchange::new(event).with_variables(&[(BASE_PATH, "/shop")]);
        let output =
            exchange.gateway_response(response(303, &[("location", "/x"), ("set-cookie", "a=1; Path=/")], "")).await;
        assert_eq!(output.value("location"), Some(format!("{prefix}/x")));
        assert_eq!(output.value("set-cookie"), Some(format!("a=1; Path={prefix}")));
    }
}

#[tokio::test]
async fn without_a_prefix_nothing_is_rewritten() {
    for sample in ["http-get", "url-get", "alb-single", "alb-multi", "rest-custom-domain"] {
        let app_response = response(303, &[("location", "/x"), ("set-cookie", "a=1; Path=/")], "");
        let output = Exchange::new(Sample::named(sample)).gateway_response(app_response).await;
        assert_eq!(output.value("location").as_deref(), Some("/x"), "{sample}");
        assert_eq!(output.value("set-cookie").as_deref(), Some("a=1; Path=/"), "{sample}");
    }
}

#[tokio::test]
async fn rewriting_can_be_switched_off() {
    let exchange = Exchange::new(Sample::named("rest-get")).with_variables(&[(REWRITE_LOCATION, OFF)]);
    let output =
        exchange.gateway_response(response(303, &[("location", "/x"), ("set-cookie", "a=1; Path=/")], "")).await;
    assert_eq!(output.value("location").as_deref(), Some("/x"));
    assert_eq!(output.value("set-cookie").as_deref(), Some("a=1; Path=/"));
}
