//! `--watch`: loads and builds again after an edit while the old code serves, and lets the new take over once it is
//! there.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Context,
    loaded::{self, Loaded},
    source::{self, Recipe, Source},
    url,
};
use crate::{
    args::LocalArgs,
    build::{self, Artifact, Output},
    commands::unwatched::unwatched,
    local::{
        cloud::Cloud,
        description::Description,
        server::Server,
        task_root::TaskRoot,
        watch::{Watch, fingerprint},
    },
    progress::Progress,
    report::{Failure, Report},
};

/// The watcher of `--watch`, with the configuration and the build that are served.
pub(super) struct Follow<'a> {
    args: &'a LocalArgs,
    cx: &'a Context,
    loaded: Loaded,
    watch: Watch,
    /// The settings have changed since they were loaded.
    is_stale: bool,
    served: Option<RunningBuild>,
    /// The address of the Invoke API.
    endpoint: String,
}

/// The build that the processes run.
struct RunningBuild {
    description: Description,
    content: Content,
}

/// The bytes that were laid out.
#[derive(Eq, PartialEq)]
struct Content {
    executable: Option<u64>,
    included: Vec<(String, Option<u64>)>,
}

/// The change that an edit makes.
struct Change {
    description: Description,
    is_code: bool,
}

impl<'a> Follow<'a> {
    /// Begins to watch before the first build, so that no edit is missed.
    pub(super) fn new(
        args: &'a LocalArgs,
        cx: &'a Context,
        loaded: Loaded,
        recipe: &Recipe,
        endpoint: String,
    ) -> Result<Self, Failure> {
        let target = &recipe.plan().target;
        let mut watch = Watch::new(&target.workspace_root, &target.target_directory)
            .map_err(|error| unwatched(&target.workspace_root, error))?;
        watch.follow(loaded.files.clone());
        watch.set_include(loaded.include.clone());
        Ok(Self { args, cx, loaded, watch, is_stale: false, served: None, endpoint })
    }

    /// Builds until it succeeds, and returns the description of what is served.
    ///
    /// Until then, `server` responds to every client with the reason: a request that waits for an edit looks like one
    /// that hangs.
    pub(super) async fn build_first(
        &mut self,
        task_root: &mut TaskRoot,
        server: &Server,
        report: &Report,
    ) -> Result<Description, Failure> {
        loop {
            match self.load_and_build(task_root, report).await {
                Ok(Some(change)) => return Ok(change.description),
                Ok(None) => {}
                Err(failure) => {
                    report.end(&failure);
                    report.step("Waiting", "for an edit");
                }
            }
            let is_edited = tokio::select! {
                is_edited = self.wait_for_edit(report) => is_edited,
                never = server.turn_away() => match never {},
            };
            if !is_edited {
                return Err(Failure::interrupted());
            }
        }
    }

    /// The source of the binary.
    pub(super) fn source(&self) -> &Source {
        &self.loaded.source
    }

    async fn wait_for_edit(&mut self, report: &Report) -> bool {
        let Some(paths) = self.watch.next_change().await else {
            return false;
        };
        if let Some(first) = paths.first() {
            report.step("Changed", &format!("`{}`", self.watch.shown(first)));
        }
        self.is_stale |= paths.iter().any(|path| self.is_setting(path));
        true
    }

    fn is_setting(&self, path: &Path) -> bool {
        self.loaded.files.iter().any(|file| self.watch.is_same(file, path))
    }

    /// Loads and builds what is not up to date; `None` if that changes nothing.
    async fn load_and_build(&mut self, task_root: &mut TaskRoot, report: &Report) -> Result<Option<Change>, Failure> {
        if self.is_stale {
            self.loaded = loaded::load(self.args, self.cx, Some(&self.loaded), report).await?;
            self.is_stale = false;
            self.watch.follow(self.loaded.files.clone());
            self.watch.set_include(self.loaded.include.clone());
        }
        let (executable, _output) = self.build(report).await?;
        let files = source::list_included(&self.loaded.include)?;
        let included = files.iter().map(|file| (file.name.clone(), fingerprint(&file.path))).collect();
        let content = Content { executable: fingerprint(&executable), included };
        let before = self.served.as_ref();
        let is_code = before.is_none_or(|served| served.content != content);
        let mut description = self.loaded.description.clone();
        let binary = match before {
            Some(served) if !is_code => served.description.function.binary.clone(),
            _ => source::place(&executable, &files, task_root)?,
        };
        description.set_binary(&binary);
        description.set_endpoint(&self.endpoint);
        if !is_code && before.is_some_and(|served| served.description == description) {
            return Ok(None);
        }
        self.served = Some(RunningBuild { description: description.clone(), content });
        Ok(Some(Change { description, is_code }))
    }

    /// Builds, and receives the edits meanwhile.
    async fn build(&mut self, report: &Report) -> Result<(PathBuf, Output), Failure> {
        let Source::Built(recipe) = &self.loaded.source else {
            // `--binary` names one, and clap refuses it beside `--watch`.
            return Err(Failure::failed(anyhow::anyhow!("there is nothing to build"), None));
        };
        let watch = &mut self.watch;
        let build = source::build(recipe, &self.loaded, report);
        tokio::pin!(build);
        let outcome = tokio::select! {
            outcome = &mut build => outcome,
            changed = watch.next_change() => {
                watch.put_back(changed.unwrap_or_default());
                build.await
            }
        };
        self.watch.set_built();
        let (Artifact { executable, .. }, output) = outcome?;
        self.watch.follow(build::sources(&executable));
        Ok((executable, output))
    }
}

/// Follows edits for ever; without `--watch`, waits for ever.
pub(super) async fn follow_edits(
    follow: Option<Follow<'_>>,
    task_root: &mut TaskRoot,
    clouds: &tokio::sync::watch::Sender<Arc<Cloud>>,
    server: &str,
    report: &Report,
) {
    let Some(mut follow) = follow else {
        return std::future::pending().await;
    };
    while follow.wait_for_edit(report).await {
        match follow.load_and_build(task_root, report).await {
            Ok(None) => report.step("Keeping", "the running code: nothing to build"),
            Ok(Some(Change { description, is_code })) => {
                let url = url(server, &description.gateway);
                clouds.send_modify(|cloud| *cloud = cloud.replace(description));
                let what = if is_code { "the new code" } else { "the new settings" };
                report.step("Serving", &format!("{what} at {url}"));
            }
            Err(failure) => {
                report.end(&failure);
                report.step("Keeping", "the running code, until the next edit");
            }
        }
    }
}
