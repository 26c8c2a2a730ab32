//! Paths: the application gets the path without stage and base path.

use zappa_rs_adapter::contract::variable::BASE_PATH;

use crate::{exchange::Exchange, sample::Sample};

/// The application's path for a path and a stage in the event.
async fn app_path(sample: &str, stage: &str, path: &str, base_path: &str) -> String {
    let event = Sample::named(sample).with("/requestContext/stage", stage).with(Sample::path_pointer(sample), path);
    Exchange::new(event).with_variables(&[(BASE_PATH, base_path)]).app_request().await.path().to_owned()
}

/// The application's path without a base path.
async fn plain(sample: &str, path: &str) -> String {
    Exchange::new(Sample::named(sample).with(Sample::path_pointer(sample), path)).app_request().await.path().to_owned()
}

#[tokio::test]
async fn rest_path_is_taken_as_it_is() {
    for path in ["/", "/bookmarks/caf%C3%A9%2F1", "/a%20b", "/a%3Fb", "/100%25", "/a%2520b", "/trailing/"] {
        assert_eq!(app_path("rest-get", "dev", path, "").await, path);
    }
}

#[tokio::test]
async fn rest_path_that_begins_like_the_stage_keeps_its_beginning() {
    // The default host sends the path without the stage, so a segment that equals it is the client's.
    assert_eq!(app_path("rest-get", "dev", "/dev/x", "").await, "/dev/x");
    assert_eq!(app_path("rest-get", "dev", "/dev", "").await, "/dev");
}

#[tokio::test]
async fn base_path_is_stripped_on_a_segment_boundary_only() {
    for (path, app) in [
        ("/shop/items", "/items"),
        ("/shop/", "/"),
        ("/shop", "/"),
        ("/shopping/items", "/shopping/items"),
        ("/shop%2Fitems", "/shop%2Fitems"),
        ("/x/shop/items", "/x/shop/items"),
    ] {
        assert_eq!(app_path("rest-get", "prod", path, "/shop").await, app, "{path}");
        assert_eq!(app_path("http-get", "$default", path, "/shop").await, app.replace("%2F", "%252F"), "{path}");
    }
}

#[tokio::test]
async fn base_path_is_stripped_once() {
    for sample in ["rest-get", "http-get"] {
        let stage = "$default";
        assert_eq!(app_path(sample, stage, "/shop/shop/items", "/shop").await, "/shop/items", "{sample}");
        assert_eq!(app_path(sample, stage, "/shop/shop", "/shop").await, "/shop", "{sample}");
    }
}

#[tokio::test]
async fn base_path_that_is_not_there_is_not_missed() {
    assert_eq!(app_path("rest-get", "prod", "/items", "/shop").await, "/items");
    assert_eq!(app_path("http-get", "$default", "/items", "/shop").await, "/items");
}

#[tokio::test]
async fn base_path_may_have_several_segments() {
    assert_eq!(app_path("rest-get", "prod", "/eu/shop/items", "/eu/shop").await, "/items");
    assert_eq!(app_path("rest-get", "prod", "/eu/items", "/eu/shop").await, "/eu/items");
}

#[tokio::test]
async fn base_path_is_understood_with_and_without_slashes() {
    for base_path in ["shop", "/shop", "shop/", "/shop/"] {
        assert_eq!(app_path("rest-get", "prod", "/shop/items", base_path).await, "/items", "{base_path}");
    }
    for base_path in ["", "/"] {
        assert_eq!(app_path("rest-get", "prod", "/shop/items", base_path).await, "/shop/items", "{base_path}");
    }
}

#[tokio::test]
async fn http_stage_is_stripped_on_a_segment_boundary_only() {
    for (raw, app) in [
        ("/prod/users", "/users"),
        ("/prod/", "/"),
        ("/prod", "/"),
        ("/production", "/production"),
        ("/production/users", "/production/users"),
        ("/users/prod", "/users/prod"),
        ("/prod%2Fusers", "/prod%252Fusers"),
    ] {
        assert_eq!(app_path("http-named-stage", "prod", raw, "").await, app, "{raw}");
        assert_eq!(app_path("http-v1-get", "prod", raw, "").await, app, "{raw}");
    }
}

#[tokio::test]
async fn http_stage_is_stripped_once() {
    assert_eq!(app_path("http-named-stage", "prod", "/prod/prod/x", "").await, "/prod/x");
    assert_eq!(app_path("http-named-stage", "prod", "/prod/prod", "").await, "/prod");
}

#[tokio::test]
async fn http_stage_is_stripped_before_the_base_path() {
    for (raw, app) in [
        ("/prod/shop/x", "/x"),
        ("/prod/x", "/x"),
        ("/shop/x", "/x"),
        ("/x", "/x"),
        // Stage and base path are stripped once each, in this order.
        ("/shop/prod/x", "/prod/x"),
    ] {
        assert_eq!(app_path("http-named-stage", "prod", raw, "/shop").await, app, "{raw}");
        assert_eq!(app_path("http-v1-get", "prod", raw, "/shop").await, app, "{raw}");
    }
}

