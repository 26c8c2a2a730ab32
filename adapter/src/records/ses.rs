//! Emails that a receipt rule of SES delivers: <https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html>.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Batch, Envelope, Item, Order, Payload, Record, Report};
use crate::{contract::ALL_RESOURCES, event::Source, invocation::Invocation};

/// What recipients have between them; no address has it unquoted.
const SEPARATOR: char = ' ';

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    ses: &'a RawValue,
}

#[derive(Deserialize)]
struct Email<'a> {
    #[serde(borrow)]
    mail: Mail<'a>,
    receipt: Receipt,
}

#[derive(Deserialize)]
struct Mail<'a> {
    #[serde(rename = "messageId", borrow)]
    id: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Receipt {
    #[serde(default)]
    recipients: Vec<String>,
}

/// The payload is the event's `ses`: `mail` with the headers, and `receipt` with the verdicts.
pub(super) fn read(event: &Bytes, invocation: &Invocation) -> Result<Batch, serde_json::Error> {
    let envelope: Envelope<'_> = serde_json::from_slice(event)?;
    let mut items = Vec::new();
    let mut origin: Arc<str> = Arc::from("");
    for raw in envelope.records {
        let Entry { ses } = serde_json::from_str(raw.get())?;
        let Email { mail, receipt } = serde_json::from_str(ses.get())?;
        origin = Arc::from(receipt.recipients.join(&SEPARATOR.to_string()));
        let record = Record {
            invocation: invocation.clone(),
            source: Source::Ses,
            source_arn: origin.clone(),
            id: mail.id.into_owned(),
            group: None,
            body: event.slice_ref(ses.get().as_bytes()),
            json: event.slice_ref(raw.get().as_bytes()),
        };
        items.push(Item { record, payload: Payload::Body, order: Order::None });
    }
    Ok(Batch { origin, items, report: Report::Error })
}

/// Whether one of the recipients meets one of the conditions.
pub(crate) fn is_for(conditions: &str, recipients: &str) -> bool {
    conditions
        .split(SEPARATOR)
        .any(|condition| recipients.split(SEPARATOR).any(|recipient| is_met(condition, recipient)))
}

/// Whether an address meets a condition as SES writes it: an address, a domain, or `.` and a domain for its subdomains.
/// <https://docs.aws.amazon.com/ses/latest/dg/receiving-email-receipt-rules-console-walkthrough.html>
fn is_met(condition: &str, recipient: &str) -> bool {
    if condition == ALL_RESOURCES || condition.eq_ignore_ascii_case(recipient) {
        return true;
    }
    let Some((_, domain)) = recipient.rsplit_once('@') else { return false };
    match condition.starts_with('.') {
        true => domain.to_ascii_lowercase().ends_with(&condition.to_ascii_lowercase()),
        false => condition.eq_ignore_ascii_case(domain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_an_address_a_domain_or_its_subdomains() {
        for (conditions, recipients, expected) in [
            ("support@example.com", "Support@example.com", true),
            ("support@example.com", "sales@example.com", false),
            ("example.com", "sales@example.com", true),
            ("example.com", "sales@eu.example.com", false),
            (".example.com", "sales@eu.example.com", true),
            (".example.com", "sales@example.com", false),
            ("a@x.com example.com", "b@y.com sales@example.com", true),
            ("*", "b@y.com", true),
            ("support", "support@example.com", false),
        ] {
            assert_eq!(is_for(conditions, recipients), expected, "{conditions} {recipients}");
        }
    }
}
