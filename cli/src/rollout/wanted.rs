//! The wanted template of a region: the release's, as far as the live one decides over it.

use serde_json::Value;

use super::{Deployed, Error, Mode, Rollout, RolloutRequest, checks};
use crate::{
    aws,
    names::Identity,
    plan,
    release::{Record, ReleaseId},
    template,
};

/// Resolves the template to send, in the record: it takes the code from the stage's bucket, keeps the live settings where
/// only code is updated, and stays the live release where nothing but the release's id would change. The API's own endpoint stays
/// open until the domain leads to the stage: whether that is still to come.
///
/// # Errors
/// [`Error::Incomplete`], or a record cannot be read.
pub(super) async fn resolve(
    region: &aws::Region,
    identity: &Identity,
    deployed: &Deployed,
    mode: Mode,
    is_domain_settled: bool,
    record: &mut Record,
) -> Result<bool, Error> {
    template::set_namespace(&mut record.template, deployed.bucket.namespace);
    if mode == Mode::CodeOnly {
        keep_settings(region, identity, deployed, record).await?;
    }
    let takes_settings = matches!(mode, Mode::Deploy | Mode::Update);
    let awaits_domain =
        takes_settings && !is_domain_settled && plan::awaits_domain(deployed.live.as_ref(), &record.template);
    if awaits_domain {
        record.template = template::opened(&record.template);
    }
    let Some(live) = &deployed.live else { return Ok(awaits_domain) };
    template::keep_generation(&mut record.template, live);
    template::keep_state(&mut record.template, live);
    if mode == Mode::Rollback {
        // A release is code and settings; where the domain leads is decided by the settings of today.
        template::keep_domain(&mut record.template, live);
        template::keep_endpoint(&mut record.template, live);
    }
    if let Some(id) = ReleaseId::in_template(live)
        && ReleaseId::is_all_that_differs(live, &record.template)
    {
        record.template = live.clone();
        record.id = id;
    }
    Ok(awaits_domain)
}

impl Rollout<'_> {
    /// Resolves the wanted template of this rollout; whether its endpoint awaits the domain.
    pub(super) async fn resolve(&mut self, deployed: &Deployed) -> Result<bool, Error> {
        let RolloutRequest { identity, mode, is_domain_settled, .. } = self.request;
        resolve(&self.region, identity, deployed, mode, is_domain_settled, &mut self.request.record).await
    }
}

/// Whether a template has the alias of each function.
fn is_whole(template: &Value) -> bool {
    template::functions(template).iter().all(|ids| template::live_version(template, ids).is_some())
}

/// The template of `update --code-only`: the live one with the new code.
async fn keep_settings(
    region: &aws::Region,
    identity: &Identity,
    deployed: &Deployed,
    record: &mut Record,
) -> Result<(), Error> {
    // A candidate may have other settings.
    let Some(live) = deployed.without_candidate() else { return Ok(()) };
    let recorded = match ReleaseId::in_template(&live) {
        // An earlier run was interrupted while it recreated what was deleted by hand.
        Some(id) if !is_whole(&live) => checks::read_record(region, deployed, &id).await?,
        _ => None,
    };
    let live = &recorded.map_or_else(
        || live.clone(),
        |mut record| {
            template::keep_endpoint(&mut record.template, &live);
            record.template
        },
    );
    if !is_whole(live) {
        return Err(Error::Incomplete { stack: identity.stack() });
    }
    let mut wanted = template::with_code(live, &record.template, &record.sha256);
    let before = ReleaseId::in_template(live);
    let id = ReleaseId::of_code(before.as_ref(), &record.sha256);
    // The same code again is the same release again.
    if wanted != *live {
        id.stamp(&mut wanted);
        record.id = id;
    } else if let Some(before) = &before {
        record.id = before.clone();
    }
    record.template = wanted;
    record.handlers = match before {
        // A stage without events needs no further call.
        Some(before) if template::delivers_events(&record.template) => {
            checks::read_record(region, deployed, &before).await?.map(|live| live.handlers)
        }
        _ => None,
    }
    .unwrap_or_default();
    Ok(())
}
