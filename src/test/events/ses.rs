//! Emails that SES receives: <https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html>.

use serde_json::{Value, json};

use super::Event;

/// An email that a receipt rule of SES delivers. [`ses`] makes it.
#[derive(Clone, Debug)]
pub struct Ses {
    event: Value,
}

/// An email to an address.
///
/// ```
/// use zappa_rs::test::events;
///
/// let email = events::ses("support@example.com").from("ada@example.net").subject("Order 4711");
/// ```
pub fn ses(recipient: &str) -> Ses {
    let mut email = Ses { event: Event::of_sample("ses") };
    let ses = email.ses();
    ses["mail"]["destination"] = json!([recipient]);
    ses["mail"]["commonHeaders"]["to"] = json!([recipient]);
    ses["receipt"]["recipients"] = json!([recipient]);
    email
}

impl Ses {
    /// Sets the sender.
    #[must_use]
    pub fn from(mut self, address: &str) -> Self {
        let mail = &mut self.ses()["mail"];
        mail["source"] = json!(address);
        mail["commonHeaders"]["from"] = json!([address]);
        mail["commonHeaders"]["returnPath"] = json!(address);
        self
    }

    /// Sets the subject.
    #[must_use]
    pub fn subject(mut self, subject: &str) -> Self {
        self.ses()["mail"]["commonHeaders"]["subject"] = json!(subject);
        self
    }

    /// Makes SES find spam and a virus in it.
    #[must_use]
    pub fn infected(mut self) -> Self {
        let receipt = &mut self.ses()["receipt"];
        for verdict in ["spamVerdict", "virusVerdict"] {
            receipt[verdict]["status"] = json!("FAIL");
        }
        self
    }

    fn ses(&mut self) -> &mut Value {
        &mut self.event["Records"][0]["ses"]
    }
}

impl From<Ses> for Event {
    fn from(email: Ses) -> Self {
        email.event.into()
    }
}
