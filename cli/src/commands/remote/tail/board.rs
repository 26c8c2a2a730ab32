//! The statistics of all functions and regions, and when they are drawn.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::{
    logs::{Entry, Statistics},
    report::{Gone, Origin, Report},
};

/// The interval of the live table.
const INTERVAL: Duration = Duration::from_secs(1);

/// The statistics by region and function.
#[derive(Debug, Default)]
pub(super) struct Board {
    rows: BTreeMap<(String, String), Statistics>,
    /// The number of lines of the live table.
    drawn: usize,
    drawn_at: Option<Instant>,
    is_over: bool,
}

impl Board {
    /// A board with a row for each of these regions and functions.
    pub(super) fn new<'a>(functions: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let row = |(region, function): (&str, &str)| ((region.to_owned(), function.to_owned()), Statistics::default());
        Self { rows: functions.map(row).collect(), ..Self::default() }
    }

    /// Counts a line.
    pub(super) fn add(&mut self, region: &str, function: &str, entry: &Entry) {
        // A line whose function is not known is none of an invocation.
        if let Some(row) = self.rows.get_mut(&(region.to_owned(), function.to_owned())) {
            row.add(entry);
        }
    }

    /// Leaves the live table where it is, so that the next one is drawn below what is printed now.
    pub(super) fn leave(&mut self) {
        self.drawn = 0;
    }

    /// Draws the live table, unless that was just done.
    pub(super) fn draw_live(&mut self, report: &Report) -> Result<(), Gone> {
        if report.can_redraw() && self.drawn_at.is_none_or(|drawn| drawn.elapsed() >= INTERVAL) {
            self.drawn = report.statistics(&self.rows(), Some(self.drawn))?;
            self.drawn_at = Some(Instant::now());
        }
        Ok(())
    }

    /// Prints the statistics at the end, once.
    pub(super) fn finish(&mut self, report: &Report, json: bool) -> Result<(), Gone> {
        if std::mem::replace(&mut self.is_over, true) {
            return Ok(());
        }
        if json {
            return report.statistics_json(&self.rows());
        }
        let drawn = report.can_redraw().then_some(self.drawn);
        report.statistics(&self.rows(), drawn).map(|_| ())
    }

    fn rows(&self) -> Vec<(Origin<'_>, &Statistics)> {
        let mut rows = Vec::with_capacity(self.rows.len());
        for ((region, function), statistics) in &self.rows {
            rows.push((Origin { region, function, names_region: true, names_function: true }, statistics));
        }
        rows
    }
}
