//! Asks the user before something is lost.

use futures_util::future::BoxFuture;

use crate::{
    interrupt,
    report::Report,
    rollout::{Error, Gate},
};

/// Asks through the report; `--yes` has answered already.
pub(crate) struct ReportGate<'a> {
    pub(crate) report: &'a Report,
    pub(crate) yes: bool,
}

impl Gate for ReportGate<'_> {
    fn allows<'a>(&'a self, region: &'a str, lines: &'a [String]) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            if self.yes {
                return Ok(true);
            }
            let question = format!("Go on in {region} and lose this for good?");
            match self.report.confirm(&question, lines).await {
                Ok(answer) => Ok(answer),
                Err(failure) if failure.is_interrupt() => {
                    // Whoever interrupts a question interrupts the command, in all regions.
                    interrupt::raise().await;
                    Ok(false)
                }
                Err(_) => Err(Error::NobodyToAsk { lines: lines.to_vec() }),
            }
        })
    }
}
