//! `zappa-rs init`: looks at the workspace, asks what it cannot see, writes the settings file.

mod answers;

use std::{fs, io::Write as _, path::Path, sync::Arc};

use serde::Serialize;

use self::answers::Answers;
use super::Surroundings;
use crate::{
    args::{InitArgs, SharedArgs},
    build::{Entry, entry, lambda},
    names::project_of_package,
    progress::Progress as _,
    report::{Failure, Report},
    settings::{Architecture, Builder, FILE_NAME},
};

#[derive(Serialize)]
struct Answer<'a> {
    path: &'a Path,
    content: &'a str,
}

/// Runs the command to its end.
pub(crate) async fn run(
    args: &InitArgs,
    shared: &SharedArgs,
    around: &Surroundings,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let metadata = around.cargo.workspace().await.map_err(|error| {
        let hint = error.hint();
        Failure::usage(error, hint)
    })?;
    let root = metadata.workspace_root.as_std_path();
    let path = match &args.settings_file {
        Some(named) => around.directory.join(named),
        None => root.join(FILE_NAME),
    };
    if path.exists() {
        let error = anyhow::anyhow!("`{}` exists already", path.display());
        let hint = "edit it, or write another with `--settings-file`".to_owned();
        return Err(Failure::usage(error, Some(hint)));
    }
    let entries = entry::entries(&metadata);
    let asks = !args.yes && report.can_ask();
    if !asks && !args.yes {
        report.step("Assuming", "every default: there is no terminal to ask on");
    }
    let chosen = answers::binary(args, &entries, asks)?;
    let architecture = buildable(around).await;
    let answers = Answers::new(args, &around.region, asks)?;
    let text = content(chosen, entries.len() > 1, architecture, &answers);
    report.step("Writing", &path.display().to_string());
    text.lines().for_each(|line| report.detail_always(line));
    if asks && !report.confirm_default("Write it?", true)? {
        return Err(Failure::failed(anyhow::anyhow!("nothing was written"), None));
    }
    write(&path, &text)?;
    advise(chosen, report);
    report.flush();
    if shared.json {
        report.document(&Answer { path: &path, content: &text });
    } else {
        report.answer(&path.display().to_string());
    }
    Ok(())
}

/// An architecture that this machine builds for; the cheaper one where it can.
async fn buildable(around: &Surroundings) -> Architecture {
    let tools = lambda::Tools::find(&around.cargo, Builder::Auto).await;
    let can = |architecture| {
        let triple = lambda::default_triple(architecture);
        tools.targets.iter().any(|target| target == triple) && (tools.has_zig || tools.host == triple)
    };
    if can(Architecture::Arm64) || !can(Architecture::X86_64) { Architecture::Arm64 } else { Architecture::X86_64 }
}

fn content(entry: &Entry, several: bool, architecture: Architecture, answers: &Answers) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let mut text =
        String::from("# What `zappa-rs deploy` deploys. Every setting: settings.example.toml, docs/settings.md.\n\n");
    text += &format!("[project]\nname = {}\n", quoted(&project_of_package(&entry.name)));
    if several {
        text += &format!("package = {}\nbin = {}\n", quoted(&entry.package), quoted(&entry.name));
    }
    text += &format!("\n[stage.{}]\n", answers.stage);
    match answers.regions.as_slice() {
        [one] => text += &format!("aws_region = {}\n", quoted(one)),
        several => {
            let regions: Vec<String> = several.iter().map(|region| quoted(region)).collect();
            text += &format!("regions = [{}]\n", regions.join(", "));
        }
    }
    for (name, value) in [("profile_name", &answers.profile), ("s3_bucket", &answers.bucket)] {
        if let Some(value) = value {
            text += &format!("{name} = {}\n", quoted(value));
        }
    }
    text += &format!("api = {}\narchitecture = {}\n", quoted(answers.api_word()), quoted(architecture.word()));
    text
}

/// Never over a file that is there, also not over one that appeared a moment ago.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let written = fs::File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let hint = (error.kind() == std::io::ErrorKind::AlreadyExists)
            .then(|| "edit it, or write another with `--settings-file`".to_owned());
        Failure::failed(anyhow::Error::new(error).context(format!("`{}` cannot be written", path.display())), hint)
    })
}

/// What is left to do in the source.
fn advise(entry: &Entry, report: &Report) {
    if entry.calls_run {
        report.step("Next", "`zappa-rs local` serves it here, `zappa-rs deploy` on AWS");
        return;
    }
    let mut lines = vec![
        format!("`{}` does not call `zappa_rs::run` yet. In its Cargo.toml:", entry.source),
        "    zappa-rs = \"0.1\"".to_owned(),
        format!("and in `{}`, where it serves:", entry.source),
    ];
    if entry.uses_axum {
        lines.push("    - axum::serve(listener, app).await".to_owned());
    }
    lines.push("    + zappa_rs::run(app).await".to_owned());
    report.step("Next", &lines.remove(0));
    lines.iter().for_each(|line| report.detail_always(line));
}
