//! The client's address, from what the gateway vouches for and never from what a client can write.

use std::net::SocketAddr;

use axum::{Router, extract::ConnectInfo, routing::get};
use serde_json::{Value, json};
use zappa_rs_adapter::{Adapter, contract::variable::TRUSTED_HOPS};

use crate::{
    exchange::{Exchange, GatewayResponse, invocation},
    sample::{REQUESTS, Sample},
};

async fn peer(sample: Sample) -> String {
    Exchange::new(sample).app_request().await.peer().to_string()
}

async fn peer_behind(hops: &str, sample: Sample) -> String {
    Exchange::new(sample).with_variables(&[(TRUSTED_HOPS, hops)]).app_request().await.peer().ip().to_string()
}

#[tokio::test]
async fn address_comes_from_the_request_context() {
    for (sample, pointer) in [
        ("rest-get", "/requestContext/identity/sourceIp"),
        ("http-get", "/requestContext/http/sourceIp"),
        ("url-get", "/requestContext/http/sourceIp"),
        ("websocket-message", "/requestContext/identity/sourceIp"),
    ] {
        for (source, expected) in [("198.51.100.23", "198.51.100.23:0"), ("2001:db8::17", "[2001:db8::17]:0")] {
            assert_eq!(peer(Sample::named(sample).with(pointer, source)).await, expected, "{sample}");
        }
    }
}

#[tokio::test]
async fn header_of_the_client_changes_nothing_behind_an_api() {
    for sample in ["rest-get", "http-get", "url-get"] {
        for name in ["x-forwarded-for", "X-Forwarded-For", "forwarded", "x-real-ip"] {
            let mut event = Sample::named(sample).with(&format!("/headers/{name}"), "192.0.2.66");
            if event.0.get("multiValueHeaders").is_some() {
                event = event.with(&format!("/multiValueHeaders/{name}"), json!(["192.0.2.66"]));
            }
            assert_eq!(peer(event).await, "203.0.113.45:0", "{sample} {name}");
        }
    }
}

#[tokio::test]
async fn alb_address_is_the_last_entry() {
    for (forwarded, expected) in [
        ("203.0.113.45", "203.0.113.45:0"),
        ("192.0.2.66, 203.0.113.45", "203.0.113.45:0"),
        ("192.0.2.66,203.0.113.45", "203.0.113.45:0"),
        ("spoofed, 192.0.2.66 ,  203.0.113.45 ", "203.0.113.45:0"),
        ("203.0.113.45:51234", "203.0.113.45:51234"),
        ("192.0.2.66, [2001:db8::17]:51234", "[2001:db8::17]:51234"),
        ("2001:db8::17", "[2001:db8::17]:0"),
        ("[2001:db8::17]", "[2001:db8::17]:0"),
    ] {
        let single = Sample::named("alb-single").with("/headers/x-forwarded-for", forwarded);
        assert_eq!(peer(single).await, expected, "{forwarded}");
        let multi = Sample::named("alb-multi").with("/multiValueHeaders/x-forwarded-for", json!([forwarded]));
        assert_eq!(peer(multi).await, expected, "{forwarded}");
    }
}

#[tokio::test]
async fn alb_address_is_the_last_entry_of_the_last_header() {
    let event = Sample::named("alb-multi")
        .with("/multiValueHeaders/x-forwarded-for", json!(["192.0.2.66", "192.0.2.67, 203.0.113.45"]));
    assert_eq!(peer(event).await, "203.0.113.45:0");
}

#[tokio::test]
async fn absent_address_is_the_unspecified_one() {
    assert_eq!(peer(Sample::named("alb-health-check")).await, "0.0.0.0:0");
    assert_eq!(peer(Sample::named("alb-no-headers")).await, "0.0.0.0:0");
    for forwarded in ["", ",", "unknown", "203.0.113.45, unknown", "203.0.113.45,", "999.1.1.1", "203.0.113.45:99999"] {
        let event = Sample::named("alb-single").with("/headers/x-forwarded-for", forwarded);
        assert_eq!(peer(event).await, "0.0.0.0:0", "{forwarded:?}");
    }
    for (sample, pointer) in
        [("rest-get", "/requestContext/identity/sourceIp"), ("http-get", "/requestContext/http/sourceIp")]
    {
        for source in [json!("test-invoke-source-ip"), json!(""), Value::Null, json!({}), json!(7)] {
            assert_eq!(
                peer(Sample::named(sample).with(pointer, source.clone())).await,
                "0.0.0.0:0",
                "{sample} {source}"
            );
        }
        assert_eq!(peer(Sample::named(sample).without(pointer)).await, "0.0.0.0:0", "{sample}");
    }
}

#[tokio::test]
async fn trusted_hops_name_the_client_behind_cloudfront() {
    // The gateway's own peer is CloudFront; the entry of CloudFront is before that of the gateway.
    let forwarded = "192.0.2.66, 198.51.100.7, 203.0.113.45";
    let http = || Sample::named("http-get").with("/headers/x-forwarded-for", forwarded);
    let alb = || Sample::named("alb-single").with("/headers/x-forwarded-for", forwarded);
    for event in [http(), alb()] {
        assert_eq!(peer_behind("1", event.clone()).await, "198.51.100.7");
        assert_eq!(peer_behind("2", event.clone()).await, "192.0.2.66");
        assert_eq!(peer_behind("0", event).await, "203.0.113.45");
    }
}

#[tokio::test]
async fn trusted_hops_beyond_the_entries_never_fail() {
    for sample in REQUESTS {
        for hops in ["3", "255"] {
            let request =
                Exchange::new(Sample::named(sample)).with_variables(&[(TRUSTED_HOPS, hops)]).app_request().await;
            assert!(request.peer().port() == 0, "{sample}");
        }
    }
}

#[tokio::test]
async fn axum_handlers_always_learn_an_address() {
    async fn address(ConnectInfo(peer): ConnectInfo<SocketAddr>) -> String {
        peer.to_string()
    }
    let app = Router::new().fallback(get(address).post(address));
    for sample in REQUESTS {
        let adapter = Adapter::new(app.clone());
        let output = GatewayResponse::new(adapter.invoke(Sample::named(sample).into(), invocation()).await);
        assert_eq!(output.status(), 200, "{sample}: {}", output.0);
        assert!(String::from_utf8(output.body()).unwrap().parse::<SocketAddr>().is_ok(), "{sample}");
    }
}
