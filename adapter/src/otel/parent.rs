//! The parent of an invocation's span: the client's `traceparent`, else the trace id that AWS gave the invocation.

use http::HeaderMap;
use opentelemetry::{
    Context, SpanId, TraceFlags, TraceId,
    propagation::TextMapPropagator as _,
    trace::{SpanContext, TraceContextExt as _, TraceState},
};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::sampling::Sampling;

/// The context that a request continues, or none if it begins a trace.
///
/// A valid `traceparent` of the client has precedence.
pub(super) fn of_request(headers: &HeaderMap, trace_id: Option<&str>, sampling: &Sampling) -> Option<Context> {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers));
    if context.span().span_context().is_valid() {
        return Some(context);
    }
    of_trace_id(trace_id, sampling)
}

/// The context of the trace id that AWS gave an invocation.
pub(super) fn of_trace_id(trace_id: Option<&str>, sampling: &Sampling) -> Option<Context> {
    let header = TraceHeader::parse(trace_id?)?;
    // AWS says `Sampled=0` wherever X-Ray is switched off, which tells nothing about the receiver of these spans.
    let is_sampled = header.is_sampled || sampling.samples_root(header.trace_id);
    let flags = if is_sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    let parent = SpanContext::new(header.trace_id, header.parent, flags, true, TraceState::default());
    Some(Context::new().with_remote_span_context(parent))
}

/// Writes the headers `traceparent` and `tracestate` of `context`, so that the app's own instrumentation continues it.
/// A client's own header stays.
pub(super) fn write(context: &Context, headers: &mut HeaderMap) {
    if !headers.contains_key("traceparent") {
        TraceContextPropagator::new().inject_context(context, &mut HeaderInjector(headers));
    }
}

/// X-Ray's trace header.
///
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>
#[derive(Debug, Eq, PartialEq)]
struct TraceHeader {
    trace_id: TraceId,
    parent: SpanId,
    is_sampled: bool,
}

impl TraceHeader {
    /// Parses `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`, in any order and with other
    /// fields between them. A header without a parent has no span to continue.
    fn parse(header: &str) -> Option<Self> {
        let field = |name: &str| {
            let fields = header.split(';').filter_map(|field| field.trim().split_once('='));
            fields.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
        };
        let root = field("Root")?.strip_prefix("1-")?;
        let (time, random) = root.split_once('-')?;
        let is_hex = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let parent = field("Parent")?;
        if !is_hex(time, 8) || !is_hex(random, 24) || !is_hex(parent, 16) {
            return None;
        }
        let trace_id = TraceId::from_hex(&[time, random].concat()).ok().filter(|id| *id != TraceId::INVALID)?;
        let parent = SpanId::from_hex(parent).ok().filter(|id| *id != SpanId::INVALID)?;
        Some(Self { trace_id, parent, is_sampled: field("Sampled") == Some("1") })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const XRAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a87bd80c:0";
    const CLIENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

    fn span(context: Option<&Context>) -> Option<(String, String, bool)> {
        let span = context?.span().span_context().clone();
        Some((span.trace_id().to_string(), span.span_id().to_string(), span.is_sampled()))
    }

    #[test]
    fn a_trace_header_is_parsed_in_any_order_and_nothing_else_is() {
        let parsed = TraceHeader::parse(XRAY).unwrap();
        assert_eq!(parsed.trace_id.to_string(), "5759e988bd862e3fe1be46a994272793");
        assert_eq!(parsed.parent.to_string(), "53995c3f42cd8ad8");
        assert!(!parsed.is_sampled);
        let other = "Self=1-x; Sampled=1;Parent=53995c3f42cd8ad8; Root=1-5759e988-bd862e3fe1be46a994272793";
        assert!(TraceHeader::parse(other).unwrap().is_sampled);
        for wrong in [
            "",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=2-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
            "Root=1-5759e988bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
            "Root=1-5759e98-bd862e3fe1be46a9942727931;Parent=53995c3f42cd8ad8",
            "Root=1-+759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
            "Root=1-00000000-000000000000000000000000;Parent=53995c3f42cd8ad8",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=0000000000000000",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=ééééé99999999",
        ] {
            assert_eq!(TraceHeader::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_clients_traceparent_has_precedence_and_an_invalid_one_has_none() {
        let sampling = Sampling::always();
        let mut headers = HeaderMap::new();
        let aws = ("5759e988bd862e3fe1be46a994272793".to_owned(), "53995c3f42cd8ad8".to_owned(), true);
        assert_eq!(span(of_request(&headers, Some(XRAY), &sampling).as_ref()), Some(aws.clone()));
        assert!(of_request(&headers, None, &sampling).is_none());
        headers.insert("traceparent", HeaderValue::from_static(CLIENT));
        let client = ("0af7651916cd43dd8448eb211c80319c".to_owned(), "b7ad6b7169203331".to_owned(), false);
        assert_eq!(span(of_request(&headers, Some(XRAY), &sampling).as_ref()), Some(client));
        headers.insert("traceparent", HeaderValue::from_static("00-nonsense"));
        assert_eq!(span(of_request(&headers, Some(XRAY), &sampling).as_ref()), Some(aws));
    }

    #[test]
    fn what_x_ray_does_not_sample_is_left_to_the_sampler() {
        let never = Sampling::parse(Some("parentbased_always_off"), None).unwrap();
        assert!(!span(of_trace_id(Some(XRAY), &never).as_ref()).unwrap().2);
        let sampled = XRAY.replace("Sampled=0", "Sampled=1");
        assert!(span(of_trace_id(Some(&sampled), &never).as_ref()).unwrap().2);
    }

    #[test]
    fn the_context_is_written_unless_the_client_has_sent_one() {
        let context = of_trace_id(Some(XRAY), &Sampling::always()).unwrap();
        let mut headers = HeaderMap::new();
        write(&context, &mut headers);
        assert_eq!(headers["traceparent"], "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01");
        headers.insert("traceparent", HeaderValue::from_static(CLIENT));
        write(&context, &mut headers);
        assert_eq!(headers["traceparent"], CLIENT);
    }
}
