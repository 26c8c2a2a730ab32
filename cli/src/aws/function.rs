//! The function and its versions, beside what the stack does to them.

use super::{Error, Region};

/// What Lambda says about a function or one of its versions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FunctionFacts {
    /// Its ARN, with the version if it was asked for by one.
    pub(crate) arn: String,
    /// `$LATEST` or a number; asked by an alias, the version behind it.
    pub(crate) version: String,
    /// The SHA-256 of its zip in base64.
    pub(crate) code_sha256: Option<String>,
    /// `Active`, `Pending`, `Inactive`, `Failed`.
    pub(crate) state: Option<String>,
    /// Why.
    pub(crate) state_reason: Option<String>,
    /// `Successful`, `InProgress`, `Failed`.
    pub(crate) last_update_status: Option<String>,
    /// Why.
    pub(crate) last_update_reason: Option<String>,
    /// Where its logs go.
    pub(crate) log_group: Option<String>,
    /// When it was changed, as AWS writes it.
    pub(crate) last_modified: Option<String>,
}

/// What an invocation came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Invoked {
    /// Lambda's status: 200.
    pub(crate) status: u16,
    /// `Unhandled` or `Handled` if the function failed.
    pub(crate) function_error: Option<String>,
    /// What the function answered.
    pub(crate) payload: Vec<u8>,
    /// The last 4 KiB of its log.
    pub(crate) log: String,
    /// The version that ran.
    pub(crate) version: Option<String>,
}

impl Region {
    /// The function, or what a version or an alias of it is, in one call.
    pub(crate) async fn find_function(
        &self,
        name: &str,
        qualifier: Option<&str>,
    ) -> Result<Option<FunctionFacts>, Error> {
        let _ = (name, qualifier);
        Err(Error::Unfinished)
    }

    /// Invokes a function and waits for its answer; one that is not ready yet is waited for.
    pub(crate) async fn invoke(&self, name: &str, qualifier: Option<&str>, payload: Vec<u8>) -> Result<Invoked, Error> {
        let _ = (name, qualifier, payload);
        Err(Error::Unfinished)
    }

    /// The numbers of the published versions, oldest first.
    pub(crate) async fn versions(&self, name: &str) -> Result<Vec<String>, Error> {
        let _ = name;
        Err(Error::Unfinished)
    }

    /// Removes one published version; one that is gone is fine.
    pub(crate) async fn remove_version(&self, name: &str, version: &str) -> Result<(), Error> {
        let _ = (name, version);
        Err(Error::Unfinished)
    }
}
