//! The text of the settings file that `init` writes.

use std::fmt::Write as _;

use super::{answer::Answers, program};
use crate::{
    build::{Program, TargetKind, Workspace},
    settings::is_name,
};

/// The stage's name as a TOML key: quoted where needed, so that an invalid name is an error of the name and not of the syntax.
fn key(name: &str) -> String {
    if is_name(name) {
        return name.to_owned();
    }
    // JSON's escapes are valid in TOML, which also requires one for DEL.
    serde_json::Value::from(name).to_string().replace('\u{7f}', "\\u007f")
}

/// Renders the settings file.
pub(super) fn text(answers: &Answers, program: &Program, workspace: &Workspace) -> String {
    let mut text =
        "# `zappa-rs check` finds the errors of this file, `zappa-rs schema` prints its JSON Schema.\n\n[project]\n"
            .to_owned();
    let mut set = |key: &str, value: &str, comment: &str| {
        let value = toml::Value::String(value.to_owned());
        let comment = if comment.is_empty() { String::new() } else { format!("  # {comment}") };
        let _ = writeln!(text, "{key} = {value}{comment}");
    };
    set("name", &answers.project, "stack and function are named after it and the stage");
    if !program::is_here(program, workspace) {
        set("package", &program.package, "");
    }
    match program.target.kind {
        TargetKind::Example => set("example", &program.target.name, ""),
        TargetKind::Bin if !program.is_default => set("bin", &program.target.name, ""),
        TargetKind::Bin => {}
    }
    let _ = write!(text, "\n[stage.{}]\n", key(&answers.stage));
    let regions = toml::Value::Array(answers.regions.iter().cloned().map(toml::Value::String).collect());
    let _ = writeln!(text, "regions = {regions}");
    let mut set = |key: &str, value: &str, comment: &str| {
        let value = toml::Value::String(value.to_owned());
        let comment = if comment.is_empty() { String::new() } else { format!("  # {comment}") };
        let _ = writeln!(text, "{key} = {value}{comment}");
    };
    if let Some(profile) = &answers.profile {
        set("profile_name", profile, "");
    }
    if let Some(bucket) = &answers.bucket {
        set("s3_bucket", bucket, "");
    }
    set("api", answers.api.word(), answers.api.meaning());
    set("architecture", answers.architecture.word(), &answers.reason);
    text
}
