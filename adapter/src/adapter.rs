//! The adapter: reads an event, calls the app or a handler, and returns the result of the invocation.
//!
//! The event is read synchronously into an [`Action`] that owns its data; only the action is awaited.

use std::{fmt, future::Future, sync::Arc};

use axum_core::body::Body;
use bytes::Bytes;
use http::Request;
use tracing::{Instrument as _, field::Empty};

#[cfg(feature = "otel")]
use crate::otel;
use crate::{
    HttpService,
    authorizer::Visible,
    dispatch::{self, Dispatch},
    error::{BoxError, Error, Kind},
    event::{EventKind, Fields, Gateway, OwnEvent, Source},
    failure::Failure,
    handler::HandlerFuture,
    inventory::Inventory,
    invocation::Invocation,
    iot,
    json_str::JsonStr,
    options::Options,
    prefix::BaseUrl,
    request,
    response::ResponseEncoder,
    route_guard::RouteGuard,
    serve::{self, InvocationResult},
};

/// A service behind AWS's gateways.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use axum::{Router, routing::get};
/// use zappa_rs_adapter::{Adapter, InvocationResult, Invocation};
///
/// let adapter = Adapter::new(Router::new().route("/", get(|| async { "hello" })));
/// let event = r#"{"version":"2.0","rawPath":"/","requestContext":{"http":{"method":"GET"}}}"#;
/// let InvocationResult::Buffered(json) = adapter.invoke(event.into(), Invocation::new("id-1")).await else { panic!() };
/// assert_eq!(
///     std::str::from_utf8(&json).unwrap(),
///     r#"{"statusCode":200,"headers":{"content-type":"text/plain; charset=utf-8"},"body":"hello","isBase64Encoded":false}"#,
/// );
/// # });
/// ```
pub struct Adapter<S> {
    service: S,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    options: Options,
    dispatch: Dispatch,
}

impl<S> Adapter<S> {
    /// Puts `service` behind the gateways, with default options and no handlers of other events.
    pub fn new(service: S) -> Self {
        Self { service, shared: Arc::default() }
    }

    /// Sets the options of the translation of requests and responses.
    #[must_use]
    pub fn with_options(self, options: Options) -> Self {
        let dispatch = self.shared.dispatch.clone();
        Self { service: self.service, shared: Arc::new(Shared { options, dispatch }) }
    }

    /// Sets the handlers of events that are not HTTP.
    #[must_use]
    pub fn with_dispatch(self, dispatch: Dispatch) -> Self {
        let options = self.shared.options.clone();
        Self { service: self.service, shared: Arc::new(Shared { options, dispatch }) }
    }
}

impl<S: Clone> Clone for Adapter<S> {
    fn clone(&self) -> Self {
        Self { service: self.service.clone(), shared: self.shared.clone() }
    }
}

impl<S> fmt::Debug for Adapter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapter").field("shared", &self.shared).finish_non_exhaustive()
    }
}

impl<S: HttpService> Adapter<S> {
    /// Handles one event of any source. Dropping the future cancels the invocation.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the request keeps views of the event, so the caller can give it away"
    )]
    pub fn invoke(
        &self,
        event: Bytes,
        invocation: Invocation,
    ) -> impl Future<Output = InvocationResult> + Send + use<S> {
        let action = self.shared.read(&event, &invocation);
        let service = self.service.clone();
        let span = tracing::info_span!(
            "invocation",
            request_id = invocation.request_id(),
            trigger = action.trigger(),
            otel.kind = Empty,
            otel.name = Empty,
        );
        #[cfg(feature = "otel")]
        let action = action.describe(&span, &invocation);
        let result = async move {
            match action {
                Action::Serve(request, encoder) => serve::serve(service, request, &encoder, &invocation).await,
                Action::Reject(failure, encoder) => serve::reject(&failure, &encoder, &invocation).await,
                Action::KeepWarm(handlers) => serve::keep_warm(&handlers, &invocation).await,
                Action::Call(name, handler) => serve::call(name, handler, &invocation).await,
                Action::Fail(error) => serve::fail(error, &invocation),
            }
        };
        result.instrument(span)
    }
}

/// The action that an event calls for.
#[expect(
    clippy::large_enum_variant,
    reason = "the largest variant is the most frequent, and a value lives for one call"
)]
enum Action {
    Serve(Request<Body>, ResponseEncoder),
    Reject(Failure, ResponseEncoder),
    Call(String, HandlerFuture),
    KeepWarm(Inventory),
    Fail(Error),
}

impl Action {
    /// What triggered the invocation, for `zappa-rs tail`.
    fn trigger(&self) -> &'static str {
        match self {
            Self::Serve(..) | Self::Reject(..) => "http",
            Self::KeepWarm(_) => "keep-warm",
            Self::Call(..) | Self::Fail(_) => "event",
        }
    }

    /// Tells the invocation's span what it is about, and a request what its span is.
    #[cfg(feature = "otel")]
    fn describe(mut self, span: &tracing::Span, invocation: &Invocation) -> Self {
        match &mut self {
            Self::Serve(request, _) => otel::start_request(span, request, invocation),
            Self::Reject(..) => otel::start_rejected(span, invocation),
            Self::Call(name, _) => otel::start_event(span, name, invocation),
            Self::KeepWarm(_) => otel::start_event(span, "keep-warm", invocation),
            Self::Fail(_) => otel::start_event(span, "event", invocation),
        }
        self
    }
}

