//! What AWS answered when it did not do what was asked.

use std::fmt;

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::{display::DisplayErrorContext, metadata::ProvideErrorMetadata};

/// A call that failed.
#[derive(Debug)]
pub(crate) struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    operation: &'static str,
    region: String,
    resource: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// AWS refused.
    Refused { code: String, message: String, request_id: Option<String> },
    /// The answer is none of AWS's.
    Odd { status: u16, body: String },
    /// The answer never came; the text is the SDK's chain of causes.
    NoAnswer(String),
    /// There are no credentials, or they cannot be had.
    Credentials(String),
    /// It takes longer than anybody waits.
    TimedOut(String),
    /// A file on this machine cannot be read.
    File(std::io::Error),
}

impl Error {
    /// What the SDK says of a call on `resource`.
    pub(super) fn of<E>(
        operation: &'static str,
        region: &str,
        resource: &str,
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let chain = || DisplayErrorContext(error).to_string();
        let kind = match error {
            SdkError::ServiceError(service) if service.err().code().is_some() => {
                let metadata = service.err().meta();
                Kind::Refused {
                    code: metadata.code().unwrap_or_default().to_owned(),
                    message: metadata.message().unwrap_or_default().to_owned(),
                    request_id: metadata.extra("aws_request_id").map(str::to_owned),
                }
            }
            SdkError::ServiceError(_) | SdkError::ResponseError(_) => match error.raw_response() {
                Some(response) => Kind::Odd {
                    status: response.status().as_u16(),
                    body: String::from_utf8_lossy(response.body().bytes().unwrap_or_default()).into_owned(),
                },
                None => Kind::NoAnswer(chain()),
            },
            _ => {
                let chain = chain();
                if is_about_credentials(&chain) { Kind::Credentials(chain) } else { Kind::NoAnswer(chain) }
            }
        };
        Self(Box::new(Inner { operation, region: region.to_owned(), resource: resource.to_owned(), kind }))
    }

    pub(super) fn file(operation: &'static str, region: &str, resource: &str, source: std::io::Error) -> Self {
        Self(Box::new(Inner {
            operation,
            region: region.to_owned(),
            resource: resource.to_owned(),
            kind: Kind::File(source),
        }))
    }

    pub(super) fn timed_out(operation: &'static str, region: &str, resource: &str, what: String) -> Self {
        Self(Box::new(Inner {
            operation,
            region: region.to_owned(),
            resource: resource.to_owned(),
            kind: Kind::TimedOut(what),
        }))
    }

    /// An answer without what it always has.
    pub(super) fn odd(operation: &'static str, region: &str, resource: &str, what: &str) -> Self {
        Self(Box::new(Inner {
            operation,
            region: region.to_owned(),
            resource: resource.to_owned(),
            kind: Kind::Odd { status: 200, body: what.to_owned() },
        }))
    }

