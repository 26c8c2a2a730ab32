//! What may differ between the three ways, by name. Anything else that differs is a fault.

use crate::support::response::Response;

/// How an example runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    /// As an ordinary HTTP server.
    Plain,
    /// `zappa-rs local --as rest`.
    Rest,
    /// `zappa-rs local --as http`.
    Http,
}

/// What a gateway loses of a response and no adapter can give back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Loss {
    /// HTTP API: payload 2.0 has one value for a name, so repeated headers are joined by commas.
    JoinedHeaders,
    /// Both: the response travels as JSON, which is Unicode, so Latin-1 in a header arrives as UTF-8.
    Latin1Headers,
}

impl Loss {
    /// Whether this gateway loses it.
    pub(crate) fn is_of(self, way: Way) -> bool {
        match self {
            Self::JoinedHeaders => way == Way::Http,
            Self::Latin1Headers => way != Way::Plain,
        }
    }
}

/// Headers of one connection, which say nothing about the response.
const HOP_BY_HOP: [&str; 4] = ["connection", "date", "keep-alive", "transfer-encoding"];

/// What a REST API calls an application's own `content-length`.
const RENAMED_LENGTH: &str = "x-amzn-remapped-content-length";

/// Headers that a gateway puts on every response of its own accord.
const ADDED: [&str; 5] = ["apigw-requestid", "via", "x-amz-apigw-id", "x-amzn-requestid", "x-amzn-trace-id"];

/// What the client is to get behind a gateway, if `plain` is what it gets from the server itself.
pub(crate) fn expected(plain: &Response, way: Way, prefix: &str, losses: &[Loss], method: &str) -> Response {
    let mut response = without_framing(plain, method);
    for (name, value) in &mut response.headers {
        let text = String::from_utf8_lossy(value).into_owned();
        match name.as_str() {
            // As behind a reverse proxy: the browser must come back to where the app is.
            "location" | "content-location" if text.starts_with('/') => *value = format!("{prefix}{text}").into_bytes(),
            "set-cookie" if !prefix.is_empty() => {
                *value = text.replace("Path=/", &format!("Path={prefix}")).into_bytes();
            }
            _ => {}
        }
    }
    add_content_type(&mut response, way);
    for loss in losses.iter().filter(|loss| loss.is_of(way)) {
        match loss {
            Loss::JoinedHeaders => join(&mut response.headers),
            Loss::Latin1Headers => response.headers.iter_mut().for_each(|(_, value)| *value = from_latin1(value)),
        }
    }
    response
}

/// A response without a type gets one from the gateway: behind a REST API always, behind an HTTP API if there is a body.
fn add_content_type(response: &mut Response, way: Way) {
    let added = match way {
        Way::Rest => "application/json",
        Way::Http if !response.body.is_empty() => "text/plain;charset=utf-8",
        Way::Http | Way::Plain => return,
    };
    if response.header("content-type").is_none() {
        response.headers.push(("content-type".to_owned(), added.as_bytes().to_vec()));
        response.headers.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
}

/// A response of a gateway without what is the gateway's own.
pub(crate) fn cleaned(response: &Response, way: Way, method: &str) -> Response {
    let mut response = without_framing(response, method);
    if way != Way::Plain {
        response.headers.retain(|(name, _)| !ADDED.contains(&name.as_str()));
    }
    response
}

/// Without the headers of the connection, and in one order: gateways keep that of one name's values only.
fn without_framing(response: &Response, method: &str) -> Response {
    let mut response = response.clone();
    response.headers.retain(|(name, _)| !HOP_BY_HOP.contains(&name.as_str()));
    if method != "HEAD" {
        // A streamed body has none and a buffered one has; that the body is whole is compared in any case.
        response.headers.retain(|(name, _)| name != "content-length" && name != RENAMED_LENGTH);
    }
    response.headers.sort_by(|(one, _), (other, _)| one.cmp(other));
    response
}

fn join(headers: &mut Vec<(String, Vec<u8>)>) {
    headers.dedup_by(|(name, value), (before, joined)| {
        let is_repeated = name == before && name != "set-cookie";
        if is_repeated {
            joined.extend_from_slice(b", ");
            joined.extend_from_slice(value);
        }
        is_repeated
    });
}

/// The UTF-8 of what was Latin-1; what was UTF-8 already stays.
fn from_latin1(value: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().copied().map(char::from).collect::<String>(),
    }
    .into_bytes()
}
