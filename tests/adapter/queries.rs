//! Query strings: the application gets the query that the client sent, from any form in which a gateway sends it.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{exchange::Exchange, sample::Sample};

async fn query(event: impl Into<Bytes>) -> Option<String> {
    Exchange::new(event).app_request().await.query().map(str::to_owned)
}

/// A REST event with the two query maps as text, for the order of their keys.
fn rest(single: &str, multi: &str) -> String {
    format!(
        r#"{{"httpMethod":"GET","path":"/","headers":null,"queryStringParameters":{single},"multiValueQueryStringParameters":{multi},
            "requestContext":{{"stage":"dev","path":"/dev/","identity":{{"sourceIp":"203.0.113.45"}}}},"body":null}}"#
    )
}

#[tokio::test]
async fn rest_multi_value_map_wins_over_the_single_one() {
    assert_eq!(query(rest(r#"{"a":"2"}"#, r#"{"a":["1","2"]}"#)).await.as_deref(), Some("a=1&a=2"));
}

#[tokio::test]
async fn rest_single_map_serves_where_the_other_is_missing() {
    for multi in ["null", "{}"] {
        assert_eq!(query(rest(r#"{"a":"1","b":"x y"}"#, multi)).await.as_deref(), Some("a=1&b=x%20y"), "{multi}");
    }
    let event = Sample::named("rest-get")
        .without("/multiValueQueryStringParameters")
        .with("/queryStringParameters", json!({"a": "1"}));
    assert_eq!(query(event).await.as_deref(), Some("a=1"));
}

#[tokio::test]
async fn rest_order_and_duplicates_are_kept_as_in_the_event() {
    let multi = r#"{"z":["1","1","0"],"a":["2"],"m":["4","3"]}"#;
    assert_eq!(query(rest("null", multi)).await.as_deref(), Some("z=1&z=1&z=0&a=2&m=4&m=3"));
}

#[tokio::test]
async fn rest_values_are_encoded_so_that_both_ways_of_decoding_agree() {
    let event = Sample::named("rest-get").with("/multiValueQueryStringParameters", json!({"q": ["a b&c=d+e%"]}));
    assert_eq!(query(event).await.as_deref(), Some("q=a%20b%26c%3Dd%2Be%25"));

    let odd = "ké y&=+%#?/\"<>\\^`{|}\u{0}\u{7f}🦀";
    let event = Sample::named("rest-get").with("/multiValueQueryStringParameters", json!({odd: [odd]}));
    let query = query(event).await.expect("a query");
    let by_form: Vec<(String, String)> = serde_urlencoded::from_str(&query).expect("a form");
    assert_eq!(by_form, [(odd.to_owned(), odd.to_owned())]);
    let by_rfc = |part| percent_encoding::percent_decode_str(part).decode_utf8().expect("UTF-8");
    let (key, value) = query.split_once('=').expect("one pair");
    assert_eq!((&*by_rfc(key), &*by_rfc(value)), (odd, odd));
}

#[tokio::test]
async fn rest_flag_without_a_value_keeps_its_equals_sign() {
    assert_eq!(query(rest(r#"{"flag":""}"#, r#"{"flag":[""]}"#)).await.as_deref(), Some("flag="));
    assert_eq!(query(rest(r#"{"flag":""}"#, "null")).await.as_deref(), Some("flag="));
}

#[tokio::test]
async fn rest_without_parameters_has_no_query() {
    for map in ["null", "{}"] {
        assert_eq!(query(rest(map, map)).await, None, "{map}");
    }
    assert_eq!(query(Sample::named("rest-null-maps")).await, None);
}

#[tokio::test]
async fn payload_2_raw_query_is_verbatim() {
    for sample in ["http-get", "url-get"] {
        for raw in [
            "tag=rust&tag=aws&q=a%20b%26c&flag",
            "q=1&q=2&e=",
            "a=b+c",
            "&&=&x=1=2",
            "%zz",
            "a=%C3%A9",
            "?",
            "/?:@!$'()*,;",
        ] {
            let event = Sample::named(sample).with("/rawQueryString", raw);
            assert_eq!(query(event).await.as_deref(), Some(raw), "{sample}");
        }
    }
}

#[tokio::test]
async fn payload_2_bytes_that_a_query_cannot_hold_are_encoded() {
    for (raw, app) in
        [("a b", "a%20b"), ("é", "%C3%A9"), ("a#b", "a%23b"), ("x=\u{0}\u{7f}", "x=%00%7F"), ("%41 b", "%41%20b")]
    {
        for sample in ["http-get", "url-get"] {
            let event = Sample::named(sample).with("/rawQueryString", raw);
            assert_eq!(query(event).await.as_deref(), Some(app), "{sample} {raw:?}");
        }
    }
}

#[tokio::test]
async fn payload_2_without_a_query_has_none() {
    for sample in ["http-named-stage", "http-cookies", "url-iam"] {
        assert_eq!(query(Sample::named(sample)).await, None, "{sample}");
        assert_eq!(query(Sample::named(sample).without("/rawQueryString")).await, None, "{sample}");
        assert_eq!(query(Sample::named(sample).with("/rawQueryString", Value::Null)).await, None, "{sample}");
    }
}

#[tokio::test]
async fn alb_keys_and_values_are_verbatim() {
    let single = Sample::named("alb-single").with("/queryStringParameters", json!({"a%26": "b%20c%26"}));
    assert_eq!(query(single).await.as_deref(), Some("a%26=b%20c%26"));
    let multi =
        Sample::named("alb-multi").with("/multiValueQueryStringParameters", json!({"k%C3%A9": ["1+1", "%2B", ""]}));
    assert_eq!(query(multi).await.as_deref(), Some("k%C3%A9=1+1&k%C3%A9=%2B&k%C3%A9="));
}

#[tokio::test]
async fn alb_bytes_that_a_query_cannot_hold_are_encoded() {
    let event = Sample::named("alb-single").with("/queryStringParameters", json!({"a b": "é"}));
    assert_eq!(query(event).await.as_deref(), Some("a%20b=%C3%A9"));
}

#[tokio::test]
async fn alb_without_parameters_has_no_query() {
    for sample in ["alb-health-check", "alb-no-headers"] {
        assert_eq!(query(Sample::named(sample)).await, None, "{sample}");
    }
}

#[tokio::test]
async fn lattice_keeps_every_value() {
    let event = Sample::named("lattice-v2").with("/queryStringParameters", json!({"tag": ["rust", "aws"]}));
    assert_eq!(query(event).await.as_deref(), Some("tag=rust&tag=aws"));
    let event = Sample::named("lattice-v1").with("/query_string_parameters", json!({"q": "1"}));
    assert_eq!(query(event).await.as_deref(), Some("q=1"));
}
