//! The change of one value of a sample event, by a key or a path.

use std::{
    fmt,
    io::{Read as _, Write as _},
};

use base64_simd::STANDARD;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::Value;

use super::{
    Sample,
    key::{Form, Key},
};

/// The pointer to the compressed batch of CloudWatch Logs.
const LOGS: &str = "/awslogs/data";
/// The maps whose names are the user's own, so that a new one is no mistake.
const OPEN: &[&str] = &[
    "Keys",
    "MessageAttributes",
    "NewImage",
    "OldImage",
    "ResourceProperties",
    "attributes",
    "authorizer",
    "clientMetadata",
    "detail",
    "headers",
    "messageAttributes",
    "multiValueHeaders",
    "multiValueQueryStringParameters",
    "pathParameters",
    "payload",
    "properties",
    "queryStringParameters",
    "requestContext",
    "stageVariables",
    "userAttributes",
    "validationData",
];

/// The keys that name the source of an event: no resource and no handler has an empty name.
const NAMES: [&str; 8] = ["bucket", "group", "name", "queue", "recipient", "stream", "table", "topic"];

/// The error of a value that an event does not take.
#[derive(Debug)]
pub struct SetError {
    key: String,
    sample: &'static str,
    known: Vec<String>,
    is_empty: bool,
}

impl SetError {
    /// The key that was asked for.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The keys that the event has in its place: those of the sample, or the paths beside the unknown one.
    #[must_use]
    pub fn known(&self) -> &[String] {
        &self.known
    }
}

impl fmt::Display for SetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sample, key) = (self.sample, self.key.escape_debug());
        match self.is_empty {
            true => write!(f, "`{key}` of the sample `{sample}` needs a value"),
            false => write!(f, "the sample `{sample}` has no `{key}`"),
        }
    }
}

impl std::error::Error for SetError {}

/// Sets one value.
pub(super) fn set(sample: &'static Sample, json: &mut Value, key: &str, value: &str) -> Result<(), SetError> {
    let unknown = |known| SetError { key: key.to_owned(), sample: sample.name, known, is_empty: false };
    match sample.keys.iter().find(|known| known.name() == key) {
        Some(_) if value.is_empty() && NAMES.contains(&key) => Err(SetError { is_empty: true, ..unknown(Vec::new()) }),
        Some(found) => {
            set_key(json, found, value).ok_or_else(|| unknown(Vec::new()))?;
            if found.name() == "change" && json["RequestType"].is_string() {
                complete_change(json);
            }
            Ok(())
        }
        None => set_path(json, key, value).map_err(|mut known| {
            if !key.contains(['.', '/']) {
                known.extend(sample.keys().map(str::to_owned));
            }
            unknown(known)
        }),
    }
}

/// Sets a key's value in all its places; `None` where the event was changed so that it lacks one.
fn set_key(json: &mut Value, key: &Key, value: &str) -> Option<()> {
    if key.form == Form::InLogs {
        let data = json.pointer(LOGS)?.as_str()?;
        let mut batch = decompress(data)?;
        write_places(&mut batch, key, value)?;
        *json.pointer_mut(LOGS)? = Value::String(compress(&batch)?);
        return Some(());
    }
    write_places(json, key, value)
}

fn write_places(json: &mut Value, key: &Key, value: &str) -> Option<()> {
    for place in key.places {
        let text = || format!("{}{value}{}", place.before, place.after);
        if place.is_name {
            let parent = find(json, place.pointer)?.as_object_mut()?;
            let first = parent.keys().next()?.clone();
            let child = parent.remove(&first)?;
            parent.insert(text(), child);
            continue;
        }
        *find(json, place.pointer)? = match key.form {
            Form::Encoded => Value::String(encode_form(&text())),
            Form::Text | Form::InLogs => Value::String(text()),
            Form::Json => json_or_text(value),
            Form::Base64 => Value::String(STANDARD.encode_to_string(text())),
        };
    }
    Some(())
}

