//! The input of `zappa-rs invoke`: a payload for a named function, a whole event, or an HTTP request.

use std::{fs, io::Read as _, path::Path};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::de::IgnoredAny;
use zappa_rs_adapter::contract;

use crate::{
    args::{HandlerKind, InvokeArgs},
    gateway::{
        Gateway,
        arrival::{Arrival, Stamp},
        event,
    },
    lambda,
    report::Failure,
};

/// The methods of RFC 9110 and RFC 5789.
const STANDARD_METHODS: [Method; 9] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::CONNECT,
    Method::OPTIONS,
    Method::TRACE,
    Method::PATCH,
];

/// The input of a call, checked.
#[derive(Debug)]
pub(in crate::commands) enum Input {
    /// A whole event.
    Event(Vec<u8>),
    /// A request for the stage's gateway; its target has no prefix yet.
    Http(Box<Arrival>),
}

impl Input {
    /// Reads the input that the flags name.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or something is no JSON or no request.
    pub(in crate::commands) fn read(args: &InvokeArgs, directory: &Path) -> Result<Self, Failure> {
        if let Some(request) = &args.http {
            let body = args.body.as_deref().map(|text| read(text, directory)).transpose()?;
            return Ok(Self::Http(Box::new(arrival(request, &args.header, body)?)));
        }
        if let Some(path) = &args.event {
            let (shown, text) = if path.as_os_str() == "-" {
                ("stdin".to_owned(), read_stdin()?)
            } else {
                (path.display().to_string(), read_file(path, directory)?)
            };
            let text = without_mark(text, &shown)?;
            check_json(&text, &shown)?;
            return Ok(Self::Event(text));
        }
        let name = args.name.as_deref().unwrap_or_default();
        let payload = match args.data.as_deref() {
            Some(data) => {
                let shown = if data == "-" { "stdin" } else { data.strip_prefix('@').unwrap_or("--data") };
                let text = without_mark(read(data, directory)?, shown)?;
                check_json(&text, shown)?;
                text
            }
            None => b"null".to_vec(),
        };
        Ok(Self::Event(wrap_payload(args.kind, name, &payload)))
    }

    /// The event that is sent, within Lambda's limit.
    ///
    /// # Errors
    ///
    /// It is too large, or the gateway would not pass the request on.
    pub(in crate::commands) fn event(
        &self,
        gateway: &Gateway,
        stamp: &Stamp,
        is_async: bool,
    ) -> Result<Vec<u8>, Failure> {
        let event = match self {
            Self::Event(event) => event.clone(),
            Self::Http(arrival) => {
                let event = event::build(gateway, &prefixed(arrival, gateway), stamp);
                event
                    .map_err(|refusal| {
                        Failure::usage(
                            anyhow::anyhow!("the gateway would refuse the request: {}", refusal.reason),
                            None,
                        )
                    })?
                    .to_vec()
            }
        };
        let limit = if is_async { lambda::MAX_ASYNC_PAYLOAD } else { lambda::MAX_PAYLOAD };
        if event.len() > limit {
            let way = if is_async { "an asynchronous" } else { "a synchronous" };
            let error = anyhow::anyhow!("the event has {} bytes, and {way} invocation takes {limit}", event.len());
            return Err(Failure::usage(error, Some("put the data into S3 and send its key".to_owned())));
        }
        Ok(event)
    }
}

/// The request with the prefix that clients of the gateway have in front of its path.
pub(in crate::commands) fn prefixed(arrival: &Arrival, gateway: &Gateway) -> Arrival {
    let mut arrival = arrival.clone();
    arrival.target = format!("{}{}", gateway.root().trim_end_matches('/'), arrival.target);
    arrival
}

