//! Extractors for axum's handlers. What they say stands in [`RequestContext`]; here it is only handed out.

use std::{collections::BTreeMap, convert::Infallible};

use axum_core::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;

use crate::{context::RequestContext, invocation::Invocation, log};

/// The claims of a verified token; the extractor answers 401 where there are none.
///
/// Take `Option<Claims<T>>` where a request may come without a token.
#[derive(Clone, Copy, Debug)]
pub struct Claims<T>(pub T);

/// What a Lambda authorizer returned, or the caller's IAM identity; the extractor answers 401 where there is none.
///
/// Take `Option<Authorizer<T>>` where a request may come without one.
#[derive(Clone, Copy, Debug)]
pub struct Authorizer<T>(pub T);

/// The id of the client's API key, if it sent one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApiKeyId(pub Option<String>);

/// The variables of the stage.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StageVariables(pub BTreeMap<String, String>);

/// The prefix that the client sees in front of the app's paths; see [`RequestContext::prefix`].
///
/// Redirects and cookie paths get it by themselves. Links in pages that begin with `/` do not, since they are the body's:
///
/// ```
/// use axum::response::Html;
/// use zappa_rs_adapter::Prefix;
///
/// async fn page(Prefix(prefix): Prefix) -> Html<String> {
///     Html(format!(r#"<a href="{prefix}/items">all items</a>"#))
/// }
/// ```
///
/// It is empty where nothing stands in front: behind an HTTP API's `$default` stage, a Function URL, a load balancer and on
/// the plain server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Prefix(pub String);

/// Why there are no claims or no authorizer's context to hand out. Answers 401 and says no more to the client.
#[derive(Clone, Copy, Debug)]
pub struct Unauthorized {
    _private: (),
}

impl IntoResponse for Unauthorized {
    fn into_response(self) -> Response {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

impl<S: Sync> FromRequestParts<S> for RequestContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

impl<S: Sync> FromRequestParts<S> for Invocation {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(RequestContext::of(&parts.extensions).invocation().clone())
    }
}

impl<S: Sync> FromRequestParts<S> for ApiKeyId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(RequestContext::of(&parts.extensions).api_key_id()))
    }
}

impl<S: Sync> FromRequestParts<S> for StageVariables {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(RequestContext::of(&parts.extensions).stage_variables()))
    }
}

impl<S: Sync> FromRequestParts<S> for Prefix {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(RequestContext::of(&parts.extensions).prefix().to_owned()))
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Claims<T> {
    type Rejection = Unauthorized;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Unauthorized> {
        let claims = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        claims.ok_or(Unauthorized { _private: () })
    }
}

impl<S: Sync, T: DeserializeOwned> OptionalFromRequestParts<S> for Claims<T> {
    type Rejection = Unauthorized;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Unauthorized> {
        let context = RequestContext::of(&parts.extensions);
        context.claims().map(|claims| claims.map(Self)).map_err(|error| refuse(&context, "claims", &error))
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Authorizer<T> {
    type Rejection = Unauthorized;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Unauthorized> {
        let found = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        found.ok_or(Unauthorized { _private: () })
    }
}

impl<S: Sync, T: DeserializeOwned> OptionalFromRequestParts<S> for Authorizer<T> {
    type Rejection = Unauthorized;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Unauthorized> {
        let context = RequestContext::of(&parts.extensions);
        context.authorizer().map(|found| found.map(Self)).map_err(|error| refuse(&context, "authorizer", &error))
    }
}

/// The client learns nothing of the type; the log does.
fn refuse(context: &RequestContext, what: &str, error: &serde_json::Error) -> Unauthorized {
    log::error(
        context.invocation().request_id(),
        &format!("the request's {what} do not fit the type asked for: {error}"),
    );
    Unauthorized { _private: () }
}
