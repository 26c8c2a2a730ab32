//! The receiver of all readers: one sequence of lines, in the order in which they are printed.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::mpsc::Receiver,
    time::{Instant, timeout},
};

use super::{
    board::Board,
    groups::LogGroup,
    notes::Notes,
    reader::{Message, Wanted},
};
use crate::{
    aws,
    logs::{Entry, LogEvent, Merge, Pattern, Selection, Streams, Together, Trigger, Triggers},
    report::{self, Gone, Origin, Report},
};

/// How long an open panic, or a reader of stdout that left, waits at most before it is looked at again.
const TICK: Duration = Duration::from_secs(1);

/// Which lines are printed, and how.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) selection: Selection,
    /// Up to the present, only the newest lines, so many.
    pub(super) number: Option<usize>,
    /// Count in place of printing.
    pub(super) board: Option<Arc<Mutex<Board>>>,
    pub(super) json: bool,
    /// Whether lines that only bracket an invocation are printed.
    pub(super) brackets: bool,
    pub(super) names_region: bool,
    pub(super) names_function: bool,
}

pub(super) struct Printer<'a> {
    groups: &'a [LogGroup],
    wanted: &'a Wanted,
    form: Form,
    report: Arc<Report>,
    merge: Merge,
    streams: Streams,
    together: Together,
    triggers: Triggers,
    /// What a printed line has to match, where others were read too.
    pattern: Option<Arc<Pattern>>,
    /// The number of the newest lines that are wanted, until they are printed.
    number: Option<usize>,
    notes: Notes<'a>,
    /// Whether lines were printed, or it was said that there are none.
    has_lines: bool,
    failed: Vec<(usize, aws::Error)>,
    started: Instant,
}

impl<'a> Printer<'a> {
    pub(super) fn new(groups: &'a [LogGroup], wanted: &'a Wanted, form: Form, report: &Arc<Report>) -> Self {
        Self {
            groups,
            report: Arc::clone(report),
            merge: Merge::new(groups.len()),
            streams: Streams::new(wanted.filter().is_some()),
            together: Together::default(),
            triggers: Triggers::new(form.selection.trigger),
            pattern: wanted.pattern.clone().filter(|_| wanted.is_whole),
            number: form.number,
            notes: Notes::new(groups, wanted.is_live, form.board.clone(), report),
            has_lines: false,
            wanted,
            failed: Vec::new(),
            started: Instant::now(),
            form,
        }
    }

    /// Prints until all readers have ended, or nobody reads stdout any more. Returns the groups that failed.
    pub(super) async fn run(mut self, mut messages: Receiver<Message>) -> Result<Vec<(usize, aws::Error)>, Gone> {
        loop {
            if self.report.is_stdout_closed() {
                return Err(Gone);
            }
            match timeout(TICK, messages.recv()).await {
                Ok(Some(message)) => {
                    self.receive(message);
                    // A slow reader of stdout finds more than one.
                    while let Ok(message) = messages.try_recv() {
                        self.receive(message);
                    }
                    self.print(false).await?;
                }
                Ok(None) => break,
                Err(_) => self.print(false).await?,
            }
            self.mention_nothing();
        }
        (0..self.groups.len()).for_each(|group| self.merge.release(group));
        self.print(true).await?;
        self.mention_nothing();
        Ok(self.failed)
    }

    fn receive(&mut self, message: Message) {
        match message {
            Message::Events(group, events) => self.merge.add(group, events),
            Message::Present(group) => {
                self.merge.release(group);
                self.notes.present(group);
            }
            Message::Shrunk(group, late) => self.notes.shrunk(group, late),
            Message::Stalled(group, error) => {
                self.merge.release(group);
                self.notes.stalled(group, &error);
            }
            Message::Absent(group) => {
                self.merge.release(group);
                self.notes.absent(group);
            }
            Message::Sampled => self.notes.sampled(),
            Message::Renewed(group) => self.notes.renewed(group),
            Message::Deleted(group) => {
                self.merge.release(group);
                self.notes.deleted(group);
            }
            Message::Left(group) => {
                self.merge.release(group);
                self.notes.left();
            }
            Message::Failed(group, error) => {
                self.merge.release(group);
                self.notes.failed(&error);
                self.failed.push((group, error));
            }
        }
    }

