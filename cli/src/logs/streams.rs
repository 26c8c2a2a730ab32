//! The state of each log stream: which request its lines belong to, and whether a panic is being printed.
//!
//! A stream is one instance of a function, which serves one invocation at a time: lines without a request id belong to the
//! invocation that has begun and not ended there.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use super::{Kind, Level, Line, LogEvent, entry::Entry};

/// The number of streams in memory. Beyond it the ones that were silent for longest are forgotten.
const MAX_STREAMS: usize = 4_096;
/// The number of lines that belong to one panic.
const MAX_PANIC: usize = 400;

/// The streams of all log groups.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    /// By log group, then by name.
    states: HashMap<usize, HashMap<String, State>>,
    count: usize,
    /// Whether lines are missing, so that the lines between two others are not known.
    is_filtered: bool,
}

#[derive(Debug, Default)]
struct State {
    request_id: Option<Arc<str>>,
    /// The number of lines of the panic that is being printed.
    panic: usize,
    latest: i64,
}

impl Streams {
    /// Streams of which every line is seen, or only those that match a filter.
    pub(crate) fn new(is_filtered: bool) -> Self {
        Self { is_filtered, ..Self::default() }
    }

    /// Parses an event and attributes it to a request.
    pub(crate) fn entry(&mut self, group: usize, event: LogEvent) -> Entry {
        let LogEvent { timestamp, stream, mut message, .. } = event;
        message.truncate(message.trim_end_matches(['\n', '\r']).len());
        let Line { kind, level, request_id, text } = Line::parse(&message);
        let text = match text {
            Cow::Borrowed(text) if text.len() == message.len() => None,
            text => Some(text.into_owned()),
        };
        let request_id: Option<Arc<str>> = request_id.map(Arc::from);
        let mut entry =
            Entry { group, timestamp, stream, request_id, level, kind, is_continuation: false, message, text };
        if !self.is_filtered {
            self.attribute(&mut entry);
        }
        entry
    }

    fn attribute(&mut self, entry: &mut Entry) {
        let group = self.states.entry(entry.group).or_default();
        if !group.contains_key(&entry.stream) {
            group.insert(entry.stream.clone(), State::default());
            self.count += 1;
        }
        let Some(state) = group.get_mut(&entry.stream) else { return };
        state.latest = state.latest.max(entry.timestamp);
        match (&entry.kind, &entry.request_id) {
            (Kind::Start, Some(id)) => state.request_id = Some(Arc::clone(id)),
            // Equal ids share their memory.
            (_, Some(id)) if state.request_id.as_ref() == Some(id) => entry.request_id.clone_from(&state.request_id),
            (_, Some(_)) => {}
            (_, None) => entry.request_id.clone_from(&state.request_id),
        }
        // A report follows the end.
        if matches!(entry.kind, Kind::Report(_)) {
            state.request_id = None;
        }
        state.panic = match entry.kind {
            Kind::Panic => 1,
            Kind::Text | Kind::Blank if (1..MAX_PANIC).contains(&state.panic) => state.panic + 1,
            _ => 0,
        };
        if state.panic > 1 {
            entry.is_continuation = true;
            entry.level = Some(Level::Error);
        }
        if self.count > MAX_STREAMS {
            self.forget_silent();
        }
    }

    /// Forgets the half of the streams that was silent for longest.
    fn forget_silent(&mut self) {
        let mut times: Vec<i64> = self.states.values().flat_map(HashMap::values).map(|state| state.latest).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        for group in self.states.values_mut() {
            group.retain(|_, state| state.latest > median);
        }
        self.count = self.states.values().map(HashMap::len).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(streams: &mut Streams, stream: &str, message: &str) -> Entry {
        let event =
            LogEvent { timestamp: 0, stream: stream.to_owned(), id: String::new(), message: message.to_owned() };
        streams.entry(0, event)
    }

    #[test]
    fn lines_between_start_and_report_belong_to_the_request() {
        let mut streams = Streams::new(false);
        let mut id =
            |stream: &str, message: &str| entry(&mut streams, stream, message).request_id.map(|id| id.to_string());
        assert_eq!(id("a", "INIT_START Runtime Version: x"), None);
        assert_eq!(id("a", "START RequestId: one Version: 7"), Some("one".to_owned()));
        assert_eq!(id("b", "of another instance"), None);
        assert_eq!(id("a", "hello"), Some("one".to_owned()));
        assert_eq!(id("a", r#"{"level":"INFO","message":"m","request_id":"two"}"#), Some("two".to_owned()));
        assert_eq!(id("a", "END RequestId: one"), Some("one".to_owned()));
        assert_eq!(id("a", "REPORT RequestId: one\tDuration: 1.00 ms"), Some("one".to_owned()));
        assert_eq!(id("a", "between two invocations"), None);
    }

    #[test]
    fn a_panic_has_its_message_and_backtrace_until_another_record() {
        let mut streams = Streams::new(false);
        let mut shape = |message: &str| {
            let entry = entry(&mut streams, "a", message);
            (entry.is_continuation, entry.level)
        };
        let (head, more) = ((false, Some(Level::Error)), (true, Some(Level::Error)));
        assert_eq!(shape("tea"), (false, None));
        assert_eq!(shape("thread 'main' panicked at src/main.rs:5:9:"), head);
        assert_eq!(shape("out of tea"), more);
        assert_eq!(shape("stack backtrace:"), more);
        assert_eq!(shape("   0: rust_begin_unwind"), more);
        assert_eq!(shape("ERROR RequestId: one the handler panicked"), head);
        assert_eq!(shape("tea"), (false, None));
    }

    #[test]
    fn the_blank_line_before_a_panic_is_no_line_and_one_within_it_is() {
        let mut streams = Streams::new(false);
        let mut is_shown = |message: &str| !entry(&mut streams, "a", message).is_bracket();
        assert!(!is_shown(""));
        assert!(is_shown("thread 'main' (7) panicked at src/main.rs:5:9:"));
        assert!(is_shown("out of tea"));
        assert!(is_shown(""));
        assert!(is_shown("stack backtrace:"));
        // The same in one event.
        let panic = entry(&mut streams, "b", "\nthread 'main' (7) panicked at src/main.rs:5:9:\nout of tea\n");
        assert_eq!(panic.kind, Kind::Panic);
        assert_eq!(panic.text(), "thread 'main' (7) panicked at src/main.rs:5:9:\nout of tea");
    }

    #[test]
    fn behind_a_filter_only_what_stands_in_the_line_counts() {
        let mut streams = Streams::new(true);
        assert_eq!(entry(&mut streams, "a", "START RequestId: one Version: 7").request_id.as_deref(), Some("one"));
        assert_eq!(entry(&mut streams, "a", "a line of who knows which").request_id, None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut streams = Streams::new(false);
        for number in 0..3 * MAX_STREAMS {
            let event = LogEvent {
                timestamp: i64::try_from(number).unwrap(),
                stream: number.to_string(),
                id: String::new(),
                message: String::new(),
            };
            streams.entry(0, event);
        }
        assert!(streams.count <= MAX_STREAMS, "{}", streams.count);
    }
}
