//! `zappa-rs keys revoke`: the deletion of a key that the settings do not name.

use std::sync::Arc;

use serde::Serialize;

use super::{KeysArgs, SharedArgs, name, no_key, read_all};
use crate::{
    aws::Aws,
    commands::{remote::failure::failure_in, stage::Resolved},
    report::{Failure, Report},
    rollout::Maker,
};

/// A key that was deleted in a region.
#[derive(Serialize)]
struct Row {
    region: String,
    name: String,
    id: String,
}

pub(super) async fn run(
    args: &KeysArgs,
    shared: &SharedArgs,
    resolved: &Resolved,
    aws: &Aws,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let name = name(args)?;
    let regions = read_all(resolved, aws).await?;
    let found =
        regions.iter().flat_map(|(region, keys)| keys.find(name).into_iter().map(move |key| (region, keys, key)));
    let found: Vec<_> = found.collect();
    if found.is_empty() {
        let error = anyhow::anyhow!("there is no API key `{name}`");
        return Err(regions.first().map_or_else(|| Failure::usage(error, None), |(_, keys)| no_key(name, keys)));
    }
    if found.iter().any(|(_, _, key)| key.maker == Maker::Settings) {
        let error = anyhow::anyhow!("the API key `{name}` is of the settings, and the next deploy would miss it");
        let hint = "take it out of `usage_plans`, and `zappa-rs deploy` deletes it";
        return Err(Failure::usage(error, Some(hint.to_owned())));
    }
    if !args.stage.yes {
        let facts = found.iter().map(|(region, _, key)| format!("{region}: {} ({})", key.name, key.key.id));
        let facts: Vec<String> = facts.chain(["requests with it are refused from then on".to_owned()]).collect();
        if !report.confirm("Revoke the key?", &facts).await? {
            return Err(Failure::failed(anyhow::anyhow!("nothing was revoked"), None));
        }
    }
    let mut rows = Vec::new();
    for (region, keys, key) in found {
        keys.delete(key).await.map_err(|error| failure_in(&error, Some(region)))?;
        rows.push(Row { region: region.clone(), name: key.name.clone(), id: key.key.id.clone() });
    }
    if shared.json {
        report.document(&rows);
    } else {
        rows.iter().for_each(|row| report.answer_line(&format!("{}: revoked {} ({})", row.region, row.name, row.id)));
    }
    Ok(())
}
