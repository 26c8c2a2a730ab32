//! Sample events from `tests/fixtures/events`, unchanged or with single fields changed.

use std::path::PathBuf;

use bytes::Bytes;
use serde_json::Value;

/// All samples that are requests for the application.
pub(crate) const REQUESTS: &[&str] = &[
    "alb-health-check",
    "alb-multi",
    "alb-no-headers",
    "alb-post-binary",
    "alb-single",
    "http-cookies",
    "http-encoded-path",
    "http-get",
    "http-iam",
    "http-jwt",
    "http-lambda-authorizer",
    "http-named-stage",
    "http-post-base64",
    "http-v1-get",
    "lattice-v1",
    "lattice-v2",
    "rest-api-key",
    "rest-cognito",
    "rest-custom-authorizer",
    "rest-custom-domain",
    "rest-get",
    "rest-multi-headers",
    "rest-null-maps",
    "rest-post-binary",
    "rest-post-json",
    "url-get",
    "url-iam",
    "url-post",
    "websocket-connect",
    "websocket-disconnect",
    "websocket-message",
];

/// One sample for each gateway, for claims that hold behind all of them.
pub(crate) const GATEWAYS: &[&str] = &[
    "rest-get",
    "http-get",
    "http-v1-get",
    "url-get",
    "alb-single",
    "alb-multi",
    "lattice-v1",
    "lattice-v2",
    "websocket-message",
];

/// One sample for each gateway that passes the status of a response on: of a WebSocket API only the handshake.
pub(crate) const RESPONDING: &[&str] = &[
    "rest-get",
    "http-get",
    "http-v1-get",
    "url-get",
    "alb-single",
    "alb-multi",
    "lattice-v1",
    "lattice-v2",
    "websocket-connect",
];

/// All samples of a Lambda authorizer's event.
pub(crate) const AUTHORIZERS: &[&str] =
    &["authorizer-http-request", "authorizer-rest-request", "authorizer-rest-token", "authorizer-websocket-request"];

/// All samples of sources other than HTTP.
pub(crate) const SOURCES: &[&str] = &[
    "cloudformation-custom-resource",
    "cloudwatch-logs",
    "cognito-pre-signup",
    "dynamodb-stream",
    "eventbridge-custom",
    "eventbridge-scheduled",
    "firehose-transform",
    "kafka-msk",
    "kafka-self-managed",
    "kinesis-stream",
    "mq-activemq",
    "mq-rabbitmq",
    "s3-put",
    "scheduler-scheduled",
    "ses-email",
    "sns-notification",
    "sqs-batch",
];

/// All samples of zappa-rs's own events that need a registered handler.
pub(crate) const NAMED: &[&str] = &["zappa-function", "zappa-schedule", "zappa-task"];

/// An event as a value that can be changed.
#[derive(Clone, Debug)]
pub(crate) struct Sample(pub(crate) Value);

impl Sample {
    /// Reads `tests/fixtures/events/<name>.json`.
    pub(crate) fn named(name: &str) -> Self {
        Self(serde_json::from_str(&Self::text(name)).unwrap_or_else(|error| panic!("{name}: {error}")))
    }

    /// The text of the file, in the order of keys that AWS uses. The URL for a custom resource's response is not valid,
    /// since the response would leave this machine.
    pub(crate) fn text(name: &str) -> String {
        let text = std::fs::read_to_string(Self::path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        text.replace("https://cloudformation-custom-resource-response.", "")
    }

    fn path(name: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/fixtures/events/{name}.json"))
    }

    /// Sets the value at a JSON pointer; its parent must be there.
    pub(crate) fn with(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let (parent, key) = Self::locate(&mut self.0, pointer);
        parent.insert(key, value.into());
        self
    }

    /// Removes the key at a JSON pointer; it may be missing already.
    pub(crate) fn without(mut self, pointer: &str) -> Self {
        let (parent, key) = Self::locate(&mut self.0, pointer);
        parent.remove(&key);
        self
    }

    fn locate<'a>(root: &'a mut Value, pointer: &str) -> (&'a mut serde_json::Map<String, Value>, String) {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
        let parent = root.pointer_mut(parent).and_then(Value::as_object_mut);
        (parent.unwrap_or_else(|| panic!("no object above {pointer}")), key.to_owned())
    }

    /// The JSON pointer to the path in a gateway's event.
    pub(crate) fn path_pointer(name: &str) -> &'static str {
        match name.split('-').next() {
            Some("http") if name.starts_with("http-v1") => "/path",
            Some("http" | "url") => "/rawPath",
            Some("lattice") if name == "lattice-v1" => "/raw_path",
            _ => "/path",
        }
    }

    /// The same request with another method.
    pub(crate) fn with_method(self, method: &str) -> Self {
        let pointers = ["/httpMethod", "/method", "/requestContext/http/method"];
        let present: Vec<_> = pointers.into_iter().filter(|pointer| self.0.pointer(pointer).is_some()).collect();
        assert!(!present.is_empty(), "this event has no method to change");
        present.into_iter().fold(self, |sample, pointer| sample.with(pointer, method))
    }
}

impl From<Sample> for Bytes {
    fn from(sample: Sample) -> Self {
        serde_json::to_vec(&sample.0).expect("a value is JSON").into()
    }
}

/// Checks that the lists above name all files of the folder, so that no sample is untested.
#[test]
fn every_sample_is_in_a_list() {
    let folder = Sample::path("x").parent().expect("a folder").to_owned();
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of samples")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("an ASCII name"))
        .map(|name| name.strip_suffix(".json").expect("only JSON").to_owned())
        .collect();
    let mut listed: Vec<String> =
        [REQUESTS, AUTHORIZERS, SOURCES, NAMED, &["zappa-keep-warm"]].concat().into_iter().map(str::to_owned).collect();
    found.sort();
    listed.sort();
    assert_eq!(found, listed);
}
