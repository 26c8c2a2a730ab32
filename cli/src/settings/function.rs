//! The settings of further functions as types: `[[stage.NAME.functions]]`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EventSource, Provisioned, Schedule, Stage, Variable};
use crate::lambda;

/// The name of the main function in `function = "…"` and `${fn:…}`, which no further function can have.
pub(crate) const MAIN: &str = "main";

/// A further function of the same zip, `<project>-<stage>-<name>`. What it does not set is as in the main function.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Function {
    /// The name of its handler, as `App::function("NAME", …)` registers it, and the end of the function's name.
    pub(crate) name: String,
    /// What the function is for, in the console.
    pub(crate) description: Option<String>,
    /// Memory in MB. Default: the stage's.
    #[schemars(range(min = lambda::MIN_MEMORY, max = lambda::MAX_MEMORY))]
    pub(crate) memory_size: Option<u32>,
    /// How long one invocation may take. Default: the stage's.
    #[schemars(range(min = 1, max = lambda::MAX_TIMEOUT_SECONDS))]
    pub(crate) timeout_seconds: Option<u32>,
    /// Space in `/tmp` in MB. Default: the stage's.
    #[schemars(range(min = lambda::MIN_EPHEMERAL_STORAGE, max = lambda::MAX_EPHEMERAL_STORAGE))]
    pub(crate) ephemeral_storage: Option<u32>,
    /// Variables beside the stage's, over those of the same name.
    pub(crate) environment: BTreeMap<String, Variable>,
    /// Instances that are kept for this function and are the most it gets. Default: none, whatever the stage's is.
    #[schemars(range(min = 1))]
    pub(crate) reserved_concurrency: Option<u32>,
    /// Instances of it that are started before they are needed, as the stage's setting. Default: none.
    pub(crate) provisioned_concurrency: Option<Provisioned>,
    /// How often Lambda repeats an asynchronous invocation of it that failed. Default: the stage's.
    #[schemars(range(max = lambda::MAX_ASYNC_RETRIES))]
    pub(crate) async_retries: Option<u32>,
    /// How old the event of an asynchronous invocation of it may become. Default: the stage's.
    #[schemars(range(min = lambda::MIN_ASYNC_AGE_SECONDS, max = lambda::MAX_ASYNC_AGE_SECONDS))]
    pub(crate) async_max_age_seconds: Option<u32>,
    /// Where asynchronous invocations of it go that were given up. Default: where the stage's go.
    pub(crate) async_failure_destination: Option<String>,
    /// What the authorizer sees that this function is, which `authorizers` adds.
    #[serde(skip)]
    pub(crate) authorizer: Option<String>,
}

impl Stage {
    /// The further function of a name.
    pub(crate) fn further(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }

    /// The timeout of a function: a further one by its name, or the main one.
    pub(crate) fn timeout_of(&self, function: Option<&str>) -> u32 {
        function.and_then(|name| self.further(name)?.timeout_seconds).unwrap_or(self.timeout_seconds)
    }
}

impl Schedule {
    /// The further function that it invokes; `None` for the main one.
    pub(crate) fn further(&self) -> Option<&str> {
        further(self.function.as_deref())
    }
}

impl EventSource {
    /// The further function that gets its events; `None` for the main one.
    pub(crate) fn further(&self) -> Option<&str> {
        further(self.function.as_deref())
    }
}

fn further(function: Option<&str>) -> Option<&str> {
    function.filter(|name| *name != MAIN)
}
