//! Reading a stage in all of its regions, for the commands that change nothing.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{
    Context,
    fleet::Outcome,
    stage::{self, Resolved},
};
use crate::{
    args::InspectArgs,
    aws::{self, Aws},
    report::{Failure, Report},
    rollout::{Deployed, Error},
};

/// Resolves the stage and opens AWS.
pub(super) async fn open(args: &InspectArgs, cx: &Context, report: &Arc<Report>) -> Result<(Resolved, Aws), Failure> {
    let resolved = stage::resolve_for_inspection(&args.stage, cx).await?;
    let aws = resolved.aws(&args.stage, cx, report).await?;
    Ok((resolved, aws))
}

/// Queries every region; one that fails does not hide the others.
pub(super) async fn for_each_region<T>(
    resolved: &Resolved,
    aws: &Aws,
    query: impl AsyncFn(&Resolved, aws::Region) -> Result<T, Error>,
) -> Vec<Outcome<T>> {
    let queries = resolved.selection.regions.iter().map(async |region| Outcome {
        region: region.clone(),
        result: Some(query(resolved, aws.in_region(region)).await),
    });
    join_all(queries).await
}

/// Inspects the stage in a region, with its live template.
pub(super) async fn inspect(resolved: &Resolved, region: &aws::Region) -> Result<Deployed, Error> {
    let mut deployed = Deployed::inspect(region, &resolved.identity, &resolved.selection.stages[region.name()]).await?;
    deployed.read_live(region).await?;
    Ok(deployed)
}
