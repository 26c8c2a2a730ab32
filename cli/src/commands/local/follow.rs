//! `--watch`: builds again after an edit while the old code serves, and lets new code take over once it is there.

use std::path::PathBuf;

use super::source::{self, Include, Recipe};
use crate::{
    build::{self, Artifact, Cargo},
    local::{cloud::Cloud, description::Function, server::Server, task_root::TaskRoot, watch::Watch},
    progress::Progress,
    report::{Failure, Report},
};

/// A recipe that is followed again and again.
pub(super) struct Follow {
    recipe: Recipe,
    include: Include,
    cargo: Cargo,
    watch: Watch,
}

impl Follow {
    /// Begins to watch before the first build, so that no edit is missed.
    pub(super) fn new(recipe: &Recipe, include: &Include, cargo: &Cargo) -> Result<Self, Failure> {
        let plan = recipe.plan();
        let watch = Watch::new(&plan.target.workspace_root, &plan.target.target_directory).map_err(|error| {
            let sentence = format!("`{}` cannot be watched", plan.target.workspace_root.display());
            let hint = matches!(error.kind, notify::ErrorKind::MaxFilesWatch)
                .then(|| "raise the system's limit: `sysctl fs.inotify.max_user_watches=524288`".to_owned());
            Failure::failed(anyhow::Error::new(error).context(sentence), hint)
        })?;
        Ok(Self { recipe: recipe.clone(), include: include.clone(), cargo: cargo.clone(), watch })
    }

    /// Builds until it succeeds.
    ///
    /// Until then, whoever asks `server` is told so: a request that waits for an edit looks like one that hangs.
    pub(super) async fn first(
        &mut self,
        task_root: &mut TaskRoot,
        server: &Server,
        report: &Report,
    ) -> Result<PathBuf, Failure> {
        loop {
            match self.built(task_root, report).await {
                Ok((binary, artifact)) => {
                    self.learn(&artifact);
                    return Ok(binary);
                }
                Err(failure) => {
                    report.end(&failure);
                    report.step("Waiting", "for an edit");
                }
            }
            let is_edited = tokio::select! {
                is_edited = self.changed(report) => is_edited,
                never = server.turn_away() => match never {},
            };
            if !is_edited {
                return Err(Failure::interrupted());
            }
        }
    }

    async fn built(&mut self, task_root: &mut TaskRoot, report: &Report) -> Result<(PathBuf, Artifact), Failure> {
        let outcome = source::built(&self.recipe, &self.include, &self.cargo, task_root, report).await;
        self.watch.set_built();
        outcome
    }

    async fn changed(&mut self, report: &Report) -> bool {
        let Some(path) = self.watch.changed().await else {
            return false;
        };
        report.step("Changed", &format!("`{}`", self.watch.shown(&path)));
        true
    }

    fn learn(&mut self, artifact: &Artifact) {
        self.watch.set_sources(build::sources(&artifact.executable));
    }
}

/// Follows edits for ever; without `--watch`, just for ever.
pub(super) async fn rest(
    follow: Option<Follow>,
    task_root: &mut TaskRoot,
    cloud: &Cloud,
    function: &Function,
    report: &Report,
) {
    let Some(mut follow) = follow else {
        return std::future::pending().await;
    };
    while follow.changed(report).await {
        match follow.built(task_root, report).await {
            Ok((_, artifact)) if artifact.is_fresh => report.step("Keeping", "the code that serves: nothing to build"),
            Ok((binary, artifact)) => {
                follow.learn(&artifact);
                cloud.replace(Function { binary, ..function.clone() });
                report.step("Serving", "the new code");
            }
            Err(failure) => {
                report.end(&failure);
                report.step("Keeping", "the code that serves, until the next edit");
            }
        }
    }
}
