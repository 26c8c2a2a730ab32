//! Errors of AWS calls, with operation, region, code and request id.

use std::{error::Error as StdError, fmt, path::PathBuf, sync::Arc, time::Duration};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::operation::RequestId;
use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{ConnectorError, SdkError},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{
    StackEvent,
    call::Call,
    cause::{causes, in_words},
    route::{NoAnswer, Route},
};

/// How much of an answer that cannot be read is shown.
const SHOWN: usize = 300;

/// The error of a call of AWS, or of a wait for it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// AWS, or an emulator, answered with an error.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// No answer arrived.
    #[error("{call}: no answer{}", origin(call, route.as_deref()))]
    Unanswered { call: Call, route: Option<Box<Route>>, source: Box<dyn StdError + Send + Sync> },
    /// A stream of events ended before its time.
    #[error("{call}: the stream was interrupted")]
    Interrupted { call: Call, source: Box<dyn StdError + Send + Sync> },
    /// There are no credentials to call with.
    #[error("{call}: no usable credentials")]
    Credentials { call: Call, is_expired: bool, source: Box<dyn StdError + Send + Sync> },
    /// There are no credentials to hand on.
    #[error("no usable credentials")]
    NoCredentials { renewal: Option<Arc<str>>, is_expired: bool, source: Box<dyn StdError + Send + Sync> },
    /// `--endpoint-url` or `AWS_ENDPOINT_URL` is no address.
    #[error("`{url}` is not a valid endpoint URL")]
    Endpoint { url: String },
    /// `local` was given an endpoint of AWS itself.
    #[error("`{url}` is AWS itself, not an emulator")]
    NotAnEmulator { url: String },
    /// A proxy of the environment's is no address; it is not shown, since it may hold a password.
    #[error("`{variable}` is not a valid proxy URL")]
    Proxy { variable: &'static str },
    /// A proxy speaks a protocol that the connector does not.
    #[error("`{variable}` names a proxy by `{scheme}://`, which is not supported")]
    ProxyScheme { variable: &'static str, scheme: String },
    /// The certificates to trust cannot be read.
    #[error(
        "{} `{}`{}", if source.is_some() { "cannot read" } else { "the file" }, path.display(),
        if source.is_some() { "" } else { " has no certificate that can be read" }
    )]
    Certificates { origin: &'static str, path: PathBuf, source: Option<std::io::Error> },
    /// The answer lacks what it must say, or is none of AWS's.
    #[error("{call}: the response cannot be parsed{}", status.map(|status| format!(" (status {status})")).unwrap_or_default())]
    Odd { call: Call, status: Option<u16>, body: String },
    /// The bucket belongs to another account, or this account may not use it.
    #[error("the bucket `{bucket}` belongs to another account, or the account {account} may not use it")]
    BucketOfOthers { bucket: String, account: String },
    /// The bucket is in another region.
    #[error("the bucket `{bucket}` is not in {region}{}", found.as_ref().map(|found| format!(" but in {found}")).unwrap_or_default())]
    BucketElsewhere { bucket: String, region: String, found: Option<String> },
    /// CloudFormation could not make a change set out of the template.
    #[error(
        "CloudFormation refused the change of `{stack}` in {region}: {reason}{}",
        cause.as_ref().map(|cause| format!(": {}", cause.sentence())).unwrap_or_default()
    )]
    ChangeRefused { stack: String, region: String, reason: String, cause: Option<Box<StackEvent>> },
    /// The wait timed out before the work was done.
    #[error("{what} in {region} is not done after {} s", after.as_secs())]
    Timeout { what: String, region: String, after: Duration },
    /// CloudFormation accepted an operation, and no event with its client request token was seen.
    #[error("stack `{stack}` is {status}, and shows no event of the change that CloudFormation accepted")]
    Unconfirmed { stack: String, status: String },
    /// Objects stayed that should have gone.
    #[error("{call}: `{key}` was not removed: {code}: {message}")]
    NotRemoved { call: Call, key: String, code: String, message: String },
    /// A file of this machine could not be read.
    #[error("cannot read `{}`", path.display())]
    File { path: PathBuf, source: std::io::Error },
}

