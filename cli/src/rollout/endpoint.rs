//! The API's own endpoint of a stage with a domain: closed when the domain leads to the stage, and opened before it leaves it.

use serde_json::Value;

use super::{Deployed, Done, Error, Phase, Rollout};
use crate::{plan, release::ReleaseId, template};

/// What a deploy would do about the endpoint beside the two templates, in words.
pub(crate) fn endpoint_outlook(live: Option<&Value>, wanted: &Value) -> Option<&'static str> {
    if live.is_some_and(|live| plan::opens_endpoint(live, wanted)) {
        return Some("open the API's own endpoint, before the stage leaves its domain");
    }
    plan::awaits_domain(live, wanted).then_some("close the API's own endpoint, when the domain leads to the stage")
}

impl Rollout<'_> {
    /// Closes the endpoint after a rollout that left it open until the domain was settled: one update of nothing else.
    ///
    /// # Errors
    /// What failed. The stage still serves, and the next deploy closes the endpoint.
    pub(crate) async fn close_endpoint(mut self, done: Done) -> Result<Done, Error> {
        let mut deployed = self.inspect().await?;
        deployed.read_live(&self.region).await?;
        self.resolve(&deployed).await?;
        let closed = &mut self.request.record.template;
        let (Some(live), Some(stack)) = (&deployed.live, &deployed.stack) else {
            return Err(Error::vanished(self.request.identity));
        };
        if closed == live {
            return Ok(Done { stack: stack.clone(), awaits_domain: false, ..done });
        }
        // A deploy that came between may be of another release, and closes the endpoint itself.
        if !ReleaseId::is_all_that_differs(live, &template::opened(closed)) {
            return Err(Error::Overtaken { stack: stack.name.clone(), by: None });
        }
        done.release.stamp(closed);
        self.progress.step("Closing", "the API's own endpoint: the domain leads to the stage");
        let stack = self.send(&deployed, &self.request.record.template, Phase::ClosingEndpoint).await?;
        self.phase.set(Phase::Serving);
        Ok(Done { stack, changed: true, awaits_domain: false, ..done })
    }

    /// Opens the endpoint before the stage leaves its domain, by the first of the templates to send; returns the others.
    pub(super) async fn open_endpoint<'b>(
        &self,
        deployed: &mut Deployed,
        then: &'b [Value],
    ) -> Result<&'b [Value], Error> {
        let opens =
            deployed.live.as_ref().is_some_and(|live| plan::opens_endpoint(live, &self.request.record.template));
        let (true, Some((opened, then))) = (opens, then.split_first()) else { return Ok(then) };
        self.progress.step("Opening", "the API's own endpoint, before the stage leaves its domain");
        deployed.stack = Some(self.send(deployed, opened, Phase::OpeningEndpoint).await?);
        Ok(then)
    }
}
