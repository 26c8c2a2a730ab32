//! The response to a request without a valid token ([RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3)).
//!
//! Nothing of the request is in it, so that no client can write headers of a response.

use axum_core::body::Body;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};

use super::rejection::Rejection;

/// Several `Authorization` headers.
pub(super) fn ambiguous() -> Response<Body> {
    let challenge = r#"Bearer error="invalid_request", error_description="one Authorization header is expected""#;
    respond(StatusCode::BAD_REQUEST, Some(HeaderValue::from_static(challenge)))
}

/// The response to a rejected token. `scopes` are those of which a token needs one.
pub(super) fn of(rejection: &Rejection, scopes: &[String]) -> Response<Body> {
    match rejection {
        Rejection::KeysUnavailable(_) => {
            let mut response = respond(StatusCode::SERVICE_UNAVAILABLE, None);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
            response
        }
        Rejection::Scope => respond(StatusCode::FORBIDDEN, challenge(Some("insufficient_scope"), rejection, scopes)),
        // A client that sent nothing is told what to send, and not that it made an error.
        Rejection::Missing => respond(StatusCode::UNAUTHORIZED, challenge(None, rejection, scopes)),
        _ => respond(StatusCode::UNAUTHORIZED, challenge(Some("invalid_token"), rejection, scopes)),
    }
}

/// The value of `WWW-Authenticate`. Each has a parameter, as RFC 6750 asks for.
fn challenge(error: Option<&str>, rejection: &Rejection, scopes: &[String]) -> Option<HeaderValue> {
    let mut text = String::from(r#"Bearer realm="api""#);
    if let Some(error) = error {
        text += &format!(r#", error="{error}", error_description="{}""#, description(rejection));
    }
    // Scopes of OAuth have no quotes and no backslashes (RFC 6749 §3.3); others cannot be written.
    let is_plain = |scope: &String| scope.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
    if !scopes.is_empty() && scopes.iter().all(is_plain) {
        text += &format!(r#", scope="{}""#, scopes.join(" "));
    }
    HeaderValue::try_from(text).ok()
}

/// The reason for the client, without quotes and backslashes, which the grammar does not allow there.
fn description(rejection: &Rejection) -> String {
    let text = rejection.to_string();
    text.chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')).collect()
}

fn respond(status: StatusCode, challenge: Option<HeaderValue>) -> Response<Body> {
    // As API Gateway has it.
    let reason = status.canonical_reason().unwrap_or_default();
    let mut response = Response::new(Body::from(format!(r#"{{"message":"{reason}"}}"#)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(challenge) = challenge {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rejection_has_the_status_and_the_challenge_of_the_specification() {
        let scopes = ["read".to_owned(), "write".to_owned()];
        for (rejection, status, expected) in [
            (Rejection::Missing, 401, Some(r#"Bearer realm="api", scope="read write""#)),
            (
                Rejection::Expired,
                401,
                Some(
                    r#"Bearer realm="api", error="invalid_token", error_description="the token has expired", scope="read write""#,
                ),
            ),
            (
                Rejection::Scope,
                403,
                Some(
                    r#"Bearer realm="api", error="insufficient_scope", error_description="the token has none of the required scopes", scope="read write""#,
                ),
            ),
            (Rejection::KeysUnavailable("secret.internal: refused".to_owned()), 503, None),
        ] {
            let response = of(&rejection, &scopes);
            let found = response.headers().get(WWW_AUTHENTICATE).map(|value| value.to_str().unwrap());
            assert_eq!((response.status().as_u16(), found), (status, expected), "{rejection:?}");
        }
    }

    #[test]
    fn no_text_breaks_out_of_the_header() {
        let claim = Rejection::Claim("a\"\r\nset-cookie: x=\\y\u{e9}".to_owned());
        let response = of(&claim, &["a\"b".to_owned()]);
        let value = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        assert_eq!(
            value,
            "Bearer realm=\"api\", error=\"invalid_token\", error_description=\"the token has not the required value of \
             the claim `aset-cookie: x=y`\""
        );
    }
}
