//! The properties of an event source mapping that a change by hand may touch: their values, defaults, words and flags. Pure.

use serde::Serialize;
use serde_json::{Value, json};

use crate::suggestion::shell_word;

/// A property that Lambda's `UpdateEventSourceMapping` changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MappingField {
    ResponseTypes,
    Filters,
    FilterKey,
    FailureDestination,
    Retries,
    RecordAge,
    Bisect,
    BatchSize,
    BatchWindow,
    TumblingWindow,
    MaxConcurrency,
    Parallelization,
    MinPollers,
    MaxPollers,
}

/// What a mapping polls, as far as defaults and consequences depend on it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Source {
    Queue,
    Stream,
    /// A topic of Kafka, a queue of Amazon MQ, a cluster of DocumentDB.
    Broker,
}

impl Source {
    /// The source of an ARN, or of the name of a cluster without one.
    pub(super) fn of(source: Option<&str>) -> Self {
        match source.and_then(|arn| arn.strip_prefix("arn:")?.split(':').nth(1)) {
            Some("sqs") => Self::Queue,
            Some("kinesis" | "dynamodb") => Self::Stream,
            _ => Self::Broker,
        }
    }
}

impl MappingField {
    /// Those that lose messages first.
    pub(super) const ALL: [Self; 14] = [
        Self::ResponseTypes,
        Self::Filters,
        Self::FilterKey,
        Self::FailureDestination,
        Self::Retries,
        Self::RecordAge,
        Self::Bisect,
        Self::BatchSize,
        Self::BatchWindow,
        Self::TumblingWindow,
        Self::MaxConcurrency,
        Self::Parallelization,
        Self::MinPollers,
        Self::MaxPollers,
    ];

