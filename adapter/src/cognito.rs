//! Triggers of Cognito user pools: <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html>.
//!
//! The response to a trigger is its event, with the `response` part filled in.

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

/// A trigger of a Cognito user pool.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CognitoTrigger {
    /// Before a user is added; can confirm or refuse.
    PreSignUp,
    /// After a user or a new password was confirmed.
    PostConfirmation,
    /// Before a sign-in is verified; can refuse.
    PreAuthentication,
    /// After a sign-in.
    PostAuthentication,
    /// Before tokens are issued; can change their claims.
    PreTokenGeneration,
    /// Before a message to a user is sent; can change its text.
    CustomMessage,
    /// Determines the next challenge of a custom sign-in.
    DefineAuthChallenge,
    /// Creates a challenge of a custom sign-in.
    CreateAuthChallenge,
    /// Verifies the response to a challenge of a custom sign-in.
    VerifyAuthChallengeResponse,
    /// Looks up a user that the pool does not have.
    UserMigration,
    /// Sends an email in place of Cognito.
    CustomEmailSender,
    /// Sends an SMS in place of Cognito.
    CustomSmsSender,
}

impl CognitoTrigger {
    /// Every trigger with the first word of its `triggerSource`.
    const WORDS: [(&'static str, Self); 12] = [
        ("PreSignUp", Self::PreSignUp),
        ("PostConfirmation", Self::PostConfirmation),
        ("PreAuthentication", Self::PreAuthentication),
        ("PostAuthentication", Self::PostAuthentication),
        ("TokenGeneration", Self::PreTokenGeneration),
        ("CustomMessage", Self::CustomMessage),
        ("DefineAuthChallenge", Self::DefineAuthChallenge),
        ("CreateAuthChallenge", Self::CreateAuthChallenge),
        ("VerifyAuthChallengeResponse", Self::VerifyAuthChallengeResponse),
        ("UserMigration", Self::UserMigration),
        ("CustomEmailSender", Self::CustomEmailSender),
        ("CustomSMSSender", Self::CustomSmsSender),
    ];

    /// Detects the trigger of an event by its `triggerSource`, such as `PreSignUp_AdminCreateUser`.
    pub(crate) fn detect(event: &[u8]) -> Option<Self> {
        let event: Event<'_> = serde_json::from_slice(event).ok()?;
        let word = event.source.split('_').next()?;
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, trigger)| *trigger)
    }
}

impl fmt::Display for CognitoTrigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "triggerSource", borrow)]
    source: Cow<'a, str>,
}

/// The response to a trigger, from what its handler returned: the event itself, whole; its `response` part; or nothing,
/// which leaves the event as it is.
pub(crate) fn respond(event: &Bytes, returned: Vec<u8>) -> Result<Vec<u8>, serde_json::Error> {
    if &*returned == b"null" {
        return Ok(event.to_vec());
    }
    let response: Value = serde_json::from_slice(&returned)?;
    if response.get("triggerSource").is_some() {
        return Ok(returned);
    }
    let mut event: Value = serde_json::from_slice(event)?;
    event["response"] = response;
    serde_json::to_vec(&event)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str =
        r#"{"version":"1","triggerSource":"PreSignUp_SignUp","request":{},"response":{"autoConfirmUser":false}}"#;

    fn respond_text(returned: &str) -> String {
        let json = respond(&Bytes::from_static(EVENT.as_bytes()), returned.as_bytes().to_vec()).expect("it is JSON");
        String::from_utf8(json).expect("JSON is UTF-8")
    }

    #[test]
    fn what_a_handler_returns_becomes_the_event_that_cognito_takes() {
        assert_eq!(respond_text("null"), EVENT);
        let whole = EVENT.replace("false", "true");
        assert_eq!(respond_text(&whole), whole);
        let merged: Value = serde_json::from_str(&respond_text(r#"{"autoConfirmUser":true}"#)).expect("it is JSON");
        assert_eq!(merged, serde_json::from_str::<Value>(&whole).expect("it is JSON"));
    }

    #[test]
    fn every_trigger_is_detected_by_the_first_word_of_its_source() {
        for (source, trigger) in [
            ("PreSignUp_AdminCreateUser", Some(CognitoTrigger::PreSignUp)),
            ("TokenGeneration_RefreshTokens", Some(CognitoTrigger::PreTokenGeneration)),
            ("CustomSMSSender_ForgotPassword", Some(CognitoTrigger::CustomSmsSender)),
            ("SomethingNew_Here", None),
        ] {
            let event = format!(r#"{{"triggerSource":"{source}"}}"#);
            assert_eq!(CognitoTrigger::detect(event.as_bytes()), trigger, "{source}");
        }
    }
}
