//! Samples of every source that zappa-rs knows.

use zappa_rs_adapter::sample;

use super::Event;

/// A sample of a source, by its kind. [`sample`](fn@sample) makes it.
#[derive(Clone, Debug)]
pub struct Sample {
    event: sample::Event,
}

/// The event that `zappa-rs event KIND` prints; `zappa-rs event` lists the kinds and their keys.
///
/// ```
/// use zappa_rs::test::events;
///
/// let connect = events::sample("websocket-connect").set("connection", "c-1");
/// let upload = events::sample("s3").set("key", "in/cat.jpg").set("Records.0.s3.object.size", "4096");
/// ```
///
/// # Panics
///
/// There is no sample of this kind.
pub fn sample(kind: &str) -> Sample {
    let Some(found) = sample::Sample::find(kind) else {
        let known: Vec<&str> = sample::Sample::all().iter().map(sample::Sample::name).collect();
        panic!("there is no sample `{kind}`; the kinds are {}", known.join(", "));
    };
    Sample { event: found.event() }
}

impl Sample {
    /// Sets one value, by a key of the sample or by a path such as `Records.0.body`, as `zappa-rs event --set` does.
    ///
    /// A string stays a string; elsewhere `value` is taken as JSON if it is JSON, else as text.
    ///
    /// # Panics
    ///
    /// The event has no such key or path.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        if let Err(error) = self.event.set(key, value) {
            panic!("{error}; it has {}", error.known().join(", "));
        }
        self
    }
}

impl From<Sample> for Event {
    fn from(sample: Sample) -> Self {
        serde_json::to_value(sample.event).expect("a sample is JSON").into()
    }
}
