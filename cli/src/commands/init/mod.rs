//! `zappa-rs init`: inspects the workspace, asks questions, and writes the settings file.

mod answer;
mod document;
mod profile;
mod program;
mod rewrite;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;

use self::answer::Answers;
use super::{Context, interruptible::run_interruptible};
use crate::{
    args::{InitArgs, SharedArgs},
    build::{self, Program},
    progress::Progress as _,
    report::{Failure, Report},
    settings::{self, Settings},
};

#[derive(Serialize)]
struct Answer<'a> {
    path: &'a Path,
    project: &'a str,
    stage: &'a str,
    regions: &'a [String],
    api: &'a str,
    architecture: &'a str,
    package: &'a str,
    program: &'a str,
    /// Whether the program calls `zappa_rs::run` already.
    calls_run: bool,
}

/// Runs `zappa-rs init`.
pub(crate) async fn run(
    args: &InitArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let asks = !args.yes && report.can_ask();
    run_interruptible(Failure::interrupted, async {
        let found = cx.cargo.workspace().await.map_err(without_workspace)?;
        let folder = found.manifest.parent().unwrap_or(&cx.directory);
        let path = match &args.settings_file {
            Some(named) => cx.directory.join(named),
            None => folder.join(settings::FILE_NAME),
        };
        absent(&path)?;
        if args.settings_file.is_none()
            && let Ok(above) = Settings::find(folder, None)
        {
            report.warning(&format!("`{}` is shadowed below `{}`", above.display(), folder.display()), None);
        }
        let program = program::selection(args, &found, asks.then_some(report)).await?;
        if !args.yes && !asks {
            report.step("Asking", "nothing, since there is no terminal: defaults are used where no flag is given");
        }
        let answers = Answers::gather(args, program, cx, asks.then_some(report)).await?;
        let text = document::text(&answers, program, &found);
        let settings = Settings::parse(&path, text.clone(), &cx.environment);
        settings.and_then(|settings| settings.check(None, |_| Vec::new())).map_err(refused)?;
        report.step("Writing", &format!("{}:", path.display()));
        report.quote(&text);
        if asks && !report.ask_yes("Write it?").await? {
            return Err(Failure::failed(anyhow::anyhow!("nothing was written"), None));
        }
        write(&path, &text)?;
        advise(program, &answers, report);
        report.flush();
        answer(&path, program, &answers, shared, report);
        Ok(())
    })
    .await
}

/// Prints the path, or all that was chosen.
fn answer(path: &Path, program: &Program, answers: &Answers, shared: &SharedArgs, report: &Report) {
    if shared.json {
        report.document(&Answer {
            path,
            project: &answers.project,
            stage: &answers.stage,
            regions: &answers.regions,
            api: answers.api.word(),
            architecture: answers.architecture.word(),
            package: &program.package,
            program: &program.target.name,
            calls_run: program.calls_run,
        });
    } else {
        report.answer_line(&path.display().to_string());
    }
}

/// The failure where cargo finds no workspace.
fn without_workspace(error: build::Error) -> Failure {
    let hint = match &error {
        build::Error::NoProject { .. } => Some("run this in the folder of a cargo project".to_owned()),
        error => error.hint(),
    };
    if error.is_usage() { Failure::usage(error, hint) } else { Failure::failed(error, hint) }
}

/// The errors that `check` would report, without lines, since the file is not written yet.
fn refused(error: settings::Error) -> Failure {
    let hint = Some("no file was written; say otherwise by a flag, see `zappa-rs init --help`".to_owned());
    match error.faults() {
        [] => Failure::usage(error, hint),
        [one] => Failure::usage(anyhow::anyhow!("{}", one.sentence), hint),
        several => {
            let sentences: Vec<String> = several.iter().map(|error| error.sentence.clone()).collect();
            let error = anyhow::anyhow!("the settings would have {} errors", sentences.len());
            Failure::usage(error, hint).with_facts(sentences)
        }
    }
}

fn absent(path: &Path) -> Result<(), Failure> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    Err(exists(path))
}

fn exists(path: &Path) -> Failure {
    let error = anyhow::anyhow!("`{}` already exists; refusing to overwrite it", path.display());
    let hint = "add a stage to it, `[stage.NAME]`, or name another file with `--settings-file`".to_owned();
    Failure::usage(error, Some(hint))
}

/// Writes the file atomically, and never over another.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        let sentence = format!("`{}` cannot be written", path.display());
        Failure::failed(anyhow::Error::new(error).context(sentence), None)
    };
    let mut file = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The usual mode of a new file, before the umask.
        file.permissions(fs::Permissions::from_mode(0o666));
    }
    let folder = path.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    let mut file = file.tempfile_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist_noclobber(path).map(|_| ()).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => exists(path),
        _ => failed(error.error),
    })
}

/// Prints the next steps, and the changed line where the app does not call `run` yet.
fn advise(program: &Program, answers: &Answers, report: &Report) {
    if !program.depends {
        report.step("Missing", &format!("in {}, below [dependencies]:", program.target.manifest_path.display()));
        report.quote(&rewrite::dependency(&program.target.manifest_path));
    }
    if !program.calls_run {
        let name = &program.target.name;
        match rewrite::changed_line(&program.source) {
            Some(change) => {
                let position = format!("{}:{}", program.source.display(), change.line);
                report.step("Missing", &format!("in {position}, since `{name}` does not call `zappa_rs::run` yet:"));
                let listener = change.listener.map(|listener| format!("- {listener}\n")).unwrap_or_default();
                report.quote(&format!("{listener}- {}\n+ {}\n", change.before, change.after));
            }
            None => {
                report.step("Missing", &format!("a call of `zappa_rs::run` in `{name}`; the end of `main` becomes:"));
                report.quote("+ zappa_rs::run(app).await\n");
            }
        }
    }
    if let Some(missing) = &answers.missing {
        report.warning(&missing.sentence, missing.hint.as_deref());
    }
    report.step("Next", "`zappa-rs check` reads the file again, `zappa-rs local` serves the app here");
    report.step("Then", "`zappa-rs deploy` puts it on AWS");
}
