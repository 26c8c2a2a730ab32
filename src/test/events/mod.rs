//! Events for [`Client::event`](super::Client::event): builders for the usual sources, and [`sample`] for every other.
//!
//! A builder begins as the sample that `zappa-rs event` prints, and fills in what a test is about. Names are those of
//! the queue, topic, table or rule, as handlers are registered by them.
//!
//! ```
//! use serde_json::json;
//! use zappa_rs::test::events;
//!
//! let batch = events::sqs("jobs").json(&json!({"image": "a.png"})).json(&json!({"image": "b.png"}));
//! let sign_up = events::sample("cognito-pre-sign-up").set("user", "ada");
//! ```

mod attribute;
mod cognito;
mod dynamodb;
mod event_bridge;
mod iot;
mod kafka;
mod kinesis;
mod logs;
mod mq;
mod s3;
mod sample;
mod schedule;
mod ses;
mod sns;
mod sqs;

use serde::Serialize;
use serde_json::Value;

pub use self::{
    cognito::{Cognito, cognito},
    dynamodb::{DynamoDb, dynamodb},
    event_bridge::{EventBridge, event_bridge},
    iot::{Iot, iot},
    kafka::{Kafka, kafka},
    kinesis::{Kinesis, kinesis},
    logs::{Logs, logs},
    mq::{Mq, active_mq, rabbit_mq},
    s3::{S3, s3},
    sample::{Sample, sample},
    schedule::{Schedule, schedule},
    ses::{Ses, ses},
    sns::{Sns, sns},
    sqs::{Sqs, sqs},
};

/// An event, as the function gets it. Every builder of this module becomes one, and so does any JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    json: Value,
}

impl Event {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.json.to_string().into_bytes()
    }

    /// The event of a sample.
    fn of_sample(name: &str) -> Value {
        let sample = zappa_rs_adapter::sample::Sample::find(name).expect("a sample of every builder");
        serde_json::to_value(sample.event()).expect("a sample is JSON")
    }
}

impl From<Value> for Event {
    fn from(json: Value) -> Self {
        Self { json }
    }
}

/// The JSON of a payload.
///
/// # Panics
///
/// The value has no JSON, such as a map whose keys are no text.
fn to_json(value: &(impl Serialize + ?Sized)) -> Value {
    serde_json::to_value(value).expect("the payload has a form as JSON")
}

/// A batch of `Records`, each made of the sample's only one.
#[derive(Clone, Debug)]
struct Records {
    event: Value,
    template: Value,
}

impl Records {
    fn of_sample(name: &str) -> Self {
        let mut event = Event::of_sample(name);
        let template = event["Records"][0].take();
        event["Records"] = Value::Array(Vec::new());
        Self { event, template }
    }

    /// Adds a record, which `change` gets with its number from 1.
    fn push(&mut self, change: impl FnOnce(&mut Value, usize)) {
        let mut record = self.template.clone();
        let Value::Array(records) = &mut self.event["Records"] else { return };
        change(&mut record, records.len() + 1);
        records.push(record);
    }

    /// The record that was added last, or the template of those to come.
    fn last(&mut self) -> &mut Value {
        match &mut self.event["Records"] {
            Value::Array(records) => records.last_mut().unwrap_or(&mut self.template),
            _ => &mut self.template,
        }
    }

    /// The event; of an empty batch that of the sample itself, since no source sends one.
    fn into_event(mut self) -> Event {
        if self.event["Records"] == Value::Array(Vec::new()) {
            self.event["Records"] = Value::Array(vec![self.template]);
        }
        self.event.into()
    }
}
