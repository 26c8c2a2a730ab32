//! The log line of a request, also when its client goes away in the middle.

use std::{sync::Arc, time::Instant};

use crate::progress::{Progress, Served, Usage};

/// A request in flight.
pub(crate) struct Line {
    progress: Arc<dyn Progress>,
    method: String,
    path: String,
    arrived: Instant,
    is_ended: bool,
}

impl Line {
    pub(crate) fn new(progress: Arc<dyn Progress>, method: &str, path: &str) -> Self {
        Self { progress, method: method.to_owned(), path: path.to_owned(), arrived: Instant::now(), is_ended: false }
    }

    /// Warns that the client does not get the response as the application wrote it.
    pub(crate) fn warning(&self, reason: &str) {
        self.progress.warning(&format!("{} {}: {reason}", self.method, self.path), None);
    }

    /// Reports why the response is not the application's.
    pub(crate) fn failure(&self, reason: &str, hint: Option<&str>) {
        let sentence = format!("{} {}: {reason}", self.method, self.path);
        self.progress.failure(&sentence, hint);
    }

    /// Ends the line with the status of the response.
    pub(crate) fn end(mut self, status: u16, usage: Option<&Usage>) {
        self.write(Some(status), usage);
    }

    fn write(&mut self, status: Option<u16>, usage: Option<&Usage>) {
        self.is_ended = true;
        self.progress.request(&Served {
            method: &self.method,
            path: &self.path,
            status,
            elapsed: self.arrived.elapsed(),
            usage,
        });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.is_ended {
            self.write(None, None);
        }
    }
}