#[tokio::test]
async fn default_stage_is_never_a_prefix() {
    for sample in ["http-get", "http-v1-get", "url-get", "rest-get"] {
        assert_eq!(app_path(sample, "$default", "/$default/x", "").await, "/$default/x", "{sample}");
    }
}

#[tokio::test]
async fn http_decoded_path_is_encoded_again() {
    for (raw, app) in [
        ("/a b", "/a%20b"),
        ("/a?b", "/a%3Fb"),
        ("/a#b", "/a%23b"),
        ("/100%", "/100%25"),
        ("/a%20b", "/a%2520b"),
        ("/é/ü", "/%C3%A9/%C3%BC"),
        ("/日本", "/%E6%97%A5%E6%9C%AC"),
        ("/🦀", "/%F0%9F%A6%80"),
        ("/tab\tnul\u{0}del\u{7f}", "/tab%09nul%00del%7F"),
        ("/a-b._~!$&'()*+,;=:@c", "/a-b._~!$&'()*+,;=:@c"),
    ] {
        assert_eq!(plain("http-get", raw).await, app, "{raw:?}");
        assert_eq!(plain("http-v1-get", raw).await, app, "{raw:?}");
    }
}

#[tokio::test]
async fn http_sample_with_every_kind_of_character_is_encoded_once() {
    let request = Exchange::new(Sample::named("http-encoded-path")).app_request().await;
    assert_eq!(request.path(), "/files/a%20b/100%25/what%3F/%C3%A9/a%2520b");
    assert_eq!(request.query(), Some("x=%2F"));
}

#[tokio::test]
async fn function_url_and_alb_paths_are_still_encoded() {
    for sample in ["url-get", "alb-single", "alb-multi"] {
        for path in ["/caf%C3%A9/a%20b", "/a%3Fb", "/100%25", "/a%2520b", "/a%2Fb"] {
            assert_eq!(plain(sample, path).await, path, "{sample}");
        }
    }
}

#[tokio::test]
async fn paths_are_never_normalised() {
    for sample in
        ["rest-get", "http-get", "http-v1-get", "url-get", "alb-single", "alb-multi", "lattice-v1", "lattice-v2"]
    {
        for path in
            ["//x", "/a//b", "/a/../b", "/a/./b", "/..", "/a;v=1", "/a;v=1/b", "/a/", "//", "/A/b", "/:80", "//h:1/x"]
        {
            assert_eq!(plain(sample, path).await, path, "{sample}");
        }
    }
}

#[tokio::test]
async fn encoded_slash_stays_as_sent() {
    for sample in ["rest-get", "url-get", "alb-single", "alb-multi"] {
        for path in ["/a%2Fb", "/a%2fb", "/%2e%2E/x"] {
            assert_eq!(plain(sample, path).await, path, "{sample}");
        }
    }
}

#[tokio::test]
async fn bytes_that_a_uri_cannot_hold_are_encoded() {
    for sample in ["rest-get", "url-get", "alb-single", "alb-multi", "lattice-v1", "lattice-v2"] {
        for (path, app) in [
            ("/a b", "/a%20b"),
            ("/é", "/%C3%A9"),
            ("/a#b", "/a%23b"),
            ("/a\u{0}\u{1f}\u{7f}", "/a%00%1F%7F"),
            ("/caf%C3%A9 é", "/caf%C3%A9%20%C3%A9"),
        ] {
            assert_eq!(plain(sample, path).await, app, "{sample} {path:?}");
        }
    }
}

#[tokio::test]
async fn absent_path_is_the_root() {
    for sample in ["rest-get", "http-get", "http-v1-get", "url-get", "alb-single", "alb-multi", "lattice-v2"] {
        let pointer = Sample::path_pointer(sample);
        let absent = Sample::named(sample).without(pointer);
        assert_eq!(Exchange::new(absent).app_request().await.path(), "/", "{sample}");
        assert_eq!(plain(sample, "").await, "/", "{sample}");
        let null = Sample::named(sample).with(pointer, serde_json::Value::Null);
        assert_eq!(Exchange::new(null).app_request().await.path(), "/", "{sample}");
    }
}

#[tokio::test]
async fn uri_is_in_origin_form() {
    for sample in crate::sample::REQUESTS {
        let uri = Exchange::new(Sample::named(sample)).app_request().await.head.uri;
        assert_eq!((uri.scheme(), uri.authority()), (None, None), "{sample}");
        assert!(uri.path().starts_with('/'), "{sample}: {uri}");
    }
}
