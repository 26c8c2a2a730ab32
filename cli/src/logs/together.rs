//! Panics kept together: the lines of a panic are passed on in one piece, although other instances log meanwhile.

use std::{collections::HashMap, time::Duration};

use super::{Kind, entry::Entry};

/// How long a panic waits for its next line, by a clock that is never set.
const WAIT: Duration = Duration::from_secs(3);

/// Panics that are not complete yet.
#[derive(Debug, Default)]
pub(crate) struct Together {
    open: HashMap<(usize, String), Open>,
}

#[derive(Debug)]
struct Open {
    lines: Vec<Entry>,
    latest: Duration,
}

impl Together {
    /// Adds an entry; `out` gets what is complete.
    pub(crate) fn add(&mut self, entry: Entry, at: Duration, out: &mut Vec<Entry>) {
        if self.open.is_empty() && entry.kind != Kind::Panic {
            out.push(entry);
            return;
        }
        let key = (entry.group, entry.stream.clone());
        if entry.is_continuation
            && let Some(open) = self.open.get_mut(&key)
        {
            open.lines.push(entry);
            open.latest = at;
            return;
        }
        if let Some(open) = self.open.remove(&key) {
            out.extend(open.lines);
        }
        if entry.kind == Kind::Panic {
            self.open.insert(key, Open { lines: vec![entry], latest: at });
        } else {
            out.push(entry);
        }
    }

    /// Whether no panic is open.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes the panics that had no line for a while; all of them without a time.
    pub(crate) fn take(&mut self, at: Option<Duration>) -> Vec<Entry> {
        let is_over = |open: &mut Open| at.is_none_or(|at| at.saturating_sub(open.latest) >= WAIT);
        let mut over: Vec<Open> = self.open.extract_if(|_, open| is_over(open)).map(|(_, open)| open).collect();
        over.sort_by_key(|open| open.lines.first().map(|entry| entry.timestamp));
        over.into_iter().flat_map(|open| open.lines).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Streams, *};
    use crate::logs::LogEvent;

    const HEAD: &str = "thread 'main' panicked at src/main.rs:5:9:";

    fn lines(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.message.as_str()).collect()
    }

    fn entries(streams: &mut Streams, lines: &[(&str, &str)]) -> Vec<Entry> {
        let event = |(stream, message): &(&str, &str)| LogEvent {
            timestamp: 0,
            stream: (*stream).to_owned(),
            id: String::new(),
            message: (*message).to_owned(),
        };
        lines.iter().map(|line| streams.entry(0, event(line))).collect()
    }

    #[test]
    fn lines_of_other_instances_do_not_come_between() {
        let (mut streams, mut together, mut out) = (Streams::new(false), Together::default(), Vec::new());
        for entry in entries(
            &mut streams,
            &[
                ("a", "1"),
                ("a", HEAD),
                ("b", "2"),
                ("a", "out of tea"),
                ("b", HEAD),
                ("b", "no milk"),
                ("a", "ERROR end"),
            ],
        ) {
            together.add(entry, Duration::ZERO, &mut out);
        }
        assert_eq!(lines(&out), ["1", "2", HEAD, "out of tea", "ERROR end"]);
        assert_eq!(lines(&together.take(Some(Duration::from_secs(1)))), [""; 0]);
        assert_eq!(lines(&together.take(Some(WAIT))), [HEAD, "no milk"]);
        assert!(together.take(None).is_empty());
    }

    #[test]
    fn a_continuation_whose_panic_was_passed_on_follows_it() {
        let (mut streams, mut together, mut out) = (Streams::new(false), Together::default(), Vec::new());
        for entry in entries(&mut streams, &[("a", HEAD)]) {
            together.add(entry, Duration::ZERO, &mut out);
        }
        assert_eq!(lines(&together.take(Some(WAIT))), [HEAD]);
        for entry in entries(&mut streams, &[("a", "out of tea")]) {
            together.add(entry, WAIT, &mut out);
        }
        assert_eq!(lines(&out), ["out of tea"]);
    }
}
