//! Requests through the event of every gateway.

use std::time::Duration;

use axum::{
    Json, Router,
    body::Bytes,
    extract::OriginalUri,
    http::{HeaderMap, Method},
    response::{AppendHeaders, IntoResponse},
    routing::{any, get},
};
use serde_json::{Value, json};
use zappa_rs::{
    App, Prefix,
    test::{Client, ClientError, Gateway},
};

const GATEWAYS: [Gateway; 4] = [Gateway::HttpApi, Gateway::Rest, Gateway::FunctionUrl, Gateway::LoadBalancer];

async fn show(method: Method, OriginalUri(uri): OriginalUri, headers: HeaderMap, body: Bytes) -> Json<Value> {
    let all = |name: &str| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?")).collect::<Vec<_>>();
    Json(json!({
        "method": method.as_str(),
        "uri": uri.to_string(),
        "one": all("x-one"),
        "cookies": all("cookie").join("; "),
        "body": body.to_vec(),
    }))
}

async fn cookies() -> impl IntoResponse {
    (AppendHeaders([("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-one", "yes")]), [0xff_u8, 0x00].to_vec())
}

fn app() -> Router {
    Router::new()
        .route("/show/{*rest}", any(show))
        .route("/cookies", get(cookies))
        .route("/prefix", get(|prefix: Prefix| async move { prefix.as_str().to_owned() }))
        .route(
            "/panic",
            get(|| async {
                if true {
                    panic!("no paper")
                }
            }),
        )
        .route("/late", get(|| tokio::time::sleep(Duration::from_secs(60))))
}

#[tokio::test]
async fn the_app_gets_the_request_that_was_built() -> Result<(), ClientError> {
    let client = Client::new(app());
    for gateway in GATEWAYS {
        let request = client.http().gateway(gateway).put("/show/a%20b?q=x%26y&q=2&flag=");
        let request = request.header("X-One", "yes").header("Cookie", "a=1; b=2").body([0xff, 0x00]);
        let response = request.send().await?;
        let shown: Value = response.json()?;
        assert_eq!(response.status(), 200, "{gateway:?}");
        assert_eq!(shown["method"], "PUT", "{gateway:?}");
        // A load balancer without multi-value headers passes the last value of a key on.
        let query = if gateway == Gateway::LoadBalancer { "q=2&flag=" } else { "q=x%26y&q=2&flag=" };
        let sorted = |text: &str| {
            let mut pairs: Vec<String> = text.split('&').map(str::to_owned).collect();
            pairs.sort();
            pairs
        };
        let (path, shown_query) = shown["uri"].as_str().and_then(|uri| uri.split_once('?')).expect("a query");
        assert_eq!((path, sorted(shown_query)), ("/show/a%20b", sorted(query)), "{gateway:?}");
        assert_eq!(shown["one"], json!(["yes"]), "{gateway:?}");
        assert_eq!(shown["cookies"], "a=1; b=2", "{gateway:?}");
        assert_eq!(shown["body"], json!([255, 0]), "{gateway:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_client_gets_the_response_of_the_app() -> Result<(), ClientError> {
    let client = Client::new(app());
    for gateway in GATEWAYS {
        let response = client.http().gateway(gateway).get("/cookies").send().await?;
        assert_eq!((response.status(), response.bytes()), (200, &[0xff_u8, 0x00][..]), "{gateway:?}");
        assert_eq!(response.header("X-One"), Some("yes"), "{gateway:?}");
        if gateway != Gateway::LoadBalancer {
            let cookies: Vec<&str> =
                response.headers().filter(|(name, _)| *name == "set-cookie").map(|(_, value)| value).collect();
            assert_eq!(cookies, ["a=1", "b=2"], "{gateway:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_rest_api_has_its_stage_as_the_prefix() -> Result<(), ClientError> {
    let client = Client::new(app());
    let response = client.http().gateway(Gateway::Rest).get("/prefix").send().await?;
    assert_eq!(response.text(), "/dev");
    assert_eq!(client.http().get("/prefix").send().await?.text(), "");
    Ok(())
}

#[tokio::test]
async fn a_failure_of_the_app_is_a_response() -> Result<(), ClientError> {
    let client = Client::new(App::new(app()));
    assert_eq!(client.http().get("/panic").send().await?.status(), 500);
    assert_eq!(client.http().get("/nowhere").send().await?.status(), 404);
    let late = client.timeout(Duration::from_millis(700)).http().get("/late").send().await?;
    assert_eq!(late.status(), 504);
    Ok(())
}
