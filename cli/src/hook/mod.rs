//! Hooks: commands of the user's own around the phases of the tool's commands.
//!
//! A hook gets what is known as one JSON document on stdin. What it writes is progress output, but for `post_template`, whose
//! stdout is the template from then on. This module runs hooks; when they run is decided by `commands` and `package`.

mod document;
mod error;
mod process;
mod program;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use serde_json::Value;

use crate::{
    progress::Progress,
    settings::{self, Hook, HookCommand},
};

pub(crate) use document::{ArtifactFacts, Document, ErrorFacts, RegionFacts};
pub(crate) use error::Error;
pub(crate) use program::{Fault, fault};

use self::process::Process;

/// The longest output of `post_template`, in bytes; a template has 1 MiB at most, before it is indented.
const MAX_OUTPUT: usize = 16 << 20;

/// The hooks of a stage in one run of a command.
#[derive(Debug)]
pub(crate) struct Hooks {
    settings: settings::Hooks,
    /// The folder of the settings file, where hooks run.
    directory: PathBuf,
    environment: BTreeMap<OsString, OsString>,
    /// Whether the output of hooks is only shown when they fail.
    is_quiet: bool,
    /// What is known of the run so far.
    document: Mutex<Document>,
}

impl Hooks {
    /// The hooks of these settings.
    pub(crate) fn new(
        settings: settings::Hooks,
        directory: &Path,
        environment: &BTreeMap<OsString, OsString>,
        is_quiet: bool,
        document: Document,
    ) -> Self {
        let environment = environment.clone();
        Self { settings, directory: directory.to_owned(), environment, is_quiet, document: Mutex::new(document) }
    }

    /// Whether the stage has this hook.
    pub(crate) fn has(&self, hook: Hook) -> bool {
        self.settings.command(hook).is_some()
    }

    /// What later hooks are told.
    pub(crate) fn document(&self) -> MutexGuard<'_, Document> {
        self.document.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a hook, if the stage has it.
    pub(crate) async fn run(&self, hook: Hook, progress: &dyn Progress) -> Result<(), Error> {
        let Some(command) = self.settings.command(hook) else { return Ok(()) };
        let (input, region) = {
            let document = self.document();
            (document.serialize(hook, None), document.first_region().to_owned())
        };
        self.run_command(hook, command, &region, input, progress).await.map(|_| ())
    }

    /// Runs `post_template`; the template that it wrote, as a text, or `None` if it wrote none.
    pub(crate) async fn rewrite(
        &self,
        region: &str,
        template: &Value,
        progress: &dyn Progress,
    ) -> Result<Option<String>, Error> {
        let hook = Hook::PostTemplate;
        let Some(command) = self.settings.command(hook) else { return Ok(None) };
        let input = self.document().serialize(hook, Some((region, template)));
        let output = self.run_command(hook, command, region, input, progress).await?;
        let text = String::from_utf8(output).map_err(|_| Error::NotText { region: region.to_owned() })?;
        Ok(Some(text).filter(|text| !text.trim().is_empty()))
    }

    async fn run_command(
        &self,
        hook: Hook,
        command: &HookCommand,
        region: &str,
        input: Vec<u8>,
        progress: &dyn Progress,
    ) -> Result<Vec<u8>, Error> {
        let of = if hook == Hook::PostTemplate { format!(" for {region}") } else { String::new() };
        progress.step("Running", &format!("hook `{}`{of}: {command}", hook.word()));
        progress.flush();
        let begun = Instant::now();
        let mut process = program::command(command, &self.directory, &self.environment)
            .ok_or_else(|| Error::NoProgram { hook, command: command.to_string() })?;
        process.env_clear().envs(&self.environment).envs(self.document().variables(hook, region));
        process.current_dir(&self.directory);
        let work = Process {
            keeps_stdout: hook == Hook::PostTemplate,
            limit: MAX_OUTPUT,
            progress: (!self.is_quiet).then_some(progress),
        };
        let not_run = |source| Error::NotRun { hook, command: command.to_string(), source };
        let ended = work.run(process, input).await.map_err(not_run)?;
        if ended.is_too_long {
            return Err(Error::TooLong { region: region.to_owned(), limit: MAX_OUTPUT });
        }
        if !ended.status.success() {
            let (command, status) = (command.to_string(), ended.status.to_string());
            return Err(Error::Failed { hook, command, status, last_lines: ended.last_lines });
        }
        progress.step("Finished", &format!("hook `{}`{of} in {:.1} s", hook.word(), begun.elapsed().as_secs_f64()));
        Ok(ended.stdout)
    }
}
