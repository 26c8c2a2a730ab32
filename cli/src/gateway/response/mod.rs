//! The client's response, parsed from the function's response as the gateway parses it.
//!
//! A response that the gateway would not accept becomes the gateway's own error, with the reason for the developer.

mod alb;
mod body;
mod compression;
mod field;
mod header;
mod payload;
mod rest;
mod warning;
mod websocket;

use bytes::Bytes;
use http::{Method, Response, header::CONTENT_LENGTH, response::Parts};

use self::field::Malformed;
pub(crate) use self::{
    alb::StatusDescription,
    warning::Warning,
    websocket::{WebSocketResponse, parse_websocket},
};
use super::{
    arrival::{Arrival, Stamp},
    error_response::GatewayError,
    limit,
    refusal::{self, Refusal},
    {Gateway, GatewayKind},
};
use crate::lambda;

/// Parses the function's JSON into the response that the client gets.
///
/// An ALB's `statusDescription` is the extension [`StatusDescription`]; what the gateway drops of the response is
/// explained by the extension [`Warning`]. `Date`, `Content-Length` and the omission of a body for HEAD, 204 and 304
/// are left to the HTTP server.
///
/// # Errors
/// The gateway's own response if the function's is too large or malformed.
pub(crate) fn parse(
    gateway: &Gateway,
    arrival: &Arrival,
    stamp: &Stamp,
    payload: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let refuse = |reason| Refusal::new(gateway, stamp, GatewayError::Function, reason);
    if let Some(reason) = too_long(gateway, payload.len()) {
        return Err(refuse(reason));
    }
    let response = match gateway.kind {
        GatewayKind::Rest => rest::answer(gateway, arrival, payload),
        GatewayKind::Http | GatewayKind::FunctionUrl => payload::answer(gateway, &arrival.method, payload),
        GatewayKind::Alb => alb::answer(gateway, &arrival.method, payload),
    };
    let response = response.and_then(|response| {
        limit::answer_head(gateway.kind).map_or(Ok(()), |most| header::check_size(response.headers(), most))?;
        Ok(response)
    });
    let mut response = response.map_err(|Malformed(reason)| refuse(format!("the function's response {reason}")))?;
    if arrival.method == Method::HEAD && response.headers().contains_key(CONTENT_LENGTH) {
        // The server trusts the length of a body that it has more than what the headers say.
        response.body_mut().clear();
    }
    compression::compress(gateway, arrival, &mut response);
    refusal::sign(gateway, stamp, response.headers_mut());
    Ok(response)
}

/// Parses the prelude of a streamed response: status and headers, in the JSON before its eight NULs.
///
/// # Errors
/// The gateway's own response if it does not stream, or if the JSON is not the prelude that it expects.
pub(crate) fn prelude(gateway: &Gateway, method: &Method, stamp: &Stamp, json: &[u8]) -> Result<Parts, Refusal> {
    let parts = match gateway.kind {
        GatewayKind::Rest => rest::prelude(method, json),
        GatewayKind::FunctionUrl => payload::prelude(gateway, method, json),
        GatewayKind::Http | GatewayKind::Alb => Err(Malformed(format!(
            "is a stream, and the gateway accepts buffered responses only; {}",
            refusal::further(gateway)
        ))),
    };
    let parts = parts.and_then(|parts| {
        limit::answer_head(gateway.kind).map_or(Ok(()), |most| header::check_size(&parts.headers, most))?;
        Ok(parts)
    });
    let mut parts = parts.map_err(|Malformed(reason)| {
        Refusal::new(gateway, stamp, GatewayError::Function, format!("the function's streamed response {reason}"))
    })?;
    refusal::sign(gateway, stamp, &mut parts.headers);
    Ok(parts)
}

