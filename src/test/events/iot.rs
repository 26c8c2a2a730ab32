//! Events of rules of AWS IoT: <https://docs.aws.amazon.com/iot/latest/developerguide/lambda-rule-action.html>.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Event, to_json};

/// What a rule of AWS IoT selects. [`iot`] makes it.
#[derive(Clone, Debug)]
pub struct Iot {
    name: String,
    payload: Value,
}

/// What the rule of an entry in `events` of the settings selects from a message: an object.
///
/// ```
/// use serde_json::json;
/// use zappa_rs::test::events;
///
/// let reading = events::iot("telemetry", &json!({"temperature": 21.5}));
/// ```
///
/// # Panics
///
/// The payload is no object.
pub fn iot(name: &str, payload: &(impl Serialize + ?Sized)) -> Iot {
    let payload = to_json(payload);
    assert!(payload.is_object(), "a rule of IoT selects fields: the payload is an object");
    Iot { name: name.to_owned(), payload }
}

impl From<Iot> for Event {
    fn from(Iot { name, mut payload }: Iot) -> Self {
        payload["zappa_rs"] = json!(format!("iot:{name}"));
        payload.into()
    }
}
