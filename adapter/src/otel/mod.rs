//! OpenTelemetry: the spans of `tracing`, exported by OTLP over HTTP.
//!
//! [`layer`] is the layer of a `tracing` subscriber; `zappa_rs::init_tracing()` adds it by itself. It exports where
//! OpenTelemetry's own variable `OTEL_EXPORTER_OTLP_ENDPOINT` names a receiver, and does nothing anywhere else.
//!
//! Every invocation is a span: of kind `server` for a request, `consumer` for an event. It continues the `traceparent`
//! that the client sent, else the trace id of X-Ray that the gateway gave the request; where the client sent no
//! `traceparent`, the request gets one, so that the application's own instrumentation continues the span. On Lambda the
//! spans of an invocation are exported before its response is sent, since Lambda freezes the process afterwards; the
//! plain server exports once a second.
//!
//! | variable | meaning |
//! |---|---|
//! | `OTEL_EXPORTER_OTLP_ENDPOINT` | the receiver, as `http://localhost:4318`; `/v1/traces` is added |
//! | `OTEL_EXPORTER_OTLP_HEADERS` | headers of each export, as `api-key=…` |
//! | `OTEL_EXPORTER_OTLP_TIMEOUT` | how long a response may wait for the export, in milliseconds (1000) |
//! | `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG` | what is sampled, as `parentbased_traceidratio` and `0.1` |
//! | `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES` | the service, in place of the project's name |
//! | `OTEL_SDK_DISABLED` | `true` switches it off |
//!
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>

mod client;
mod flushed;
mod parent;
mod pipeline;
mod resource;
mod sampling;
mod span;

use std::{sync::OnceLock, time::Duration};

use opentelemetry::{global, trace::TracerProvider as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Subscriber;
use tracing_subscriber::{Layer, registry::LookupSpan};

use self::pipeline::Pipeline;
pub(crate) use self::{
    flushed::Flushed,
    span::{record_failure, record_status, start_event, start_rejected, start_request},
};
use crate::{Invocation, error::Error, log};

/// The interval of exports where no response waits for them.
const INTERVAL: Duration = Duration::from_secs(1);

static PIPELINE: OnceLock<Option<Pipeline>> = OnceLock::new();

/// The layer that makes spans of OpenTelemetry from those of `tracing`, for a subscriber of your own.
///
/// It also sets OpenTelemetry's global provider and its propagator of W3C's Trace Context, so that clients that
/// propagate a context continue the trace. Without a receiver it is an empty layer; a variable with a wrong value is
/// logged, and nothing is exported.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let subscriber = tracing_subscriber::registry().with(zappa_rs_adapter::otel::layer());
/// # drop(subscriber);
/// ```
pub fn layer<S>() -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let pipeline = PIPELINE.get_or_init(|| {
        let pipeline = Pipeline::from_variables(|name| std::env::var(name).ok());
        pipeline.unwrap_or_else(|error| {
            log::process_warning(&format!("no spans are exported: {}", Error::chain_of(&*error)));
            None
        })
    });
    pipeline.as_ref().map(|pipeline| {
        global::set_text_map_propagator(TraceContextPropagator::new());
        global::set_tracer_provider(pipeline.provider.clone());
        tracing_opentelemetry::layer().with_tracer(pipeline.provider.tracer("zappa-rs"))
    })
}

/// Exports the spans that have ended. [`run`](crate::runtime::run) does so before each response; call it at the end of a
/// program of your own.
pub async fn flush() {
    if let Some(pipeline) = pipeline() {
        pipeline.flush(None).await;
    }
}

/// Exports the spans once a second, on a task that runs as long as the runtime.
pub fn export_in_background() {
    if let Some(pipeline) = pipeline() {
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(INTERVAL).await;
                pipeline.flush(None).await;
            }
        });
    }
}

/// Exports the spans that have ended, before the deadline of the invocation.
pub(crate) async fn flush_before_response(invocation: &Invocation) {
    if let Some(pipeline) = pipeline() {
        pipeline.flush(invocation.remaining()).await;
    }
}

fn pipeline() -> Option<&'static Pipeline> {
    PIPELINE.get().and_then(Option::as_ref)
}
