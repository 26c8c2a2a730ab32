//! `zappa-rs keys create`: a key that is made now, with the same value in every region.

use std::sync::Arc;

use super::{KeysArgs, SharedArgs, list::Row, name, read_all};
use crate::{
    aws::Aws,
    commands::{remote::failure::failure_in, stage::Resolved},
    report::{Failure, Report},
    rollout::{Maker, StageKey, StageKeys},
    settings::{NAME_LIMIT, is_name},
    suggestion::{nearest, quote_list},
};

pub(super) async fn run(
    args: &KeysArgs,
    shared: &SharedArgs,
    resolved: &Resolved,
    aws: &Aws,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let name = name(args)?;
    if !is_name(name) || name.len() > NAME_LIMIT {
        let error = anyhow::anyhow!("an API key cannot be named `{name}`");
        let hint = format!("letters, digits and `-`, a letter first, and {NAME_LIMIT} of them at most");
        return Err(Failure::usage(error, Some(hint)));
    }
    let regions = read_all(resolved, aws).await?;
    let plan = plan(args.plan.as_deref(), &regions)?;
    if let Some((region, _)) = regions.iter().find(|(_, keys)| !keys.find(name).is_empty()) {
        let error = anyhow::anyhow!("there is an API key `{name}` in {region}");
        let hint = format!("`zappa-rs keys list {} -n {name}` shows it", resolved.selection.name);
        return Err(Failure::usage(error, Some(hint)));
    }
    let (mut rows, mut value): (Vec<Row>, Option<String>) = (Vec::new(), None);
    for (region, keys) in &regions {
        let key = match keys.create(&plan, name, value.as_deref()).await {
            Ok(key) => key,
            Err(error) => return Err(undo(name, &rows, failure_in(&error, Some(region)))),
        };
        value = value.or_else(|| key.value.clone());
        let key = StageKey { name: name.to_owned(), plan: Some(plan.clone()), maker: Maker::Command, key };
        let mut row = Row::new(region, &key);
        row.value = row.value.filter(|_| args.show);
        rows.push(row);
    }
    if shared.json {
        report.document(&rows);
        return Ok(());
    }
    for row in &rows {
        report.answer_line(&format!("{}: made {} ({}) in plan {plan}", row.region, row.name, row.id));
    }
    match rows.first().and_then(|row| row.value.as_ref()) {
        Some(value) => report.answer_line(value),
        None => {
            let stage = &resolved.selection.name;
            report.answer_line(&format!("`zappa-rs keys list {stage} -n {name} --show` prints its value"));
        }
    }
    Ok(())
}

/// The failure in a region, after which the key is in those before it.
fn undo(name: &str, rows: &[Row], failure: Failure) -> Failure {
    if rows.is_empty() {
        return failure;
    }
    let made = quote_list(rows.iter().map(|row| row.region.as_str()));
    failure
        .with_facts([format!("the key was made in {made}")])
        .with_hint(format!("`zappa-rs keys revoke -n {name}` deletes it there; then make it again"))
}

/// The plan of a new key: the one that is named, or the only one.
fn plan(wanted: Option<&str>, regions: &[(String, StageKeys)]) -> Result<String, Failure> {
    let mut plans = Vec::new();
    for (region, keys) in regions {
        let known = keys.plans();
        let found = match wanted {
            Some(wanted) => known.iter().find(|plan| **plan == wanted),
            None => known.first().filter(|_| known.len() == 1),
        };
        let Some(found) = found else { return Err(no_plan(wanted, region, &known)) };
        plans.push((*found).to_owned());
    }
    plans.dedup();
    match plans.as_slice() {
        [plan] => Ok(plan.clone()),
        _ => Err(no_plan(wanted, "every region", &[])),
    }
}

fn no_plan(wanted: Option<&str>, region: &str, known: &[&str]) -> Failure {
    let error = match wanted {
        Some(wanted) => anyhow::anyhow!("there is no usage plan `{wanted}` in {region}"),
        None if known.is_empty() => anyhow::anyhow!("there is no usage plan in {region}"),
        None => anyhow::anyhow!("which usage plan is meant is missing"),
    };
    let hint = match (known, wanted.and_then(|wanted| nearest(wanted, known.iter().copied()))) {
        (_, Some(meant)) => format!("did you mean `{meant}`?"),
        ([], None) => "`[stage.NAME.usage_plans.PLAN]` of the settings and a deploy make one".to_owned(),
        (known, None) => format!("`--plan` names it: {}", quote_list(known.iter().copied())),
    };
    Failure::usage(error, Some(hint))
}
