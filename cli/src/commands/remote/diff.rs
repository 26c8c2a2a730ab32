//! `zappa-rs diff`: compares settings and code with the deployed template, resource by resource, without a change set.

use std::sync::Arc;

use serde::Serialize;

use super::{
    Context, answer, artifact, departed, domains,
    fleet::{self, Outcome},
    hooks,
    interruptible::run_interruptible,
    new_release::NewRelease,
    stage::{self, Resolved},
};
use crate::{
    args::{DiffArgs, SharedArgs},
    aws,
    plan::{self, Change, Difference},
    release::Record,
    report::{Failure, Report},
    rollout::{Deployed, Error, Marked, Mode, Unseen, endpoint_outlook},
    template,
};

#[derive(Serialize)]
struct Compared {
    region: String,
    /// Whether the stack exists in the region.
    is_deployed: bool,
    changes: Vec<Difference>,
    #[serde(flatten)]
    unseen: Unseen,
    /// What a deploy would do about domains, in words.
    domain: Vec<String>,
    /// Regions that left the settings and may still have the stack.
    departed_regions: Vec<String>,
    #[serde(skip)]
    marked: Marked,
}

/// Runs `zappa-rs diff`.
pub(crate) async fn run(
    args: &DiffArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let resolved = stage::open(&args.stage, args.artifact.zip.is_some(), cx).await?;
    let aws = resolved.aws(&args.stage, cx, report).await?;
    let hooks = hooks::of_stage("diff", &resolved, &args.stage, shared, cx);
    let prepare = async {
        let artifact = artifact::build(&resolved, &args.artifact, &hooks, cx, report).await?;
        NewRelease::new(&resolved, &artifact, Mode::Deploy, &hooks, cx, report).await
    };
    let new_release = run_interruptible(Failure::interrupted, prepare).await?;
    let mut found = fleet::for_each_region(&resolved.selection.regions, None, async |region| {
        let Some(record) = new_release.record(&region) else {
            return Err(Error::Vanished { stack: resolved.identity.stack() });
        };
        compare(&resolved, &aws.in_region(&region), record, report).await
    })
    .await;
    let marked = found.iter().filter_map(|outcome| Some(&outcome.value()?.marked));
    let departed = departed::warn(&resolved, &aws, report, marked).await;
    for compared in found.iter_mut().filter_map(Outcome::value_mut) {
        compared.departed_regions = departed.of(&compared.marked);
    }
    answer::report(&found, shared.json, report, print)
}

/// Prints the differences of one region.
fn print(answer: &Compared, report: &Report) {
    let mut unseen = answer.unseen.lines();
    unseen.extend(answer.domain.iter().cloned());
    let state = match (answer.is_deployed, answer.changes.is_empty() && unseen.is_empty()) {
        (false, _) => "not deployed; a deploy would make",
        (true, true) => "no difference",
        (true, false) => "a deploy would",
    };
    report.answer_line(&format!("{}: {state}", answer.region));
    unseen.iter().for_each(|line| report.answer_line(&format!("  {line}")));
    let rows = answer.changes.iter().map(|found| {
        let verb = match found.change {
            Change::Add => "  add",
            Change::Modify => "  modify",
            Change::Remove => "  remove",
        };
        vec![verb.to_owned(), found.kind.clone(), found.logical_id.clone(), found.properties.join(", ")]
    });
    report.table(&[], &rows.collect::<Vec<_>>());
}

/// Compares the release with the deployed one in one region.
async fn compare(
    resolved: &Resolved,
    region: &aws::Region,
    mut record: Record,
    report: &Report,
) -> Result<Compared, Error> {
    let (identity, stage) = (&resolved.identity, &resolved.selection.stages[region.name()]);
    let mut deployed = Deployed::inspect(region, identity, stage).await?;
    deployed.read_live(region).await?;
    deployed.read_keys(region, identity, stage, Mode::Deploy, &record.template).await?;
    let unseen = Unseen::detect(region, identity, stage, &deployed, &record).await?;
    let mut domain = domains::outlook(resolved, region, &deployed, report).await?;
    domain.extend(endpoint_outlook(deployed.live.as_ref(), &record.template).map(str::to_owned));
    let (marked, live) = (deployed.marked(), deployed.live.unwrap_or_default());
    let new_release = &mut record.template;
    template::set_namespace(new_release, deployed.bucket.namespace);
    template::keep_generation(new_release, &live);
    let changes = plan::difference(&live, new_release);
    let is_deployed = deployed.stack.is_some();
    Ok(Compared {
        region: region.name().to_owned(),
        is_deployed,
        changes,
        unseen,
        domain,
        departed_regions: Vec::new(),
        marked,
    })
}
