//! Predicates of AWS errors: what a code, a status or a message means to the caller.

use super::Error;

impl Error {
    /// AWS answered that it will not do this.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::ChangeRefused { .. }) || matches!(self, Self::Refused(refusal) if refusal.status < 500)
    }

    /// The caller may not do this.
    pub(crate) fn is_denied(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            !self.is_credentials()
                && !self.is_region_disabled()
                && (refusal.code.starts_with("AccessDenied")
                    || matches!(&*refusal.code, "Forbidden" | "UnauthorizedOperation" | "AuthorizationError"))
        })
    }

    /// S3 knows no account-regional namespace there.
    pub(crate) fn is_unknown_namespace(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            refusal.call.operation == "s3:CreateBucket"
                && matches!(
                    &*refusal.code,
                    "InvalidArgument"
                        | "InvalidBucketName"
                        | "InvalidBucketNamespace"
                        | "InvalidRequest"
                        | "MethodNotAllowed"
                        | "NotImplemented"
                        | "UnsupportedOperation"
                )
        })
    }

    /// AWS asked to slow down, and went on doing so.
    pub(crate) fn is_throttled(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            refusal.status == 429
                || refusal.code.starts_with("Throttl")
                || matches!(
                    &*refusal.code,
                    "ProvisionedThroughputExceededException"
                        | "SlowDown"
                        | "TooManyRequestsException"
                        | "RequestLimitExceeded"
                        | "RequestThrottled"
                )
        })
    }

    /// A retry of the same call may succeed.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Self::Refused(refusal) => self.is_throttled() || refusal.status >= 500,
            Self::Unanswered { .. } | Self::Interrupted { .. } | Self::Odd { .. } => true,
            _ => false,
        }
    }

    /// What was named does not exist.
    pub(crate) fn is_missing(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            refusal.status == 404
                || refusal.code.ends_with("NotFound")
                || matches!(&*refusal.code, "ResourceNotFoundException" | "NoSuchKey" | "NoSuchBucket" | "NoSuchUpload")
                || matches!(&*refusal.code, "QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue")
                || (refusal.code == "ValidationError" && refusal.message.contains("does not exist"))
        })
    }

    /// A secret was removed and can still be restored.
    pub(crate) fn is_scheduled_for_deletion(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            refusal.code == "InvalidRequestException" && refusal.message.to_lowercase().contains("for deletion")
        })
    }

    /// Another has created it meanwhile.
    pub(crate) fn is_already_there(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.code == "ResourceExistsException")
    }

    /// There are no credentials, or AWS does not take them.
    pub(crate) fn is_credentials(&self) -> bool {
        match self {
            Self::Credentials { .. } | Self::NoCredentials { .. } => true,
            Self::Refused(refusal) => {
                self.is_expired()
                    || matches!(
                        &*refusal.code,
                        "InvalidClientTokenId"
                            | "UnrecognizedClientException"
                            | "InvalidAccessKeyId"
                            | "SignatureDoesNotMatch"
                            | "InvalidSignatureException"
                            | "AuthFailure"
                            | "InvalidToken"
                            | "MissingAuthenticationToken"
                            | "MissingAuthenticationTokenException"
                            | "IncompleteSignature"
                            | "NotSignedUp"
                    )
            }
            _ => false,
        }
    }

    /// The credentials were valid once.
    pub(crate) fn is_expired(&self) -> bool {
        match self {
            Self::Credentials { is_expired, .. } | Self::NoCredentials { is_expired, .. } => *is_expired,
            Self::Refused(refusal) => matches!(
                &*refusal.code,
                "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired"
            ),
            _ => false,
        }
    }

    /// The account has not switched this region on.
    ///
    /// A region that must be switched on first says so only to some services; others do not know the credentials there.
    pub(crate) fn is_region_disabled(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            matches!(&*refusal.code, "RegionDisabledException" | "OptInRequired")
                || (refusal.message.contains("region") && refusal.message.contains("not enabled"))
        })
    }

    /// Another operation on the same resource is in progress.
    pub(crate) fn is_busy(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            matches!(
                &*refusal.code,
                "OperationInProgressException" | "OperationInProgress" | "ResourceConflictException"
            ) || (refusal.code == "ValidationError" && refusal.message.contains("_IN_PROGRESS state"))
        })
    }

    /// The resource was changed since it was read.
    pub(crate) fn is_overtaken(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.code == "PreconditionFailedException")
    }

    /// EventBridge Scheduler does not take a start that has passed.
    pub(crate) fn is_past_start(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            refusal.code == "ValidationException" && refusal.message.to_lowercase().contains("startdate")
        })
    }

    /// The command line was wrong, not AWS.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Endpoint { .. }
                | Self::NotAnEmulator { .. }
                | Self::Proxy { .. }
                | Self::ProxyScheme { .. }
                | Self::Certificates { .. }
        )
    }
}
