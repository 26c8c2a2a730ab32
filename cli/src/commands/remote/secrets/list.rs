//! `zappa-rs secrets list`: which secrets have a value, without reading one.

use std::sync::Arc;

use futures_util::future::{join_all, try_join_all};
use serde::Serialize;
use zappa_rs_adapter::contract::secret::{ALL_NAMES, Store};

use super::{Context, Failure, Report, Resolved, SecretsArgs, SharedArgs, place::Place};
use crate::{
    aws::{self, Aws, StoredValue, rfc3339},
    commands::remote::{failure, fleet::Outcome},
    rollout,
};

/// A secret in a region.
#[derive(Serialize)]
struct Row {
    region: String,
    name: String,
    place: String,
    optional: bool,
    /// Whether a field of the secret is meant, which is known only when the value is read.
    field: bool,
    stored: bool,
    version: Option<String>,
    modified: Option<String>,
}

pub(super) async fn run(
    args: &SecretsArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
    resolved: &Resolved,
) -> Result<(), Failure> {
    let aws = resolved.aws(&args.stage, cx, report).await?;
    let regions = resolved.selection.regions.iter().map(async |region| Outcome {
        region: region.clone(),
        result: Some(rows(resolved, &aws, region).await.map_err(rollout::Error::Aws)),
    });
    let outcomes = join_all(regions).await;
    let rows: Vec<&Row> = outcomes.iter().filter_map(Outcome::value).flatten().collect();
    if shared.json {
        report.document(&rows);
    } else {
        let rows: Vec<_> = rows.into_iter().map(cells).collect();
        report.table(&["region", "name", "place", "value", "changed"], &rows);
    }
    failure::of_reading(&outcomes)
}

async fn rows(resolved: &Resolved, aws: &Aws, region: &str) -> Result<Vec<Row>, aws::Error> {
    let secrets = &resolved.selection.stages[region].secrets;
    let named = secrets.iter().filter(|(name, _)| *name != ALL_NAMES);
    let places = named.filter_map(|(name, text)| Some((name.as_str(), Place::new(text, name)?)));
    let rows = places.map(async |(name, place)| {
        let target = aws.in_region(place.region(region));
        let stored = match place.reference.store {
            Store::Secret { .. } => target.describe_secret(&place.name).await?,
            Store::Parameter | Store::Path => target.parameters(&[place.name.to_string()]).await?.pop(),
        };
        Ok::<_, aws::Error>(row(target.name(), name, &place, stored))
    });
    let mut rows = try_join_all(rows).await?;
    if let Some(place) = secrets.get(ALL_NAMES).and_then(|text| Place::new(text, "")) {
        let target = aws.in_region(place.region(region));
        let path = place.reference.arn().map_or(place.reference.name, |arn| arn.resource);
        let start = format!("{}/", path.trim_start_matches("parameter"));
        for stored in target.parameters_below(place.reference.name).await? {
            let name = stored.ids.first().and_then(|id| id.split_once(&start)).map_or("", |(_, rest)| rest).to_owned();
            if !secrets.contains_key(&name) {
                rows.push(row(target.name(), &name, &place, Some(stored)));
            }
        }
    }
    Ok(rows)
}

fn row(region: &str, name: &str, place: &Place<'_>, stored: Option<StoredValue>) -> Row {
    Row {
        region: region.to_owned(),
        name: name.to_owned(),
        place: place.text.to_owned(),
        optional: place.reference.is_optional,
        field: matches!(place.reference.store, Store::Secret { field: Some(_) }),
        stored: stored.is_some(),
        version: stored.as_ref().and_then(|stored| stored.version.clone()),
        modified: stored.and_then(|stored| stored.modified).map(rfc3339),
    }
}

fn cells(row: &Row) -> Vec<String> {
    let state = match (row.stored, row.optional) {
        (true, _) if row.field => "stored, field not read".to_owned(),
        (true, _) => row.version.as_ref().map_or("stored".to_owned(), |version| format!("version {version}")),
        (false, true) => "none, optional".to_owned(),
        (false, false) => "missing".to_owned(),
    };
    let modified = row.modified.clone().unwrap_or_default();
    vec![row.region.clone(), row.name.clone(), row.place.clone(), state, modified]
}