    fn path(self) -> &'static [&'static str] {
        match self {
            Self::ResponseTypes => &["FunctionResponseTypes"],
            Self::Filters => &["FilterCriteria", "Filters"],
            Self::FilterKey => &["KmsKeyArn"],
            Self::FailureDestination => &["DestinationConfig", "OnFailure", "Destination"],
            Self::Retries => &["MaximumRetryAttempts"],
            Self::RecordAge => &["MaximumRecordAgeInSeconds"],
            Self::Bisect => &["BisectBatchOnFunctionError"],
            Self::BatchSize => &["BatchSize"],
            Self::BatchWindow => &["MaximumBatchingWindowInSeconds"],
            Self::TumblingWindow => &["TumblingWindowInSeconds"],
            Self::MaxConcurrency => &["ScalingConfig", "MaximumConcurrency"],
            Self::Parallelization => &["ParallelizationFactor"],
            Self::MinPollers => &["ProvisionedPollerConfig", "MinimumPollers"],
            Self::MaxPollers => &["ProvisionedPollerConfig", "MaximumPollers"],
        }
    }

    /// The value among the properties, `null` without one; `None` where only CloudFormation knows it.
    pub(super) fn read(self, properties: &Value) -> Option<Value> {
        let mut value = properties;
        for key in self.path() {
            value = &value[*key];
            if is_intrinsic(value) {
                return None;
            }
        }
        match self {
            Self::ResponseTypes => sorted(value, |kind| kind.as_str().map(str::to_owned)),
            Self::Filters => sorted(value, |filter| {
                let pattern = filter["Pattern"].as_str()?;
                // Lambda may write a pattern in another way than it was sent.
                Some(
                    serde_json::from_str::<Value>(pattern).map_or_else(|_| pattern.to_owned(), |json| json.to_string()),
                )
            }),
            Self::FilterKey | Self::FailureDestination if value == "" => Some(Value::Null),
            Self::FilterKey | Self::FailureDestination => Some(value.clone()),
            // CloudFormation takes numbers and booleans as strings, too.
            _ => Some(value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| value.clone())),
        }
    }

    /// What a mapping without the property has.
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>
    pub(super) fn default(self, source: Source) -> Value {
        match self {
            Self::ResponseTypes | Self::Filters => json!([]),
            Self::Retries | Self::RecordAge => json!(-1),
            Self::Bisect => json!(false),
            Self::BatchSize => json!(if source == Source::Queue { 10 } else { 100 }),
            // That of a broker is half a second, which Lambda describes by no number of seconds.
            Self::BatchWindow | Self::TumblingWindow => json!(0),
            Self::Parallelization => json!(1),
            Self::FilterKey | Self::FailureDestination | Self::MaxConcurrency | Self::MinPollers | Self::MaxPollers => {
                Value::Null
            }
        }
    }

    /// Whether mappings differ in it in a way that can be told.
    pub(super) fn is_comparable(self, wanted: &Value, found: &Value) -> bool {
        match self {
            // Lambda lists no filters that a key encrypts.
            Self::Filters => wanted["KmsKeyArn"].is_null() && found["KmsKeyArn"].is_null(),
            // Where one of them is set, Lambda chooses the other.
            Self::MinPollers | Self::MaxPollers => {
                let pollers = &wanted["ProvisionedPollerConfig"];
                pollers.is_null() || self.read(wanted).is_some_and(|value| !value.is_null())
            }
            _ => true,
        }
    }

    /// Whether Lambda's emulators do not keep it.
    pub(super) fn is_unknown_to_emulators(self) -> bool {
        matches!(self, Self::FilterKey | Self::TumblingWindow | Self::MinPollers | Self::MaxPollers)
    }

    /// What the mapping does with a value that is not the stack's, after `the event source mapping of ...`.
    pub(super) fn words(self, found: &Value, source: Source) -> String {
        let (messages, lost) = if source == Source::Queue { ("messages", "deleted") } else { ("records", "skipped") };
        let is_none = found.is_null() || *found == json!([]);
        let text = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
        match self {
            Self::ResponseTypes if is_none => {
                format!("does not report batch item failures: failed {messages} are {lost}")
            }
            Self::ResponseTypes => format!("has the response types {}", listed(found)),
            Self::Filters if is_none => "has no filters: it delivers what they kept out".to_owned(),
            Self::Filters => {
                format!("has the filters {}: {messages} that they do not match are {lost}", listed(found))
            }
            Self::FilterKey if is_none => "encrypts its filters with no key of yours".to_owned(),
            Self::FilterKey => format!("encrypts its filters with the key `{text}`"),
            Self::FailureDestination if is_none => "has no failure destination: what fails for good is lost".to_owned(),
            Self::FailureDestination => format!("sends what fails for good to `{text}`"),
            Self::Retries if *found == json!(-1) => "retries failed batches until their records expire".to_owned(),
            Self::Retries => format!("gives up failed batches after {text} retries"),
            Self::RecordAge if *found == json!(-1) => "takes records of any age".to_owned(),
            Self::RecordAge => format!("skips records older than {text} seconds"),
            Self::Bisect if *found == json!(true) => "splits batches that fail".to_owned(),
            Self::Bisect => "does not split batches that fail".to_owned(),
            Self::BatchSize => format!("has batches of {text}"),
            Self::BatchWindow => format!("has a batching window of {text} seconds"),
            Self::TumblingWindow => format!("has a tumbling window of {text} seconds"),
            Self::MaxConcurrency if is_none => "has no maximum concurrency".to_owned(),
            Self::MaxConcurrency => format!("has a maximum concurrency of {text}"),
            Self::Parallelization => format!("handles batches of a shard {text} at a time"),
            Self::MinPollers | Self::MaxPollers if is_none => "has no provisioned pollers".to_owned(),
            Self::MinPollers => format!("has at least {text} provisioned pollers"),
            Self::MaxPollers => format!("has at most {text} provisioned pollers"),
        }
    }

    /// The flag of `aws lambda update-event-source-mapping` that sets a value; `None` where none can.
    /// <https://docs.aws.amazon.com/cli/latest/reference/lambda/update-event-source-mapping.html>
    pub(super) fn flag(self, wanted: &Value, source: Source) -> Option<String> {
        let text = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
        let of_pollers = |key: &str| match wanted {
            Value::Null => "{}".to_owned(),
            _ => format!("{key}={text}"),
        };
        let (flag, value) = match self {
            // No number of seconds is the default of half a second.
            Self::BatchWindow if source == Source::Broker && *wanted == json!(0) => return None,
            Self::Bisect if *wanted == json!(true) => return Some("--bisect-batch-on-function-error".to_owned()),
            Self::Bisect => return Some("--no-bisect-batch-on-function-error".to_owned()),
            Self::ResponseTypes => ("function-response-types", wanted.to_string()),
            Self::Filters => {
                let filters = wanted.as_array().into_iter().flatten().map(|pattern| json!({ "Pattern": pattern }));
                let filters: Vec<Value> = filters.collect();
                let is_none = filters.is_empty();
                ("filter-criteria", if is_none { json!({}) } else { json!({ "Filters": filters }) }.to_string())
            }
            Self::FilterKey => ("kms-key-arn", wanted.as_str().unwrap_or_default().to_owned()),
            Self::FailureDestination => {
                let arn = wanted.as_str().unwrap_or_default();
                ("destination-config", json!({ "OnFailure": { "Destination": arn } }).to_string())
            }
            Self::Retries => ("maximum-retry-attempts", text),
            Self::RecordAge => ("maximum-record-age-in-seconds", text),
            Self::BatchSize => ("batch-size", text),
            Self::BatchWindow => ("maximum-batching-window-in-seconds", text),
            Self::TumblingWindow => ("tumbling-window-in-seconds", text),
            Self::MaxConcurrency => ("scaling-config", of_pollers("MaximumConcurrency")),
            Self::Parallelization => ("parallelization-factor", text),
            Self::MinPollers => ("provisioned-poller-config", of_pollers("MinimumPollers")),
            Self::MaxPollers => ("provisioned-poller-config", of_pollers("MaximumPollers")),
        };
        Some(format!("--{flag} {}", shell_word(&value)))
    }
}

/// A list in an order of its own; `null` without one, `None` where only CloudFormation knows one of it.
fn sorted(list: &Value, text: impl Fn(&Value) -> Option<String>) -> Option<Value> {
    let Some(list) = list.as_array() else { return Some(Value::Null) };
    let mut texts: Vec<String> = list.iter().map(text).collect::<Option<_>>()?;
    texts.sort();
    Some(json!(texts))
}

/// The texts of a list in backticks.
fn listed(list: &Value) -> String {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}

fn is_intrinsic(value: &Value) -> bool {
    let keys = value.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.keys().next());
    keys.is_some_and(|key| key == "Ref" || key.starts_with("Fn::"))
}