fn too_long(gateway: &Gateway, length: usize) -> Option<String> {
    let (who, most) = match gateway.kind {
        GatewayKind::Alb => ("an ALB", limit::ALB_RESPONSE),
        _ => ("Lambda", lambda::MAX_PAYLOAD),
    };
    let further = refusal::further(gateway);
    (length > most).then(|| format!("the function's response has {length} bytes, {who} accepts {most}; {further}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    #[test]
    fn an_answer_over_the_limit_says_its_size_and_what_gets_further() {
        for (kind, most, status, hint) in [
            (GatewayKind::Rest, lambda::MAX_PAYLOAD, 502, "set streaming"),
            (GatewayKind::FunctionUrl, lambda::MAX_PAYLOAD, 502, "set streaming"),
            (GatewayKind::Http, lambda::MAX_PAYLOAD, 500, "HTTP APIs cannot stream"),
            (GatewayKind::Alb, limit::ALB_RESPONSE, 502, "ALBs cannot stream"),
        ] {
            let shell = r#"{"statusCode":200,"body":""}"#;
            let fits = format!(r#"{{"statusCode":200,"body":"{}"}}"#, "a".repeat(most - shell.len()));
            assert_eq!(fits.len(), most);
            let gateway = sample::gateway(kind);
            assert!(parse(&gateway, &sample::get("/"), &sample::stamp(), fits.as_bytes()).is_ok());
            let refusal = parse(&gateway, &sample::get("/"), &sample::stamp(), &[fits.as_bytes(), b" "].concat());
            let refusal = refusal.unwrap_err();
            assert_eq!(refusal.response.status().as_u16(), status);
            assert!(refusal.reason.contains(&(most + 1).to_string()), "{}", refusal.reason);
            assert!(refusal.reason.contains(hint), "{}", refusal.reason);
        }
    }

    #[test]
    fn very_many_headers_are_refused_and_do_not_panic() {
        for (kind, status) in sample::KINDS.into_iter().zip([502, 500, 502, 502]) {
            let names: Vec<_> = (0..30_000).map(|number| format!(r#""x{number}":"""#)).collect();
            let payload = format!(r#"{{"statusCode":200,"headers":{{{}}}}}"#, names.join(","));
            let refusal = parse(&sample::gateway(kind), &sample::get("/"), &sample::stamp(), payload.as_bytes());
            let refusal = refusal.unwrap_err();
            assert_eq!(refusal.response.status(), status, "{kind:?}");
            assert!(refusal.reason.contains("30000 headers or more, and at most 4096"), "{}", refusal.reason);
        }
    }

    #[test]
    fn headers_over_the_limit_of_the_gateway_say_their_size() {
        for (kind, status) in [
            (GatewayKind::Rest, Some(502)),
            (GatewayKind::Http, Some(500)),
            (GatewayKind::FunctionUrl, Some(502)),
            (GatewayKind::Alb, None),
        ] {
            let gateway = sample::gateway(kind);
            // `content-type: a/b` counts 15 bytes.
            let payload = |size: usize| {
                let value = "v".repeat(size - 15 - 1);
                format!(r#"{{"statusCode":200,"headers":{{"content-type":"a/b","x":"{value}"}}}}"#)
            };
            let answered = |size| parse(&gateway, &sample::get("/"), &sample::stamp(), payload(size).as_bytes());
            assert!(answered(10_240).is_ok(), "{kind:?}");
            let refusal = answered(10_241).err();
            assert_eq!(refusal.as_ref().map(|refusal| refusal.response.status().as_u16()), status, "{kind:?}");
            if let Some(refusal) = refusal {
                let reason = "has headers of 10241 bytes, the gateway takes 10240";
                assert!(refusal.reason.contains(reason), "{}", refusal.reason);
                let prelude = prelude(&gateway, &Method::GET, &sample::stamp(), payload(10_241).as_bytes());
                assert_eq!(prelude.unwrap_err().response.status(), status.unwrap(), "{kind:?}");
            }
        }
    }

    #[test]
    fn only_some_gateways_stream() {
        for (kind, status) in [
            (GatewayKind::Rest, Ok(201)),
            (GatewayKind::FunctionUrl, Ok(201)),
            (GatewayKind::Http, Err(500)),
            (GatewayKind::Alb, Err(502)),
        ] {
            let prelude = prelude(&sample::gateway(kind), &Method::GET, &sample::stamp(), br#"{"statusCode":201}"#);
            let found = prelude.map(|parts| parts.status.as_u16());
            assert_eq!(found.map_err(|refusal| refusal.response.status().as_u16()), status, "{kind:?}");
        }
    }

    #[test]
    fn no_answer_panics() {
        let odd = [
            "",
            "null",
            "1",
            "\"x\"",
            "[]",
            "{}",
            "{",
            "\u{0}",
            r#"{"statusCode":null}"#,
            r#"{"statusCode":-1}"#,
            r#"{"statusCode":1e9}"#,
            r#"{"statusCode":99}"#,
            r#"{"statusCode":101}"#,
            r#"{"statusCode":"2OO"}"#,
            r#"{"statusCode":200,"headers":[]}"#,
            r#"{"statusCode":200,"headers":{"":""}}"#,
            r#"{"statusCode":200,"headers":{"a b":"c"}}"#,
            r#"{"statusCode":200,"headers":{"a":"\r\n"}}"#,
            r#"{"statusCode":200,"headers":{"a":null}}"#,
            r#"{"statusCode":200,"multiValueHeaders":{"a":[[]]}}"#,
            r#"{"statusCode":200,"body":{}}"#,
            r#"{"statusCode":200,"body":"*","isBase64Encoded":true}"#,
            r#"{"statusCode":200,"isBase64Encoded":"yes"}"#,
            r#"{"statusCode":200,"cookies":{}}"#,
            r#"{"statusCode":200,"cookies":["\n"]}"#,
            r#"{"statusCode":200,"statusDescription":1}"#,
        ];
        for kind in sample::KINDS {
            for payload in odd {
                let gateway = sample::gateway(kind);
                let _ = prelude(&gateway, &Method::GET, &sample::stamp(), payload.as_bytes());
                if let Err(refusal) = parse(&gateway, &sample::get("/"), &sample::stamp(), payload.as_bytes()) {
                    let wanted = if kind == GatewayKind::Http { 500 } else { 502 };
                    assert_eq!(refusal.response.status().as_u16(), wanted, "{kind:?} {payload}");
                    assert!(refusal.reason.starts_with("the function's response "), "{}", refusal.reason);
                }
            }
        }
    }
}
