//! Signatures by AWS's own signer, and what is refused of them.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign},
    sign::v4,
};
use http::Uri;

use super::*;
use crate::gateway::sample;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const HOST: &str = "127.0.0.1:3000";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn key(session_token: Option<&str>) -> SigningKey {
    SigningKey {
        access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret: SECRET.to_owned(),
        session_token: session_token.map(str::to_owned),
    }
}

/// Where and how a request is signed.
struct Signer {
    service: &'static str,
    region: &'static str,
    location: SignatureLocation,
    session_token: Option<&'static str>,
    time: SystemTime,
    /// For how many seconds a signature in the query is valid.
    expires: u64,
}

impl Default for Signer {
    fn default() -> Self {
        let location = SignatureLocation::Headers;
        Self { service: "execute-api", region: "eu-west-1", location, session_token: None, time: now(), expires: 900 }
    }
}

impl Signer {
    /// Signs a request as AWS's clients do.
    fn sign(&self, mut arrival: Arrival) -> Arrival {
        let token = self.session_token.map(str::to_owned);
        let identity = Credentials::new("AKIAIOSFODNN7EXAMPLE", SECRET, token, None, "test").into();
        let mut settings = SigningSettings::default();
        settings.signature_location = self.location;
        if self.location == SignatureLocation::QueryParams {
            settings.expires_in = Some(Duration::from_secs(self.expires));
        }
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(self.time)
            .settings(settings)
            .build()
            .unwrap();
        let url = format!("http://{HOST}{}", arrival.target);
        let headers: Vec<(String, String)> = arrival
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let borrowed = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let body = SignableBody::Bytes(&arrival.body);
        let signable = SignableRequest::new(arrival.method.as_str(), url.as_str(), borrowed, body).unwrap();
        let (instructions, _) = sign(signable, &params.into()).unwrap().into_parts();
        let mut signed = http::Request::builder().method(arrival.method.clone()).uri(url).body(()).unwrap();
        instructions.apply_to_request_http1x(&mut signed);
        arrival.headers.extend(signed.headers().clone());
        arrival.target = signed.uri().path_and_query().map(ToString::to_string).unwrap();
        arrival
    }
}

fn check(arrival: &Arrival, session_token: Option<&str>) -> Result<(), Fault> {
    check_at(arrival, GatewayKind::Rest, session_token, now())
}

fn check_at(arrival: &Arrival, kind: GatewayKind, token: Option<&str>, now: SystemTime) -> Result<(), Fault> {
    verify(arrival, Place { region: "eu-west-1", kind }, &key(token), now)
}

fn kind(result: Result<(), Fault>) -> (FaultKind, String) {
    let fault = result.expect_err("it is refused");
    (fault.kind, fault.message)
}

#[test]
fn what_awss_signer_signs_is_let_in() {
    for target in ["/", "/dev/orders/1", "/dev/a%20b/%2F//c/../d?x=1&x=0&empty&y=%7e%2f", "/dev/é"] {
        let Ok(uri) = target.parse::<Uri>() else { continue };
        let arrival = sample::post(&uri.to_string(), Some("application/json"), b"{\"a\":  1}");
        assert_eq!(check(&Signer::default().sign(arrival), None), Ok(()), "{target}");
        let presigned = Signer { location: SignatureLocation::QueryParams, ..Signer::default() };
        let arrival = presigned.sign(sample::get(&uri.to_string()));
        assert!(arrival.target.contains("X-Amz-Signature="));
        assert_eq!(check(&arrival, None), Ok(()), "{target}");
    }
    let url = Signer { service: "lambda", ..Signer::default() }.sign(sample::get("/a?b=c"));
    assert_eq!(check_at(&url, GatewayKind::FunctionUrl, None, now()), Ok(()));
}

#[test]
fn temporary_credentials_need_their_token() {
    for location in [SignatureLocation::Headers, SignatureLocation::QueryParams] {
        let signer = Signer { session_token: Some("token/1+2="), location, ..Signer::default() };
        let arrival = signer.sign(sample::get("/dev/"));
        assert_eq!(check(&arrival, Some("token/1+2=")), Ok(()));
        for other in [None, Some("another")] {
            assert_eq!(kind(check(&arrival, other)).0, FaultKind::UnknownKey);
        }
    }
    let without = Signer::default().sign(sample::get("/dev/"));
    assert_eq!(kind(check(&without, Some("token"))).0, FaultKind::UnknownKey);
}