    /// AWS's code, such as `AccessDenied`.
    pub(crate) fn code(&self) -> Option<&str> {
        match &self.0.kind {
            Kind::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// AWS's reason.
    pub(crate) fn message(&self) -> &str {
        match &self.0.kind {
            Kind::Refused { message, .. } => message,
            _ => "",
        }
    }

    /// What was asked for is not there.
    pub(crate) fn is_missing(&self) -> bool {
        match &self.0.kind {
            Kind::Refused { code, message, .. } => {
                ["NoSuchBucket", "NoSuchKey", "NotFound", "ResourceNotFoundException", "ChangeSetNotFound"]
                    .contains(&code.as_str())
                    || code == "ValidationError" && message.contains("does not exist")
            }
            Kind::Odd { status, .. } => *status == 404,
            _ => false,
        }
    }

    /// The caller may not do this.
    pub(crate) fn is_denied(&self) -> bool {
        match &self.0.kind {
            Kind::Refused { code, message, .. } => {
                ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden"].contains(&code.as_str())
                    || message.contains("not authorized to perform")
            }
            Kind::Odd { status, .. } => *status == 403,
            _ => false,
        }
    }

    /// Somebody made the same thing already.
    pub(crate) fn is_taken(&self) -> bool {
        self.code().is_some_and(|code| code == "AlreadyExistsException" || code == "AlreadyExists")
    }

    /// The stack is being changed.
    pub(crate) fn is_busy(&self) -> bool {
        self.message().contains("_IN_PROGRESS") || self.code() == Some("OperationInProgressException")
    }

    /// What gets further.
    pub(crate) fn hint(&self) -> Option<String> {
        let Inner { operation, region, resource, kind } = &*self.0;
        if self.is_denied() {
            return Some(format!(
                "allow `{operation}` on {resource}; `zappa-rs policy deploy` prints every permission that a deploy needs"
            ));
        }
        Some(match kind {
            Kind::Credentials(_) => {
                "set `profile_name`, `--profile` or `AWS_PROFILE`, or sign in: `aws configure`, `aws sso login`"
                    .to_owned()
            }
            Kind::Refused { code, .. } => match code.as_str() {
                "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
                    "the credentials have expired: sign in again, such as by `aws sso login`".to_owned()
                }
                "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId" | "AuthFailure" => {
                    format!(
                        "the credentials are not known in {region}: look at the profile, or enable the region for the account if it is opt-in"
                    )
                }
                "SignatureDoesNotMatch" | "IncompleteSignature" => {
                    "the secret key does not belong to the access key, or this machine's clock is wrong".to_owned()
                }
                "OptInRequired" => format!("enable {region} for the account: AWS console, Account, AWS Regions"),
                "Throttling" | "ThrottlingException" | "TooManyRequestsException" | "SlowDown" => {
                    "AWS asks to slow down: run the command again in a minute; it goes on from what stands".to_owned()
                }
                "LimitExceededException" | "ServiceQuotaExceededException" | "TooManyBuckets" => {
                    "the account is out of a quota: Service Quotas in the console shows it and takes a request for more"
                        .to_owned()
                }
                _ => return None,
            },
            Kind::NoAnswer(_) => format!(
                "no answer from AWS in {region}: look at the network, the proxy (`HTTPS_PROXY`), `--endpoint-url` and the region's name, then run the command again; it goes on from what stands"
            ),
            Kind::Odd { status: 500.., .. } => "run the command again; it goes on from what stands".to_owned(),
            Kind::Odd { .. } => {
                "something between here and AWS answers in its place: look at the proxy and at `--endpoint-url`"
                    .to_owned()
            }
            Kind::TimedOut(_) => {
                "CloudFormation goes on by itself; the same command with `--wait` waits for it".to_owned()
            }
            Kind::File(_) => return None,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { operation, region, resource, kind } = &*self.0;
        write!(f, "`{operation}` on {resource} failed in {region}: ")?;
        match kind {
            Kind::Refused { code, message, request_id } => {
                write!(f, "{code}")?;
                if !message.is_empty() {
                    write!(f, ": {}", message.trim_end_matches('.'))?;
                }
                match request_id {
                    Some(id) => write!(f, " (request {id})"),
                    None => Ok(()),
                }
            }
            Kind::Odd { status, body } => {
                let start: String = body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
                write!(
                    f,
                    "an answer that is not AWS's, status {status}: {}",
                    if start.is_empty() { "no body" } else { &start }
                )
            }
            Kind::NoAnswer(chain) | Kind::Credentials(chain) => f.write_str(chain),
            Kind::TimedOut(what) => f.write_str(what),
            Kind::File(_) => write!(f, "the file cannot be read"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            Kind::File(source) => Some(source),
            _ => None,
        }
    }
}

fn is_about_credentials(chain: &str) -> bool {
    let chain = chain.to_lowercase();
    ["credential", "profile", "sso", "token"].iter().any(|word| chain.contains(word))
}