/// What a pointer leads to, where `*` is the first child.
fn find<'a>(json: &'a mut Value, pointer: &str) -> Option<&'a mut Value> {
    match pointer.split_once("/*") {
        Some((parent, rest)) => json.pointer_mut(parent)?.as_object_mut()?.values_mut().next()?.pointer_mut(rest),
        None => json.pointer_mut(pointer),
    }
}

/// A key as S3 encodes it in its own notifications: as a form does, with its slashes.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
fn encode_form(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'*' => encoded.push(byte.into()),
            b' ' => encoded.push('+'),
            _ => encoded.extend(format!("%{byte:02X}").chars()),
        }
    }
    encoded
}

/// The request of a change or a removal has the id that the creation made.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html>
fn complete_change(json: &mut Value) {
    let id = format!("{}-c0ffee00", json["LogicalResourceId"].as_str().unwrap_or_default());
    let properties = json["ResourceProperties"].clone();
    let kind = json["RequestType"].as_str().unwrap_or_default().to_owned();
    let Value::Object(fields) = json else { return };
    if kind == "Create" {
        fields.remove("PhysicalResourceId");
    } else {
        fields.entry("PhysicalResourceId").or_insert(Value::String(id));
    }
    if kind == "Update" {
        fields.entry("OldResourceProperties").or_insert(properties);
    } else {
        fields.remove("OldResourceProperties");
    }
}

/// Sets the value at a path; else returns the paths that there are instead.
fn set_path(json: &mut Value, path: &str, value: &str) -> Result<(), Vec<String>> {
    let (separator, steps): (_, Vec<String>) = match path.strip_prefix('/') {
        Some(pointer) => ("/", pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect()),
        None => (".", path.split('.').map(str::to_owned).collect()),
    };
    let mut node = json;
    for (depth, step) in steps.iter().enumerate() {
        let is_last = depth + 1 == steps.len();
        let is_open = depth > 0 && OPEN.contains(&steps[depth - 1].as_str());
        if is_open && node.is_null() {
            *node = Value::Object(serde_json::Map::new());
        }
        let known = children(node);
        if let Value::Object(map) = node
            && is_last
            && is_open
        {
            map.entry(step.as_str()).or_insert(Value::String(String::new()));
        }
        let found = match node {
            Value::Object(map) => map.get_mut(step),
            Value::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
            _ => None,
        };
        let Some(found) = found else {
            let before: String = steps[..depth].iter().map(|step| format!("{step}{separator}")).collect();
            let root = if separator == "/" { "/" } else { "" };
            return Err(known.into_iter().map(|name| format!("{root}{before}{name}")).collect());
        };
        node = found;
    }
    *node = if node.is_string() { Value::String(value.to_owned()) } else { json_or_text(value) };
    Ok(())
}

/// The names or indices below a value.
fn children(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => map.keys().cloned().collect(),
        Value::Array(items) => (0..items.len()).map(|index| index.to_string()).collect(),
        _ => Vec::new(),
    }
}

fn json_or_text(value: &str) -> Value {
    serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()))
}

