//! The event that a gateway makes of a request.
//!
//! A pure function: what a call adds (ids, time) comes in with its stamp, and equal inputs give equal bytes.

mod alb;
mod body;
mod coding;
mod function_url;
mod header;
mod host;
mod http_api;
mod location;
mod payload;
mod query;
mod rest;
mod route;
pub(crate) mod websocket;

use bytes::Bytes;
pub(crate) use host::{replace as replace_host, resolve as resolve_host};

use super::{
    access::{Access, Caller},
    arrival::{Arrival, Stamp},
    error_response::GatewayError,
    limit,
    refusal::Refusal,
    {DEFAULT_STAGE, Gateway, GatewayKind},
};
use crate::lambda;

/// What a kind of gateway makes of a request: the event's JSON, or why there is none.
type Outcome = Result<serde_json::Result<Vec<u8>>, (GatewayError, String)>;

/// Builds the event that `gateway` sends to the function for this request.
///
/// # Errors
/// The gateway's own response where AWS would not invoke the function: an unknown stage or route, a reserved path, or
/// sizes beyond the limits of the gateway or of Lambda.
pub(crate) fn build(gateway: &Gateway, arrival: &Arrival, stamp: &Stamp) -> Result<Bytes, Refusal> {
    build_for(gateway, arrival, stamp, &Caller::default())
}

/// Builds the event with what the gateway found out about the caller.
///
/// # Errors
/// As of [`build`].
pub(crate) fn build_for(
    gateway: &Gateway,
    arrival: &Arrival,
    stamp: &Stamp,
    caller: &Caller,
) -> Result<Bytes, Refusal> {
    check(gateway, arrival, stamp)?;
    let refuse = |(error, reason)| Refusal::new(gateway, stamp, error, reason);
    let outcome = match gateway.kind {
        GatewayKind::Rest => rest::event(gateway, arrival, stamp, caller),
        GatewayKind::Http => http_api::event(gateway, arrival, stamp, caller),
        GatewayKind::FunctionUrl => function_url::event(gateway, arrival, stamp, caller),
        GatewayKind::Alb => alb::event(gateway, arrival, stamp),
    };
    let event = outcome.map_err(refuse)?;
    let event =
        event.map_err(|error| refuse((GatewayError::Function, format!("the event cannot be written: {error}"))))?;
    if event.len() > lambda::MAX_PAYLOAD {
        let reason = format!(
            "the event has {} bytes for a body of {}, Lambda takes {}; base64 makes a binary body a third longer; \
             let clients upload to S3",
            event.len(),
            arrival.body.len(),
            lambda::MAX_PAYLOAD,
        );
        return Err(refuse((GatewayError::EventTooLarge, reason)));
    }
    Ok(event.into())
}

/// What the gateway asks of this request, with the number of its route; `None` for nothing.
///
/// # Errors
/// The gateway's own response where the request has no route, or is refused before it comes to one.
pub(crate) fn access<'a>(
    gateway: &'a Gateway,
    arrival: &Arrival,
    stamp: &Stamp,
) -> Result<Option<(usize, &'a Access)>, Refusal> {
    check(gateway, arrival, stamp)?;
    let found = match gateway.kind {
        GatewayKind::Rest => rest::access(gateway, arrival),
        GatewayKind::Http => http_api::access(gateway, arrival),
        GatewayKind::FunctionUrl => Ok(gateway.access.get("ANY", DEFAULT_STAGE)),
        GatewayKind::Alb => Ok(None),
    };
    found.map_err(|(error, reason)| Refusal::new(gateway, stamp, error, reason))
}

/// Whether the gateway asks for an API key of this request.
///
/// # Errors
/// As for [`access`].
pub(crate) fn asks_for_key(gateway: &Gateway, arrival: &Arrival, stamp: &Stamp) -> Result<bool, Refusal> {
    match gateway.kind {
        GatewayKind::Rest => {
            rest::asks_for_key(gateway, arrival).map_err(|(error, reason)| Refusal::new(gateway, stamp, error, reason))
        }
        GatewayKind::Http | GatewayKind::FunctionUrl | GatewayKind::Alb => Ok(false),
    }
}

