//! What triggered an invocation: an HTTP request, or anything else; and the lines of those that are wanted.
//!
//! The adapter says it in the span of each invocation, which is in the lines of `tracing` as JSON. So the lines of a
//! request wait until one of them says it, or the invocation ends.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use serde_json::Value;

use super::{Entry, Kind};

/// The number of requests in memory. Beyond it the oldest are forgotten.
const MAX_REQUESTS: usize = 4_096;
/// The number of lines that wait. Beyond it those of the oldest requests are not of HTTP.
const MAX_WAITING: usize = 50_000;

/// What triggered an invocation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Trigger {
    Http,
    /// An event, a schedule, a call; also what is not known to be HTTP.
    Other,
}

/// The requests of which lines are seen.
#[derive(Debug)]
pub(crate) struct Triggers {
    wanted: Option<Trigger>,
    requests: HashMap<Request, State>,
    /// By their first line.
    order: VecDeque<Request>,
    waiting: usize,
    told: Told,
}

/// What the lines said of their triggers.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Told {
    /// Whether any line said what triggered its invocation.
    pub(crate) any: bool,
    /// The number of invocations of which no line said it.
    pub(crate) silent: usize,
}

/// The number of a log group, and a request id.
type Request = (usize, Arc<str>);

#[derive(Debug)]
enum State {
    Waiting(Vec<Entry>),
    Known(Trigger),
}

impl Triggers {
    /// Triggers of which one is wanted, or all.
    pub(crate) fn new(wanted: Option<Trigger>) -> Self {
        Self { wanted, requests: HashMap::new(), order: VecDeque::new(), waiting: 0, told: Told::default() }
    }

    /// Adds an entry; `out` gets what is known to be wanted.
    pub(crate) fn add(&mut self, entry: Entry, out: &mut Vec<Entry>) {
        let Some(wanted) = self.wanted else { return out.push(entry) };
        let Some(id) = &entry.request_id else {
            // It belongs to no invocation.
            return out.extend((wanted == Trigger::Other).then_some(entry));
        };
        let request = (entry.group, Arc::clone(id));
        if !self.requests.contains_key(&request) {
            self.requests.insert(request.clone(), State::Waiting(Vec::new()));
            self.order.push_back(request.clone());
        }
        let Some(state) = self.requests.get_mut(&request) else { return };
        let said = said(&entry.message);
        self.told.any |= said.is_some();
        let is_end = matches!(entry.kind, Kind::Report(_));
        match state {
            State::Known(trigger) => out.extend((*trigger == wanted).then_some(entry)),
            State::Waiting(lines) => {
                lines.push(entry);
                self.waiting += 1;
                match said {
                    Some(trigger) => self.settle(&request, trigger, out),
                    None if is_end => self.settle_silent(&request, out),
                    None => {}
                }
            }
        }
        while self.order.len() > MAX_REQUESTS || self.waiting > MAX_WAITING {
            let Some(oldest) = self.order.pop_front() else { break };
            self.settle_silent(&oldest, out);
            self.requests.remove(&oldest);
        }
    }

    /// Takes the lines that wait at the end: nothing says that they are of HTTP.
    pub(crate) fn take(&mut self) -> Vec<Entry> {
        let mut out = Vec::new();
        while let Some(oldest) = self.order.pop_front() {
            self.settle_silent(&oldest, &mut out);
            self.requests.remove(&oldest);
        }
        out
    }

    /// What the lines until now said.
    pub(crate) fn told(&self) -> Told {
        self.told
    }

    /// No line said what triggered a request, so that it is not known to be HTTP.
    fn settle_silent(&mut self, request: &Request, out: &mut Vec<Entry>) {
        self.told.silent += usize::from(matches!(self.requests.get(request), Some(State::Waiting(_))));
        self.settle(request, Trigger::Other, out);
    }

    /// Passes on the lines that waited, if they are wanted.
    fn settle(&mut self, request: &Request, trigger: Trigger, out: &mut Vec<Entry>) {
        if let Some(state @ State::Waiting(_)) = self.requests.get_mut(request)
            && let State::Waiting(lines) = std::mem::replace(state, State::Known(trigger))
        {
            self.waiting -= lines.len();
            if self.wanted == Some(trigger) {
                out.extend(lines);
            }
        }
    }
}