fn decompress(data: &str) -> Option<Value> {
    let compressed = STANDARD.decode_to_vec(data).ok()?;
    let mut text = String::new();
    GzDecoder::new(&*compressed).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn compress(batch: &Value) -> Option<String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(batch.to_string().as_bytes()).ok()?;
    Some(STANDARD.encode_to_string(encoder.finish().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(sample: &str, key: &str, value: &str) -> Result<Value, SetError> {
        let mut event = Sample::find(sample).expect("a sample").event();
        event.set(key, value)?;
        Ok(event.json)
    }

    #[test]
    fn every_key_changes_its_event() {
        for sample in Sample::all() {
            for key in sample.keys() {
                let event = changed(sample.name, key, "123456789").unwrap_or_else(|error| panic!("{error}"));
                assert_ne!(event, sample.event().json, "{} {key}", sample.name);
            }
        }
    }

    #[test]
    fn the_source_of_an_event_has_a_name() {
        for (sample, key) in [("sqs", "queue"), ("s3", "bucket"), ("kafka", "topic"), ("schedule", "name")] {
            let error = changed(sample, key, "").expect_err(key).to_string();
            assert_eq!(error, format!("`{key}` of the sample `{sample}` needs a value"));
        }
        assert!(changed("sqs", "body", "").is_ok());
    }

    #[test]
    fn a_change_of_a_custom_resource_has_the_id_of_its_creation() {
        for (change, has_id, has_old) in [("Create", false, false), ("Update", true, true), ("Delete", true, false)] {
            let event = changed("custom-resource", "change", change).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(event["PhysicalResourceId"].is_string(), has_id, "{change}");
            assert_eq!(event["OldResourceProperties"].is_object(), has_old, "{change}");
        }
    }

    #[test]
    fn a_topic_or_queue_is_also_the_name_of_its_messages() {
        let mut event = Sample::find("kafka").expect("a sample").event();
        for (key, value) in [("topic", "clicks"), ("value", "hi")] {
            event.set(key, value).unwrap_or_else(|error| panic!("{error}"));
        }
        let message = &event.json["records"]["clicks-0"][0];
        assert_eq!((&message["topic"], &message["value"]), (&Value::from("clicks"), &Value::from("aGk=")));
        let event = changed("rabbit-mq", "queue", "mail").unwrap_or_else(|error| panic!("{error}"));
        assert!(event["rmqMessagesByQueue"]["mail::/"].is_array(), "{event}");
        let event = changed("active-mq", "queue", "mail").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(event["messages"][0]["destination"]["physicalName"], "mail");
    }

    #[test]
    fn a_path_keeps_strings_and_takes_json_elsewhere() {
        for (sample, path, value, pointer, expected) in [
            ("sqs", "Records.0.body", "7", "/Records/0/body", Value::from("7")),
            ("sqs", "/Records/0/body", "x", "/Records/0/body", Value::from("x")),
            ("http-api", "body", "hello", "/body", Value::from("hello")),
            ("http-api", "headers.x-trace", "on", "/headers/x-trace", Value::from("on")),
            ("rest", "stageVariables.color", "blue", "/stageVariables/color", Value::from("blue")),
            ("s3", "Records.0.s3.object.size", "7", "/Records/0/s3/object/size", Value::from(7)),
            ("event-bridge", "detail.order", "8", "/detail/order", Value::from("8")),
            ("function", "payload", r#"{"a":1}"#, "/payload", serde_json::json!({ "a": 1 })),
            ("rest", "path", "/x", "/requestContext/path", Value::from("/dev/x")),
            ("s3", "key", "in/a b+ü.txt", "/Records/0/s3/object/key", Value::from("in/a+b%2B%C3%BC.txt")),
            ("kinesis", "data", "hi", "/Records/0/kinesis/data", Value::from("aGk=")),
        ] {
            let event = changed(sample, path, value).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(event.pointer(pointer), Some(&expected), "{sample} {path}");
        }
    }

    #[test]
    fn an_unknown_path_names_those_beside_it() {
        for (path, known) in [
            ("Records.0.bodi", "Records.0.body"),
            ("Records.1.body", "Records.0"),
            ("/Records/0/bodi", "/Records/0/body"),
            ("bodi", "body"),
            ("Records.0.body.x", ""),
            ("", "body"),
        ] {
            let error = changed("sqs", path, "x").expect_err(path);
            let has = error.known().iter().any(|found| found == known);
            assert!(has || known.is_empty() && error.known().is_empty(), "{path}: {:?}", error.known());
            assert_eq!(error.key(), path);
        }
    }

    #[test]
    fn the_message_of_a_log_batch_is_set_in_the_compressed_part() {
        let event = changed("logs", "message", "panic").unwrap_or_else(|error| panic!("{error}"));
        let batch = decompress(event.pointer(LOGS).and_then(Value::as_str).expect("the batch")).expect("a batch");
        assert_eq!(batch["logEvents"][0]["message"], "panic");
    }
}
