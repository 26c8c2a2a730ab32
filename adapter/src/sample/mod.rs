//! Sample events of every source: what `zappa-rs event` prints and the test client sends.
//!
//! It must not depend on the adapter: the tool takes this module without the event loop.

mod key;
mod set;
mod table;

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use self::key::Key;
pub use self::set::SetError;

/// A sample event of one source, with the keys that change it.
///
/// ```
/// use zappa_rs_adapter::sample::Sample;
///
/// let mut event = Sample::find("sqs").unwrap().event();
/// event.set("body", "hello")?;
/// event.set("Records.0.attributes.ApproximateReceiveCount", "3")?;
/// assert!(event.to_string().contains(r#""body":"hello""#));
/// # Ok::<(), zappa_rs_adapter::sample::SetError>(())
/// ```
#[derive(Debug)]
pub struct Sample {
    name: &'static str,
    about: &'static str,
    text: &'static str,
    keys: &'static [Key],
}

impl Sample {
    /// All samples, in the order of a list for people.
    #[must_use]
    pub fn all() -> &'static [Self] {
        table::SAMPLES
    }

    /// The sample of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        table::SAMPLES.iter().find(|sample| sample.name == name)
    }

    /// The name, such as `sqs-fifo`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The description of the source, a few words.
    #[must_use]
    pub fn about(&self) -> &'static str {
        self.about
    }

    /// The names of the keys that stand for a path in the event, such as `body`.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(Key::name)
    }

    /// The event, to be changed or sent.
    #[must_use]
    pub fn event(&'static self) -> Event {
        let json = serde_json::from_str(self.text).expect("a test parses every sample");
        Event { sample: self, json }
    }
}

/// An event that begins as a sample. It is displayed as JSON.
#[derive(Clone, Debug)]
pub struct Event {
    sample: &'static Sample,
    json: Value,
}

impl Event {
    /// Sets one value, by a key of the sample or by a path such as `Records.0.body` or `/Records/0/body`.
    ///
    /// A string stays a string. Anywhere else `value` is taken as JSON if it is JSON, else as text. Maps that hold names
    /// of the user's own, such as `headers`, take new ones. Digests and sizes stay those of the sample.
    ///
    /// # Errors
    ///
    /// The event has no such path, or the value cannot be there.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SetError> {
        set::set(self.sample, &mut self.json, key, value)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.json, f)
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}
