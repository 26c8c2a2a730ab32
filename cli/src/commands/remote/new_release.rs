//! The release of a deploy: an artifact with the templates of all regions, and its id.

use std::{collections::BTreeMap, time::SystemTime};

use serde_json::Value;

use super::{Context, stage::Resolved, templates};
use crate::{
    artifact::Artifact,
    hook::Hooks,
    names::ArtifactKey,
    release::{self, Record, ReleaseId},
    report::{Failure, Report},
    rollout::Mode,
    settings::Stage,
    template,
};

/// A new release, not yet sent to any region.
#[derive(Debug)]
pub(crate) struct NewRelease {
    records: BTreeMap<String, Record>,
}

impl NewRelease {
    /// Renders the templates. All regions of the stage are part of the release, also those that this run leaves out, so that
    /// a subset of the regions gives the same release.
    pub(crate) async fn new(
        resolved: &Resolved,
        artifact: &Artifact,
        mode: Mode,
        hooks: &Hooks,
        cx: &Context,
        report: &Report,
    ) -> Result<Self, Failure> {
        let key = ArtifactKey::new(&resolved.identity, &artifact.sha256);
        let regions = resolved.selection.all_regions();
        let mut templates = match mode {
            // The live template is sent again, as the hook rewrote it then.
            Mode::CodeOnly => templates::render_plain(resolved, &regions, &artifact.sha256),
            _ => templates::render_all(resolved, &regions, &artifact.sha256, hooks, report).await?,
        };
        let id = ReleaseId::of(&templates);
        templates.values_mut().for_each(|template| id.stamp(template));
        hooks.document().release = Some(id.to_string()).filter(|_| mode != Mode::CodeOnly);
        let created = crate::aws::rfc3339_milliseconds(SystemTime::now());
        let commit = commit(cx).await;
        let stages: &BTreeMap<String, Stage> = &resolved.selection.stages;
        let record = |(region, template): (String, Value)| {
            let record = Record {
                id: id.clone(),
                created: created.clone(),
                commit: commit.clone(),
                artifact: key.clone(),
                sha256: artifact.sha256.clone(),
                settings: stages.get(&region).map(release::digest).unwrap_or_default(),
                tool: env!("CARGO_PKG_VERSION").to_owned(),
                health_check: stages.get(&region).and_then(|stage| stage.health_check.clone()),
                before_traffic: stages.get(&region).and_then(|stage| stage.before_traffic.clone()),
                handlers: stages.get(&region).map(template::handlers).unwrap_or_default(),
                previous: None,
                template,
            };
            (region, record)
        };
        Ok(Self { records: templates.into_iter().map(record).collect() })
    }

    /// The release of one region.
    pub(crate) fn record(&self, region: &str) -> Option<Record> {
        self.records.get(region).cloned()
    }
}

/// The commit of the source, with `+` if files were changed since; none outside of a git repository.
async fn commit(cx: &Context) -> Option<String> {
    let git = async |args: &[&str]| {
        let output = tokio::process::Command::new("git")
            .args(args)
            .current_dir(&cx.directory)
            .env_clear()
            .envs(&cx.environment)
            .stdin(std::process::Stdio::null())
            .output()
            .await
            .ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let (commit, changes) = tokio::join!(git(&["rev-parse", "HEAD"]), git(&["status", "--porcelain"]));
    let mark = if changes.is_some_and(|changes| !changes.is_empty()) { "+" } else { "" };
    Some(format!("{}{mark}", commit?))
}
