//! `zappa-rs deploy` and `zappa-rs update`: package, then every region at once.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{
    Surroundings,
    artifact::{self, missing_run_call},
    departed, dry_run, failure,
    fleet::{Fleet, Places},
    gate::ReportGate,
    interruptible::run_interruptible,
    outcome,
    stage::{self, Opened},
    wanted::Wanted,
};
use crate::{
    args::{ArtifactArgs, ChangeArgs, DeployArgs, SharedArgs, StageArgs, UpdateArgs},
    aws::Aws,
    progress::Progress as _,
    report::{Failure, Report},
    rollout::{self, Mode},
};

/// What both commands need.
struct Order<'a> {
    stage: &'a StageArgs,
    artifact: &'a ArtifactArgs,
    change: &'a ChangeArgs,
    mode: Mode,
}

/// A first deploy or whatever is needed.
pub(crate) async fn deploy(
    args: &DeployArgs,
    shared: &SharedArgs,
    around: &Surroundings,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let order = Order { stage: &args.stage, artifact: &args.artifact, change: &args.change, mode: Mode::Deploy };
    run(&order, shared, around, report).await
}

/// The same for a stage that exists.
pub(crate) async fn update(
    args: &UpdateArgs,
    shared: &SharedArgs,
    around: &Surroundings,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let mode = if args.code_only { Mode::CodeOnly } else { Mode::Update };
    let order = Order { stage: &args.stage, artifact: &args.artifact, change: &args.change, mode };
    run(&order, shared, around, report).await
}

async fn run(
    order: &Order<'_>,
    shared: &SharedArgs,
    around: &Surroundings,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let opened = stage::open(order.stage, order.artifact.zip.is_some(), around).await?;
    let places = Places::new(&opened.chosen.regions);
    run_interruptible(Some(&places), async {
        let aws = opened.aws(order.stage, around, report).await?;
        if order.mode != Mode::Deploy {
            check_all_deployed(&opened, &aws).await?;
        }
        let directory = opened.chosen.path.parent().unwrap_or(&around.directory);
        if let Some(warning) = missing_run_call(directory).filter(|_| order.artifact.zip.is_none()) {
            report.warning(&warning, None);
        }
        let artifact = artifact::build(&opened, order.artifact, around, report).await?;
        let wanted = Wanted::new(&opened, &artifact, around).await;
        if order.change.dry_run {
            return dry_run::run(&opened, &wanted, &aws, order.mode, shared, report).await;
        }
        let gate = ReportGate { report, yes: order.stage.yes };
        let fleet = Fleet { opened: &opened, aws: &aws, report, gate: &gate, places: &places, wait: order.change.wait };
        let wish = |region: &str| wanted.record(region).map(|record| (record, Some(&artifact)));
        let outcomes = fleet.roll_out(order.mode, wish).await;
        let outcomes = fleet.roll_back_where_asked(outcomes).await;
        departed::clear(&opened, &aws, report, &outcomes).await;
        outcome::report(&opened, &aws, &outcomes, &places, shared, report)
    })
    .await
}

/// Before a part of the regions is changed, all of them have something to change.
async fn check_all_deployed(opened: &Opened, aws: &Aws) -> Result<(), Failure> {
    let regions = &opened.chosen.regions;
    if regions.len() == 1 {
        return Ok(());
    }
    let name = opened.identity.stack();
    let looks = regions.iter().map(async |region| {
        let found = aws.in_region(region).find_stack(&name).await;
        // What else is wrong there is told when it is that region's turn.
        (matches!(found, Ok(None))).then(|| region.clone())
    });
    match join_all(looks).await.into_iter().flatten().next() {
        None => Ok(()),
        Some(region) => Err(failure::failure(&rollout::Error::NotDeployed { stack: name, region })),
    }
}
