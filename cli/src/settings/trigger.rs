//! The triggers of a Cognito user pool.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A trigger of a user pool: `App::on_cognito` registers its handler.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Trigger {
    /// Before a user is added.
    PreSignUp,
    /// After a user or a new password was confirmed.
    PostConfirmation,
    /// Before a sign-in is verified.
    PreAuthentication,
    /// After a sign-in.
    PostAuthentication,
    /// Before tokens are issued.
    PreTokenGeneration,
    /// Before a message to a user is sent.
    CustomMessage,
    /// Determines the next challenge of a custom sign-in.
    DefineAuthChallenge,
    /// Creates a challenge of a custom sign-in.
    CreateAuthChallenge,
    /// Verifies the response to a challenge.
    VerifyAuthChallengeResponse,
    /// Looks up a user that the pool does not have.
    UserMigration,
    /// Sends an email in place of Cognito; the pool's `LambdaConfig` needs a `KMSKeyID`.
    CustomEmailSender,
    /// Sends an SMS in place of Cognito; the pool's `LambdaConfig` needs a `KMSKeyID`.
    CustomSmsSender,
}

impl Trigger {
    /// The key in a pool's `LambdaConfig`.
    pub(crate) fn property(self) -> &'static str {
        match self {
            Self::PreSignUp => "PreSignUp",
            Self::PostConfirmation => "PostConfirmation",
            Self::PreAuthentication => "PreAuthentication",
            Self::PostAuthentication => "PostAuthentication",
            Self::PreTokenGeneration => "PreTokenGeneration",
            Self::CustomMessage => "CustomMessage",
            Self::DefineAuthChallenge => "DefineAuthChallenge",
            Self::CreateAuthChallenge => "CreateAuthChallenge",
            Self::VerifyAuthChallengeResponse => "VerifyAuthChallengeResponse",
            Self::UserMigration => "UserMigration",
            Self::CustomEmailSender => "CustomEmailSender",
            Self::CustomSmsSender => "CustomSMSSender",
        }
    }

    /// Whether an event with this `triggerSource`, such as `PreSignUp_AdminCreateUser`, is of the trigger.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html>
    pub(crate) fn is_of(self, trigger_source: &str) -> bool {
        let word = trigger_source.split('_').next().unwrap_or_default();
        match self {
            Self::PreTokenGeneration => word == "TokenGeneration",
            trigger => word == trigger.property(),
        }
    }

    /// Whether Cognito encrypts the code that the trigger gets, with a key of the pool's.
    pub(crate) fn is_sender(self) -> bool {
        matches!(self, Self::CustomEmailSender | Self::CustomSmsSender)
    }
}
