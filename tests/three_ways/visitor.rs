//! Someone who asks the same questions of each server and writes down the responses.

use crate::{
    differences::{Loss, Way, cleaned, expected},
    support::{
        client::{Client, Request},
        response::Response,
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

/// A response, or what a story takes from it.
#[derive(Debug, PartialEq)]
enum Note {
    Response(Response, &'static [Loss], &'static str),
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

    /// The prefix of every path.
    pub(crate) fn prefix(&self) -> &str {
        &self.server.prefix
    }

    /// Scheme and authority, as a browser would write them.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// Asks, and notes the response: it is to be the same everywhere.
    pub(crate) fn send(&mut self, request: &Request) -> Response {
        self.send_losing(request, &[])
    }

    /// Asks, and notes the response, which loses something behind a gateway.
    pub(crate) fn send_losing(&mut self, request: &Request, losses: &'static [Loss]) -> Response {
        let response = self.exchange(request);
        self.note(request, Note::Response(response.clone(), losses, request.method));
        response
    }

    /// Asks, and notes only what `extract` takes from the response.
    pub(crate) fn send_and_extract(&mut self, request: &Request, extract: impl FnOnce(&Response) -> Value) -> Response {
        let response = self.exchange(request);
        self.note(request, Note::Extract(response.status, extract(&response)));
        response
    }

    fn exchange(&mut self, request: &Request) -> Response {
        let request = Request { target: format!("{}{}", self.prefix(), request.target), ..request.clone() };
        let response = self.client.send(&request).unwrap_or_else(|error| panic!("{:?} {request:?}: {error}", self.way));
        if response.header("connection").is_some_and(|word| word.eq_ignore_ascii_case("close")) || !response.is_whole {
            self.client = self.server.connect().expect("it listens");
        }
        response
    }

    fn note(&mut self, request: &Request, note: Note) {
        self.notes.push((format!("{} {}", request.method, request.target), note));
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
                (Note::Response(wanted, losses, method), Note::Response(got, ..)) => {
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