    /// Says once that there was nothing up to the present.
    fn mention_nothing(&mut self) {
        if self.has_lines || !self.merge.is_released() || !self.together.is_empty() {
            return;
        }
        self.has_lines = true;
        if self.form.board.is_none() {
            let is_selection = self.wanted.pattern.is_some() || !self.form.selection.is_all();
            self.notes.nothing(self.wanted, is_selection);
            if self.form.selection.trigger == Some(Trigger::Http) {
                self.notes.untold(self.triggers.told());
            }
        }
    }

    /// Prints what waits for nothing any more; at the end, everything.
    async fn print(&mut self, is_end: bool) -> Result<(), Gone> {
        if self.number.is_some() && !self.merge.is_released() {
            return Ok(());
        }
        let events = self.merge.take();
        let mut entries = self.entries(events, is_end);
        if let Some(number) = self.number.take() {
            self.keep_last(&mut entries, number);
        }
        if let Some(board) = &self.form.board {
            return self.count(&mut board.lock().unwrap_or_else(PoisonError::into_inner), &entries);
        }
        let mut lines = String::new();
        for entry in entries.iter().filter(|entry| self.is_printed(entry)) {
            self.append(&mut lines, entry);
        }
        if lines.is_empty() {
            return Ok(());
        }
        self.has_lines = true;
        // A reader that does not read must not keep Ctrl-C from its work.
        let report = Arc::clone(&self.report);
        tokio::task::spawn_blocking(move || report.write_lines(&lines)).await.unwrap_or(Err(Gone))
    }

    fn entries(&mut self, events: Vec<(usize, LogEvent)>, is_end: bool) -> Vec<Entry> {
        let at = self.started.elapsed();
        let mut together = Vec::with_capacity(events.len());
        for (group, event) in events {
            let entry = self.streams.entry(group, event);
            self.together.add(entry, at, &mut together);
        }
        together.extend(self.together.take((!is_end).then_some(at)));
        if self.form.selection.trigger.is_none() {
            return together;
        }
        let mut entries = Vec::with_capacity(together.len());
        together.into_iter().for_each(|entry| self.triggers.add(entry, &mut entries));
        if is_end {
            entries.extend(self.triggers.take());
        }
        entries
    }

    fn count(&self, board: &mut Board, entries: &[Entry]) -> Result<(), Gone> {
        for entry in entries {
            let group = &self.groups[entry.group];
            board.add(group.region.name(), group.function_of(&entry.stream), entry);
        }
        board.draw_live(&self.report)
    }

    /// Keeps the last lines that are printed, so many.
    fn keep_last(&self, entries: &mut Vec<Entry>, number: usize) {
        entries.retain(|entry| self.is_printed(entry));
        entries.drain(..entries.len().saturating_sub(number));
    }

    fn is_printed(&self, entry: &Entry) -> bool {
        let group = &self.groups[entry.group];
        (self.form.brackets || !entry.is_bracket())
            && self.form.selection.takes(entry)
            && self.pattern.as_ref().is_none_or(|pattern| pattern.matches(&entry.message))
            && !group.hides(group.function_of(&entry.stream))
    }

    fn append(&self, lines: &mut String, entry: &Entry) {
        let group = &self.groups[entry.group];
        let origin = Origin {
            region: group.region.name(),
            function: group.function_of(&entry.stream),
            names_region: self.form.names_region,
            names_function: self.form.names_function,
        };
        if self.form.json {
            report::append_json(lines, entry, &origin);
        } else {
            report::append_text(lines, entry, &origin, self.report.is_stdout_coloured());
        }
    }
}
