//! The description of what is emulated: a gateway in front of one function.
//!
//! Plain data, which `commands/local` reads from the template that a deploy would send; it knows neither template nor
//! flags.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use crate::{gateway::Gateway, regions};

/// A gateway and the function behind it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Description {
    /// The gateway between the client and the function.
    pub(crate) gateway: Gateway,
    /// The function behind it.
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
    /// The binary that each instance runs.
    pub(crate) binary: PathBuf,
    /// Variables beside those that Lambda sets.
    pub(crate) environment: BTreeMap<String, String>,
    /// Memory in MiB, 128 to 10240; more than that is not enforced but reported.
    pub(crate) memory_mb: u32,
    /// The timeout of one invocation.
    pub(crate) timeout: Duration,
    /// The maximum number of instances at once.
    pub(crate) concurrency: usize,
    /// Temporary storage in MiB, 512 to 10240.
    pub(crate) ephemeral_storage_mb: u32,
    /// The source of the processes' credentials; `None` for none.
    pub(crate) credentials: Option<CredentialChain>,
}

/// The chain in which credentials are looked for, as in AWS's tools.
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
