//! Logging set-up for an app without a subscriber of its own.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};
use zappa_rs_adapter::contract::variable;

/// Sets up `tracing`: one line of JSON an event on Lambda, readable lines on stderr elsewhere.
///
/// Every line of an invocation carries its `request_id` and its `trigger` (`http`, `event` or `keep-warm`). `RUST_LOG` filters as usual; without it Lambda's own
/// `AWS_LAMBDA_LOG_LEVEL` does, and without both it is `info`. Does nothing if a subscriber is set already.
///
/// With the feature `otel` it also exports spans, where `OTEL_EXPORTER_OTLP_ENDPOINT` names a receiver.
///
/// ```no_run
/// zappa_rs::init_tracing();
/// tracing::info!(user = 7, "signed in");
/// ```
pub fn init_tracing() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::try_from_default_env().or_else(|_| EnvFilter::try_new(level.to_lowercase()));
    let registry = tracing_subscriber::registry().with(filter.unwrap_or_else(|_| EnvFilter::new("info")));
    // Inside the filter: what is not logged makes no span.
    #[cfg(feature = "otel")]
    let registry = registry.with(zappa_rs_adapter::otel::layer());
    let is_lambda = std::env::var_os(variable::RUNTIME_API).is_some();
    // A second call fails, and the first subscriber stays.
    let _ = if is_lambda {
        registry.with(fmt::layer().json().flatten_event(true).with_current_span(true).with_ansi(false)).try_init()
    } else {
        let is_terminal = std::io::stderr().is_terminal();
        registry.with(fmt::layer().with_writer(std::io::stderr).with_ansi(is_terminal)).try_init()
    };
}
