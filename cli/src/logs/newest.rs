//! The newest lines of a sequence.

use std::collections::VecDeque;

use super::{Line, LogEvent};

/// The last lines of the events that were added, so many.
#[derive(Debug)]
pub(crate) struct Newest {
    events: VecDeque<LogEvent>,
    /// How many of the events count as lines.
    lines: usize,
    limit: usize,
    counts_brackets: bool,
}

impl Newest {
    /// The last `limit` lines. Lines that only bracket an invocation come with the others, and count only on demand.
    pub(crate) fn new(limit: usize, counts_brackets: bool) -> Self {
        Self { events: VecDeque::new(), lines: 0, limit, counts_brackets }
    }

    /// Adds events that are newer than those before.
    pub(crate) fn add(&mut self, events: Vec<LogEvent>) {
        for event in events {
            self.lines += usize::from(self.is_line(&event));
            self.events.push_back(event);
            while self.lines > self.limit {
                let oldest = self.events.pop_front();
                self.lines -= usize::from(oldest.is_some_and(|oldest| self.is_line(&oldest)));
            }
        }
    }

    /// How many lines are missing.
    pub(crate) fn missing(&self) -> usize {
        self.limit - self.lines
    }

    /// The events, the oldest first.
    pub(crate) fn into_events(self) -> Vec<LogEvent> {
        self.events.into()
    }

    fn is_line(&self, event: &LogEvent) -> bool {
        self.counts_brackets || !Line::parse(&event.message).is_bracket()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(messages: &[&str]) -> Vec<LogEvent> {
        let event = |message: &&str| LogEvent {
            timestamp: 0,
            stream: String::new(),
            id: String::new(),
            message: (*message).to_owned(),
        };
        messages.iter().map(event).collect()
    }

    fn newest(limit: usize, counts_brackets: bool) -> (usize, Vec<String>) {
        let mut newest = Newest::new(limit, counts_brackets);
        newest.add(events(&["START RequestId: 1", "a", "END RequestId: 1"]));
        newest.add(events(&["START RequestId: 2", "b", "c", "END RequestId: 2"]));
        (newest.missing(), newest.into_events().into_iter().map(|event| event.message).collect())
    }

    #[test]
    fn lines_are_counted_as_they_are_shown() {
        assert_eq!(
            newest(2, false),
            (
                0,
                events(&["END RequestId: 1", "START RequestId: 2", "b", "c", "END RequestId: 2"])
                    .into_iter()
                    .map(|event| event.message)
                    .collect()
            )
        );
        assert_eq!(newest(2, true), (0, vec!["c".to_owned(), "END RequestId: 2".to_owned()]));
        assert_eq!(newest(5, false).0, 2);
        // What brackets no line that is shown.
        assert_eq!(newest(0, true), (0, Vec::new()));
    }
}
