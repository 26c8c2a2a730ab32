//! The environment of a process, as Lambda sets it: nothing of the developer's own leaks in.

use std::{collections::BTreeMap, ffi::OsString, net::SocketAddr, path::Path};

use super::{credentials::Credentials, description::Function};

/// Where Lambda looks for programs.
#[cfg(unix)]
const SEARCH_PATH: &str = "/usr/local/bin:/usr/bin:/bin:/opt/bin";
/// Where Lambda has the files of a runtime; an OS-only runtime has none.
const RUNTIME: &str = "/var/runtime";

/// What one process needs to know beside its function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessContext<'a> {
    pub(crate) region: &'a str,
    pub(crate) runtime_api: SocketAddr,
    pub(crate) task_root: &'a Path,
    pub(crate) temporary: &'a Path,
    pub(crate) log_stream: &'a str,
    pub(crate) credentials: &'a Credentials,
}

/// Every variable of the process.
///
/// `AWS_EXECUTION_ENV` is missing on purpose: Lambda does not set it for OS-only runtimes, which is what a Rust binary
/// runs on.
pub(crate) fn environment(function: &Function, process: ProcessContext<'_>) -> BTreeMap<OsString, OsString> {
    let mut all: BTreeMap<OsString, OsString> = BTreeMap::new();
    #[cfg(unix)]
    all.insert("LD_LIBRARY_PATH".into(), library_path(process.task_root));
    let mut set = |name: &str, value: &str| {
        all.insert(name.into(), value.into());
    };
    #[cfg(unix)]
    {
        set("PATH", SEARCH_PATH);
        set("LANG", "en_US.UTF-8");
        set("TZ", ":UTC");
    }
    // A Windows process finds its own system libraries through these.
    #[cfg(windows)]
    for name in ["PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR"] {
        if let Some(value) = crate::World::system_variable(name) {
            set(name, &value);
        }
    }
    // The one that Lambda does not set: an SDK in the app would take the role of this machine, where that is an
    // instance of EC2, and elsewhere look for one in vain for seconds.
    set("AWS_EC2_METADATA_DISABLED", "true");
    for (name, value) in &function.environment {
        set(name, value);
    }
    set("AWS_LAMBDA_RUNTIME_API", &process.runtime_api.to_string());
    set("AWS_LAMBDA_FUNCTION_NAME", &function.name);
    set("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
    set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &function.memory_mb.to_string());
    set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    set("AWS_LAMBDA_LOG_GROUP_NAME", &format!("/aws/lambda/{}", function.name));
    set("AWS_LAMBDA_LOG_STREAM_NAME", process.log_stream);
    if function.per_process > 1 {
        // As on Managed Instances: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-rust.html
        set("AWS_LAMBDA_MAX_CONCURRENCY", &function.per_process.to_string());
    }
    set("AWS_REGION", process.region);
    set("AWS_DEFAULT_REGION", process.region);
    set("_HANDLER", "bootstrap");
    for (name, value) in &process.credentials.variables {
        set(name, value);
    }
    #[cfg(unix)]
    set("LAMBDA_RUNTIME_DIR", RUNTIME);
    for (name, path) in [("LAMBDA_TASK_ROOT", process.task_root), ("TMPDIR", process.temporary)] {
        all.insert(name.into(), path.into());
    }
    all
}

/// Where the loader looks for shared libraries, in Lambda's order.
/// By <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>.
#[cfg(unix)]
fn library_path(task_root: &Path) -> OsString {
    let mut path = OsString::from(format!("/lib64:/usr/lib64:{RUNTIME}:{RUNTIME}/lib:"));
    path.push(task_root);
    path.push(":");
    path.push(task_root.join("lib"));
    path.push(":/opt/lib");
    path
}

/// Whether a variable holds a part of AWS credentials.
pub(crate) fn is_credential(name: &str) -> bool {
    matches!(name, "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN")
}
