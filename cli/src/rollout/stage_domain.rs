//! The domain that a stage's live template notes, before the template that is sent changes that.

use serde_json::Value;

use super::{Deployed, Error, Rollout, domain::DomainRollout};
use crate::{
    logical_id,
    template::{self, claimed_domain},
};

impl Rollout<'_> {
    /// Refuses another gateway for a stage that keeps its domain: AWS does not delete an API that a domain leads to.
    pub(super) fn check_gateway_of_domain(&self, deployed: &Deployed) -> Result<(), Error> {
        let (Some(live), wanted) = (&deployed.live, &self.request.record.template) else { return Ok(()) };
        let (Some(has), Some(wants)) = (claimed_domain(live), claimed_domain(wanted)) else { return Ok(()) };
        if has.name != wants.name {
            return Ok(());
        }
        let domain = has.name;
        if has.service != wants.service {
            let (live, wanted) = (has.service.noun(), wants.service.noun());
            return Err(Error::of_domain(domain, Error::OtherService { live, wanted }));
        }
        if loses_api(live, wanted) {
            return Err(Error::GatewayOfDomain { stack: self.request.identity.stack(), domain: domain.to_owned() });
        }
        Ok(())
    }

    /// Takes the stage out of a domain that the wanted template does not name any more. The live template names it until it is
    /// done, so that a run that is cut off is finished by the next.
    pub(super) async fn leave_domain(&self, deployed: &Deployed) -> Result<(), Error> {
        let Some(live) = deployed.live.as_ref().and_then(claimed_domain) else { return Ok(()) };
        if template::claimed_domain(&self.request.record.template) == Some(live) {
            return Ok(());
        }
        let work = DomainRollout {
            region: DomainRollout::home(&self.region, live.service),
            service: live.service,
            identity: self.request.identity,
            stage: self.request.stage,
            progress: self.progress,
            phase: self.phase,
        };
        for remains in work.leave(live.name).await?.remains {
            self.progress.detail(&format!("left {remains}"));
        }
        Ok(())
    }
}

/// Whether an API of the live template is not in the wanted one.
fn loses_api(live: &Value, wanted: &Value) -> bool {
    let has = |template: &Value, id: &str| template["Resources"].get(id).is_some();
    [logical_id::API, logical_id::HTTP_API].iter().any(|id| has(live, id) && !has(wanted, id))
}
