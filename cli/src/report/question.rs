//! Asks whoever sits at the terminal.

use inquire::{Confirm, InquireError, Select, Text, validator::Validation};

use super::{Failure, Report};

impl Report {
    /// Shows facts and asks. Without a terminal nobody can be asked, and the flag that answers is named instead.
    pub(crate) fn confirm(&self, question: &str, facts: &[String]) -> Result<bool, Failure> {
        if !self.can_ask {
            let error = anyhow::anyhow!("`{question}` cannot be asked without a terminal");
            let hint = Some("`--yes` answers it".to_owned());
            return Err(Failure::usage(error, hint).with_facts(facts.iter().cloned()));
        }
        let lines: String = facts.iter().map(|fact| format!("  {fact}\n")).collect();
        self.bars.write(lines.as_bytes());
        self.asked(|| Confirm::new(question).with_default(false).prompt())
    }

    /// Whether there is somebody to ask.
    pub(crate) fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Asks for a yes that Enter gives.
    pub(crate) fn ask_yes(&self, question: &str) -> Result<bool, Failure> {
        self.asked(|| Confirm::new(question).with_default(true).prompt())
    }

    /// Asks for a text; `fault` says what is wrong with one.
    pub(crate) fn ask_text(
        &self,
        question: &str,
        default: &str,
        help: &str,
        fault: impl Fn(&str) -> Option<String> + Clone,
    ) -> Result<String, Failure> {
        let check =
            move |text: &str| Ok(fault(text).map_or(Validation::Valid, |fault| Validation::Invalid(fault.into())));
        let text = Text::new(question).with_default(default).with_help_message(help).with_validator(check);
        self.asked(|| text.prompt())
    }

    /// Asks for one of several; the answer is its index.
    pub(crate) fn ask_choice(&self, question: &str, options: Vec<String>, default: usize) -> Result<usize, Failure> {
        let select = Select::new(question, options).with_starting_cursor(default).without_filtering();
        self.asked(|| select.raw_prompt()).map(|option| option.index)
    }

    /// Nothing else is drawn while somebody is asked.
    fn asked<T>(&self, ask: impl FnOnce() -> Result<T, InquireError>) -> Result<T, Failure> {
        self.bars.away(ask).map_err(|error| match error {
            InquireError::OperationCanceled | InquireError::OperationInterrupted => Failure::interrupted(),
            error => Failure::failed(error, Some("`--yes` answers it".to_owned())),
        })
    }
}