/// Checks what a gateway checks before it looks for a route: the host, and the sizes.
fn check(gateway: &Gateway, arrival: &Arrival, stamp: &Stamp) -> Result<(), Refusal> {
    let refuse = |(error, reason)| Refusal::new(gateway, stamp, error, reason);
    host::check(arrival).map_err(refuse)?;
    if arrival.body.len() > limit::request_body(gateway.kind) {
        return Err(Refusal::body_too_large(gateway, stamp));
    }
    let (head, most) = (arrival.head_size(), limit::request_head(gateway.kind));
    if head > most {
        let reason =
            format!("request line and headers have {head} bytes, the gateway takes {most}; send fewer cookies");
        return Err(refuse((GatewayError::HeadTooLarge, reason)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::{
        access::{Claims, IamIdentity, Identity},
        sample,
    };

    #[test]
    fn an_identity_of_iam_is_where_each_gateway_puts_it() {
        let identity = IamIdentity {
            access_key: "AKIA".to_owned(),
            account_id: "123456789012".to_owned(),
            user_id: "AIDA".to_owned(),
            user_arn: "arn:aws:iam::123456789012:user/ada".to_owned(),
        };
        let caller = Caller { identity: Identity::Iam(identity) };
        let context = |kind| context(kind, &caller);
        let rest = context(GatewayKind::Rest);
        assert_eq!(rest.get("authorizer"), None);
        for (field, value) in [
            ("accessKey", "AKIA"),
            ("accountId", "123456789012"),
            ("caller", "AIDA"),
            ("user", "AIDA"),
            ("userArn", "arn:aws:iam::123456789012:user/ada"),
        ] {
            assert_eq!(rest["identity"][field], value, "{field}");
        }
        for kind in [GatewayKind::Http, GatewayKind::FunctionUrl] {
            let expected = json!({ "iam": {
                "accessKey": "AKIA",
                "accountId": "123456789012",
                "callerId": "AIDA",
                "cognitoIdentity": null,
                "principalOrgId": null,
                "userArn": "arn:aws:iam::123456789012:user/ada",
                "userId": "AIDA",
            } });
            let context = context(kind);
            assert_eq!(
                (&context["authorizer"], &context["accountId"]),
                (&expected, &json!("123456789012")),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn claims_are_where_each_gateway_puts_them() {
        let claims = json!({ "sub": "ada", "exp": 1_759_117_400, "roles": ["a", "b"] });
        let claims = claims.as_object().unwrap().clone();
        let with = |is_of_pools, scopes: &[&str]| {
            let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            Caller { identity: Identity::Token(Claims::new(claims.clone(), scopes, is_of_pools)) }
        };
        let of = |kind, caller: &Caller| context(kind, caller)["authorizer"].clone();
        let texts = json!({ "sub": "ada", "exp": "Mon Sep 29 03:43:20 UTC 2025", "roles": "a,b" });
        assert_eq!(of(GatewayKind::Rest, &with(true, &[])), json!({ "claims": texts }));
        assert_eq!(of(GatewayKind::Rest, &with(false, &["read"])), json!({ "claims": claims }));
        let texts = json!({ "sub": "ada", "exp": "1759117400", "roles": "[a b]" });
        for (scopes, expected) in [(&["read"][..], json!(["read"])), (&[], json!(null))] {
            let found = of(GatewayKind::Http, &with(false, scopes));
            assert_eq!(found, json!({ "jwt": { "claims": texts, "scopes": expected } }));
        }
    }

    #[test]
    fn headers_of_a_client_are_no_claims() {
        let mut arrival = sample::get("/dev/x");
        arrival.headers.extend(sample::headers(&[
            ("x-amzn-oidc-data", "e30.e30.e30"),
            ("x-amzn-oidc-identity", "mallory"),
            ("x-amzn-request-context", "{\"authorizer\":{\"claims\":{\"sub\":\"mallory\"}}}"),
            ("authorization", "Bearer e30.e30."),
        ]));
        for kind in [GatewayKind::Rest, GatewayKind::Http, GatewayKind::FunctionUrl] {
            let event = build(&sample::gateway(kind), &arrival, &sample::stamp()).unwrap();
            let event: Value = serde_json::from_slice(&event).unwrap();
            assert_eq!(event["requestContext"].get("authorizer"), None, "{kind:?}");
            assert!(!event["requestContext"].to_string().contains("mallory"), "{kind:?}");
        }
    }

    fn context(kind: GatewayKind, caller: &Caller) -> Value {
        let event = build_for(&sample::gateway(kind), &sample::get("/dev/x"), &sample::stamp(), caller).unwrap();
        serde_json::from_slice::<Value>(&event).unwrap()["requestContext"].take()
    }

    fn status(gateway: &Gateway, arrival: &Arrival) -> (u16, String) {
        let refusal = build(gateway, arrival, &sample::stamp()).unwrap_err();
        (refusal.response.status().as_u16(), refusal.reason)
    }

    #[test]
    fn a_body_up_to_the_limit_passes_and_one_byte_more_does_not() {
        for kind in [GatewayKind::Rest, GatewayKind::Http, GatewayKind::Alb] {
            let gateway = sample::gateway(kind);
            let target = if kind == GatewayKind::Rest { "/dev/x" } else { "/x" };
            let most = limit::request_body(kind);
            let (code, reason) = status(&gateway, &sample::post(target, Some("text/plain"), &vec![b'a'; most + 1]));
            assert_eq!(code, 413);
            assert!(reason.contains(&most.to_string()), "{reason}");
        }
        let alb = sample::gateway(GatewayKind::Alb);
        let fits = sample::post("/x", Some("text/plain"), &vec![b'a'; 1 << 20]);
        assert!(build(&alb, &fits, &sample::stamp()).is_ok());
    }

    #[test]
    fn an_event_over_lambdas_limit_is_413_and_says_so() {
        for (kind, target) in
            [(GatewayKind::Rest, "/dev/x"), (GatewayKind::Http, "/x"), (GatewayKind::FunctionUrl, "/x")]
        {
            let mut gateway = sample::gateway(kind);
            gateway.binary_media_types = vec!["*/*".into()];
            let image = Some("image/png");
            assert!(build(&gateway, &sample::post(target, image, &vec![0; 4_700_000]), &sample::stamp()).is_ok());
            let (code, reason) = status(&gateway, &sample::post(target, image, &vec![0; 5_000_000]));
            assert_eq!(code, 413, "{kind:?}");
            assert!(reason.contains("Lambda takes 6291556"), "{reason}");
        }
    }

    #[test]
    fn a_head_that_is_too_long_is_refused() {
        for (kind, most, code) in [
            (GatewayKind::Rest, 10_240, 431),
            (GatewayKind::Http, 10_240, 431),
            (GatewayKind::FunctionUrl, 10_240, 431),
            (GatewayKind::Alb, 65_536, 400),
        ] {
            let gateway = sample::gateway(kind);
            let mut arrival = sample::get(if kind == GatewayKind::Rest { "/dev/x" } else { "/x" });
            arrival.headers.insert("cookie", HeaderValue::from_static(""));
            let filler = |length| HeaderValue::from_bytes(&vec![b'a'; length]).unwrap();
            let room = most - arrival.head_size();
            arrival.headers.insert("cookie", filler(room));
            assert!(build(&gateway, &arrival, &sample::stamp()).is_ok(), "{kind:?}");
            arrival.headers.insert("cookie", filler(room + 1));
            assert_eq!(status(&gateway, &arrival).0, code, "{kind:?}");
        }
    }

    #[test]
    fn equal_inputs_give_equal_bytes() {
        for kind in sample::KINDS {
            let gateway = sample::gateway(kind);
            let mut arrival = sample::get("/dev/a?b=1&c=2&b=3");
            arrival.headers =
                sample::headers(&[("z", "1"), ("host", "h"), ("a", "2"), ("m", "3"), ("cookie", "x=y; z=w")]);
            let first = build(&gateway, &arrival, &sample::stamp()).unwrap();
            arrival.headers =
                sample::headers(&[("m", "3"), ("cookie", "x=y; z=w"), ("a", "2"), ("host", "h"), ("z", "1")]);
            assert_eq!(first, build(&gateway, &arrival, &sample::stamp()).unwrap(), "{kind:?}");
        }
    }

    #[test]
    fn no_request_panics() {
        let odd = [
            "",
            "*",
            "/",
            "//",
            "/dev",
            "/dev/%",
            "/dev/%zz?%",
            "/dev/\u{e9}?\u{e9}=%ff",
            "/dev?&&==&;",
            "http://",
            "?",
        ];
        for kind in sample::KINDS {
            for base_path in [None, Some(String::new()), Some("/".into()), Some("/dev".into()), Some("dev/".into())] {
                for target in odd {
                    let mut gateway = sample::gateway(kind);
                    gateway.base_path.clone_from(&base_path);
                    let mut arrival = sample::post(target, None, b"\xff\x00");
                    arrival.headers.insert("x-odd", HeaderValue::from_bytes(b"\xff").unwrap());
                    arrival.headers.insert("cookie", HeaderValue::from_static(";;"));
                    if let Ok(event) = build(&gateway, &arrival, &sample::stamp()) {
                        serde_json::from_slice::<serde_json::Value>(&event).unwrap();
                    }
                }
            }
        }
    }
}
