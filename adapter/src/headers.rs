//! The header map of a request, from the one or two maps of an event.
//!
//! One odd header must not lose the event: what HTTP cannot hold is dropped with a warning.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONTENT_LENGTH, COOKIE, HOST, TRANSFER_ENCODING},
    uri::Authority,
};

use crate::{event::Fields, log, text::Text};

/// Header values of an event up to this many bytes are views of it. Beyond, they are copied: whoever keeps a header must
/// not keep megabytes of body with it.
const LARGEST_SHARED_EVENT: usize = 64 * 1024;

/// Headers that the adapter adds to those of the event: host, length, trace id, joined cookies.
const EXTRA: usize = 4;

/// Room is made for at most this many headers ahead; the event may claim any number.
const MOST_RESERVED: usize = 256;

/// The name of the header that carries X-Ray's trace id.
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// Builds header maps out of the slices of one event.
pub(crate) struct Headers<'a> {
    event: &'a Bytes,
    request_id: &'a str,
    map: HeaderMap,
}

impl<'a> Headers<'a> {
    /// All headers of an event: every value of the multi-value map in order, then what only the other map has.
    pub(crate) fn read(event: &'a Bytes, request_id: &'a str, fields: &Fields<'_>) -> Self {
        let multi = &fields.multi_headers;
        let capacity = multi.len().max(fields.headers.len()) + EXTRA;
        let mut headers = Self { event, request_id, map: HeaderMap::with_capacity(capacity.min(MOST_RESERVED)) };
        for &(name, value) in multi {
            headers.append(name, value);
        }
        // Gateways write both maps in the same order, so the next name is nearly always the one that is known already.
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

    /// The finished map: host known, length that of the body, trace id that of the invocation.
    pub(crate) fn finish(mut self, domain: Option<Text<'_>>, length: usize, trace_id: Option<&str>) -> HeaderMap {
        self.map.remove(TRANSFER_ENCODING);
        if length > 0 || self.map.contains_key(CONTENT_LENGTH) {
            self.map.insert(CONTENT_LENGTH, length.into());
        }
        if let Some(domain) = domain
            && !self.map.get(HOST).is_some_and(is_authority)
            && let Ok(host) = HeaderValue::from_maybe_shared(domain.into_bytes(self.event))
        {
            self.map.insert(HOST, host);
        }
        if let Some(trace_id) = trace_id.and_then(|id| HeaderValue::from_str(id).ok()) {
            self.map.insert(TRACE_ID, trace_id);
        }
        self.map
    }

    /// The map as far as it is read.
    pub(crate) fn map(&self) -> &HeaderMap {
        &self.map
    }

    fn append(&mut self, name: Text<'_>, value: Text<'_>) {
        let Some(key) = header_name(name) else {
            return self.warn(name, "its name is not one that HTTP can hold");
        };
        let Ok(value) = self.value(value) else {
            return self.warn(name, "its value is not one that HTTP can hold");
        };
        if self.map.try_append(key, value).is_err() {
            self.warn(name, "there are too many headers");
        }
    }

    fn value(&self, value: Text<'_>) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
        if self.event.len() > LARGEST_SHARED_EVENT {
            HeaderValue::from_bytes(value.into_cow().as_bytes())
        } else {
            HeaderValue::from_maybe_shared(value.into_bytes(self.event))
        }
    }

    /// HTTP/1.1 has one `cookie` header ([RFC 6265 §5.4]); gateways hand out a list.
    ///
    /// [RFC 6265 §5.4]: https://www.rfc-editor.org/rfc/rfc6265#section-5.4
    fn join_cookies(&mut self, cookies: &[Text<'_>]) {
        let joined = if cookies.is_empty() {
            let values: Vec<&[u8]> = self.map.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
            if values.len() < 2 {
                return;
            }
            values.join(&b"; "[..])
        } else {
            let values: Vec<_> = cookies.iter().map(|cookie| cookie.into_cow()).collect();
            values.join("; ").into_bytes()
        };
        match HeaderValue::from_maybe_shared(Bytes::from(joined)) {
            Ok(value) => {
                self.map.insert(COOKIE, value);
            }
            Err(_) => self.warn(Text::plain("cookies"), "its value is not one that HTTP can hold"),
        }
    }

    fn warn(&self, name: Text<'_>, why: &str) {
        let name = name.into_cow();
        log::warn(self.request_id, &format!("header `{}` of the event is dropped: {why}", name.escape_debug()));
    }
}

/// Names that gateways and browsers send and the `http` crate has no constant for: finding one here spares an allocation.
static USUAL_NAMES: [HeaderName; 16] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-port"),
    TRACE_ID,
    HeaderName::from_static("sec-fetch-dest"),
    HeaderName::from_static("sec-fetch-mode"),
    HeaderName::from_static("sec-fetch-site"),
    HeaderName::from_static("sec-fetch-user"),
    HeaderName::from_static("sec-ch-ua"),
    HeaderName::from_static("sec-ch-ua-mobile"),
    HeaderName::from_static("sec-ch-ua-platform"),
    HeaderName::from_static("priority"),
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-amz-cf-id"),
    HeaderName::from_static("cloudfront-viewer-country"),
    HeaderName::from_static("cloudfront-forwarded-proto"),
];

fn header_name(name: Text<'_>) -> Option<HeaderName> {
    let is_same = |usual: &&HeaderName| usual.as_str().eq_ignore_ascii_case(name.raw());
    let usual = USUAL_NAMES.iter().find(is_same).cloned();
    usual.or_else(|| HeaderName::from_bytes(name.into_cow().as_bytes()).ok())
}

fn is_authority(host: &HeaderValue) -> bool {
    // Parsing copies, and nearly every host is of this form.
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let bytes = host.as_bytes();
    // A user, which an authority may have, has no place in a host, and a port is a number ([RFC 9110 §7.2]).
    //
    // [RFC 9110 §7.2]: https://www.rfc-editor.org/rfc/rfc9110#section-7.2
    let is_host = || {
        let is_whole = |authority: &Authority| authority.port().is_some() || authority.host() == authority.as_str();
        !bytes.contains(&b'@') && Authority::try_from(bytes).is_ok_and(|authority| is_whole(&authority))
    };
    !bytes.is_empty() && (bytes.iter().all(is_plain) || is_host())
}