#[test]
fn a_request_that_was_changed_is_refused() {
    let signed = || Signer::default().sign(sample::post("/dev/orders?a=1", Some("text/plain"), b"one"));
    let changes: [fn(&mut Arrival); 6] = [
        |arrival| arrival.body = bytes::Bytes::from_static(b"two"),
        |arrival| arrival.target = "/dev/orders?a=2".to_owned(),
        |arrival| arrival.target = "/dev/users?a=1".to_owned(),
        |arrival| arrival.method = http::Method::PUT,
        |arrival| drop(arrival.headers.insert("host", http::HeaderValue::from_static("other:3000"))),
        |arrival| drop(arrival.headers.insert("x-amz-date", http::HeaderValue::from_static("20270115T080001Z"))),
    ];
    assert_eq!(check(&signed(), None), Ok(()));
    for (number, change) in changes.iter().enumerate() {
        let mut arrival = signed();
        change(&mut arrival);
        let (kind, message) = kind(check(&arrival, None));
        assert_eq!(kind, FaultKind::Invalid, "{number}: {message}");
        assert!(message.contains("does not match the signature you provided"), "{number}: {message}");
        assert!(message.contains("The Canonical String"), "{message}");
        assert!(!message.contains(SECRET));
    }
    let other = SigningKey { secret: "other".to_owned(), ..key(None) };
    let place = Place { region: "eu-west-1", kind: GatewayKind::FunctionUrl };
    let url = Signer { service: "lambda", ..Signer::default() }.sign(sample::get("/"));
    let (_, message) = kind(verify(&url, place, &other, now()));
    assert!(!message.contains("Canonical String"), "{message}");
}

#[test]
fn another_place_or_time_is_refused() {
    for (signer, expected) in [
        (Signer { region: "us-east-1", ..Signer::default() }, "valid region"),
        (Signer { service: "s3", ..Signer::default() }, "correct service: 'execute-api'"),
        (Signer { service: "lambda", ..Signer::default() }, "correct service: 'execute-api'"),
        (Signer { time: now() - Duration::from_secs(301), ..Signer::default() }, "Signature expired"),
        (Signer { time: now() + Duration::from_secs(301), ..Signer::default() }, "Signature not yet current"),
        (
            Signer {
                time: now() - Duration::from_secs(901),
                location: SignatureLocation::QueryParams,
                ..Signer::default()
            },
            "Signature expired",
        ),
    ] {
        let (kind, message) = kind(check(&signer.sign(sample::get("/dev/")), None));
        assert_eq!(kind, FaultKind::Invalid);
        assert!(message.contains(expected), "{message}");
    }
    for seconds in [0, 299, 300] {
        let signer = Signer { time: now() - Duration::from_secs(seconds), ..Signer::default() };
        assert_eq!(check(&signer.sign(sample::get("/dev/")), None), Ok(()), "{seconds}");
    }
}

#[test]
fn what_is_no_signature_is_refused_in_awss_words() {
    let of = |value: &str| {
        let mut arrival = sample::get("/dev/");
        arrival.headers.extend(sample::headers(&[("authorization", value), ("x-amz-date", "20270115T080000Z")]));
        kind(check(&arrival, None))
    };
    assert_eq!(
        kind(check(&sample::get("/dev/"), None)),
        (FaultKind::Missing, "Missing Authentication Token".to_owned())
    );
    let scope = "20270115/eu-west-1/execute-api/aws4_request";
    for (value, expected) in [
        ("Bearer abc".to_owned(), "Invalid key=value pair (missing equal-sign) in Authorization header (hashed"),
        ("AWS4-HMAC-SHA256 nothing".to_owned(), "Invalid key=value pair"),
        (
            "AWS4-HMAC-SHA256 Credential=a".to_owned(),
            "requires 'Signature' parameter. Authorization header requires 'SignedHeaders'",
        ),
        (format!("AWS4-HMAC-SHA256 Credential=a/{scope}/x,Signature=0,SignedHeaders=host"), "5 slash-delimited"),
        (
            "AWS4-HMAC-SHA256 Credential=a/20270116/eu-west-1/execute-api/aws4_request,Signature=0,SignedHeaders=host"
                .to_owned(),
            "Date must be",
        ),
    ] {
        let (kind, message) = of(&value);
        assert_eq!(kind, FaultKind::Incomplete, "{value}: {message}");
        assert!(message.contains(expected), "{value}: {message}");
        assert!(!message.contains("Bearer"), "{message}");
    }
    // Whatever is no signature in hexadecimal digits.
    for signature in ["", "0", "zz", "é", "00", &"0".repeat(63)] {
        let value = format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/{scope}, SignedHeaders=host;x-amz-date, Signature={signature}"
        );
        assert_eq!(of(&value).0, FaultKind::Invalid, "{signature}");
    }
    let (kind, _) =
        of(&format!("AWS4-HMAC-SHA256 Credential=OTHER/{scope}, SignedHeaders=host;x-amz-date, Signature=00"));
    assert_eq!(kind, FaultKind::UnknownKey);
}

