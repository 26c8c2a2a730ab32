//! `zappa-rs keys list`: the keys of the stage's usage plans.

use std::sync::Arc;

use serde::Serialize;

use super::{KeysArgs, SharedArgs, failure, read};
use crate::{
    aws::{Aws, rfc3339},
    commands::stage::Resolved,
    report::{Failure, Report},
    rollout::{Maker, StageKey},
};

/// A key in a region.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) region: String,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) plan: Option<String>,
    pub(super) enabled: bool,
    pub(super) created: Option<String>,
    pub(super) made_by: Maker,
    /// Its value, with `--show` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
}

impl Row {
    pub(super) fn new(region: &str, key: &StageKey) -> Self {
        Self {
            region: region.to_owned(),
            name: key.name.clone(),
            id: key.key.id.clone(),
            plan: key.plan.clone(),
            enabled: key.key.is_enabled,
            created: key.key.created.map(rfc3339),
            made_by: key.maker,
            value: key.key.value.clone(),
        }
    }
}

pub(super) async fn run(
    args: &KeysArgs,
    shared: &SharedArgs,
    resolved: &Resolved,
    aws: &Aws,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let mut outcomes = read(resolved, aws, args.show).await;
    if !args.show {
        // AWS tells values of single keys that nobody asked for.
        let keys = outcomes.iter_mut().filter_map(|outcome| outcome.value_mut()).flat_map(|keys| &mut keys.keys);
        keys.for_each(|key| key.key.value = None);
    }
    let regions = outcomes.iter().filter_map(|outcome| Some((&outcome.region, outcome.value()?)));
    let is_meant = |key: &&StageKey| args.name.as_ref().is_none_or(|name| *name == key.name || *name == key.key.id);
    let rows: Vec<Row> = regions
        .flat_map(|(region, keys)| keys.keys.iter().filter(is_meant).map(move |key| Row::new(region, key)))
        .collect();
    if shared.json {
        report.document(&rows);
    } else if !rows.is_empty() || outcomes.iter().all(|outcome| outcome.value().is_some()) {
        print(&rows, args.show, report);
    }
    failure::of_reading(&outcomes)
}

fn print(rows: &[Row], has_values: bool, report: &Report) {
    if rows.is_empty() {
        report.answer_line("no API keys");
        return;
    }
    let mut header = vec!["region", "name", "id", "plan", "state", "made by", "created"];
    header.extend(has_values.then_some("value"));
    report.table(&header, &rows.iter().map(|row| cells(row, has_values)).collect::<Vec<_>>());
}

fn cells(row: &Row, has_values: bool) -> Vec<String> {
    let maker = match row.made_by {
        Maker::Settings => "settings",
        Maker::Command => "keys create",
        Maker::Other => "other",
    };
    let mut cells = vec![
        row.region.clone(),
        row.name.clone(),
        row.id.clone(),
        row.plan.clone().unwrap_or_else(|| "none".to_owned()),
        if row.enabled { "enabled" } else { "disabled" }.to_owned(),
        maker.to_owned(),
        row.created.clone().unwrap_or_default(),
    ];
    cells.extend(has_values.then(|| row.value.clone().unwrap_or_default()));
    cells
}
