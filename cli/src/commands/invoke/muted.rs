//! Progress without the application's output, which would hide the latencies of many calls.

use std::sync::Arc;

use crate::{
    progress::{Progress, Served},
    report::Report,
};

/// The report without the lines of the application.
pub(super) struct Muted(pub(super) Arc<Report>);

impl Progress for Muted {
    fn step(&self, verb: &str, object: &str) {
        self.0.step(verb, object);
    }

    fn detail(&self, sentence: &str) {
        self.0.detail(sentence);
    }

    fn warning(&self, sentence: &str, hint: Option<&str>) {
        self.0.warning(sentence, hint);
    }

    fn failure(&self, sentence: &str, hint: Option<&str>) {
        self.0.failure(sentence, hint);
    }

    fn output(&self, _: &[u8]) {}

    fn request(&self, served: &Served<'_>) {
        self.0.request(served);
    }

    fn flush(&self) {
        self.0.flush();
    }
}