/// What a line says of its invocation's trigger.
fn said(message: &str) -> Option<Trigger> {
    if !message.starts_with('{') || !message.contains("\"trigger\"") {
        return None;
    }
    let line: Value = serde_json::from_str(message).ok()?;
    let spans = line["spans"].as_array().into_iter().flatten().chain([&line["span"]]);
    let trigger = spans.filter(|span| span["name"] == "invocation").find_map(|span| span["trigger"].as_str())?;
    Some(if trigger == "http" { Trigger::Http } else { Trigger::Other })
}

#[cfg(test)]
mod tests {
    use super::{super::Streams, *};
    use crate::logs::LogEvent;

    fn entries(streams: &mut Streams, lines: &[(&str, &str)]) -> Vec<Entry> {
        let event = |(stream, message): &(&str, &str)| LogEvent {
            timestamp: 0,
            stream: (*stream).to_owned(),
            id: String::new(),
            message: (*message).to_owned(),
        };
        lines.iter().map(|line| streams.entry(0, event(line))).collect()
    }

    fn line(text: &str, trigger: &str) -> String {
        // As `zappa_rs::init_tracing` writes it, within another span.
        format!(
            r#"{{"level":"INFO","message":"{text}","span":{{"name":"inner"}},"spans":[{{"name":"invocation","trigger":"{trigger}"}}]}}"#
        )
    }

    fn messages(wanted: Option<Trigger>) -> Vec<String> {
        let (mut streams, mut triggers, mut out) = (Streams::new(false), Triggers::new(wanted), Vec::new());
        let (page, job) = (line("page", "http"), line("job", "event"));
        for entry in entries(
            &mut streams,
            &[
                ("a", "INIT_START Runtime"),
                ("a", "START RequestId: one Version: 7"),
                ("b", "START RequestId: two Version: 7"),
                ("c", "START RequestId: three Version: 7"),
                ("a", "text of one"),
                ("b", &job),
                ("a", &page),
                ("c", "text of three"),
                ("a", "more of one"),
                ("b", "REPORT RequestId: two\tDuration: 1.00 ms"),
                ("a", "REPORT RequestId: one\tDuration: 1.00 ms"),
            ],
        ) {
            triggers.add(entry, &mut out);
        }
        out.extend(triggers.take());
        assert_eq!(triggers.waiting, 0);
        out.into_iter().map(|entry| entry.message).collect()
    }

    #[test]
    fn all_lines_of_an_invocation_are_of_its_trigger() {
        let page = line("page", "http");
        let http = [
            "START RequestId: one Version: 7",
            "text of one",
            &page,
            "more of one",
            "REPORT RequestId: one\tDuration: 1.00 ms",
        ];
        assert_eq!(messages(Some(Trigger::Http)), http);
        let others = messages(Some(Trigger::Other));
        assert_eq!(others.len(), 6, "{others:?}");
        assert!(others.iter().all(|message| !http.contains(&message.as_str())), "{others:?}");
        assert_eq!(messages(None).len(), 11);
    }

    #[test]
    fn invocations_that_do_not_say_their_trigger_are_counted() {
        let (mut streams, mut triggers, mut out) =
            (Streams::new(false), Triggers::new(Some(Trigger::Http)), Vec::new());
        let silent = [
            ("a", "START RequestId: one Version: 7"),
            ("b", "START RequestId: two Version: 7"),
            ("a", "REPORT RequestId: one\tDuration: 1.00 ms"),
        ];
        entries(&mut streams, &silent).into_iter().for_each(|entry| triggers.add(entry, &mut out));
        assert_eq!(triggers.told(), Told { any: false, silent: 1 });
        triggers.take();
        assert_eq!(triggers.told(), Told { any: false, silent: 2 });
        let job = line("job", "event");
        for entry in entries(&mut streams, &[("c", "START RequestId: three Version: 7"), ("c", &job)]) {
            triggers.add(entry, &mut out);
        }
        assert_eq!((triggers.told(), out.len()), (Told { any: true, silent: 2 }, 0));
    }

    #[test]
    fn memory_is_bounded() {
        let (mut streams, mut triggers, mut out) =
            (Streams::new(false), Triggers::new(Some(Trigger::Other)), Vec::new());
        for number in 0..3 * MAX_REQUESTS {
            let start = format!("START RequestId: {number} Version: 7");
            for entry in entries(&mut streams, &[("a", &start)]) {
                triggers.add(entry, &mut out);
            }
        }
        assert!(triggers.requests.len() <= MAX_REQUESTS && triggers.order.len() <= MAX_REQUESTS);
        out.extend(triggers.take());
        assert_eq!(out.len(), 3 * MAX_REQUESTS);
    }
}
