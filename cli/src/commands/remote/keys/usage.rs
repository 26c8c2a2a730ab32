//! `zappa-rs keys usage`: the requests of each key, day by day.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Span, Timestamp, civil::Date, tz::Offset};
use serde::Serialize;

use super::{KeysArgs, SharedArgs, failure, inspect};
use crate::{
    aws::{Aws, DayUsage},
    commands::stage::Resolved,
    report::{Failure, Report},
    rollout::{Error, StageKeys},
};

/// The requests of a key on a day.
#[derive(Debug, Serialize)]
struct Row {
    region: String,
    name: String,
    id: String,
    plan: Option<String>,
    /// The day in UTC.
    date: String,
    /// How many requests were counted.
    used: i64,
    /// How many are left of the quota; none without a quota.
    remaining: Option<i64>,
}

pub(super) async fn run(
    args: &KeysArgs,
    shared: &SharedArgs,
    resolved: &Resolved,
    aws: &Aws,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let today = Offset::UTC.to_datetime(Timestamp::now()).date();
    let (first, last) = period(today, args.days);
    let outcomes = inspect::for_each_region(resolved, aws, async |resolved, region| {
        let stage = &resolved.selection.stages[region.name()];
        let keys = StageKeys::read(&region, &resolved.identity, stage, false).await?;
        let usage = keys.usage(&first.to_string(), &last.to_string()).await?;
        let has_quota = |plan: Option<&str>| {
            plan.and_then(|plan| stage.usage_plans.get(plan)).is_none_or(|plan| plan.quota.is_some())
        };
        Ok::<_, Error>(rows(region.name(), &keys, &usage, first, has_quota))
    })
    .await;
    let is_meant = |row: &&Row| args.name.as_ref().is_none_or(|name| *name == row.name || *name == row.id);
    let rows: Vec<&Row> = outcomes.iter().filter_map(|outcome| outcome.value()).flatten().filter(is_meant).collect();
    if shared.json {
        report.document(&rows);
    } else if rows.is_empty() {
        report.answer_line(&format!("no requests with API keys from {first} to {last}"));
    } else {
        let cells: Vec<Vec<String>> = rows.into_iter().map(cells).collect();
        report.table(&["region", "date", "name", "plan", "requests", "left"], &cells);
    }
    failure::of_reading(&outcomes)
}

/// The first and the last of so many days up to today.
fn period(today: Date, days: u32) -> (Date, Date) {
    let before = Span::new().days(i64::from(days.saturating_sub(1)));
    (today.checked_sub(before).unwrap_or(today), today)
}

fn rows(
    region: &str,
    keys: &StageKeys,
    usage: &BTreeMap<String, Vec<DayUsage>>,
    first: Date,
    has_quota: impl Fn(Option<&str>) -> bool,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for (id, days) in usage {
        let key = keys.keys.iter().find(|key| key.key.id == *id);
        let plan = key.and_then(|key| key.plan.clone());
        for (number, day) in days.iter().enumerate() {
            let date = i64::try_from(number).ok().and_then(|days| first.checked_add(Span::new().days(days)).ok());
            rows.push(Row {
                region: region.to_owned(),
                // A key that was deleted since has its id alone.
                name: key.map_or(id, |key| &key.name).clone(),
                id: id.clone(),
                plan: plan.clone(),
                date: date.unwrap_or(first).to_string(),
                used: day.used,
                remaining: Some(day.remaining).filter(|_| has_quota(plan.as_deref())),
            });
        }
    }
    rows.sort_by(|one, other| (&one.date, &one.plan, &one.name).cmp(&(&other.date, &other.plan, &other.name)));
    rows
}

fn cells(row: &Row) -> Vec<String> {
    vec![
        row.region.clone(),
        row.date.clone(),
        row.name.clone(),
        row.plan.clone().unwrap_or_default(),
        row.used.to_string(),
        row.remaining.map(|left| left.to_string()).unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_ends_today_and_has_so_many_days() {
        let today: Date = "2026-03-01".parse().unwrap();
        let dates = |days| {
            let (first, last) = period(today, days);
            (first.to_string(), last.to_string())
        };
        assert_eq!(dates(1), ("2026-03-01".to_owned(), "2026-03-01".to_owned()));
        assert_eq!(dates(2), ("2026-02-28".to_owned(), "2026-03-01".to_owned()));
    }
}
