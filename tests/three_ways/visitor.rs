//! Someone who asks the same questions of each server and writes down the answers.

use crate::{
    differences::{Loss, Way, cleaned, expected},
    support::{
        answer::Answer,
        client::{Ask, Client},
        server::Server,
    },
    tool,
};
use serde_json::Value;
use std::fmt::Debug;

/// 64 bytes, so that all three servers sign a cookie alike.
const KEY: &str = "sixty-four bytes that are no secret to anyone who reads this test";

impl Way {
    /// Starts an example this way. What one request stores the next one finds: unless `flags` say otherwise there is one
    /// instance.
    pub(crate) fn start(self, example: &str, flags: &[&str]) -> Server {
        let variables = [("BOOKMARKS_KEY", KEY)];
        let local = |gateway: &'static str| {
            let one: &[_] = if flags.contains(&"--concurrency") { &[] } else { &["--concurrency", "1"] };
            let flags = [&["--as", gateway], one, flags].concat();
            Server::local(tool(), example, &variables, &flags)
        };
        match self {
            Self::Plain => Server::plain(example, &variables),
            Self::Rest => local("rest"),
            Self::Http => local("http"),
        }
    }
}

/// An answer, or what a story takes from it.
#[derive(Debug, PartialEq)]
enum Note {
    Answer(Answer, &'static [Loss], &'static str),
    Extract(u16, Value),
}

/// One visit to one server.
#[derive(Debug)]
pub(crate) struct Visitor<'a> {
    /// How the server runs.
    pub(crate) way: Way,
    server: &'a Server,
    client: Client,
    notes: Vec<(String, Note)>,
}

impl<'a> Visitor<'a> {
    /// Connects; all questions go over this one connection as long as the server keeps it.
    pub(crate) fn new(way: Way, server: &'a Server) -> Self {
        Self { way, server, client: server.connect().expect("it listens"), notes: Vec::new() }
    }

    /// What stands before every path.
    pub(crate) fn prefix(&self) -> &str {
        &self.server.prefix
    }

    /// Scheme and authority, as a browser would write them.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// Asks, and notes the answer: it is to be the same everywhere.
    pub(crate) fn ask(&mut self, ask: &Ask) -> Answer {
        self.ask_losing(ask, &[])
    }

    /// Asks, and notes the answer, which loses something behind a gateway.
    pub(crate) fn ask_losing(&mut self, ask: &Ask, losses: &'static [Loss]) -> Answer {
        let answer = self.send(ask);
        self.note(ask, Note::Answer(answer.clone(), losses, ask.method));
        answer
    }

    /// Asks, and notes only what `extract` takes from the answer.
    pub(crate) fn ask_for(&mut self, ask: &Ask, extract: impl FnOnce(&Answer) -> Value) -> Answer {
        let answer = self.send(ask);
        self.note(ask, Note::Extract(answer.status, extract(&answer)));
        answer
    }

    fn send(&mut self, ask: &Ask) -> Answer {
        let ask = Ask { target: format!("{}{}", self.prefix(), ask.target), ..ask.clone() };
        let answer = self.client.send(&ask).unwrap_or_else(|error| panic!("{:?} {ask:?}: {error}", self.way));
        if answer.header("connection").is_some_and(|word| word.eq_ignore_ascii_case("close")) || !answer.is_whole {
            self.client = self.server.connect().expect("it listens");
        }
        answer
    }

    fn note(&mut self, ask: &Ask, note: Note) {
        self.notes.push((format!("{} {}", ask.method, ask.target), note));
    }
}

/// Plays a story on an example in each of the three ways and compares the notes.
pub(crate) fn compare(example: &str, story: impl Fn(&mut Visitor<'_>)) {
    let play = |way: Way| {
        let server = way.start(example, &[]);
        let mut visitor = Visitor::new(way, &server);
        story(&mut visitor);
        (visitor.notes, server.prefix.clone())
    };
    let (plain, _) = play(Way::Plain);
    for way in [Way::Rest, Way::Http] {
        let (notes, prefix) = play(way);
        assert_eq!(notes.len(), plain.len(), "{way:?}: the stories differ");
        for ((question, wanted), (_, got)) in plain.iter().zip(&notes) {
            match (wanted, got) {
                (Note::Answer(wanted, losses, method), Note::Answer(got, ..)) => {
                    let got = cleaned(got, way, method);
                    let whole = expected(wanted, way, &prefix, &[], method);
                    let wanted = expected(wanted, way, &prefix, losses, method);
                    assert_eq!(got, wanted, "{example}, {way:?}: {question}");
                    let loses = losses.iter().any(|loss| loss.is_of(way));
                    assert!(!loses || whole != got, "{example}, {way:?}: {question} loses nothing any more");
                }
                (wanted, got) => assert_eq!(got, wanted, "{example}, {way:?}: {question}"),
            }
        }
    }
}
