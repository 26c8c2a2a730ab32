//! `zappa-rs keys`: the API keys of a stage as they are in its regions, beside those that deploys make.

mod create;
mod list;
mod revoke;
mod usage;

use std::sync::Arc;

use super::{
    Context, failure,
    fleet::Outcome,
    inspect,
    interruptible::run_interruptible,
    stage::{self, Resolved},
};
use crate::{
    args::{KeysAction, KeysArgs, SharedArgs},
    aws::Aws,
    report::{Failure, Report},
    rollout::StageKeys,
    settings::Api,
    suggestion::{nearest, quote_list},
};

/// Runs `zappa-rs keys`.
pub(crate) async fn run(
    args: &KeysArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let resolved = stage::resolve_for_inspection(&args.stage, cx).await?;
    if resolved.selection.primary().api != Api::Rest {
        let error = anyhow::anyhow!("the stage `{}` has no REST API, and so no API keys", resolved.selection.name);
        return Err(Failure::usage(error, Some("`api = \"rest\"` has them: docs/access.md".to_owned())));
    }
    run_interruptible(Failure::interrupted, async {
        let aws = resolved.aws(&args.stage, cx, report).await?;
        match args.action {
            KeysAction::List => list::run(args, shared, &resolved, &aws, report).await,
            KeysAction::Create => create::run(args, shared, &resolved, &aws, report).await,
            KeysAction::Revoke => revoke::run(args, shared, &resolved, &aws, report).await,
            KeysAction::Usage => usage::run(args, shared, &resolved, &aws, report).await,
        }
    })
    .await
}

/// The keys in every region.
async fn read(resolved: &Resolved, aws: &Aws, with_values: bool) -> Vec<Outcome<StageKeys>> {
    inspect::for_each_region(resolved, aws, async |resolved, region| {
        let stage = &resolved.selection.stages[region.name()];
        StageKeys::read(&region, &resolved.identity, stage, with_values).await
    })
    .await
}

/// The keys in every region, all of which have to be read before anything is changed.
async fn read_all(resolved: &Resolved, aws: &Aws) -> Result<Vec<(String, StageKeys)>, Failure> {
    let outcomes = read(resolved, aws, false).await;
    failure::of_reading(&outcomes)?;
    let known = outcomes.into_iter().filter_map(|outcome| Some((outcome.region, outcome.result?.ok()?)));
    Ok(known.collect())
}

/// The name of `-n`, which two of the actions need.
fn name(args: &KeysArgs) -> Result<&str, Failure> {
    args.name.as_deref().ok_or_else(|| {
        Failure::usage(anyhow::anyhow!("which key is meant is missing"), Some("`-n NAME` names it".to_owned()))
    })
}

/// The failure where a region has no key of a name.
fn no_key(name: &str, keys: &StageKeys) -> Failure {
    let known = || keys.keys.iter().map(|key| key.name.as_str());
    let hint = match nearest(name, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if keys.keys.is_empty() => "the stage has no keys".to_owned(),
        None => format!("the keys are {}", quote_list(known())),
    };
    Failure::usage(anyhow::anyhow!("there is no API key `{name}`"), Some(hint))
}
