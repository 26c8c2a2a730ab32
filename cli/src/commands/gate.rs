//! Asks the user before something is lost.

use crate::{
    report::Report,
    rollout::{Error, Gate},
};

/// Asks through the report; `--yes` has answered already.
pub(crate) struct ReportGate<'a> {
    pub(crate) report: &'a Report,
    pub(crate) yes: bool,
}

impl Gate for ReportGate<'_> {
    fn allows(&self, region: &str, lines: &[String]) -> Result<bool, Error> {
        if self.yes {
            return Ok(true);
        }
        let question = format!("Go on in {region} and lose this for good?");
        self.report.confirm(&question, lines).map_err(|_| Error::NobodyToAsk { lines: lines.to_vec() })
    }
}
