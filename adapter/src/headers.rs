//! The header map of a request, built from the one or two header maps of an event.
//!
//! An invalid header must not fail the event: it is dropped with a warning.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, TRANSFER_ENCODING},
    uri::Authority,
};

use crate::{
    event::Fields,
    header_name::{self, FORWARDED_HOST, TRACE_ID},
    invocation::Invocation,
    json_str::JsonStr,
    log,
};

/// The size of the largest event, in bytes, whose header values are views of it. In a larger event they are copied: an
/// app that keeps a header must not keep megabytes of body in memory.
const MAX_SHARED_EVENT_BYTES: usize = 64 * 1024;

/// The number of headers that the adapter may add to those of the event: host, length, trace id, joined cookies.
const EXTRA: usize = 4;

/// The limit of the header map's initial capacity; an event may have any number of headers.
const MAX_RESERVED: usize = 256;

/// The limit of headers in a request: far more than fit into any gateway's header block, far fewer than a map can hold.
const MAX_HEADERS: usize = 4096;

/// A builder of a header map from the slices of one event.
pub(crate) struct Headers<'a> {
    event: &'a Bytes,
    invocation: &'a Invocation,
    map: HeaderMap,
    has_length: bool,
    has_host: bool,
    cookies: usize,
}

impl<'a> Headers<'a> {
    /// Reads all headers of an event: every value of the multi-value map in order, then the names that only the other
    /// map has.
    pub(crate) fn read(event: &'a Bytes, invocation: &'a Invocation, fields: &Fields<'_>) -> Self {
        let multi = &fields.multi_headers;
        let capacity = (multi.len().max(fields.headers.len()) + EXTRA).min(MAX_RESERVED);
        let map = HeaderMap::with_capacity(capacity);
        let mut headers = Self { event, invocation, map, has_length: false, has_host: false, cookies: 0 };
        for &(name, value) in multi {
            headers.append(name, value);
        }
        // Gateways write both maps in the same order, so the next name has nearly always been read already.
        let mut known = multi.iter().map(|(name, _)| name.raw()).peekable();
        for &(name, value) in &fields.headers {
            if known.peek().is_some_and(|next| *next == name.raw()) {
                while known.next_if_eq(&name.raw()).is_some() {}
            } else if multi.is_empty() || !headers.map.contains_key(&*name.into_cow()) {
                headers.append(name, value);
            }
        }
        headers.join_cookies(&fields.cookies);
        headers
    }

    /// Completes the map with the host, the length of the body and the trace id of the invocation.
    pub(crate) fn finish(mut self, domain: Option<JsonStr<'_>>, length: usize) -> HeaderMap {
        if length > 0 || self.has_length {
            self.map.insert(CONTENT_LENGTH, length.into());
        }
        if let Some(domain) = domain.filter(|_| !self.has_host)
            && let Ok(host) = self.value(domain)
        {
            self.map.insert(HOST, host);
        }
        if let Some(trace_id) = self.invocation.trace_id().and_then(|id| HeaderValue::from_str(id).ok()) {
            self.map.insert(TRACE_ID, trace_id);
        }
        self.map
    }

    /// Drops `content-encoding` where the gateway has decoded the body: a REST API decompresses a body that it sends as
    /// text, and keeps the header ([payload compression]).
    ///
    /// [payload compression]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html
    pub(crate) fn drop_content_encoding(&mut self) {
        self.map.remove(CONTENT_ENCODING);
    }

    /// Sets the content type of JSON, where the event has none.
    pub(crate) fn set_json(&mut self) {
        self.map.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    }

    /// Replaces the host by the domain that CloudFront serves in front of a Function URL, if the request came for it. Anybody
    /// can send the header to the Function URL itself, so no other name is believed.
    pub(crate) fn restore_host(&mut self, domain: &str) {
        let host = self.map.get(FORWARDED_HOST).filter(|host| host.as_bytes().eq_ignore_ascii_case(domain.as_bytes()));
        if let Some(host) = host.cloned() {
            self.map.insert(HOST, host);
            self.has_host = true;
        }
    }

    /// The headers that have been read so far.
    pub(crate) fn map(&self) -> &HeaderMap {
        &self.map
    }

    fn append(&mut self, name: JsonStr<'_>, value: JsonStr<'_>) {
        let Some(key) = header_name::parse(&name.into_cow()) else {
            return self.warn(name, "its name is invalid");
        };
        // The event has the whole body, so these are computed from it.
        if key == TRANSFER_ENCODING {
            return;
        }
        if key == CONTENT_LENGTH {
            self.has_length = true;
            return;
        }
        let Ok(value) = self.value(value) else {
            return self.warn(name, "its value is invalid");
        };
        if key == HOST {
            self.has_host = is_host(&value);
        }
        self.cookies += usize::from(key == COOKIE);
        if self.map.len() < MAX_HEADERS {
            self.map.append(key, value);
        } else {
            self.warn(name, "there are too many headers");
        }
    }

    fn value(&self, value: JsonStr<'_>) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
        if self.event.len() > MAX_SHARED_EVENT_BYTES {
            HeaderValue::from_bytes(value.into_cow().as_bytes())
        } else {
            HeaderValue::from_maybe_shared(value.into_bytes(self.event))
        }
    }

    /// Joins all cookies into one `cookie` header, as HTTP/1.1 has it ([RFC 6265 §5.4]); gateways send a list.
    ///
    /// [RFC 6265 §5.4]: https://www.rfc-editor.org/rfc/rfc6265#section-5.4
    fn join_cookies(&mut self, cookies: &[JsonStr<'_>]) {
        if cookies.is_empty() && self.cookies < 2 {
            return;
        }
        let joined = if cookies.is_empty() {
            let values: Vec<&[u8]> = self.map.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
            values.join(&b"; "[..])
        } else {
            let values: Vec<_> = cookies.iter().map(|cookie| cookie.into_cow()).collect();
            values.join("; ").into_bytes()
        };
        match HeaderValue::from_maybe_shared(Bytes::from(joined)) {
            Ok(value) => {
                self.map.insert(COOKIE, value);
            }
            Err(_) => self.warn(JsonStr::plain("cookies"), "its value is invalid"),
        }
    }

    fn warn(&self, name: JsonStr<'_>, reason: &str) {
        let name = name.into_cow();
        log::warn(
            self.invocation.request_id(),
            &format!("header `{}` of the event is dropped: {reason}", name.escape_debug()),
        );
    }
}

fn is_host(host: &HeaderValue) -> bool {
    // Parsing an authority copies, and nearly every host needs no parsing.
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let bytes = host.as_bytes();
    // Unlike an authority, a host has no user information, and its port is a number ([RFC 9110 §7.2]).
    //
    // [RFC 9110 §7.2]: https://www.rfc-editor.org/rfc/rfc9110#section-7.2
    let is_authority = || {
        let is_whole = |authority: &Authority| authority.port().is_some() || authority.host() == authority.as_str();
        !bytes.contains(&b'@') && Authority::try_from(bytes).is_ok_and(|authority| is_whole(&authority))
    };
    !bytes.is_empty() && (bytes.iter().all(is_plain) || is_authority())
}