impl From<dispatch::Call> for Action {
    fn from(call: dispatch::Call) -> Self {
        call.map_or_else(Self::Fail, |(name, handler)| Self::Call(name, handler))
    }
}

impl Shared {
    fn read(&self, event: &Bytes, invocation: &Invocation) -> Action {
        let malformed = |source: BoxError| Action::Fail(Error::with_source(Kind::Malformed, source));
        let text = match simdutf8::basic::from_utf8(event) {
            Ok(text) => text,
            Err(error) => return malformed(error.into()),
        };
        let mut fields = match Fields::read(text) {
            Ok(fields) => fields,
            // A plain payload need not be an object.
            Err(error) => return self.plain(event, invocation).unwrap_or_else(|| malformed(error.into())),
        };
        let kind = EventKind::detect(&fields);
        if let Some((name, visible)) = self.options.authorizer() {
            return self.authorize(name, visible, kind, event, invocation);
        }
        if matches!(kind, EventKind::Http(_) | EventKind::Unknown)
            && let Some(action) = self.plain(event, invocation)
        {
            return action;
        }
        match kind {
            EventKind::Http(gateway) => self.request(event, gateway, &mut fields, invocation),
            EventKind::Own(OwnEvent::KeepWarm) => Action::KeepWarm(self.dispatch.inventory(&self.options)),
            EventKind::Own(OwnEvent::Iot) => {
                let word = fields.own_event.map(JsonStr::into_cow).unwrap_or_default();
                match iot::payload(event) {
                    Ok(payload) => {
                        let name = iot::name(&word).unwrap_or_default();
                        self.dispatch.call_named(OwnEvent::Iot, name, payload, invocation.clone()).into()
                    }
                    Err(error) => Action::Fail(error),
                }
            }
            EventKind::Own(kind) => {
                let name = fields.name.map(|name| name.into_cow()).unwrap_or_default();
                let payload = fields.payload.map_or(Bytes::from_static(b"null"), |raw| event.slice_ref(raw.as_bytes()));
                self.dispatch.call_named(kind, &name, payload, invocation.clone()).into()
            }
            EventKind::Source(source) => {
                let entry = fields.name.map(JsonStr::into_cow);
                let (event, invocation) = (event.clone(), invocation.clone());
                self.dispatch.call_source(source, event, entry.as_deref(), invocation, &self.options).into()
            }
            EventKind::Unknown => Action::Fail(Error::new(Kind::Unknown(list_keys(text)))),
        }
    }

    /// The call of the further function that this process is, with the whole event as its payload; `None` in the main
    /// function.
    fn plain(&self, event: &Bytes, invocation: &Invocation) -> Option<Action> {
        let name = self.options.function()?;
        Some(self.dispatch.call_named(OwnEvent::Function, name, event.clone(), invocation.clone()).into())
    }

    /// The action of a process that is an authorizer. No event reaches the app or a handler of another kind.
    fn authorize(
        &self,
        name: &str,
        visible: &Visible,
        kind: EventKind,
        event: &Bytes,
        invocation: &Invocation,
    ) -> Action {
        match kind {
            EventKind::Own(OwnEvent::KeepWarm) => Action::KeepWarm(self.dispatch.inventory(&self.options)),
            EventKind::Source(Source::Authorizer) => {
                self.dispatch.call_authorizer(name, visible, event, invocation.clone()).into()
            }
            _ => Action::Fail(Error::new(Kind::Misdirected(format!(
                "this function is the authorizer `{name}`: it takes events of API Gateway's authorizers and no others"
            )))),
        }
    }

    fn request(&self, event: &Bytes, gateway: Gateway, fields: &mut Fields<'_>, invocation: &Invocation) -> Action {
        match request::build(event, gateway, fields, invocation, &self.options) {
            Ok((request, base_url)) => {
                let head = Some((request.method(), request.headers()));
                let encoder = ResponseEncoder::new(gateway, head, base_url, &self.options);
                let is_refused =
                    |guard: &RouteGuard| guard.refuses(fields, request.method().as_str(), request.uri().path());
                match self.options.routes().is_some_and(is_refused) {
                    true => Action::Reject(Failure::OtherRoute, encoder),
                    false => Action::Serve(request, encoder),
                }
            }
            Err(error) => {
                let encoder = ResponseEncoder::new(gateway, None, BaseUrl::default(), &self.options);
                Action::Reject(Failure::BadRequest(error), encoder)
            }
        }
    }
}

/// Lists the first keys of an event of an unknown source, for the error message.
fn list_keys(text: &str) -> String {
    const MAX_LISTED: usize = 20;
    let keys = Fields::keys(text);
    let named: Vec<String> =
        keys.iter().take(MAX_LISTED).map(|key| format!("`{}`", key.into_cow().escape_debug())).collect();
    match keys.len() {
        0 => "none, it is empty".to_owned(),
        count if count > MAX_LISTED => format!("{} and {} more", named.join(", "), count - MAX_LISTED),
        _ => named.join(", "),
    }
}
