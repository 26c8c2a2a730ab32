//! Events of rules of AWS IoT, which are what the rule's statement selects: nothing else tells them apart.
//!
//! `zappa-rs deploy` adds the constant `iot:NAME` under [`contract::EVENT_KEY`] to the statement.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    contract,
    error::{Error, Kind},
};

/// The name of the rule in the constant.
pub(crate) fn name(word: &str) -> Option<&str> {
    word.strip_prefix(contract::KIND_IOT)?.strip_prefix(':')
}

/// The event without the constant: what the statement of the settings selects.
///
/// # Errors
/// The event is not a JSON object that `serde` reads.
pub(crate) fn payload(event: &[u8]) -> Result<Bytes, Error> {
    let malformed = |error| Error::with_source(Kind::Malformed, error);
    let mut fields: BTreeMap<String, &RawValue> = serde_json::from_slice(event).map_err(malformed)?;
    fields.remove(contract::EVENT_KEY);
    serde_json::to_vec(&fields).map(Bytes::from).map_err(malformed)
}
