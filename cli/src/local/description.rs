//! The description of what is emulated: a gateway in front of one function.
//!
//! Plain data. Flags fill it today; the deployed template will fill the same types, so nothing here may know either.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use crate::{gateway::Gateway, regions};

/// A gateway and the function behind it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Description {
    /// What stands between the client and the function.
    pub(crate) gateway: Gateway,
    /// What answers.
    pub(crate) function: Function,
}

/// The function behind the gateway.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Function {
    /// Its name, `<project>-<stage>`.
    pub(crate) name: String,
    /// The region that its environment and its ARN name.
    pub(crate) region: String,
    /// The account in its ARN, twelve digits.
    pub(crate) account_id: String,
    /// What is run for each instance.
    pub(crate) binary: PathBuf,
    /// Variables beside those that Lambda sets.
    pub(crate) environment: BTreeMap<String, String>,
    /// Memory in MiB, 128 to 10240; more than that is not enforced but reported.
    pub(crate) memory_mb: u32,
    /// How long one invocation may take.
    pub(crate) timeout: Duration,
    /// How many instances may run at once.
    pub(crate) concurrency: usize,
    /// Temporary storage in MiB, 512 to 10240.
    pub(crate) ephemeral_storage_mb: u32,
    /// Whose credentials the processes get; `None` is nobody's.
    pub(crate) credentials: Option<CredentialChain>,
}

/// Where credentials are looked for, as AWS's tools do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct CredentialChain {
    /// The profile of the AWS configuration; without one, the environment's keys and then its own profile.
    pub(crate) profile: Option<String>,
}

impl Function {
    /// The ARN without a qualifier.
    #[must_use]
    pub(crate) fn arn(&self) -> String {
        let Self { name, region, account_id, .. } = self;
        format!("arn:{}:lambda:{region}:{account_id}:function:{name}", regions::partition(region).name)
    }
}
