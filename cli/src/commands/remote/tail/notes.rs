//! What is said on stderr beside the lines: which logs are read, and which lines are missing.

use std::sync::{Arc, Mutex, PoisonError};

use super::{board::Board, groups::LogGroup, reader::Wanted};
use crate::{
    aws,
    logs::{Told, rfc3339},
    progress::Progress as _,
    report::Report,
};

/// The notes of one run; most are made once.
pub(super) struct Notes<'a> {
    groups: &'a [LogGroup],
    report: Arc<Report>,
    /// The live table, which a note would be drawn over by.
    board: Option<Arc<Mutex<Board>>>,
    is_live: bool,
    is_sampled: bool,
    /// Whether each group's reads fail at the moment.
    stalled: Vec<bool>,
    /// Whether each group does not exist yet.
    absent: Vec<bool>,
    /// How many milliseconds late a line of each group may be, where that is less than promised.
    late: Vec<Option<i64>>,
    /// The number of groups that are still read.
    open: usize,
}

impl<'a> Notes<'a> {
    pub(super) fn new(
        groups: &'a [LogGroup],
        is_live: bool,
        board: Option<Arc<Mutex<Board>>>,
        report: &Arc<Report>,
    ) -> Self {
        Self {
            groups,
            report: Arc::clone(report),
            board,
            is_live,
            is_sampled: false,
            stalled: vec![false; groups.len()],
            absent: vec![false; groups.len()],
            late: vec![None; groups.len()],
            open: groups.len(),
        }
    }

    /// A group is read up to the present.
    pub(super) fn present(&mut self, group: usize) {
        if std::mem::take(&mut self.stalled[group]) {
            self.step("Following", &format!("{} again", self.reader(group)));
        }
        if std::mem::take(&mut self.absent[group]) {
            self.step("Following", &self.reader(group));
        }
    }

    /// A read failed, and is repeated.
    pub(super) fn stalled(&mut self, group: usize, error: &aws::Error) {
        if !std::mem::replace(&mut self.stalled[group], true) {
            let missed = if self.is_live { ", and lines until then are not shown" } else { "" };
            self.warning(&format!("{}; trying again{missed}", with_causes(error)), error.hint().as_deref());
        }
    }

    /// A function that was never invoked has no log group, unless the stack makes one.
    pub(super) fn absent(&mut self, group: usize) {
        if std::mem::replace(&mut self.absent[group], true) {
            return;
        }
        let functions = self.functions(group);
        if self.is_live {
            self.open -= 1;
            let sentence = format!("{functions} has not logged yet and is not in the live session");
            self.warning(&sentence, Some("run the command again once it was invoked"));
        } else {
            self.step("Found", &format!("no logs of {functions}: it has not logged yet"));
        }
    }

    /// A live session leaves lines out.
    pub(super) fn sampled(&mut self) {
        if !std::mem::replace(&mut self.is_sampled, true) {
            self.warning(
                "AWS leaves lines out: a live session shows 500 lines a second",
                Some("every line is shown without `--live`; fewer lines come with `--filter` or `--function`"),
            );
        }
    }

    /// A live session was over, and another begins.
    pub(super) fn renewed(&self, group: usize) {
        self.step("Renewing", &format!("{}: AWS ends a session after three hours", self.reader(group)));
    }

    /// A log group was deleted while it was followed.
    pub(super) fn deleted(&mut self, group: usize) {
        self.open -= 1;
        self.step("Ended", &format!("{}: its log group was deleted", self.functions(group)));
    }

    /// A group is not read any more, as another says.
    pub(super) fn left(&mut self) {
        self.open -= 1;
    }

    /// A group cannot be read. Where it is the last one, that is the error at the end.
    pub(super) fn failed(&mut self, error: &aws::Error) {
        self.open -= 1;
        if self.open > 0 {
            let sentence = format!("{}; the other log groups are still read", with_causes(error));
            self.warning(&sentence, error.hint().as_deref());
        }
    }

    /// Late lines can be missed; said again only where it gets much worse.
    pub(super) fn shrunk(&mut self, group: usize, late: i64) {
        if self.late[group].is_none_or(|before| late < before / 2) {
            self.late[group] = Some(late);
            let sentence = format!(
                "{} logs more than `tail` can tell apart for five minutes: lines that CloudWatch shows more than {} s after \
                 their time can be missed",
                self.functions(group),
                late / 1_000,
            );
            self.warning(&sentence, Some("fewer lines are read with `--filter` or `--function`"));
        }
    }

    /// No line was printed of what there is up to the present.
    pub(super) fn nothing(&self, wanted: &Wanted, is_selection: bool) {
        if self.is_live || self.open == 0 || self.absent.iter().all(|is_absent| *is_absent) {
            return;
        }
        let such = if is_selection { " such" } else { "" };
        let since = wanted.since.map(|since| format!(" since {}", rfc3339(since))).unwrap_or_default();
        let then = if wanted.follows { "; waiting for new ones" } else { "" };
        self.step("Found", &format!("no{such} lines{since}{then}"));
    }

    /// Why no line is one of an HTTP request, where none says what triggered its invocation.
    pub(super) fn untold(&self, told: Told) {
        if told.any || told.silent == 0 {
            return;
        }
        let invocations = match told.silent {
            1 => "the one invocation in the log does not say".to_owned(),
            several => format!("none of the {several} invocations in the log says"),
        };
        self.warning(
            &format!("{invocations} what triggered it, so that `--http` shows nothing of it"),
            Some(
                "`zappa_rs::init_tracing()` writes JSON lines that say it, from level INFO on; without `--http` every line is \
                 shown",
            ),
        );
    }

    fn step(&self, verb: &str, object: &str) {
        self.leave_board();
        self.report.step(verb, object);
    }

    fn warning(&self, sentence: &str, hint: Option<&str>) {
        self.leave_board();
        self.report.warning(sentence, hint);
    }

    /// The next table is drawn below the note.
    fn leave_board(&self) {
        if let Some(board) = &self.board {
            board.lock().unwrap_or_else(PoisonError::into_inner).leave();
        }
    }

    /// What reads a group.
    fn reader(&self, group: usize) -> String {
        if self.is_live {
            return format!("the live session in {}", self.groups[group].region.name());
        }
        self.functions(group)
    }

    fn functions(&self, group: usize) -> String {
        let functions: Vec<&str> = self.groups[group].shown().map(String::as_str).collect();
        format!("{} in {}", functions.join(", "), self.groups[group].region.name())
    }
}

/// An error and what caused it, in one sentence.
fn with_causes(error: &aws::Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |sentence, cause| format!("{sentence}: {cause}"))
}
