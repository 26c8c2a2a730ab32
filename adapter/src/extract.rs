//! Extractors for axum's handlers, each a view of [`RequestContext`].

use std::{
    collections::BTreeMap,
    convert::Infallible,
    ops::{Deref, DerefMut},
};

use axum_core::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;

use crate::{
    context::{ContextError, RequestContext},
    error::Error,
    invocation::Invocation,
    log,
};

/// The claims of a token that the gateway or a layer of the module `jwt` verified; the extractor responds with 401 where there are none.
///
/// Take `Option<Claims<T>>` where a request may come without a token.
///
/// ```
/// use zappa_rs_adapter::Claims;
///
/// #[derive(serde::Deserialize)]
/// struct User {
///     sub: String,
/// }
///
/// async fn profile(Claims(user): Claims<User>) -> String {
///     format!("you are {}", user.sub)
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Claims<T>(pub T);

/// The context that a Lambda authorizer returned, or the caller's IAM identity; the extractor responds with 401 where
/// there is none.
///
/// Take `Option<Authorizer<T>>` where a request may come without one.
///
/// ```
/// use zappa_rs_adapter::Authorizer;
///
/// #[derive(serde::Deserialize)]
/// struct Team {
///     team: String,
/// }
///
/// async fn board(authorizer: Option<Authorizer<Team>>) -> String {
///     authorizer.map_or_else(|| "the public board".to_owned(), |Authorizer(team)| team.team)
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Authorizer<T>(pub T);

/// The id (not the secret) of the client's API key; the extractor responds with 401 where there is none.
///
/// Take `Option<ApiKeyId>` where a request may come without a key.
///
/// ```
/// use zappa_rs_adapter::ApiKeyId;
///
/// async fn plan(key: Option<ApiKeyId>) -> String {
///     key.map_or_else(|| "no key".to_owned(), |ApiKeyId(id)| format!("the plan of {id}"))
/// }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApiKeyId(pub String);

/// The variables of the gateway's stage; empty where there are none.
///
/// ```
/// use zappa_rs_adapter::StageVariables;
///
/// async fn color(variables: StageVariables) -> String {
///     variables.get("color").cloned().unwrap_or_else(|| "blue".to_owned())
/// }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StageVariables(pub BTreeMap<String, String>);

/// The prefix in front of the app's paths as the client sees them; see [`RequestContext::prefix`].
///
/// `Location` headers and cookie paths get it automatically. Links in a page that begin with `/` do not, since the body
/// is left as it is:
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
/// It is empty behind an HTTP API's `$default` stage, a Function URL, a load balancer and on the plain server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Prefix(pub String);

macro_rules! impl_deref {
    ($($extractor:ident $(<$parameter:ident>)? => $target:ty;)+) => {$(
        impl$(<$parameter>)? Deref for $extractor$(<$parameter>)? {
            type Target = $target;

            fn deref(&self) -> &$target {
                &self.0
            }
        }

        impl$(<$parameter>)? DerefMut for $extractor$(<$parameter>)? {
            fn deref_mut(&mut self) -> &mut $target {
                &mut self.0
            }
        }
    )+};
}

impl_deref! {
    Claims<T> => T;
    Authorizer<T> => T;
    ApiKeyId => String;
    StageVariables => BTreeMap<String, String>;
    Prefix => String;
}

/// The rejection of [`Claims`], [`Authorizer`] and [`ApiKeyId`]: it responds with 401 and without a reason.
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
    type Rejection = Unauthorized;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Unauthorized> {
        RequestContext::of(&parts.extensions).api_key_id().map(Self).ok_or(Unauthorized { _private: () })
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for ApiKeyId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(RequestContext::of(&parts.extensions).api_key_id().map(Self))
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
        context.claims().map(|claims| claims.map(Self)).map_err(|error| reject(&context, "claims", &error))
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
        context.authorizer().map(|found| found.map(Self)).map_err(|error| reject(&context, "authorizer", &error))
    }
}

/// Rejects a request whose context does not fit the handler's type. The reason goes to the log and not to the client.
fn reject(context: &RequestContext, part: &str, error: &ContextError) -> Unauthorized {
    let message = format!("the request's {part} cannot be extracted: {}", Error::chain_of(error));
    log::error(context.invocation().request_id(), &message);
    Unauthorized { _private: () }
}
