//! `zappa-rs secrets`: the stored values of a stage's secrets, in every region.

mod field;
mod list;
mod place;
mod store;
mod value;

use std::sync::Arc;

use futures_util::future::join_all;
use serde::Serialize;

use self::place::Place;
use super::{
    Context,
    interruptible::run_interruptible,
    stage::{self, Resolved},
};
use crate::{
    args::{SecretsAction, SecretsArgs, SharedArgs},
    aws::{Aws, Region},
    report::{Failure, Report},
};

/// What was done with a secret in a region.
#[derive(Serialize)]
struct Row {
    region: String,
    name: String,
    place: String,
    result: &'static str,
}

/// Runs `zappa-rs secrets`.
pub(crate) async fn run(
    args: &SecretsArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    refuse_value(args)?;
    let resolved = stage::resolve_for_inspection(&args.stage, cx).await?;
    if resolved.selection.primary().secrets.is_empty() {
        let error = anyhow::anyhow!("the stage `{}` has no secrets", resolved.selection.name);
        let hint = format!(
            "name them in the settings: `secrets = {{ DATABASE_URL = \"ssm:/{}/${{stage}}/db\" }}`",
            resolved.identity.project
        );
        return Err(Failure::usage(error, Some(hint)));
    }
    run_interruptible(Failure::interrupted, async {
        match args.action {
            SecretsAction::Set => set(args, shared, cx, report, &resolved).await,
            SecretsAction::Get => get(args, shared, cx, report, &resolved).await,
            SecretsAction::List => list::run(args, shared, cx, report, &resolved).await,
            SecretsAction::Remove => remove(args, shared, cx, report, &resolved).await,
        }
    })
    .await
}

/// Refuses an argument with a value, without repeating it.
fn refuse_value(args: &SecretsArgs) -> Result<(), Failure> {
    let arguments = [&args.name, &args.stage.stage].into_iter().flatten();
    let Some(name) = arguments.filter_map(|argument| argument.split_once('=')).map(|(name, _)| name).next() else {
        return Ok(());
    };
    let error =
        anyhow::anyhow!("a value is no argument: other users of the machine can read it, and the shell keeps it");
    let hint = format!("`zappa-rs secrets set -n {name}` asks for the value, or takes it from stdin");
    Err(Failure::usage(error, Some(hint)))
}

async fn set(
    args: &SecretsArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
    resolved: &Resolved,
) -> Result<(), Failure> {
    let values = match &args.from_file {
        Some(path) => value::from_file(path, cx, report, resolved)?,
        None => {
            let name = name(args)?;
            // A name that the settings lack is told before the value is asked for.
            place::find(resolved, &resolved.selection.regions[0], name)?;
            vec![(name.to_owned(), value::ask(name, report).await?)]
        }
    };
    let aws = resolved.aws(&args.stage, cx, report).await?;
    let key = args.kms_key.as_deref();
    let results =
        for_each(resolved, &aws, values.iter().map(|(name, _)| name.as_str()), async |region, name, place| {
            let value = values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
            // The place of an ARN may be in a region that the stage is not in.
            let stage = resolved.selection.stages.get(region.name()).unwrap_or_else(|| resolved.selection.primary());
            store::set(&region, place, value, key.or(stage.secrets_kms_keys.first().map(String::as_str))).await
        });
    finish(results.await, shared, report)
}

async fn remove(
    args: &SecretsArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
    resolved: &Resolved,
) -> Result<(), Failure> {
    let name = name(args)?;
    let regions = &resolved.selection.regions;
    let place = place::find(resolved, &regions[0], name)?;
    if !args.stage.yes {
        let facts = [format!("{name}, {} in {}", place.text, regions.join(", ")), place.loss().to_owned()];
        if !report.confirm("Remove the value?", &facts).await? {
            return Err(Failure::failed(anyhow::anyhow!("nothing was removed"), None));
        }
    }
    let aws = resolved.aws(&args.stage, cx, report).await?;
    let results =
        for_each(resolved, &aws, [name].into_iter(), async |region, _, place| store::remove(&region, place).await);
    finish(results.await, shared, report)
}

async fn get(
    args: &SecretsArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
    resolved: &Resolved,
) -> Result<(), Failure> {
    let name = name(args)?;
    let region = &resolved.selection.regions[0];
    let place = place::find(resolved, region, name)?;
    let aws = resolved.aws(&args.stage, cx, report).await?;
    let region = aws.in_region(place.region(region));
    let Some(value) = store::get(&region, &place).await? else {
        let error = anyhow::anyhow!("the secret `{name}` has no value: `{}` in {}", place.text, region.name());
        let hint = format!("`zappa-rs secrets set {} -n {name}` stores one", resolved.selection.name);
        return Err(Failure::failed(error, Some(hint)));
    };
    if shared.json {
        report.document(
            &serde_json::json!({ "region": region.name(), "name": name, "place": place.text, "value": value }),
        );
    } else {
        // As it is: a key of several lines is read back by a redirection.
        report.answer_bytes(format!("{value}\n").as_bytes());
    }
    Ok(())
}

/// The name of `-n`, which three of the actions need.
fn name(args: &SecretsArgs) -> Result<&str, Failure> {
    args.name.as_deref().ok_or_else(|| {
        let error = anyhow::anyhow!("which secret is meant is missing");
        Failure::usage(error, Some("`-n NAME`, a name of `secrets` in the settings".to_owned()))
    })
}

/// Does something with each secret in each region, the regions in parallel. A place of another region is visited once.
async fn for_each<'a>(
    resolved: &Resolved,
    aws: &Aws,
    names: impl Iterator<Item = &'a str> + Clone,
    work: impl AsyncFn(Region, &str, &Place<'_>) -> Result<&'static str, Failure>,
) -> Vec<Result<Row, Failure>> {
    let regions = &resolved.selection.regions;
    let in_region = async |region: &String| {
        let mut rows = Vec::new();
        for name in names.clone() {
            let result = async {
                let place = place::find(resolved, region, name)?;
                let target = place.region(region);
                if target != region && (regions.iter().any(|known| known == target) || *region != regions[0]) {
                    return Ok(None);
                }
                let result = work(aws.in_region(target), name, &place).await?;
                let place = place.text.to_owned();
                Ok(Some(Row { region: target.to_owned(), name: name.to_owned(), place, result }))
            };
            rows.push(result.await);
        }
        rows
    };
    join_all(regions.iter().map(in_region)).await.into_iter().flatten().filter_map(Result::transpose).collect()
}

/// Reports what was done, and fails with the first failure.
fn finish(results: Vec<Result<Row, Failure>>, shared: &SharedArgs, report: &Report) -> Result<(), Failure> {
    let (rows, failures): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    let rows: Vec<Row> = rows.into_iter().flatten().collect();
    if shared.json {
        report.document(&rows);
    } else {
        for row in &rows {
            report.answer_line(&format!("{}: {} {} ({})", row.region, row.name, row.result, row.place));
        }
    }
    failures.into_iter().find_map(Result::err).map_or(Ok(()), Err)
}
