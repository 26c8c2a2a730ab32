//! The templates of a stage, as its settings and its hook `post_template` make them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{hooks, rendering::render, stage::Resolved};
use crate::{
    hook::{Error, Hooks},
    report::{Failure, Report},
    template,
};

/// Renders the templates of some regions, one after the other where a hook rewrites them.
pub(super) async fn render_all(
    resolved: &Resolved,
    regions: &[String],
    sha256: &str,
    hooks: &Hooks,
    report: &Report,
) -> Result<BTreeMap<String, Value>, Failure> {
    let mut templates = BTreeMap::new();
    for region in regions {
        let rendered = render(&resolved.selection, &resolved.identity, region, sha256);
        let template = rewrite(rendered, region, sha256, hooks, report).await.map_err(hooks::failure)?;
        templates.insert(region.clone(), template);
    }
    Ok(templates)
}

/// Renders the templates of some regions without the hook.
pub(super) fn render_plain(resolved: &Resolved, regions: &[String], sha256: &str) -> BTreeMap<String, Value> {
    let render = |region| render(&resolved.selection, &resolved.identity, region, sha256);
    regions.iter().map(|region| (region.clone(), render(region))).collect()
}

/// The template that `post_template` makes of a rendered one.
async fn rewrite(rendered: Value, region: &str, sha256: &str, hooks: &Hooks, report: &Report) -> Result<Value, Error> {
    let Some(text) = hooks.rewrite(region, &rendered, report).await? else { return Ok(rendered) };
    let region = region.to_owned();
    let rewritten = match template::read(&text) {
        Ok(template) => template,
        Err(error) => return Err(Error::NotTemplate { region, reason: error.to_string() }),
    };
    template::accept(&rendered, rewritten, sha256).map_err(|reasons| Error::Refused { region, reasons })
}
