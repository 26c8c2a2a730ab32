//! The pipeline: spans that have ended wait in a buffer until they are exported by OTLP over HTTP.
//!
//! The SDK's own processor exports on a thread at intervals. Lambda freezes the process after each response, so that
//! such a thread would export much later or never; here the event loop exports before it posts the response.

use std::{
    mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use opentelemetry::{Context, trace::FutureExt as _};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SdkTracerProvider, Span, SpanData, SpanExporter as _, SpanProcessor},
};

use super::{client::Client, resource, sampling::Sampling};
use crate::{error::BoxError, log};

/// The timeout of an export: the client waits for it. `OTEL_EXPORTER_OTLP_TIMEOUT` sets another.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How many spans wait at most.
const CAPACITY: usize = 8192;
/// How often a failed export is logged.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// The spans of the process on their way to the receiver.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) provider: SdkTracerProvider,
    pub(super) sampling: Sampling,
    /// Locked during an export, since an exporter makes one at a time.
    exporter: tokio::sync::Mutex<SpanExporter>,
    client: Client,
    buffer: Arc<Buffer>,
    timeout: Duration,
    last_warning: Mutex<Option<Instant>>,
}

impl Pipeline {
    /// Creates the pipeline by OpenTelemetry's environment variables; none if they name no receiver.
    ///
    /// # Errors
    /// A variable has a value that this cannot use.
    pub(super) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, BoxError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        // A variable of traces alone has precedence over that of all signals.
        let setting = |name: &str| {
            let of_traces = variable(&format!("OTEL_EXPORTER_OTLP_TRACES_{name}"));
            of_traces.or_else(|| variable(&format!("OTEL_EXPORTER_OTLP_{name}")))
        };
        let is_off = variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"))
            || variable("OTEL_TRACES_EXPORTER").is_some_and(|value| value == "none");
        if is_off || setting("ENDPOINT").is_none() {
            return Ok(None);
        }
        if let Some(protocol) = setting("PROTOCOL").filter(|protocol| protocol != "http/protobuf") {
            let message = "there is only `http/protobuf`, at port 4318 of most receivers";
            return Err(format!("`OTEL_EXPORTER_OTLP_PROTOCOL={protocol}` is not available; {message}").into());
        }
        let timeout = match setting("TIMEOUT") {
            None => TIMEOUT,
            Some(value) => Duration::from_millis(
                value
                    .parse()
                    .map_err(|_| format!("`OTEL_EXPORTER_OTLP_TIMEOUT={value}` is not a number of milliseconds"))?,
            ),
        };
        let sampler = variable("OTEL_TRACES_SAMPLER");
        let sampling = Sampling::parse(sampler.as_deref(), variable("OTEL_TRACES_SAMPLER_ARG").as_deref())?;
        let resource = resource::detect(variable);
        // The export as a whole has the timeout.
        let client = Client::new(timeout * 2)?;
        let mut exporter = exporter(client.clone(), timeout)?;
        exporter.set_resource(&resource);
        let buffer = Arc::new(Buffer::default());
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(sampling.sampler())
            .with_span_processor(Collector(buffer.clone()))
            .build();
        let exporter = tokio::sync::Mutex::new(exporter);
        Ok(Some(Self { provider, sampling, exporter, client, buffer, timeout, last_warning: Mutex::default() }))
    }

    /// Exports the spans that have ended, within `limit` and the timeout. Spans of a failed export are lost, and a
    /// warning says so.
    pub(super) async fn flush(&self, limit: Option<Duration>) {
        let spans = self.buffer.take();
        if spans.is_empty() {
            return;
        }
        let count = spans.len();
        let timeout = limit.map_or(self.timeout, |limit| limit.min(self.timeout));
        let export = async { self.exporter.lock().await.export(spans).await };
        // What the export itself does is not traced.
        let export = export.with_context(Context::current().with_telemetry_suppressed());
        let reason = match tokio::time::timeout(timeout, export).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => self.client.take_failure().unwrap_or_else(|| error.to_string()),
            Err(_) => format!("no response within {} ms", timeout.as_millis()),
        };
        self.buffer.lost.fetch_add(count, Ordering::Relaxed);
        self.warn(&reason);
    }

    fn warn(&self, reason: &str) {
        let mut last = self.last_warning.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| last.elapsed() < WARNING_INTERVAL) {
            return;
        }
        *last = Some(Instant::now());
        let lost = self.buffer.lost.swap(0, Ordering::Relaxed);
        log::process_warning(&format!("{lost} spans were not exported by OTLP: {reason}"));
    }
}

/// Creates the exporter, which reads its endpoint and headers from the environment.
fn exporter(client: Client, timeout: Duration) -> Result<SpanExporter, BoxError> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(timeout);
    Ok(exporter.build()?)
}

/// The spans that have ended and are not exported yet.
#[derive(Debug, Default)]
struct Buffer {
    spans: Mutex<Vec<SpanData>>,
    lost: AtomicUsize,
}

impl Buffer {
    fn take(&self) -> Vec<SpanData> {
        mem::take(&mut *self.spans.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The SDK's side of the buffer.
#[derive(Debug)]
struct Collector(Arc<Buffer>);

impl SpanProcessor for Collector {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        let mut spans = self.0.spans.lock().unwrap_or_else(PoisonError::into_inner);
        if spans.len() < CAPACITY {
            spans.push(span);
        } else {
            self.0.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipeline(variables: &[(&str, &str)]) -> Result<Option<Pipeline>, String> {
        let variable = |name: &str| variables.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
        Pipeline::from_variables(variable).map_err(|error| error.to_string())
    }

    #[test]
    fn there_is_a_pipeline_only_where_a_receiver_is_named() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        assert!(pipeline(&[]).unwrap().is_none());
        assert!(pipeline(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]).unwrap().is_none());
        assert!(pipeline(&[endpoint, ("OTEL_SDK_DISABLED", "TRUE")]).unwrap().is_none());
        assert!(pipeline(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]).unwrap().is_none());
        assert_eq!(pipeline(&[endpoint]).unwrap().unwrap().timeout, TIMEOUT);
        let of_traces = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "250");
        let found = pipeline(&[endpoint, ("OTEL_EXPORTER_OTLP_TIMEOUT", "9000"), of_traces]).unwrap().unwrap();
        assert_eq!(found.timeout, Duration::from_millis(250));
    }

    #[test]
    fn a_value_that_cannot_be_used_is_named() {
        let endpoint = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:4318/v1/traces");
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2s"),
            ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ] {
            let error = pipeline(&[endpoint, (name, value)]).unwrap_err();
            assert!(error.contains(&format!("`{name}={value}`")), "{error}");
        }
    }
}
