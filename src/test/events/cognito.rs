//! Events of triggers of Cognito user pools.

use serde::Serialize;
use serde_json::Value;
use zappa_rs_adapter::CognitoTrigger;

use super::{Event, to_json};

/// An event of a trigger of a Cognito user pool. [`cognito`] makes it.
#[derive(Clone, Debug)]
pub struct Cognito {
    event: Value,
}

/// An event of a trigger, for the user `ada`.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html>
///
/// ```
/// use zappa_rs::{CognitoTrigger, test::events};
///
/// let sign_up = events::cognito(CognitoTrigger::PreSignUp).user("bob").attribute("email", "bob@example.com");
/// ```
pub fn cognito(trigger: CognitoTrigger) -> Cognito {
    Cognito { event: Event::of_sample(sample_of(trigger)) }
}

fn sample_of(trigger: CognitoTrigger) -> &'static str {
    match trigger {
        CognitoTrigger::PostConfirmation => "cognito-post-confirmation",
        CognitoTrigger::PreAuthentication => "cognito-pre-authentication",
        CognitoTrigger::PostAuthentication => "cognito-post-authentication",
        CognitoTrigger::PreTokenGeneration => "cognito-pre-token-generation",
        CognitoTrigger::CustomMessage => "cognito-custom-message",
        CognitoTrigger::DefineAuthChallenge => "cognito-define-auth-challenge",
        CognitoTrigger::CreateAuthChallenge => "cognito-create-auth-challenge",
        CognitoTrigger::VerifyAuthChallengeResponse => "cognito-verify-auth-challenge",
        CognitoTrigger::UserMigration => "cognito-user-migration",
        CognitoTrigger::CustomEmailSender => "cognito-custom-email-sender",
        CognitoTrigger::CustomSmsSender => "cognito-custom-sms-sender",
        _ => "cognito-pre-sign-up",
    }
}

impl Cognito {
    /// Sets the user's name.
    #[must_use]
    pub fn user(mut self, name: &str) -> Self {
        self.event["userName"] = name.into();
        self
    }

    /// Sets an attribute of the user, such as `email`.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        self.event["request"]["userAttributes"][name] = value.into();
        self
    }

    /// Sets a field of the event's `request`, such as `validationData` or `challengeAnswer`.
    #[must_use]
    pub fn request(mut self, field: &str, value: &(impl Serialize + ?Sized)) -> Self {
        self.event["request"][field] = to_json(value);
        self
    }
}

impl From<Cognito> for Event {
    fn from(event: Cognito) -> Self {
        event.event.into()
    }
}
