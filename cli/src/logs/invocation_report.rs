//! Lambda's report of an invocation: duration, memory, cold start, outcome.

use std::fmt;

use serde_json::Value;

/// The facts of a `REPORT` line, in the units of the line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct InvocationReport {
    pub(crate) duration: Option<f64>,
    pub(crate) billed: Option<f64>,
    pub(crate) memory_size: Option<f64>,
    pub(crate) memory_used: Option<f64>,
    /// The initialization of a cold start, or the restoration of a snapshot.
    pub(crate) init: Option<f64>,
    /// `timeout`, `error` or `failure`, where the invocation failed; with the type of the error, if Lambda names it.
    pub(crate) failure: Option<String>,
}

impl InvocationReport {
    /// Parses what follows the request id on a `REPORT` line: `Name: 1.23 ms`, separated by tabs.
    pub(super) fn from_text(fields: &str) -> Self {
        let mut report = Self::default();
        let (mut status, mut kind) = (None, None);
        for (name, value) in fields.split('\t').filter_map(|field| field.split_once(':')) {
            let number = || value.split_whitespace().next()?.parse().ok();
            match name.trim() {
                "Duration" => report.duration = number(),
                "Billed Duration" => report.billed = number(),
                "Memory Size" => report.memory_size = number(),
                "Max Memory Used" => report.memory_used = number(),
                "Init Duration" | "Restore Duration" => report.init = number(),
                "Status" => status = Some(value.trim()),
                "Error Type" => kind = Some(value.trim()),
                _ => {}
            }
        }
        report.failure = failure(status, kind);
        report
    }

    /// Reads the record of `platform.report`.
    pub(super) fn from_json(record: &Value) -> Self {
        let metrics = &record["metrics"];
        Self {
            duration: metrics["durationMs"].as_f64(),
            billed: metrics["billedDurationMs"].as_f64(),
            memory_size: metrics["memorySizeMB"].as_f64(),
            memory_used: metrics["maxMemoryUsedMB"].as_f64(),
            init: metrics["initDurationMs"].as_f64().or_else(|| metrics["restoreDurationMs"].as_f64()),
            failure: failure(record["status"].as_str(), record["errorType"].as_str()),
        }
    }
}

fn failure(status: Option<&str>, kind: Option<&str>) -> Option<String> {
    let status = status.filter(|status| *status != "success")?;
    Some(kind.map_or_else(|| status.to_owned(), |kind| format!("{status}, {kind}")))
}

impl fmt::Display for InvocationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            Some(failure) => write!(f, "failed ({failure})")?,
            None => write!(f, "done")?,
        }
        if let Some(duration) = self.duration {
            write!(f, " in {duration:.2} ms")?;
        }
        if let Some(billed) = self.billed {
            write!(f, ", billed {billed} ms")?;
        }
        match (self.memory_used, self.memory_size) {
            (Some(used), Some(size)) => write!(f, ", memory {used}/{size} MB")?,
            (None, Some(size)) => write!(f, ", memory ?/{size} MB")?,
            _ => {}
        }
        if let Some(init) = self.init {
            write!(f, ", cold start {init:.2} ms")?;
        }
        Ok(())
    }
}
