//! Confirmation by the user before something is lost or disrupted.

use futures_util::future::BoxFuture;

use crate::{
    interrupt,
    plan::Risk,
    report::Report,
    rollout::{Confirm, Error},
};

/// Asks for confirmation through the report, unless `--yes` has confirmed already.
pub(crate) struct TerminalConfirm<'a> {
    pub(crate) report: &'a Report,
    pub(crate) yes: bool,
    /// Whether the command has the flag `--dry-run`.
    pub(crate) has_dry_run: bool,
}

impl Confirm for TerminalConfirm<'_> {
    fn confirm<'a>(&'a self, region: &'a str, risk: Risk, lines: &'a [String]) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            if self.yes {
                return Ok(true);
            }
            match self.report.confirm(&question(region, risk), lines).await {
                Ok(answer) => Ok(answer),
                Err(failure) if failure.is_interrupt() => {
                    // An interrupt of the question interrupts the command, in all regions.
                    interrupt::raise().await;
                    Ok(false)
                }
                Err(_) => Err(Error::ConfirmationRequired { lines: lines.to_vec(), has_dry_run: self.has_dry_run }),
            }
        })
    }
}

/// The question below the lines that list the consequences.
fn question(region: &str, risk: Risk) -> String {
    match risk {
        Risk::Loss => format!("Continue in {region} and lose this for good?"),
        Risk::Disruption => format!("Continue in {region} and let clients get malformed responses meanwhile?"),
        Risk::Exposure => format!("Continue in {region} and let everybody call this protected stage?"),
        Risk::Move => format!("Continue in {region} and move it when the release is live?"),
        Risk::LossAndDisruption => {
            format!(
                "Continue in {region}, lose what is deleted for good, and let clients get malformed responses meanwhile?"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_loss_is_called_one() {
        for (risk, is_loss, is_disruption) in
            [(Risk::Loss, true, false), (Risk::Disruption, false, true), (Risk::LossAndDisruption, true, true)]
        {
            let question = question("eu-west-1", risk);
            assert_eq!(question.contains("lose"), is_loss, "{question}");
            assert_eq!(question.contains("malformed responses"), is_disruption, "{question}");
        }
    }
}
