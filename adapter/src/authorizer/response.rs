//! What an authorizer decides, and its forms for API Gateway.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::BoxError;

/// The principal of a response that names none, which an IAM policy needs.
const NOBODY: &str = "anonymous";
/// The key of the principal in the context.
const PRINCIPAL: &str = "principalId";

/// What an authorizer decides about a request.
///
/// Its answer holds for the whole stage of the API and not for the path that was asked for: API Gateway may keep an answer and
/// give it to requests for other paths.
///
/// ```
/// use zappa_rs_adapter::AuthorizerResponse;
///
/// #[derive(serde::Serialize)]
/// struct Team {
///     team: String,
/// }
///
/// let response = AuthorizerResponse::allow("ada").with_context(&Team { team: "red".to_owned() });
/// ```
#[derive(Debug)]
#[must_use]
pub struct AuthorizerResponse {
    effect: Effect,
    principal: String,
    context: Option<Result<Value, serde_json::Error>>,
    usage_key: Option<String>,
    is_policy: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Effect {
    Allow,
    Deny,
    Unauthorized,
}

impl AuthorizerResponse {
    fn new(effect: Effect, principal: String) -> Self {
        Self { effect, principal, context: None, usage_key: None, is_policy: false }
    }

    /// Lets the request pass; `principal` is who sends it, such as a user's id. The app reads it as `principalId` with the
    /// extractor [`Authorizer`](crate::Authorizer).
    pub fn allow(principal: impl Into<String>) -> Self {
        Self::new(Effect::Allow, principal.into())
    }

    /// Refuses the request: the client gets status 403.
    pub fn deny() -> Self {
        Self::new(Effect::Deny, NOBODY.to_owned())
    }

    /// Refuses a request without valid credentials: the client of a REST API gets status 401. API Gateway does so where the
    /// function fails, so it counts as a failed invocation in Lambda's metrics, and is never kept.
    pub fn unauthorized() -> Self {
        Self::new(Effect::Unauthorized, NOBODY.to_owned())
    }

    /// Hands `context` to the app, which reads it with the extractor [`Authorizer`](crate::Authorizer). It is a struct or a map.
    ///
    /// A REST API hands all values on as texts, and takes texts, numbers and booleans alone; an HTTP API takes any JSON. A
    /// context that cannot be sent fails the invocation, and the client gets status 500.
    pub fn with_context<T: Serialize>(mut self, context: &T) -> Self {
        self.context = Some(serde_json::to_value(context));
        self
    }

    /// Names the API key that the request counts for, as its value. A REST API asks for it where its keys come from the
    /// authorizer.
    pub fn with_usage_key(mut self, key: impl Into<String>) -> Self {
        self.usage_key = Some(key.into());
        self
    }

    /// Responds with an IAM policy to payload 2.0 of an HTTP API too. Its authorizer must be without simple responses, which
    /// `zappa-rs deploy` switches on.
    pub fn into_policy(mut self) -> Self {
        self.is_policy = true;
        self
    }

    pub(super) fn is_unauthorized(&self) -> bool {
        self.effect == Effect::Unauthorized
    }

    /// The response as API Gateway takes it, for an event about `arn`.
    ///
    /// # Errors
    ///
    /// The context cannot be sent to this gateway, or the event has no ARN.
    pub(super) fn encode(self, arn: &str, is_simple: bool) -> Result<Vec<u8>, BoxError> {
        let mut context = match self.context {
            None => Map::new(),
            Some(Ok(Value::Object(context))) => context,
            Some(Ok(_)) => return Err("the context of an authorizer is a struct or a map".into()),
            Some(Err(error)) => return Err(error.into()),
        };
        context.retain(|_, value| !value.is_null());
        if is_simple && !self.is_policy {
            // An IAM policy has a field of its own for it, which the gateway adds to the context.
            if self.effect == Effect::Allow {
                context.entry(PRINCIPAL).or_insert_with(|| json!(self.principal));
            }
            let response = json!({ "isAuthorized": self.effect == Effect::Allow, "context": context });
            return Ok(serde_json::to_vec(&response)?);
        }
        if let Some((name, _)) = context.iter().find(|(_, value)| !is_simple && (value.is_array() || value.is_object()))
        {
            let sentence = "a gateway takes texts, numbers and booleans in it";
            return Err(format!("the context has a list or a map in `{name}`; {sentence}").into());
        }
        let effect = if self.effect == Effect::Allow { "Allow" } else { "Deny" };
        let mut response = json!({
            PRINCIPAL: self.principal,
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Action": "execute-api:Invoke",
                    "Effect": effect,
                    "Resource": whole_stage(arn).ok_or("the event has no ARN of a stage")?,
                }],
            },
            "context": context,
        });
        if let Some(key) = self.usage_key {
            response["usageIdentifierKey"] = json!(key);
        }
        Ok(serde_json::to_vec(&response)?)
    }
}

/// The ARN of everything in the stage that an ARN is of: a policy that is kept must not depend on the path.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html>
fn whole_stage(arn: &str) -> Option<String> {
    let mut parts = arn.split('/');
    let (api, stage) = (parts.next()?, parts.next()?);
    api.contains(":execute-api:").then(|| format!("{api}/{stage}/*"))
}
