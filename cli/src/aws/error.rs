//! What AWS refused or could not be asked, with every fact it gave.

/// A call that did not do what it was made for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// AWS, or what stands in for it, answered with an error.
    #[error("not written yet")]
    Unfinished,
}

impl Error {
    /// AWS's code, such as `AccessDenied`.
    pub(crate) fn code(&self) -> Option<&str> {
        None
    }

    /// The caller may not do this.
    pub(crate) fn is_denied(&self) -> bool {
        false
    }

    /// AWS asked to slow down, and went on doing so.
    pub(crate) fn is_throttled(&self) -> bool {
        false
    }

    /// What was named does not exist.
    pub(crate) fn is_missing(&self) -> bool {
        false
    }

    /// There are no credentials, or AWS does not know them.
    pub(crate) fn is_credentials(&self) -> bool {
        false
    }

    /// The credentials were valid once.
    pub(crate) fn is_expired(&self) -> bool {
        false
    }

    /// The account has not switched this region on.
    pub(crate) fn is_region_disabled(&self) -> bool {
        false
    }

    /// Patience ended before the work did.
    pub(crate) fn is_timeout(&self) -> bool {
        false
    }

    /// Somebody else is changing the same thing right now.
    pub(crate) fn is_busy(&self) -> bool {
        false
    }

    /// What gets further.
    pub(crate) fn hint(&self) -> Option<String> {
        None
    }
}
