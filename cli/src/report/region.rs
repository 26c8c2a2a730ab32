//! The progress report of one region: its lines have its name in front where there are several regions.

use super::{Report, bars::Line};
use crate::{
    printable::printable,
    progress::{Progress, ResourceEvent, Served},
};

/// Reports the progress of one region.
pub(crate) struct RegionReport<'a> {
    report: &'a Report,
    prefix: String,
    line: Option<Line>,
}

impl Report {
    /// The report of a region; a width of zero leaves its name out.
    pub(crate) fn in_region(&self, region: &str, width: usize) -> RegionReport<'_> {
        let prefix = if width == 0 { String::new() } else { format!("{region:width$}  ") };
        let line = self.bars.line(&prefix);
        if let Some(line) = &line {
            line.say("Inspecting the stack".to_owned());
        }
        RegionReport { report: self, prefix, line }
    }
}

impl RegionReport<'_> {
    fn prefixed(&self, sentence: &str) -> String {
        format!("{}{sentence}", self.prefix)
    }
}

impl Progress for RegionReport<'_> {
    fn step(&self, verb: &str, object: &str) {
        if let Some(line) = &self.line {
            line.say(printable(&format!("{verb} {object}")).into_owned());
        }
        self.report.step_after(&self.prefix, verb, object);
    }

    fn detail(&self, sentence: &str) {
        self.report.detail(&self.prefixed(sentence));
    }

    fn warning(&self, sentence: &str, hint: Option<&str>) {
        self.report.warning(&self.prefixed(sentence), hint);
    }

    fn failure(&self, sentence: &str, hint: Option<&str>) {
        self.report.failure(&self.prefixed(sentence), hint);
    }

    fn output(&self, lines: &[u8]) {
        self.report.output(lines);
    }

    fn request(&self, served: &Served<'_>) {
        self.report.request(served);
    }

    fn upload(&self, sent: u64, size: u64) {
        if let Some(line) = &self.line {
            line.count(sent, size);
        }
    }

    fn resource(&self, event: &ResourceEvent<'_>) {
        if let Some(line) = &self.line {
            let status = format!("{} {} {}", event.status, event.kind, event.logical_id);
            line.say(printable(&status).into_owned());
        }
        // Every `IN_PROGRESS` is followed by its result; both are printed with `-v` only.
        if event.status.ends_with("_IN_PROGRESS") && !event.status.contains("ROLLBACK") {
            self.report.detail(&self.prefixed(&format!("  {} {} {}", event.status, event.kind, event.logical_id)));
            return;
        }
        let reason = event.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let sentence = self.prefixed(&format!("  {} {} {}{reason}", event.status, event.kind, event.logical_id));
        self.report.event(&sentence, event.status.contains("FAILED") || event.status.contains("ROLLBACK"));
    }

    fn flush(&self) {
        self.report.flush();
    }
}
