//! What stands in front of the application's paths: known to it, and put back where its answers point to itself.

use zappa_rs_adapter::contract::{
    OFF,
    variable::{BASE_PATH, REWRITE_LOCATION},
};

use crate::{
    exchange::{Exchange, response},
    sample::Sample,
};

/// The header of the answer as the client of REST's default host gets it, whose prefix is `/dev`.
async fn told(name: &str, value: &str) -> Option<String> {
    let exchange = Exchange::new(Sample::named("rest-get"));
    exchange.told(response(302, &[(name, value)], "")).await.value(name)
}

#[tokio::test]
async fn rest_original_path_is_the_one_of_the_request_context() {
    let seen = Exchange::new(Sample::named("rest-cognito")).seen().await;
    assert_eq!(seen.path(), "/me");
    assert_eq!(seen.original().as_deref(), Some("/dev/me"));
}

#[tokio::test]
async fn original_path_keeps_the_query() {
    let seen = Exchange::new(Sample::named("rest-get")).seen().await;
    let original: http::Uri = seen.original().expect("the stage is in front").parse().unwrap();
    assert_eq!(original.path(), "/dev/bookmarks/caf%C3%A9%2F1");
    assert_eq!(original.query(), seen.query());
}

#[tokio::test]
async fn http_original_path_is_the_encoded_raw_path() {
    let event = Sample::named("http-named-stage").with("/rawPath", "/prod/a b");
    let seen = Exchange::new(event).seen().await;
    assert_eq!(seen.path(), "/a%20b");
    assert_eq!(seen.original().as_deref(), Some("/prod/a%20b"));
}

#[tokio::test]
async fn original_path_is_set_only_where_it_differs() {
    for sample in [
        "http-get",
        "http-encoded-path",
        "url-get",
        "alb-single",
        "alb-multi",
        "alb-health-check",
        "rest-custom-domain",
    ] {
        assert_eq!(Exchange::new(Sample::named(sample)).seen().await.original(), None, "{sample}");
    }
}

#[tokio::test]
async fn base_path_is_part_of_the_original_path() {
    let exchange = Exchange::new(Sample::named("rest-custom-domain")).with_variables(&[(BASE_PATH, "/shop")]);
    let seen = exchange.seen().await;
    assert_eq!(seen.path(), "/items/42");
    assert_eq!(seen.original().as_deref(), Some("/shop/items/42"));
}

#[tokio::test]
async fn locations_of_this_host_get_the_prefix_back() {
    for name in ["location", "content-location"] {
        for (app, client) in [
            ("/login", "/dev/login"),
            ("/", "/dev/"),
            ("/login?next=/me#top", "/dev/login?next=/me#top"),
            // The application does not know its prefix, so this is a path of its own that looks like one.
            ("/dev/login", "/dev/dev/login"),
        ] {
            assert_eq!(told(name, app).await.as_deref(), Some(client), "{name}: {app}");
        }
    }
}

#[tokio::test]
async fn locations_of_other_places_stay() {
    for name in ["location", "content-location"] {
        for value in ["https://example.com/login", "login", "../x", "?a=1", "#top", "", "//cdn.example.com/x"] {
            assert_eq!(told(name, value).await.as_deref(), Some(value), "{name}: {value}");
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
        assert_eq!(told("set-cookie", app).await.as_deref(), Some(client));
    }
}

#[tokio::test]
async fn cookie_without_a_path_stays() {
    for value in ["a=1", "a=Path=/", "path=/", "a=1; Domain=example.com", "a=1; XPath=/"] {
        assert_eq!(told("set-cookie", value).await.as_deref(), Some(value));
    }
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
        let told = exchange.told(response(303, &[("location", "/x"), ("set-cookie", "a=1; Path=/")], "")).await;
        assert_eq!(told.value("location"), Some(format!("{prefix}/x")));
        assert_eq!(told.value("set-cookie"), Some(format!("a=1; Path={prefix}")));
    }
}

#[tokio::test]
async fn without_a_prefix_nothing_is_rewritten() {
    for sample in ["http-get", "url-get", "alb-single", "alb-multi", "rest-custom-domain"] {
        let answer = response(303, &[("location", "/x"), ("set-cookie", "a=1; Path=/")], "");
        let told = Exchange::new(Sample::named(sample)).told(answer).await;
        assert_eq!(told.value("location").as_deref(), Some("/x"), "{sample}");
        assert_eq!(told.value("set-cookie").as_deref(), Some("a=1; Path=/"), "{sample}");
    }
}

#[tokio::test]
async fn rewriting_can_be_switched_off() {
    let exchange = Exchange::new(Sample::named("rest-get")).with_variables(&[(REWRITE_LOCATION, OFF)]);
    let told = exchange.told(response(303, &[("location", "/x"), ("set-cookie", "a=1; Path=/")], "")).await;
    assert_eq!(told.value("location").as_deref(), Some("/x"));
    assert_eq!(told.value("set-cookie").as_deref(), Some("a=1; Path=/"));
}
