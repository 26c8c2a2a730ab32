//! Log lines for operators: through the application's `tracing` subscriber, or on stderr where there is none.
//!
//! Every line of an invocation has its request id. A failure must be logged even if the application sets up no logging.

use std::io::Write as _;

pub(crate) fn error(request_id: &str, message: &str) {
    if tracing::dispatcher::has_been_set() {
        tracing::error!(request_id, "{message}");
    } else {
        write_line("ERROR", request_id, message);
    }
}

pub(crate) fn warn(request_id: &str, message: &str) {
    if tracing::dispatcher::has_been_set() {
        tracing::warn!(request_id, "{message}");
    } else {
        write_line("WARN", request_id, message);
    }
}

/// Logs an error of the process, which belongs to no invocation.
pub(crate) fn process_error(message: &str) {
    if tracing::dispatcher::has_been_set() {
        tracing::error!("{message}");
    } else {
        write(&format!("ERROR {message}\n"));
    }
}

/// Logs a warning of the process, which belongs to no invocation.
#[cfg(feature = "otel")]
pub(crate) fn process_warning(message: &str) {
    if tracing::dispatcher::has_been_set() {
        tracing::warn!("{message}");
    } else {
        write(&format!("WARN {message}\n"));
    }
}

fn write_line(level: &str, request_id: &str, message: &str) {
    write(&format!("{level} RequestId: {request_id} {message}\n"));
}

fn write(line: &str) {
    // One write, so that lines of concurrent invocations do not mix. A closed stderr is not an error.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
