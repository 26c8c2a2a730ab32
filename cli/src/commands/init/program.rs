//! The program to deploy: the one that the flags name, else the one that calls `zappa_rs::run`, else the only one.

use std::path::Path;

use crate::{
    args::InitArgs,
    build::{Program, TargetKind, Workspace},
    report::{Failure, Report},
    suggestion::{nearest, quote_list},
};

/// Chooses the program; where several are possible, the user is asked through `report`.
pub(super) async fn selection<'a>(
    args: &InitArgs,
    workspace: &'a Workspace,
    report: Option<&std::sync::Arc<Report>>,
) -> Result<&'a Program, Failure> {
    let candidates = match candidates(args, workspace) {
        Ok(candidates) => candidates,
        Err((sentence, hint)) => return Err(Failure::usage(anyhow::anyhow!(sentence), Some(hint))),
    };
    match (candidates.as_slice(), report) {
        ([one], _) => Ok(one),
        (several, Some(report)) => {
            let options = several.iter().map(|program| shown(program)).collect();
            Ok(several[report.ask_choice("Which program is deployed?", options, 0).await?])
        }
        (several, None) => {
            let names: Vec<String> = several.iter().map(|program| shown(program)).collect();
            let names = quote_list(names.iter().map(String::as_str));
            let error = anyhow::anyhow!("several programs can be deployed: {names}");
            Err(Failure::usage(error, Some(format!("choose one with `{}`", flags(several[0])))))
        }
    }
}

/// Never empty.
fn candidates<'a>(args: &InitArgs, workspace: &'a Workspace) -> Result<Vec<&'a Program>, (String, String)> {
    let all = &workspace.programs;
    let named = select(args, all)?;
    if args.bin.is_some() || args.example.is_some() {
        return Ok(named);
    }
    let here: Vec<&Program> = match args.package {
        Some(_) => named.clone(),
        None => named.iter().copied().filter(|program| is_here(program, workspace)).collect(),
    };
    let kind = |programs: &[&'a Program], kind| -> Vec<&'a Program> {
        programs.iter().copied().filter(|program| program.target.kind == kind).collect()
    };
    let calling = |programs: &[&'a Program]| -> Vec<&'a Program> {
        programs.iter().copied().filter(|program| program.calls_run).collect()
    };
    let default = |programs: Vec<&'a Program>| -> Vec<&'a Program> {
        let defaults: Vec<&Program> = programs.iter().copied().filter(|program| program.is_default).collect();
        if defaults.len() == 1 { defaults } else { programs }
    };
    // In a member's folder the command is about that member; at the workspace's root it is about all members.
    let is_member = here
        .first()
        .is_some_and(|program| program.target.manifest_path.parent() != Some(&program.target.workspace_root));
    let choices = [
        default(kind(&calling(&here), TargetKind::Bin)),
        if is_member { default(kind(&here, TargetKind::Bin)) } else { Vec::new() },
        default(kind(&calling(&named), TargetKind::Bin)),
        kind(&calling(&here), TargetKind::Example),
        default(kind(&here, TargetKind::Bin)),
        default(kind(&named, TargetKind::Bin)),
        kind(&calling(&named), TargetKind::Example),
        kind(&here, TargetKind::Example),
    ];
    choices.into_iter().find(|choice| !choice.is_empty()).ok_or_else(|| {
        (
            "the workspace has no program".to_owned(),
            "the app needs a `src/main.rs` whose `main` calls `zappa_rs::run`".to_owned(),
        )
    })
}

/// The programs that the flags allow.
fn select<'a>(args: &InitArgs, all: &'a [Program]) -> Result<Vec<&'a Program>, (String, String)> {
    let mut left: Vec<&Program> = all.iter().collect();
    if let Some(name) = &args.package {
        left = filter_by(left, "package", name, |program| &program.package)?;
    }
    let target = args.bin.as_ref().map(|name| (TargetKind::Bin, name));
    if let Some((kind, name)) = target.or(args.example.as_ref().map(|name| (TargetKind::Example, name))) {
        left.retain(|program| program.target.kind == kind);
        left = filter_by(left, kind.noun(), name, |program| &program.target.name)?;
    }
    Ok(left)
}

fn filter_by<'a>(
    mut left: Vec<&'a Program>,
    noun: &str,
    name: &str,
    of: impl Fn(&'a Program) -> &'a String,
) -> Result<Vec<&'a Program>, (String, String)> {
    let mut known: Vec<&str> = left.iter().map(|program| of(program).as_str()).collect();
    known.dedup();
    left.retain(|program| of(program) == name);
    if !left.is_empty() {
        return Ok(left);
    }
    let meant = nearest(name, known.iter().copied()).map(|meant| format!("; did you mean `{meant}`?"));
    let hint = format!("it has {}{}", quote_list(known), meant.unwrap_or_default());
    Err((format!("the workspace has no {noun} `{name}`"), hint))
}

/// Whether the working folder is in the program's package.
pub(super) fn is_here(program: &Program, workspace: &Workspace) -> bool {
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    canonical(&program.target.manifest_path) == canonical(&workspace.manifest)
}

fn shown(program: &Program) -> String {
    format!("{} {} of {}", program.target.kind.noun(), program.target.name, program.package)
}

fn flags(program: &Program) -> String {
    format!("--package {} {} {}", program.package, program.target.kind.flag(), program.target.name)
}
