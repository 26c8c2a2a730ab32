//! Asks whoever sits at the terminal.

use inquire::{Confirm, InquireError};

use super::{Failure, Report};
use crate::progress::Progress as _;

impl Report {
    /// Shows facts and asks. Without a terminal nobody can be asked, and the flag that answers is named instead.
    pub(crate) fn confirm(&self, question: &str, facts: &[String]) -> Result<bool, Failure> {
        if !self.can_ask {
            let error = anyhow::anyhow!("`{question}` cannot be asked without a terminal");
            let hint = Some("`--yes` answers it".to_owned());
            return Err(Failure::usage(error, hint).with_facts(facts.iter().cloned()));
        }
        let lines: String = facts.iter().map(|fact| format!("  {fact}\n")).collect();
        self.story.write(lines.as_bytes());
        self.flush();
        match Confirm::new(question).with_default(false).prompt() {
            Ok(answer) => Ok(answer),
            Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => Err(Failure::interrupted()),
            Err(error) => Err(Failure::failed(error, Some("`--yes` answers it".to_owned()))),
        }
    }
}
