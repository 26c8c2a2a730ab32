//! What operators read: through the application's `tracing` subscriber, or as plain lines on stderr where there is none.
//!
//! Every line of an invocation carries the request id. A failure must not be silent because an application set up no logging.

use std::io::Write as _;

pub(crate) fn error(request_id: &str, message: &str) {
    if tracing::dispatcher::has_been_set() {
        tracing::error!(request_id, "{message}");
    } else {
        line("ERROR", request_id, message);
    }
}

pub(crate) fn warn(request_id: &str, message: &str) {
    if tracing::dispatcher::has_been_set() {
        tracing::warn!(request_id, "{message}");
    } else {
        line("WARN", request_id, message);
    }
}

/// Logs a failure of the process, which belongs to no invocation.
pub(crate) fn process_error(message: &str) {
    if tracing::dispatcher::has_been_set() {
        tracing::error!("{message}");
    } else {
        write(&format!("ERROR {message}\n"));
    }
}

fn line(level: &str, request_id: &str, message: &str) {
    write(&format!("{level} RequestId: {request_id} {message}\n"));
}

fn write(line: &str) {
    // One write, so that lines of concurrent invocations do not mix. Where stderr is gone there is nobody left to tell.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
