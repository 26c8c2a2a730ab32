//! Whether API Gateway has the role by which the stage's REST API writes its access log.

use futures_util::future::join_all;

use super::{super::stage::Resolved, bounded, machine::chain};
use crate::{
    aws::{self, Aws},
    doctor::{self, Finding, LOG_ROLE},
    rollout,
};

/// Examines the role in each region where the stage needs it.
pub(super) async fn examine(resolved: &Resolved, aws: &Aws, regions: &[String]) -> Vec<Finding> {
    let needs = |region: &&String| resolved.selection.stages.get(*region).is_some_and(|stage| stage.needs_log_role());
    let check = regions.iter().filter(needs).map(async |region| {
        let region = aws.in_region(region);
        bounded(LOG_ROLE, found(&region)).await.in_region(region.name())
    });
    join_all(check).await
}

async fn found(region: &aws::Region) -> Finding {
    match region.has_gateway_log_role().await {
        Ok(is_there) => doctor::log_role(is_there, rollout::LOG_ROLE_REMEDY),
        Err(error) => Finding::unknown(LOG_ROLE, chain(&error), error.hint().unwrap_or_default()),
    }
}