/// An error that AWS answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    /// Which call it was.
    pub(crate) call: Call,
    /// `AccessDenied`.
    pub(crate) code: String,
    /// AWS's words.
    pub(crate) message: String,
    /// What AWS's support asks for.
    pub(crate) request_id: Option<String>,
    /// The HTTP status.
    pub(crate) status: u16,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, code, message, request_id, status } = self;
        write!(f, "{call}: {code}")?;
        if !message.is_empty() {
            write!(f, ": {}", message.trim_end_matches('.'))?;
        }
        write!(f, " (status {status}")?;
        if let Some(id) = request_id {
            write!(f, ", request id {id}")?;
        }
        write!(f, ")")
    }
}

impl StdError for Refusal {}

impl Error {
    /// The SDK's error of a call, classified.
    pub(super) fn new<E>(call: Call, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let raw = error.raw_response();
        let status = raw.map(|raw| raw.status().as_u16());
        let request_id = error.request_id().map(str::to_owned);
        let code = error.as_service_error().and_then(|error| error.code().map(str::to_owned));
        if let (Some(code), Some(status)) = (code, status) {
            let message = error.as_service_error().and_then(|error| error.message()).unwrap_or_default().to_owned();
            return Self::Refused(Box::new(Refusal { call, code, message, request_id, status }));
        }
        if let Some(status) = status {
            let body = raw.and_then(|raw| raw.body().bytes()).unwrap_or_default();
            // An answer to HEAD has no body, and its status is all it says.
            if body.is_empty() && status >= 400 {
                let code = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
                let code = code.unwrap_or("Unknown").replace(' ', "");
                return Self::Refused(Box::new(Refusal { call, code, message: String::new(), request_id, status }));
            }
            return Self::odd(call, Some(status), body);
        }
        let source = error.into_source().unwrap_or_else(|error| error.to_string().into());
        // The SDK's own level says no more than "io error" or "other".
        let source = match source.downcast::<ConnectorError>() {
            Ok(error) => error.into_source(),
            Err(source) => source,
        };
        let expired =
            causes(source.as_ref()).find_map(|cause| cause.downcast_ref::<CredentialsError>()).map(is_expired);
        match expired {
            Some(is_expired) => Self::Credentials { call, is_expired, source: in_words(source) },
            None => match source.downcast::<NoAnswer>() {
                Ok(unanswered) => {
                    let NoAnswer { route, source } = *unanswered;
                    Self::Unanswered { call, route: Some(Box::new(route)), source }
                }
                Err(source) => Self::Unanswered { call, route: None, source },
            },
        }
    }

    /// An answer that lacks what it must say.
    pub(super) fn odd(call: Call, status: Option<u16>, body: &[u8]) -> Self {
        Self::Odd { call, status, body: excerpt(body) }
    }

    /// AWS's code, such as `AccessDenied`.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => Some(&refusal.code),
            _ => None,
        }
    }

    /// AWS's words.
    pub(crate) fn message(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => Some(&refusal.message),
            Self::ChangeRefused { reason, .. } => Some(reason),
            _ => None,
        }
    }

    /// Where in the template CloudFormation found an error before it touched a resource.
    pub(crate) fn template_path(&self) -> Option<&str> {
        match self {
            Self::ChangeRefused { cause, .. } => cause.as_ref()?.path.as_deref(),
            _ => None,
        }
    }

    pub(super) fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

/// The endpoint that sent no answer, as far as it is known: a call that took too long as a whole has no route.
fn origin(call: &Call, route: Option<&Route>) -> String {
    let route = route.map(Route::to_string).or_else(|| Some(format!("`{}`", call.endpoint.as_ref()?)));
    route.map(|route| format!(" from {route}")).unwrap_or_default()
}

/// The start of an answer's text, on one line.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

/// Whether the credentials were valid once, by the text of the providers' errors.
pub(super) fn is_expired(error: &CredentialsError) -> bool {
    causes(error).any(|cause| {
        let text = cause.to_string().to_ascii_lowercase();
        text.contains("expired") || text.contains("sso token") || text.contains("sso login")
    })
}