/// The event of a name that the app registered; the payload keeps its bytes.
fn wrap_payload(kind: HandlerKind, name: &str, payload: &[u8]) -> Vec<u8> {
    let kind = match kind {
        HandlerKind::Function => contract::KIND_FUNCTION,
        HandlerKind::Schedule => contract::KIND_SCHEDULE,
        HandlerKind::Task => contract::KIND_TASK,
    };
    let name = serde_json::Value::from(name);
    let head = format!(
        "{{\"{}\":\"{kind}\",\"{}\":{name},\"{}\":",
        contract::EVENT_KEY,
        contract::NAME_KEY,
        contract::PAYLOAD_KEY
    );
    [head.as_bytes(), payload, b"}"].concat()
}

/// The value of a flag that takes text, `@FILE` or `-`.
fn read(value: &str, directory: &Path) -> Result<Vec<u8>, Failure> {
    match value.strip_prefix('@') {
        _ if value == "-" => read_stdin(),
        Some(path) => read_file(Path::new(path), directory),
        None => Ok(value.as_bytes().to_vec()),
    }
}

fn read_file(path: &Path, directory: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(directory.join(path)).map_err(|error| {
        let hint = format!("a relative path begins at `{}`; `-` reads stdin", directory.display());
        Failure::usage(anyhow::Error::new(error).context(format!("cannot read `{}`", path.display())), Some(hint))
    })
}

fn read_stdin() -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    match std::io::stdin().read_to_end(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::failed(anyhow::Error::new(error).context("cannot read stdin"), None)),
    }
}

/// The text without the byte order mark that some editors put in front; an error if it is not UTF-8, as JSON must be.
fn without_mark(text: Vec<u8>, shown: &str) -> Result<Vec<u8>, Failure> {
    let text = String::from_utf8(text).map_err(|error| {
        let error = anyhow::anyhow!("`{shown}` is not UTF-8, from byte {} on", error.utf8_error().valid_up_to());
        Failure::usage(error, Some("JSON is UTF-8: save the file in that encoding".to_owned()))
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.as_bytes().to_vec(),
        None => text.into_bytes(),
    })
}

/// Checks that a text is JSON; an error has the place.
fn check_json(text: &[u8], shown: &str) -> Result<(), Failure> {
    let Err(error) = serde_json::from_slice::<IgnoredAny>(text) else { return Ok(()) };
    if text.trim_ascii().is_empty() {
        let hint = match shown {
            "stdin" => "pipe JSON into it, such as `zappa-rs event sqs | zappa-rs invoke --event -`",
            "--data" => "leave it out for `null`, or for what the schedule sends",
            _ => "`zappa-rs event` prints samples of events",
        };
        return Err(Failure::usage(anyhow::anyhow!("`{shown}` is empty, and has to be JSON"), Some(hint.to_owned())));
    }
    let place = format!("{shown}:{}:{}", error.line(), error.column());
    let reason = error.to_string();
    let reason = reason.rsplit_once(" at line ").map_or(reason.as_str(), |(reason, _)| reason).to_owned();
    let hint = (shown == "--data").then(|| "a text is JSON in quotes: `-d '\"hello\"'`".to_owned());
    Err(Failure::usage(anyhow::anyhow!("not JSON: {place}: {reason}"), hint))
}

