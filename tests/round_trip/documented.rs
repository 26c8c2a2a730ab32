//! What `docs/events.md` says of compressed requests and of the adapter's own answers, as clients and applications see it.

use std::{
    convert::Infallible,
    io::Write as _,
    time::{Duration, UNIX_EPOCH},
};

use crate::gateway::{GatewayKind::Rest, event};
use axum_core::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use tower::Service;
use zappa_rs_adapter::Invocation;

use super::{Front, Sent, asked, exchange, get, stamp, values};

#[test]
fn a_body_that_a_rest_api_unpacks_is_the_apps_without_its_coding() {
    let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    coder.write_all(b"plain text").expect("a vector takes all");
    let packed = coder.finish().expect("a vector takes all");
    for (front, unpacks) in Front::all().into_iter().map(|front| (front, false)).chain([{
        let mut front = Front::new(Rest, "dev", None, "/dev", false);
        front.gateway.binary_media_types.clear();
        (front, true)
    }]) {
        let sent = Sent {
            headers: vec![("content-encoding".to_owned(), "gzip".to_owned())],
            kind: Some("text/plain"),
            body: packed.clone(),
            ..get()
        };
        let (head, body, _) = exchange(&front, &sent.arrival(&front), Response::new(Body::empty()));
        // Row `compressed_bodies`.
        let (expected, coding) = if unpacks { (&b"plain text"[..], vec![]) } else { (&packed[..], vec!["gzip"]) };
        assert_eq!(
            (&body[..], values(&head.headers, "content-encoding")),
            (expected, coding.into_iter().map(str::to_owned).collect()),
            "{front:?}"
        );
        assert_eq!(values(&head.headers, "content-length"), [expected.len().to_string()], "{front:?}");
    }
}

/// How an application fails, by the row of the table.
fn failing(
    row: &str,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static {
    let row = row.to_owned();
    tower::service_fn(move |_: Request<Body>| {
        let row = row.clone();
        async move {
            match row.as_str() {
                "the app panics or its service fails" => panic!("as it must"),
                "the body fails before a gateway that does not stream has it whole" => {
                    let pieces = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("gone"))]);
                    Ok(Response::new(Body::from_stream(pieces)))
                }
                "the answer is over 6 MB as JSON (ALB: 1 MB)" => Ok(Response::new(Body::from(vec![b'a'; 7 << 20]))),
                "no whole answer shortly before the function's own deadline, `timeout_seconds`" => {
                    std::future::pending().await
                }
                "the event's body says that it is base64 and is not" => panic!("the application is not asked"),
                other => panic!("no application fails by `{other}`"),
            }
        }
    })
}

#[test]
fn the_documented_answers_of_the_adapter_are_what_clients_get() {
    let docs = include_str!("../../docs/events.md");
    let (_, table) = docs.split_once("| what happened | every gateway |\n").expect("the table");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let rows: Vec<_> = rows.filter_map(|line| line.trim_matches('|').rsplit_once('|')).collect();
    assert_eq!(rows.len(), 5);
    for (row, status) in rows {
        let (row, status) = (row.trim(), status.trim());
        for front in Front::all() {
            let arrival = get().arrival(&front);
            let mut event = event::build(&front.gateway, &arrival, &stamp()).expect("the gateway takes the request");
            if row.contains("base64") {
                let mut value: serde_json::Value = serde_json::from_slice(&event).expect("an event");
                (value["body"], value["isBase64Encoded"]) = ("*".into(), true.into());
                event = value.to_string().into();
            }
            // Past already, so that nothing has to be waited for.
            let deadline = row.contains("deadline").then_some(UNIX_EPOCH + Duration::from_secs(1));
            let invocation = deadline.into_iter().fold(Invocation::new("id-7"), Invocation::with_deadline);
            let client_response = asked(&front, &arrival, event, failing(row), invocation);
            assert_eq!(client_response.status().as_str(), status, "{row}: {front:?}");
            let body: serde_json::Value = serde_json::from_slice(client_response.body()).expect("JSON");
            assert_eq!(body["requestId"], "id-7", "{row}: {front:?}");
        }
    }
}
