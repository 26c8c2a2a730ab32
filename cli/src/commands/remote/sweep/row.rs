//! What a sweep did with a stage in a region.

use std::{collections::BTreeSet, error::Error as _};

use serde::Serialize;

use super::{Failure, found::Place};
use crate::{aws::rfc3339, rollout::Error};

/// The outcome of a stage in a region.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    region: String,
    project: String,
    stage: String,
    stack: String,
    /// `would_remove`, `removed`, `skipped` or `failed`.
    outcome: Outcome,
    /// When the stack was created or its last update began.
    updated: Option<String>,
    /// When its lifetime is over.
    expires_at: Option<String>,
    removed: Vec<String>,
    left: Vec<String>,
    error: Option<String>,
    #[serde(skip)]
    hint: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    WouldRemove,
    Removed,
    Skipped,
    Failed,
}

impl Row {
    fn new(place: &Place, outcome: Outcome) -> Self {
        let Place { region, listed } = place;
        Self {
            region: region.clone(),
            project: listed.project.clone(),
            stage: listed.stage.clone(),
            stack: listed.stack.name.clone(),
            outcome,
            updated: listed.updated().map(rfc3339),
            expires_at: listed.expires_at().map(rfc3339),
            removed: Vec::new(),
            left: Vec::new(),
            error: None,
            hint: None,
        }
    }

    pub(super) fn preview(place: &Place) -> Self {
        Self::new(place, Outcome::WouldRemove)
    }

    pub(super) fn removed(place: &Place, removed: Vec<String>, left: Vec<String>) -> Self {
        Self { removed, left, ..Self::new(place, Outcome::Removed) }
    }

    /// A stage that was deployed to meanwhile.
    pub(super) fn spared(place: &Place) -> Self {
        Self::new(place, Outcome::Skipped)
    }

    pub(super) fn failed(place: &Place, error: &Error) -> Self {
        let mut sentence = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            sentence.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        Self { error: Some(sentence), hint: error.hint(), ..Self::new(place, Outcome::Failed) }
    }

    /// Something failed after the removal.
    pub(super) fn fail(&mut self, sentence: &str) {
        self.outcome = Outcome::Failed;
        self.error = Some(sentence.to_owned());
    }

    pub(super) fn is_ok(&self) -> bool {
        self.outcome != Outcome::Failed
    }

    pub(super) fn is_removed(&self) -> bool {
        self.outcome == Outcome::Removed
    }

    /// What rows are sorted by.
    pub(super) fn order(&self) -> [String; 3] {
        [&self.stage, &self.region, &self.stack].map(Clone::clone)
    }

    /// The lines for a user.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self { region, stage, stack, .. } = self;
        let line = |text: String| format!("{region} {stage}: {text}");
        match self.outcome {
            Outcome::WouldRemove => {
                let updated = self.updated.as_ref().map(|at| format!(", updated {at}")).unwrap_or_default();
                vec![line(format!("would remove stack {stack}{updated}"))]
            }
            Outcome::Skipped => vec![line(format!("left stack {stack}, which was changed meanwhile"))],
            Outcome::Failed if self.removed.is_empty() => Vec::new(),
            Outcome::Removed | Outcome::Failed => {
                let removed = self.removed.iter().map(|what| line(format!("removed {what}")));
                removed.chain(self.left.iter().map(|what| line(format!("left {what}")))).collect()
            }
        }
    }
}

/// The failures of some of so many stages as one.
pub(super) fn failure(rows: &[Row], stages: usize) -> Option<Failure> {
    let failed: Vec<&Row> = rows.iter().filter(|row| !row.is_ok()).collect();
    let error = match failed.as_slice() {
        [] => return None,
        failed => anyhow::anyhow!("{} of {} could not be removed", failed.len(), counted(rows.len().max(stages))),
    };
    let facts = failed.iter().map(|row| {
        let error = row.error.as_deref().unwrap_or_default();
        format!("{} {}: {error}", row.region, row.stage)
    });
    let hints: BTreeSet<&String> = failed.iter().filter_map(|row| row.hint.as_ref()).collect();
    let failure = Failure::failed(error, None).with_facts(facts);
    let failure = hints.into_iter().fold(failure, |failure, hint| failure.with_hint(hint.clone()));
    Some(failure.with_hint("run the same command again; it removes what is left".to_owned()))
}

fn counted(stacks: usize) -> String {
    format!("{stacks} {}", if stacks == 1 { "stack" } else { "stacks" })
}
