//! The text of the settings file that `init` writes.

use std::fmt::Write as _;

use super::{answer::Answers, program};
use crate::{
    build::{Program, TargetKind, Workspace},
    settings::is_name,
};

/// The stage's name as a key of TOML: in quotes where it has to be, so that it is refused as a name and not as TOML.
fn key(name: &str) -> String {
    if is_name(name) {
        return name.to_owned();
    }
    // JSON's escapes are TOML's, which wants one for DEL too.
    serde_json::Value::from(name).to_string().replace('\u{7f}', "\\u007f")
}

/// The whole file.
pub(super) fn text(answers: &Answers, program: &Program, workspace: &Workspace) -> String {
    let mut text =
        "# `zappa-rs check` finds the faults of this file, `zappa-rs schema` prints its JSON Schema.\n\n[project]\n"
            .to_owned();
    let mut set = |key: &str, value: &str, remark: &str| {
        let value = toml::Value::String(value.to_owned());
        let remark = if remark.is_empty() { String::new() } else { format!("  # {remark}") };
        let _ = writeln!(text, "{key} = {value}{remark}");
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
    let mut set = |key: &str, value: &str, remark: &str| {
        let value = toml::Value::String(value.to_owned());
        let remark = if remark.is_empty() { String::new() } else { format!("  # {remark}") };
        let _ = writeln!(text, "{key} = {value}{remark}");
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
