//! Facts about Lambda: limits and reserved variables, each with AWS's page.

use std::time::Duration;

/// The largest payload of a synchronous invocation, in bytes, event and response each: 6 MiB and the 100 bytes that AWS adds.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(crate) const MAX_PAYLOAD: usize = 6_291_556;

/// The largest payload of an asynchronous invocation, in bytes.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(crate) const MAX_ASYNC_PAYLOAD: usize = 1 << 20;

/// How often Lambda repeats an asynchronous invocation that failed, at most and by default.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html>
pub(crate) const MAX_ASYNC_RETRIES: u32 = 2;
/// The least age in seconds at which the event of an asynchronous invocation is given up.
pub(crate) const MIN_ASYNC_AGE_SECONDS: u32 = 60;
/// The greatest age in seconds, which is the default.
pub(crate) const MAX_ASYNC_AGE_SECONDS: u32 = 21_600;

/// The largest streamed response, in bytes.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html>
pub(crate) const MAX_STREAM: usize = 200 << 20;

/// The largest environment of a function, in bytes of its JSON.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
pub(crate) const MAX_ENVIRONMENT: usize = 4096;

/// The longest invocation, in seconds. Above 15 minutes only some invocations may last: the settings warn.
pub(crate) const MAX_TIMEOUT_SECONDS: u32 = 1800;
/// The longest invocation.
pub(crate) const MAX_TIMEOUT: Duration = Duration::from_secs(MAX_TIMEOUT_SECONDS as u64);

/// The smallest memory of a function, in MB.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
pub(crate) const MIN_MEMORY: u32 = 128;
/// The largest memory of a function, in MB.
pub(crate) const MAX_MEMORY: u32 = 10_240;

/// The smallest temporary storage of a function, in MB, which costs nothing: Lambda's default and that of the settings.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html>
pub(crate) const MIN_EPHEMERAL_STORAGE: u32 = 512;
/// The largest temporary storage of a function, in MB.
pub(crate) const MAX_EPHEMERAL_STORAGE: u32 = 10_240;

/// Whether Lambda refuses this name in a function's environment, since it sets it itself.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "_HANDLER"
            | "_X_AMZN_TRACE_ID"
            | "AWS_REGION"
            | "AWS_DEFAULT_REGION"
            | "AWS_EXECUTION_ENV"
            | "LAMBDA_TASK_ROOT"
            | "LAMBDA_RUNTIME_DIR"
    ) || name.starts_with("AWS_LAMBDA_")
}
