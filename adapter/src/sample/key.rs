//! The keys of samples: short names for paths in an event, with the form of what is there.

/// A key of a sample: a name for one or more places in the event.
#[derive(Debug)]
pub(super) struct Key {
    name: &'static str,
    pub(super) form: Form,
    pub(super) places: &'static [Place],
}

impl Key {
    /// A key whose value is text.
    pub(super) const fn text(name: &'static str, places: &'static [Place]) -> Self {
        Self { name, form: Form::Text, places }
    }

    /// A key whose value is JSON, or else text.
    pub(super) const fn json(name: &'static str, places: &'static [Place]) -> Self {
        Self { name, form: Form::Json, places }
    }

    /// A key whose value is text that the event has in base64.
    pub(super) const fn base64(name: &'static str, places: &'static [Place]) -> Self {
        Self { name, form: Form::Base64, places }
    }

    /// A key whose value is text that the event has as a form encodes it.
    pub(super) const fn form(name: &'static str, places: &'static [Place]) -> Self {
        Self { name, form: Form::Encoded, places }
    }

    /// A key whose value is text in the compressed batch of CloudWatch Logs; its places are in the batch.
    pub(super) const fn in_logs(name: &'static str, places: &'static [Place]) -> Self {
        Self { name, form: Form::InLogs, places }
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }
}

/// How a value is written in the event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    Text,
    Json,
    Base64,
    Encoded,
    InLogs,
}

/// One place of a value: its JSON pointer, where `*` is the first child, and what is around the value there, such as the beginning of an ARN.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) pointer: &'static str,
    pub(super) before: &'static str,
    pub(super) after: &'static str,
    /// The value is the name of the first child.
    pub(super) is_name: bool,
}

/// A place that has the bare value.
pub(super) const fn at(pointer: &'static str) -> Place {
    around(pointer, "", "")
}

/// A place that has the value after a prefix.
pub(super) const fn after(pointer: &'static str, before: &'static str) -> Place {
    around(pointer, before, "")
}

/// A place that has the value between two texts.
pub(super) const fn around(pointer: &'static str, before: &'static str, after: &'static str) -> Place {
    Place { pointer, before, after, is_name: false }
}

/// A place whose first child has the value for a name, with a suffix.
pub(super) const fn named(pointer: &'static str, after: &'static str) -> Place {
    Place { pointer, before: "", after, is_name: true }
}
