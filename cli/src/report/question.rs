//! Questions on the terminal. Other work continues meanwhile, and an interrupt ends a question.

use inquire::{Confirm, InquireError, Password, PasswordDisplayMode, Select, Text, validator::Validation};

use super::{
    Failure, Report,
    bars::{Away, Bars},
    terminal,
};

impl Report {
    /// Shows facts and asks for confirmation. Without a terminal it fails and names the flag that confirms.
    pub(crate) async fn confirm(&self, question: &str, facts: &[String]) -> Result<bool, Failure> {
        if !self.can_ask {
            let error = anyhow::anyhow!("`{question}` cannot be asked without a terminal");
            let hint = Some("`--yes` confirms it".to_owned());
            return Err(Failure::usage(error, hint).with_facts(facts.iter().cloned()));
        }
        let question = question.to_owned();
        let ask = move || Confirm::new(&question).with_default(false).prompt_skippable();
        Ok(self.asked(facts, ask).await?.unwrap_or(false))
    }

    /// Whether the terminal is interactive.
    pub(crate) fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Asks a question whose default is yes.
    pub(crate) async fn ask_yes(&self, question: &'static str) -> Result<bool, Failure> {
        self.asked(&[], || Confirm::new(question).with_default(true).prompt()).await
    }

    /// Asks for a text; `error` validates it.
    pub(crate) async fn ask_text(
        &self,
        question: &'static str,
        default: &str,
        help: &'static str,
        error: impl Fn(&str) -> Option<String> + Clone + Send + 'static,
    ) -> Result<String, Failure> {
        let check =
            move |text: &str| Ok(error(text).map_or(Validation::Valid, |error| Validation::Invalid(error.into())));
        let default = default.to_owned();
        let ask =
            move || Text::new(question).with_default(&default).with_help_message(help).with_validator(check).prompt();
        self.asked(&[], ask).await
    }

    /// Asks for the code of the MFA device that a profile names.
    pub(crate) async fn ask_code(&self, profile: &str, serial: &str) -> Result<String, Failure> {
        if !self.can_ask {
            let error = anyhow::anyhow!(
                "profile `{profile}` asks for a code of the device `{serial}`, which cannot be asked for without a terminal"
            );
            let hint = format!(
                "on a terminal, `aws configure export-credentials --profile {profile} --format env` asks for it and prints a \
                 session as variables; with these, `--profile none`"
            );
            return Err(Failure::usage(error, Some(hint)));
        }
        let check = |text: &str| {
            let is_code = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
            Ok(if is_code { Validation::Valid } else { Validation::Invalid("a code has six digits".into()) })
        };
        let facts = [format!("profile {profile}, device {serial}")];
        self.asked(&facts, move || Text::new("Code of the device:").with_validator(check).prompt()).await
    }

    /// Asks for the value of a secret, and shows nothing of it.
    pub(crate) async fn ask_hidden(&self, name: &str) -> Result<String, Failure> {
        let question = format!("Value of {name}:");
        let ask = move || {
            Password::new(&question).with_display_mode(PasswordDisplayMode::Hidden).without_confirmation().prompt()
        };
        self.asked(&[], ask).await
    }

    /// Asks for one of several options; returns its index.
    pub(crate) async fn ask_choice(
        &self,
        question: &'static str,
        options: Vec<String>,
        default: usize,
    ) -> Result<usize, Failure> {
        let ask = move || Select::new(question, options).with_starting_cursor(default).without_filtering().raw_prompt();
        Ok(self.asked(&[], ask).await?.index)
    }

    /// Asks one question at a time, below its facts; other output waits until it is answered.
    async fn asked<T: Send + 'static>(
        &self,
        facts: &[String],
        ask: impl FnOnce() -> Result<T, InquireError> + Send + 'static,
    ) -> Result<T, Failure> {
        let _turn = self.asking.lock().await;
        let lines: String = facts.iter().map(|fact| format!("  {fact}\n")).collect();
        self.bars.write(lines.as_bytes());
        let mut open = Open { _away: self.bars.away(), mode: terminal::Mode::now(), bars: &self.bars };
        let answer = tokio::select! {
            answer = tokio::task::spawn_blocking(ask) => answer,
            () = terminal::closed() => return Err(Failure::interrupted()),
        };
        open.mode = None;
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(InquireError::OperationCanceled | InquireError::OperationInterrupted)) => {
                Err(Failure::interrupted())
            }
            // The terminal was closed while the question was being drawn.
            Ok(Err(InquireError::IO(_) | InquireError::NotTTY)) if terminal::Mode::now().is_none() => {
                Err(Failure::interrupted())
            }
            Ok(Err(error)) => Err(Failure::failed(error, Some("`--yes` confirms it".to_owned()))),
            Err(error) => Err(Failure::failed(error, None)),
        }
    }
}

/// An open question. If it is dropped unanswered, it restores the terminal's mode.
struct Open<'a> {
    mode: Option<terminal::Mode>,
    bars: &'a Bars,
    _away: Away<'a>,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(mode) = self.mode.take() {
            mode.restore();
            self.bars.write(b"\x1b[?25h\x1b[?2004l\n");
        }
    }
}
