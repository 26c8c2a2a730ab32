//! Slack's slash command, whose requests are signed: <https://api.slack.com/authentication/verifying-requests-from-slack>.

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;

use crate::{Backend, Question, answer::Request, page};

/// How old a request may be, so that a recorded one cannot be sent again later.
const MAX_AGE_SECONDS: u64 = 5 * 60;

/// The signing secret of a Slack app.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A secret, as the settings of the Slack app show it.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Whether a request is Slack's own and new, by `now` in seconds since 1970.
    fn accepts(&self, headers: &HeaderMap, body: &[u8], now: u64) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(timestamp), Some(given)) = (text("x-slack-request-timestamp"), text("x-slack-signature")) else {
            return false;
        };
        let is_new = timestamp.parse::<u64>().is_ok_and(|sent| now.abs_diff(sent) <= MAX_AGE_SECONDS);
        let given = given.strip_prefix("v0=").and_then(|digits| hex::decode(digits).ok()).unwrap_or_default();
        // `verify_slice` takes the same time wherever the two differ.
        is_new && mac(&self.0, timestamp, body).verify_slice(&given).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The header `X-Slack-Signature` that Slack sends with a request.
#[must_use]
pub fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    format!("v0={}", hex::encode(mac(secret, timestamp, body).finalize().into_bytes()))
}

fn mac(secret: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length is one");
    mac.update(b"v0:");
    mac.update(timestamp.as_bytes());
    mac.update(b":");
    mac.update(body);
    mac
}

/// What Slack sends for a command.
#[derive(Debug, Deserialize)]
struct Command {
    #[serde(default)]
    text: String,
    #[serde(default)]
    user_name: String,
    response_url: Option<String>,
}

/// `/qanda QUESTION`: stores the question and responds at once.
pub(crate) async fn command(State(backend): State<Arc<Backend>>, headers: HeaderMap, body: Bytes) -> Response {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    // The signature covers the bytes of the body, so they are verified before they are read.
    if !backend.secret.as_ref().is_some_and(|secret| secret.accepts(&headers, &body, now)) {
        return (StatusCode::UNAUTHORIZED, "the request is not signed by Slack").into_response();
    }
    let Ok(command) = serde_urlencoded::from_bytes::<Command>(&body) else {
        return (StatusCode::BAD_REQUEST, "the request is no command").into_response();
    };
    let question = Question::new(&command.text, &command.user_name);
    if question.text.is_empty() {
        return private("Ask a question: `/qanda Where is the coffee machine?`");
    }
    let request = Request { id: question.id.clone(), response_url: command.response_url };
    match page::store(&backend, &question, &request).await {
        Ok(()) => private(&format!("Looking for an answer to “{}” …", question.text)),
        Err(error) => {
            tracing::error!("storing a question failed: {error}");
            private("The question could not be stored. Please ask again in a minute.")
        }
    }
}

/// A message that only who asked can see. Slack shows none of a response that is not 200.
fn private(text: &str) -> Response {
    Json(json!({ "response_type": "ephemeral", "text": text })).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Slack's documentation.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const TIMESTAMP: &str = "1531420618";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&\
        channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=\
        https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=\
        398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    fn accepts(secret: &str, timestamp: &str, signature: &str, body: &str, now: u64) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("x-slack-request-timestamp", timestamp.parse().expect("ASCII"));
        headers.insert("x-slack-signature", signature.parse().expect("ASCII"));
        Secret::new(secret.to_owned()).accepts(&headers, body.as_bytes(), now)
    }

    #[test]
    fn the_signature_is_the_one_of_slacks_documentation() {
        assert_eq!(signature(SECRET, TIMESTAMP, BODY.as_bytes()), SIGNATURE);
    }

    #[test]
    fn only_signed_and_new_requests_are_accepted() {
        let sent = 1_531_420_618;
        assert!(accepts(SECRET, TIMESTAMP, SIGNATURE, BODY, sent));
        assert!(accepts(SECRET, TIMESTAMP, SIGNATURE, BODY, sent + 300), "five minutes are allowed");
        for (secret, timestamp, signature, body, now) in [
            ("other", TIMESTAMP, SIGNATURE, BODY, sent),
            (SECRET, "1531420619", SIGNATURE, BODY, sent),
            (SECRET, TIMESTAMP, SIGNATURE, "token=other", sent),
            (SECRET, TIMESTAMP, &SIGNATURE[3..], BODY, sent),
            (SECRET, TIMESTAMP, "v0=", BODY, sent),
            (SECRET, TIMESTAMP, "v0=xyz", BODY, sent),
            (SECRET, "soon", SIGNATURE, BODY, sent),
            (SECRET, TIMESTAMP, SIGNATURE, BODY, sent + 301),
            (SECRET, TIMESTAMP, SIGNATURE, BODY, sent - 301),
        ] {
            assert!(!accepts(secret, timestamp, signature, body, now), "{secret} {timestamp} {signature} {now}");
        }
        assert!(!Secret::new(SECRET.to_owned()).accepts(&HeaderMap::new(), BODY.as_bytes(), sent), "no headers");
    }
}
