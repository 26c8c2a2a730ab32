//! `zappa-rs deploy` and `zappa-rs update`: package, then every region at once.

use std::{future::Future, sync::Arc};

use futures_util::future::join_all;

use super::{
    Surroundings,
    check::unrun,
    departed, dry_run,
    fleet::{self, Outcome, Places},
    gate::ReportGate,
    outcome,
    stage::{self, Opened},
    wanted::Wanted,
};
use crate::{
    args::{ArtifactArgs, ChangeArgs, DeployArgs, SharedArgs, StageArgs, UpdateArgs},
    artifact::Artifact,
    aws::Aws,
    interrupt::Interrupts,
    package,
    progress::Progress as _,
    release::{Record, ReleaseId},
    report::{Failure, Report},
    rollout::{self, Done, Mode, Rollout, Wish},
    settings::OnFailure,
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
    uninterrupted(&places, async {
        let aws = opened.aws(order.stage, around, report).await?;
        if order.mode != Mode::Deploy {
            all_stand(&opened, &aws).await?;
        }
        let directory = opened.chosen.path.parent().unwrap_or(&around.directory);
        if let Some(remark) = unrun(directory).filter(|_| order.artifact.zip.is_none()) {
            report.warning(&remark, None);
        }
        let artifact = artifact(&opened, order.artifact, around, report).await?;
        let wanted = Wanted::new(&opened, &artifact, around).await;
        if order.change.dry_run {
            return dry_run::run(&opened, &wanted, &aws, order.mode, shared, report).await;
        }
        let gate = ReportGate { report, yes: order.stage.yes };
        let work = Work { opened: &opened, aws: &aws, report, gate: &gate, places: &places, wait: order.change.wait };
        let wish = |region: &str| wanted.record(region).map(|record| (record, Some(&artifact)));
        let outcomes = work.everywhere(order.mode, wish).await;
        let outcomes = work.go_back_where_asked(outcomes).await;
        departed::clear(&opened, &aws, report, &outcomes).await;
        outcome::say(&opened, &aws, &outcomes, &places, shared, report)
    })
    .await
}

/// Before a part of the regions is changed, all of them have something to change.
async fn all_stand(opened: &Opened, aws: &Aws) -> Result<(), Failure> {
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
        Some(region) => Err(outcome::failure(&rollout::Error::NotDeployed { stack: name, region })),
    }
}

/// Builds and packages, or takes what is given.
pub(crate) async fn artifact(
    opened: &Opened,
    args: &ArtifactArgs,
    around: &Surroundings,
    report: &Arc<Report>,
) -> Result<Artifact, Failure> {
    let given = args.zip.as_ref().map(|zip| around.directory.join(zip));
    let name = opened.identity.stack();
    let wanted = package::Wanted { given: given.as_deref(), no_build: args.no_build, ..wanted(opened, &name, around) };
    package::artifact(&wanted, &around.cargo, report.as_ref()).await.map_err(|error| {
        let hint = error.hint();
        if error.is_usage() { Failure::usage(error, hint) } else { Failure::failed(error, hint) }
    })
}

/// The SHA-256 of the package that was made last of what the settings ask for, if there is one.
pub(super) async fn packed(opened: &Opened, around: &Surroundings) -> Option<String> {
    let name = opened.identity.stack();
    package::last(&wanted(opened, &name, around), &around.cargo).await
}

/// What the settings ask to package.
fn wanted<'a>(opened: &'a Opened, name: &'a str, around: &'a Surroundings) -> package::Wanted<'a> {
    package::Wanted {
        project: &opened.chosen.project,
        stage: opened.chosen.first(),
        name,
        directory: opened.chosen.path.parent().unwrap_or(&around.directory),
        given: None,
        no_build: false,
    }
}

/// Lets work that changes nothing of AWS go on until it ends or somebody interrupts it.
pub(super) async fn until_interrupted<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let mut interrupts = Interrupts::new().map_err(|error| Failure::failed(error, None))?;
    tokio::select! {
        outcome = work => outcome,
        () = interrupts.next() => Err(Failure::interrupted()),
    }
}

/// Lets the work go on until it ends or somebody interrupts it, and says then what stands.
pub(crate) async fn uninterrupted(
    places: &Places,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let mut interrupts = Interrupts::new().map_err(|error| Failure::failed(error, None))?;
    tokio::select! {
        outcome = work => outcome,
        () = interrupts.next() => Err(if places.is_untouched() {
            Failure::interrupted()
        } else {
            Failure::interrupted()
                .with_facts(places.lines())
                .with_hint("run the same command again; it goes on from what stands".to_owned())
        }),
    }
}

/// What changing all regions needs.
pub(crate) struct Work<'a> {
    pub(crate) opened: &'a Opened,
    pub(crate) aws: &'a Aws,
    pub(crate) report: &'a Report,
    pub(crate) gate: &'a ReportGate<'a>,
    pub(crate) places: &'a Places,
    pub(crate) wait: bool,
}

impl Work<'_> {
    /// Takes the release that `wish` names for each region to that region.
    pub(crate) async fn everywhere<'b>(
        &self,
        mode: Mode,
        wish: impl Fn(&str) -> Option<(Record, Option<&'b Artifact>)>,
    ) -> Vec<Outcome<Done>> {
        let chosen = &self.opened.chosen;
        let canary = chosen.first().canary_region.as_deref();
        let outcomes = fleet::everywhere(&chosen.regions, canary, async |region| {
            let Some((record, artifact)) = wish(&region) else {
                return Err(rollout::Error::Overtaken { stack: self.opened.identity.stack(), by: None });
            };
            self.one(&region, mode, record, artifact).await
        });
        outcomes.await
    }

    async fn one(
        &self,
        region: &str,
        mode: Mode,
        record: Record,
        artifact: Option<&Artifact>,
    ) -> Result<Done, rollout::Error> {
        let progress = self.report.in_region(region, self.opened.width());
        let place = self.places.of(region);
        let stage = &self.opened.chosen.stages[region];
        let (identity, regions) = (&self.opened.identity, &self.opened.chosen.all_regions());
        let wish = Wish { identity, stage, regions, record, artifact, mode, wait: self.wait };
        let rollout =
            Rollout { region: self.aws.in_region(region), wish, progress: &progress, gate: self.gate, place: &place };
        rollout.run().await
    }

    /// `on_failure = "rollback"`: where it went well, the release before comes back.
    async fn go_back_where_asked(&self, mut outcomes: Vec<Outcome<Done>>) -> Vec<Outcome<Done>> {
        let failed = outcomes.iter().any(|outcome| !matches!(outcome.result, Some(Ok(_))));
        if !failed || self.opened.chosen.first().on_failure != OnFailure::Rollback {
            return outcomes;
        }
        for outcome in &mut outcomes {
            let Some(Ok(done)) = &outcome.result else { continue };
            let Some(previous) = done.previous.clone().filter(|_| done.changed) else { continue };
            outcome.result = Some(match self.back_to(&outcome.region, &previous).await {
                Ok(done) => Err(rollout::Error::WentBack { release: done.release }),
                Err(error) => Err(error),
            });
        }
        outcomes
    }

    async fn back_to(&self, region: &str, release: &ReleaseId) -> Result<Done, rollout::Error> {
        let record = super::rollback::read(self.opened, &self.aws.in_region(region), release).await?;
        self.one(region, Mode::Back, record, None).await
    }
}
