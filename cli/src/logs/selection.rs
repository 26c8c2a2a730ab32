//! The selection of lines by what they mean, which AWS cannot make: of errors, and of one request.

use super::{Entry, Level, Trigger};

/// Which lines are wanted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Selection {
    /// Only errors: lines of that level, panics with their backtraces, reports of failed invocations.
    pub(crate) errors: bool,
    /// Only lines of the request whose id begins so.
    pub(crate) request: Option<String>,
    /// Only lines of invocations with this trigger, which [`Triggers`](super::Triggers) knows.
    pub(crate) trigger: Option<Trigger>,
}

impl Selection {
    /// Whether every line is wanted.
    pub(crate) fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a line is wanted.
    pub(crate) fn takes(&self, entry: &Entry) -> bool {
        let is_of = |wanted: &String| entry.request_id.as_ref().is_some_and(|id| id.starts_with(wanted.as_str()));
        (!self.errors || entry.level == Some(Level::Error)) && self.request.as_ref().is_none_or(is_of)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Streams, *};
    use crate::logs::LogEvent;

    const LINES: [&str; 7] = [
        "START RequestId: one Version: 7",
        "tea",
        "thread 'main' panicked at src/main.rs:5:9:",
        "out of tea",
        "END RequestId: one",
        "REPORT RequestId: one\tDuration: 1.00 ms\tStatus: error",
        "[ERROR] of nobody",
    ];

    fn taken(selection: &Selection) -> Vec<usize> {
        let mut streams = Streams::new(false);
        let entry = |(number, line): (usize, &&str)| {
            let event =
                LogEvent { timestamp: 0, stream: String::new(), id: String::new(), message: (*line).to_owned() };
            selection.takes(&streams.entry(0, event)).then_some(number)
        };
        LINES.iter().enumerate().filter_map(entry).collect()
    }

    #[test]
    fn errors_are_lines_panics_and_failed_invocations() {
        let errors = Selection { errors: true, ..Selection::default() };
        assert_eq!(taken(&errors), [2, 3, 5, 6]);
        assert_eq!(taken(&Selection::default()).len(), LINES.len());
        assert!(Selection::default().is_all() && !errors.is_all());
    }

    #[test]
    fn a_request_is_chosen_by_the_beginning_of_its_id() {
        let request = |id: &str| Selection { request: Some(id.to_owned()), ..Selection::default() };
        assert_eq!(taken(&request("one")), [0, 1, 2, 3, 4, 5]);
        assert_eq!(taken(&request("on")), [0, 1, 2, 3, 4, 5]);
        assert_eq!(taken(&request("two")), [0; 0]);
        assert_eq!(taken(&Selection { errors: true, ..request("one") }), [2, 3, 5]);
    }
}
