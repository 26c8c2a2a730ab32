//! What a gateway found out about a caller, and tells the function in the event.

use serde_json::Value;

use super::claims::Claims;

/// The caller of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Caller {
    /// Who it is.
    pub(crate) identity: Identity,
}

/// Who a caller is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Identity {
    /// Nobody asked.
    #[default]
    Unknown,
    /// The one of a token.
    Token(Claims),
    /// An identity of IAM.
    Iam(IamIdentity),
}

/// An identity of IAM.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IamIdentity {
    /// The id of the access key.
    pub(crate) access_key: String,
    /// The account, twelve digits.
    pub(crate) account_id: String,
    /// The unique id of the principal; with the name of the session for a role.
    pub(crate) user_id: String,
    /// The ARN of the user, or of the session of a role.
    pub(crate) user_arn: String,
}

impl Caller {
    /// The identity of IAM, if it is one.
    pub(crate) fn iam(&self) -> Option<&IamIdentity> {
        match &self.identity {
            Identity::Iam(identity) => Some(identity),
            Identity::Unknown | Identity::Token(_) => None,
        }
    }

    /// `requestContext.authorizer` of a REST API.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer-claims.html>
    pub(crate) fn rest_authorizer(&self) -> Option<Value> {
        match &self.identity {
            Identity::Token(claims) => Some(serde_json::json!({ "claims": claims.for_rest_api() })),
            Identity::Unknown | Identity::Iam(_) => None,
        }
    }

    /// `requestContext.authorizer` of payload 2.0.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
    pub(crate) fn authorizer(&self) -> Option<Value> {
        match &self.identity {
            Identity::Unknown => None,
            Identity::Token(claims) => Some(serde_json::json!({
                "jwt": { "claims": claims.for_http_api(), "scopes": claims.route_scopes() },
            })),
            Identity::Iam(IamIdentity { access_key, account_id, user_id, user_arn }) => Some(serde_json::json!({
                "iam": {
                    "accessKey": access_key,
                    "accountId": account_id,
                    "callerId": user_id,
                    "cognitoIdentity": null,
                    "principalOrgId": null,
                    "userArn": user_arn,
                    "userId": user_id,
                },
            })),
        }
    }
}
