//! Asks whoever sits at the terminal.

use inquire::{Confirm, InquireError};

use super::{Failure, Report};
use crate::progress::Progress as _;

impl Report {
    /// Whether somebody can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Asks on a terminal, with an answer for whoever only presses enter.
    pub(crate) fn confirm_default(&self, question: &str, default: bool) -> Result<bool, Failure> {
        self.flush();
        answered(Confirm::new(question).with_default(default).prompt())
    }

    /// Shows facts and asks. Without a terminal nobody can be asked, and the flag that answers is named instead.
    pub(crate) fn confirm(&self, question: &str, facts: &[String]) -> Result<bool, Failure> {
        if !self.can_ask {
            let error = anyhow::anyhow!("`{question}` cannot be asked without a terminal");
            let hint = Some("`--yes` answers it".to_owned());
            return Err(Failure::usage(error, hint).with_facts(facts.iter().cloned()));
        }
        let lines: String = facts.iter().map(|fact| format!("  {fact}\n")).collect();
        self.bars.write(lines.as_bytes());
        self.flush();
        answered(Confirm::new(question).with_default(false).prompt())
    }
}

fn answered(answer: Result<bool, InquireError>) -> Result<bool, Failure> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => Err(Failure::interrupted()),
        Err(error) => Err(Failure::failed(error, Some("`--yes` answers it".to_owned()))),
    }
}