/// The request of `--http`, `-H` and `--body`.
fn arrival(request: &str, fields: &[String], body: Option<Vec<u8>>) -> Result<Arrival, Failure> {
    let usage = |sentence: String, hint: &str| Failure::usage(anyhow::anyhow!(sentence), Some(hint.to_owned()));
    let words: Vec<&str> = request.split_whitespace().collect();
    let default = if body.is_some() { "POST" } else { "GET" };
    let (method, path) = match words.as_slice() {
        [path] => (default, *path),
        [method, path] => (*method, *path),
        _ => return Err(usage(format!("`{request}` is not a request"), "such as `--http 'GET /orders?page=2'`")),
    };
    if !path.starts_with('/') {
        return Err(usage(
            format!("the path `{path}` does not begin with `/`"),
            "such as `--http 'GET /orders?page=2'`",
        ));
    }
    let method = standard_method(method)
        .map_or_else(|| Method::from_bytes(method.as_bytes()), Ok)
        .map_err(|_| usage(format!("`{method}` is not an HTTP method"), "such as `--http 'GET /orders?page=2'`"))?;
    let mut headers = HeaderMap::new();
    for field in fields {
        let parsed = field.split_once(':').and_then(|(name, value)| {
            let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
            Some((name, HeaderValue::from_str(value.trim()).ok()?))
        });
        let (name, value) =
            parsed.ok_or_else(|| usage(format!("`{field}` is not a header"), "such as `-H 'accept: text/html'`"))?;
        headers.append(name, value);
    }
    let body = body.unwrap_or_default();
    let agent = HeaderValue::from_static("zappa-rs invoke");
    headers.entry(header::USER_AGENT).or_insert(agent);
    if !body.is_empty() {
        headers.insert(header::CONTENT_LENGTH, body.len().into());
    }
    Ok(Arrival {
        method,
        target: path.to_owned(),
        headers,
        body: Bytes::from(body),
        client: ([127, 0, 0, 1], 0).into(),
        protocol: "HTTP/1.1",
        scheme: "https",
    })
}

/// The method that is meant by a word in any case: methods are case-sensitive, and no app knows `get`.
fn standard_method(word: &str) -> Option<Method> {
    STANDARD_METHODS.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_keeps_its_bytes() {
        let event = wrap_payload(HandlerKind::Task, "a \"b\"", b"1.50");
        assert_eq!(event, br#"{"zappa_rs":"task","name":"a \"b\"","payload":1.50}"#);
    }

    #[test]
    fn a_byte_order_mark_is_dropped_and_another_encoding_is_refused() {
        assert_eq!(without_mark(b"\xef\xbb\xbf{}".to_vec(), "a.json").unwrap(), b"{}");
        assert_eq!(without_mark(b"{}".to_vec(), "a.json").unwrap(), b"{}");
        assert!(without_mark(b"{\"a\":\"\xff\"}".to_vec(), "a.json").is_err());
    }

    #[test]
    fn what_is_empty_or_missing_says_so() {
        let text = |failure: Failure| format!("{failure:?}");
        for (shown, hint) in [("stdin", "pipe JSON into it"), ("--data", "leave it out"), ("a.json", "zappa-rs event")]
        {
            let text = text(check_json(b" \n", shown).unwrap_err());
            assert!(text.contains(&format!("`{shown}` is empty")) && text.contains(hint), "{text}");
        }
        let text = text(read("@absent.json", Path::new("/absent")).unwrap_err());
        assert!(text.contains("cannot read `absent.json`") && text.contains("begins at `/absent`"), "{text}");
    }

    #[test]
    fn requests_are_read_as_people_write_them() {
        for (request, body, expected) in [
            ("/x", None, Some("GET /x")),
            ("/x", Some("a"), Some("POST /x")),
            ("DELETE /x?y=1", None, Some("DELETE /x?y=1")),
            ("get /x", None, Some("GET /x")),
            ("Patch /x", None, Some("PATCH /x")),
            ("purge /x", None, Some("purge /x")),
            ("GET x", None, None),
            ("GET /x HTTP/1.1", None, None),
            ("", None, None),
        ] {
            let body = body.map(|text: &str| text.as_bytes().to_vec());
            let arrival = arrival(request, &["X-A: 1".to_owned(), "x-a: 2".to_owned()], body).ok();
            let line = arrival.as_ref().map(|arrival| format!("{} {}", arrival.method, arrival.target));
            assert_eq!(line.as_deref(), expected, "{request}");
            assert!(arrival.is_none_or(|arrival| arrival.headers.get_all("x-a").iter().count() == 2));
        }
        assert!(arrival("/", &["no header".to_owned()], None).is_err());
    }
}
