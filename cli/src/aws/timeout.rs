//! Timeouts and retries of AWS's calls: the ordinary ones, and those of calls that take long or must not.

use std::time::Duration;

use aws_config::{retry::RetryConfig, timeout::TimeoutConfig};

/// How often a call is made before its failure counts. At most 15.5 seconds of backoff pass in between,
/// and half of that on average: the SDK multiplies each delay by a random part of it.
pub(super) const MAX_ATTEMPTS: u32 = 6;
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const MAX_BACKOFF: Duration = Duration::from_secs(10);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The read timeout of an ordinary call. A call with a longer one is known to take long, and gets no notice.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Three attempts that get no answer at all; those that AWS refuses for a while end sooner.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(100);

/// A function runs for 900 seconds at most.
const INVOCATION_TIMEOUT: Duration = Duration::from_secs(930);
/// A receive call waits for messages for 20 seconds.
const RECEIVE_TIMEOUT: Duration = Duration::from_secs(45);
/// One attempt at a part of an upload: 8 MiB at 30 KB a second. The SDK watches whether it moves at all.
const PART_TIMEOUT: Duration = Duration::from_secs(300);
/// Figures that are worth no longer wait.
const METRICS_TIMEOUT: Duration = Duration::from_secs(10);

/// The bound of an inquiry of `doctor`, with all of its attempts.
const INQUIRY_TIMEOUT: Duration = Duration::from_secs(9);

/// The retries of every call, upload parts and receive calls included; `invocation.rs` and `metrics.rs` set their own.
pub(super) fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(MAX_ATTEMPTS)
        .with_initial_backoff(FIRST_BACKOFF)
        .with_max_backoff(MAX_BACKOFF)
}

/// The timeouts of an ordinary call.
pub(super) fn ordinary() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// The timeouts of an invocation with up to `attempts` attempts.
pub(super) fn of_invocation(attempts: u32) -> TimeoutConfig {
    TimeoutConfig::builder().read_timeout(INVOCATION_TIMEOUT).operation_timeout(attempts * INVOCATION_TIMEOUT).build()
}

/// The timeouts of a call that waits for messages.
pub(super) fn of_receive() -> TimeoutConfig {
    TimeoutConfig::builder().read_timeout(RECEIVE_TIMEOUT).operation_timeout(2 * RECEIVE_TIMEOUT).build()
}

/// The timeouts of the upload of a part.
pub(super) fn of_part() -> TimeoutConfig {
    TimeoutConfig::builder().read_timeout(PART_TIMEOUT).operation_timeout(4 * PART_TIMEOUT).build()
}

/// The timeouts of a call whose failure is an answer, too.
pub(super) fn of_inquiry() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(INQUIRY_TIMEOUT / 2)
        .read_timeout(INQUIRY_TIMEOUT)
        .operation_timeout(INQUIRY_TIMEOUT)
        .build()
}

/// The timeout of a call for figures.
pub(super) fn of_metrics() -> TimeoutConfig {
    TimeoutConfig::builder().operation_timeout(METRICS_TIMEOUT).build()
}
