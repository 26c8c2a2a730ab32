//! Events of rules of EventBridge: <https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html>.

use serde::Serialize;
use serde_json::Value;

use super::{Event, to_json};

/// An event of a rule of EventBridge. [`event_bridge`] makes it.
#[derive(Clone, Debug)]
pub struct EventBridge {
    event: Value,
}

/// An event of a rule, by the name of its entry in `events` of the settings, with its `detail`.
///
/// ```
/// use serde_json::json;
/// use zappa_rs::test::events;
///
/// let placed = events::event_bridge("placed", &json!({"order": "4711"})).source("com.example.shop");
/// ```
pub fn event_bridge(rule: &str, detail: &(impl Serialize + ?Sized)) -> EventBridge {
    let mut event = Event::of_sample("rule");
    event["name"] = rule.into();
    event["payload"]["detail"] = to_json(detail);
    EventBridge { event }
}

impl EventBridge {
    /// Sets the source, such as `com.example.shop`.
    #[must_use]
    pub fn source(mut self, source: &str) -> Self {
        self.event["payload"]["source"] = source.into();
        self
    }

    /// Sets the detail type, such as `Order Placed`.
    #[must_use]
    pub fn detail_type(mut self, detail_type: &str) -> Self {
        self.event["payload"]["detail-type"] = detail_type.into();
        self
    }
}

impl From<EventBridge> for Event {
    fn from(event: EventBridge) -> Self {
        event.event.into()
    }
}
