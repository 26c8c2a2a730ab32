//! Lines of JSON: Lambda's own (`platform.…`), `tracing`'s, and those of other loggers that Lambda's format resembles.

use std::{borrow::Cow, fmt::Write as _};

use serde_json::{Map, Value};

use super::{
    Level,
    invocation_report::InvocationReport,
    line::{Kind, Line},
};

/// Keys under which loggers keep the request id.
const REQUEST_ID: [&str; 4] = ["requestId", "request_id", "AWSRequestId", "aws_request_id"];
/// Keys of the message.
const MESSAGE: [&str; 3] = ["message", "msg", "errorMessage"];
/// Keys that the line says otherwise, or that say where it comes from.
const LEFT_OUT: [&str; 6] = ["timestamp", "time", "level", "span", "spans", "stackTrace"];

/// Parses an object; `None` if the line is none.
pub(super) fn parse(message: &str) -> Option<Line<'static>> {
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(message) else { return None };
    let kind = fields.get("type").and_then(Value::as_str).and_then(|kind| kind.strip_prefix("platform."));
    Some(match (kind, fields.get("record")) {
        (Some(kind), Some(record)) => platform(kind, record),
        _ => application(fields),
    })
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>
fn platform(kind: &str, record: &Value) -> Line<'static> {
    let request_id = record["requestId"].as_str().map(|id| Cow::Owned(id.to_owned()));
    let text = match record {
        Value::String(text) => text.clone(),
        record => format!("{kind} {record}"),
    };
    let line = Line { kind: Kind::Platform, level: None, request_id, text: text.into() };
    match kind {
        "start" => Line { kind: Kind::Start, ..line },
        "report" => {
            let report = InvocationReport::from_json(record);
            let level = report.failure.is_some().then_some(Level::Error);
            let text = report.to_string().into();
            Line { kind: Kind::Report(report), level, text, ..line }
        }
        "fault" => Line { kind: Kind::Record, level: Some(Level::Error), ..line },
        "initReport" if record["status"].as_str().is_some_and(|status| status != "success") => {
            Line { kind: Kind::Record, level: Some(Level::Error), ..line }
        }
        _ => line,
    }
}

fn application(mut fields: Map<String, Value>) -> Line<'static> {
    let level = fields.get("level").and_then(Value::as_str).and_then(Level::parse);
    let request_id = request_id(&fields);
    // `tracing` nests the event's fields unless it is asked to flatten them.
    if let Some(Value::Object(nested)) = fields.remove("fields") {
        fields.extend(nested);
    }
    let message = MESSAGE.iter().find_map(|key| fields.remove(*key));
    let mut text = match &message {
        Some(Value::String(message)) => message.clone(),
        Some(message) => message.to_string(),
        None => String::new(),
    };
    if let Some(Value::String(kind)) = fields.remove("errorType") {
        text = if text.is_empty() { kind } else { format!("{kind}: {text}") };
    }
    let target = fields.remove("target");
    let stack = fields.remove("stackTrace");
    for (key, value) in &fields {
        if LEFT_OUT.contains(&key.as_str()) || REQUEST_ID.contains(&key.as_str()) {
            continue;
        }
        let space = if text.is_empty() { "" } else { " " };
        let _ = match value {
            Value::String(value) if is_plain(value) => write!(text, "{space}{key}={value}"),
            value => write!(text, "{space}{key}={value}"),
        };
    }
    if let Some(Value::String(target)) = target {
        let _ = write!(text, " ({target})");
    }
    if let Some(Value::Array(frames)) = stack {
        for frame in frames.iter().filter_map(Value::as_str) {
            let _ = write!(text, "\n{frame}");
        }
    }
    Line { kind: Kind::Record, level, request_id, text: text.into() }
}

/// Whether a value is readable without quotes.
fn is_plain(value: &str) -> bool {
    !value.is_empty() && !value.contains(|letter: char| letter.is_whitespace() || letter == '"')
}

/// The request id of the event, or else of a span that it is in.
fn request_id(fields: &Map<String, Value>) -> Option<Cow<'static, str>> {
    let of = |fields: &Map<String, Value>| {
        let id = REQUEST_ID.iter().find_map(|key| fields.get(*key)?.as_str())?;
        Some(Cow::Owned(id.to_owned()))
    };
    let nested = || fields.get("fields").and_then(Value::as_object).and_then(of);
    let span = || fields.get("span").and_then(Value::as_object).and_then(of);
    let spans = || {
        let mut spans = fields.get("spans").and_then(Value::as_array).into_iter().flatten();
        spans.find_map(|span| span.as_object().and_then(of))
    };
    of(fields).or_else(nested).or_else(span).or_else(spans)
}
