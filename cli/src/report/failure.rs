//! The failure of a command: chain of errors, hint, exit code.

use std::fmt::Write as _;

use super::Colours;
use crate::printable::{indented, printable};

/// The exit code of an operation that failed.
const FAILED: u8 = 1;
/// The exit code of wrong usage or settings.
const USAGE: u8 = 2;
/// The exit code after an interrupt.
const INTERRUPTED: u8 = 130;

/// An error, its hint and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    error: Option<anyhow::Error>,
    facts: Vec<String>,
    blocks: Vec<(String, String)>,
    hints: Vec<String>,
    code: u8,
}

impl Failure {
    /// The operation failed.
    pub(crate) fn failed(error: impl Into<anyhow::Error>, hint: Option<String>) -> Self {
        Self::new(Some(error.into()), hint, FAILED)
    }

    /// The command line or the settings were wrong.
    pub(crate) fn usage(error: impl Into<anyhow::Error>, hint: Option<String>) -> Self {
        Self::new(Some(error.into()), hint, USAGE)
    }

    /// The user stopped the work; there is nothing to explain.
    pub(crate) fn interrupted() -> Self {
        Self::new(None, None, INTERRUPTED)
    }

    /// Whether the command line or the settings were wrong: `is_usage` of the errors of `aws`, `build`, `package` and
    /// `rollout` decides it, all errors of `settings` are such, and
    /// `commands` calls `usage` for its own.
    pub(crate) fn is_usage(&self) -> bool {
        self.code == USAGE
    }

    /// Whether the user stopped the work.
    pub(crate) fn is_interrupt(&self) -> bool {
        self.code == INTERRUPTED
    }

    /// Adds facts about the current state, a line each.
    pub(crate) fn with_facts(mut self, facts: impl IntoIterator<Item = String>) -> Self {
        self.facts.extend(facts);
        self
    }

    /// Adds a foreign text, such as a log, below a title.
    pub(crate) fn with_block(mut self, title: &str, text: &str) -> Self {
        self.blocks.push((title.to_owned(), text.to_owned()));
        self
    }

    /// Adds a hint; equal hints are printed once.
    pub(crate) fn with_hint(mut self, hint: String) -> Self {
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
        self
    }

    /// The error's sentence, without its causes.
    pub(crate) fn message(&self) -> String {
        self.error.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    /// The sentences of its causes, the innermost last.
    pub(crate) fn causes(&self) -> Vec<String> {
        let chain = self.error.iter().flat_map(|error| error.chain().skip(1));
        chain.map(ToString::to_string).collect()
    }

    /// The facts about the current state.
    pub(crate) fn facts(&self) -> &[String] {
        &self.facts
    }

    /// The hints.
    pub(crate) fn hints(&self) -> &[String] {
        &self.hints
    }

    /// The first of the hints.
    pub(crate) fn first_hint(&self) -> Option<&str> {
        self.hints.first().map(String::as_str)
    }

    fn new(error: Option<anyhow::Error>, hint: Option<String>, code: u8) -> Self {
        Self { error, facts: Vec::new(), blocks: Vec::new(), hints: hint.into_iter().collect(), code }
    }

    /// The process's exit code.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }

    pub(super) fn text(&self, colours: &Colours) -> String {
        let mut text = String::new();
        if self.error.is_none() && !self.facts.is_empty() {
            let style = colours.error;
            let _ = writeln!(text, "{style}error:{style:#} interrupted");
        }
        if let Some(error) = &self.error {
            let style = colours.error;
            let mut last = error.to_string();
            let _ = writeln!(text, "{style}error:{style:#} {}", indented(&last));
            for cause in error.chain().skip(1).map(ToString::to_string) {
                // Errors that only wrap another one have its text.
                if cause != last {
                    let _ = writeln!(text, "  caused by: {}", indented(&cause));
                }
                last = cause;
            }
        }
        for fact in &self.facts {
            let _ = writeln!(text, "  {}", indented(fact).replace('\n', "\n  "));
        }
        for (title, lines) in &self.blocks {
            let _ = writeln!(text, "\n{}:", printable(title));
            for line in lines.lines() {
                let _ = writeln!(text, "  {}", printable(line));
            }
        }
        if !self.hints.is_empty() {
            text.push('\n');
        }
        for hint in &self.hints {
            let style = colours.hint;
            let _ = writeln!(text, "{style}hint:{style:#} {}", indented(hint));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn the_chain_comes_first_and_the_hint_after_an_empty_line() {
        let error = Err::<(), _>(std::io::Error::other("address in use")).context("port 3000 is taken").unwrap_err();
        let failure = Failure::failed(error, Some("try `--port 0`".to_owned()));
        assert_eq!(
            failure.text(&Colours::default()),
            "error: port 3000 is taken\n  caused by: address in use\n\nhint: try `--port 0`\n"
        );
    }
}
