//! Messages of SNS: <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>.

use serde::Serialize;

use super::{Event, Records, to_json};

/// A message of an SNS topic. [`sns`] makes it.
#[derive(Clone, Debug)]
pub struct Sns {
    records: Records,
}

/// A message of a topic.
///
/// ```
/// use zappa_rs::test::events;
///
/// let news = events::sns("news").message("hello").subject("greeting");
/// ```
pub fn sns(topic: &str) -> Sns {
    let mut records = Records::of_sample("sns");
    let arn = format!("arn:aws:sns:eu-central-1:123456789012:{topic}");
    records.template["EventSubscriptionArn"] = format!("{arn}:c0ffee00-0000-4000-8000-000000000005").into();
    records.template["Sns"]["TopicArn"] = arn.into();
    Sns { records }
}

impl Sns {
    /// Sets the message to a text.
    #[must_use]
    pub fn message(mut self, text: &str) -> Self {
        self.records.last()["Sns"]["Message"] = text.into();
        self
    }

    /// Sets the message to the JSON of a value.
    #[must_use]
    pub fn json(self, message: &(impl Serialize + ?Sized)) -> Self {
        let message = to_json(message).to_string();
        self.message(&message)
    }

    /// Sets the subject.
    #[must_use]
    pub fn subject(mut self, subject: &str) -> Self {
        self.records.last()["Sns"]["Subject"] = subject.into();
        self
    }
}

impl From<Sns> for Event {
    fn from(message: Sns) -> Self {
        message.records.into_event()
    }
}