#[test]
fn headers_that_have_to_be_signed_and_are_not_are_refused() {
    let scope = "20270115/eu-west-1/execute-api/aws4_request";
    for (signed, expected) in [
        ("x-amz-date", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
        ("host", "'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization."),
        ("host;x-amz-date", "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."),
    ] {
        let value = format!("AWS4-HMAC-SHA256 Credential=a/{scope},Signature=00,SignedHeaders={signed}");
        let mut arrival = sample::get("/dev/");
        let date = ("x-amz-date", "20270115T080000Z");
        arrival.headers.extend(sample::headers(&[("authorization", &value), date, ("x-amz-target", "a")]));
        assert_eq!(kind(check(&arrival, None)), (FaultKind::Invalid, expected.to_owned()), "{signed}");
    }
    // A token that is not signed could be another's.
    let mut arrival = Signer::default().sign(sample::get("/dev/"));
    arrival.headers.extend(sample::headers(&[("x-amz-security-token", "token")]));
    let (of_header, message) = kind(check(&arrival, Some("token")));
    assert_eq!(of_header, FaultKind::Invalid);
    assert!(message.starts_with("'X-Amz-Security-Token' must be"), "{message}");
    // What is added to a signed URL.
    let presigned = Signer { location: SignatureLocation::QueryParams, ..Signer::default() };
    let mut arrival = presigned.sign(sample::get("/dev/"));
    arrival.headers.extend(sample::headers(&[("x-amz-target", "a")]));
    assert!(kind(check(&arrival, None)).1.starts_with("'X-Amz-Target' must be"));
}

#[test]
fn a_signed_url_is_valid_for_a_week_at_most() {
    let signed = || {
        let signer = Signer { location: SignatureLocation::QueryParams, ..Signer::default() };
        signer.sign(sample::get("/dev/"))
    };
    for (expires, expected) in [
        ("604801", "X-Amz-Expires must be less than a week (in seconds)"),
        ("99999999999999999999999", "X-Amz-Expires must be less than a week (in seconds)"),
        ("-1", "X-Amz-Expires must be non-negative"),
        ("+900", "X-Amz-Expires should be a number"),
        ("9e2", "X-Amz-Expires should be a number"),
        ("", "X-Amz-Expires should be a number"),
    ] {
        let mut arrival = signed();
        let expires = expires.replace('+', "%2B");
        arrival.target = arrival.target.replace("X-Amz-Expires=900", &format!("X-Amz-Expires={expires}"));
        let (kind, message) = kind(check(&arrival, None));
        assert_eq!(kind, FaultKind::Incomplete, "{expires}: {message}");
        assert!(message.starts_with(expected), "{expires}: {message}");
    }
    let week = Signer { location: SignatureLocation::QueryParams, expires: 604_800, ..Signer::default() };
    assert_eq!(check(&week.sign(sample::get("/dev/")), None), Ok(()));
}

#[test]
fn a_signed_url_has_each_parameter_of_aws_once() {
    let signed = || {
        let signer = Signer { location: SignatureLocation::QueryParams, ..Signer::default() };
        signer.sign(sample::get("/dev/?a=1&a=2"))
    };
    assert_eq!(check(&signed(), None), Ok(()));
    for (added, named) in [
        ("X-Amz-Signature=00", "X-Amz-Signature"),
        ("x-amz-signature=00", "X-Amz-Signature"),
        ("X-Amz-%53ignature=00", "X-Amz-Signature"),
        ("X-Amz-Date", "X-Amz-Date"),
        ("X-Amz-Security-Token=a&X-Amz-Security-Token=b", "X-Amz-Security-Token"),
        ("X-Amz-%C3%A9=1&X-Amz-%C3%A9=1", "X-Amz-…"),
    ] {
        for in_front in [false, true] {
            let mut arrival = signed();
            arrival.target = match in_front {
                true => arrival.target.replace("?", &format!("?{added}&")),
                false => format!("{}&{added}", arrival.target),
            };
            let fault = check(&arrival, None).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Incomplete, "{added}: {}", fault.reason);
            assert!(fault.reason.contains(&format!("`{named}` more than once")), "{added}: {}", fault.reason);
        }
    }
}

#[test]
fn several_signatures_in_one_request_are_refused() {
    let signed = Signer::default().sign(sample::get("/dev/"));
    let good = signed.headers["authorization"].to_str().unwrap().to_owned();
    for (first, second) in [(good.as_str(), "Bearer x"), ("Bearer x", good.as_str()), (good.as_str(), good.as_str())] {
        let mut arrival = signed.clone();
        arrival.headers.remove("authorization");
        arrival.headers.extend(sample::headers(&[("authorization", first), ("authorization", second)]));
        let fault = check(&arrival, None).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Incomplete, "{}", fault.reason);
        assert!(fault.message.starts_with("Invalid key=value pair (missing equal-sign)"), "{}", fault.message);
        assert!(fault.reason.contains("2 `authorization` headers"), "{}", fault.reason);
    }
    // A parameter that is left out of a signature in the query is none of one in a header.
    let mut arrival = signed;
    arrival.target.push_str("?X-Amz-Signature=added");
    assert_eq!(kind(check(&arrival, None)).0, FaultKind::Invalid);
}
