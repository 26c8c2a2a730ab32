//! The source of the binary: a build by cargo, or a path.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Context, loaded::Loaded, settings::LocalSettings};
use crate::{
    args::LocalArgs,
    build::{Artifact, Cargo, Choice, LambdaPlan, Output, Plan, TargetKind, lambda::Tools},
    commands::hooks,
    local::{task_root::TaskRoot, watch::Include},
    package::{self, Included},
    progress::Progress,
    report::{Failure, Report},
    settings::{Architecture, Builder, Hook},
};

/// The folder of what `local` builds. No stage has such a name.
const OUTPUT: &str = ".local";

/// The source of the binary.
pub(super) enum Source {
    /// Built by cargo.
    Built(Box<Recipe>),
    /// Built already.
    Given(PathBuf),
}

/// The recipe of a build.
#[derive(Clone, Debug)]
pub(super) enum Recipe {
    /// For this machine.
    Here(Plan),
    /// For Lambda, where this machine can run the result: what is served is what is deployed, and is built once.
    Lambda(LambdaPlan),
}

impl Recipe {
    pub(super) fn plan(&self) -> &Plan {
        match self {
            Self::Here(plan) => plan,
            Self::Lambda(lambda) => &lambda.plan,
        }
    }

    async fn build(&self, cargo: &Cargo, output: &Output) -> Result<Artifact, crate::build::Error> {
        match self {
            Self::Here(plan) => cargo.build(plan, output).await,
            Self::Lambda(lambda) => cargo.build_for_lambda(lambda, output).await,
        }
    }
}

/// The settings of a build for Lambda.
#[derive(Clone, Debug)]
struct Deployed {
    builder: Builder,
    architecture: Architecture,
    target: Option<String>,
}

impl Deployed {
    /// The deploy's own way, where its result runs on this machine.
    async fn recipe(&self, plan: &Plan, cargo: &Cargo) -> Option<Recipe> {
        let tools = Tools::find(cargo, self.builder).await;
        let lambda =
            LambdaPlan::new(plan.clone(), self.builder, self.architecture, self.target.as_deref(), &tools).ok()?;
        lambda.runs_on(&tools).then_some(Recipe::Lambda(lambda))
    }
}

impl Source {
    /// The name that function and environment carry: letters, digits, `-` and `_`, as a function's name must.
    pub(super) fn name(&self) -> String {
        let name = match self {
            Self::Built(recipe) => recipe.plan().target.name.clone(),
            Self::Given(path) => path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
        };
        let fitting = |letter: char| {
            if letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_') { letter } else { '-' }
        };
        name.chars().map(fitting).collect()
    }

    /// Cargo's target directory; `None` without a build.
    pub(super) fn target_directory(&self) -> Option<&Path> {
        match self {
            Self::Built(recipe) => Some(&recipe.plan().target.target_directory),
            Self::Given(_) => None,
        }
    }

    /// The name in messages.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Built(recipe) => {
                let Plan { target, profile, .. } = recipe.plan();
                let way = match **recipe {
                    Recipe::Here(_) => "",
                    Recipe::Lambda(_) => " as it is deployed,",
                };
                format!("{} `{}`, built with profile `{profile}`{way}", target.kind.noun(), target.name)
            }
            Self::Given(path) => format!("`{}`", path.display()),
        }
    }
}

/// The request for what is served: the flags over the settings.
pub(super) struct SourceRequest {
    /// The path of a binary that is built already.
    binary: Option<PathBuf>,
    choice: Choice,
    profile: String,
    features: Vec<String>,
    /// The way of a deploy; `None` where the flags choose another or no settings file is found.
    deployed: Option<Deployed>,
}

impl SourceRequest {
    /// Puts the flags over the settings.
    pub(super) fn new(args: &LocalArgs, LocalSettings { project, stage, name, .. }: &LocalSettings) -> Self {
        let names_target =
            args.package.is_some() || args.bin.is_some() || args.example.is_some() || args.binary.is_some();
        let (package, bin, example) = if names_target {
            (&args.package, &args.bin, &args.example)
        } else {
            (&project.package, &project.bin, &project.example)
        };
        let bin = bin.clone().map(|name| (TargetKind::Bin, name));
        let example = example.clone().map(|name| (TargetKind::Example, name));
        let own = args.cargo_profile.as_ref().unwrap_or(&stage.profile);
        Self {
            binary: args.binary.clone(),
            choice: Choice {
                package: package.clone(),
                target: bin.or(example),
                manifest_path: args.manifest_path.clone(),
            },
            profile: if args.dev { "dev".to_owned() } else { own.clone() },
            features: args.features.iter().chain(&project.features).chain(&stage.features).cloned().collect(),
            deployed: (name.is_some() && !args.dev).then(|| Deployed {
                builder: stage.builder,
                architecture: stage.architecture,
                target: stage.target.clone(),
            }),
        }
    }

    /// Finds it.
    pub(super) async fn find(self, cargo: &Cargo, cx: &Context) -> Result<Source, Failure> {
        if let Some(binary) = &self.binary {
            return check_binary(cx.directory.join(binary));
        }
        let target = cargo.target(&self.choice).await.map_err(failure)?;
        let plan = Plan { target, profile: self.profile, features: self.features };
        let recipe = match self.deployed {
            Some(deployed) => deployed.recipe(&plan, cargo).await,
            None => None,
        };
        Ok(Source::Built(Box::new(recipe.unwrap_or(Recipe::Here(plan)))))
    }
}

/// A path that names a program.
fn check_binary(path: PathBuf) -> Result<Source, Failure> {
    let shown = path.display();
    let (error, hint) = match fs::metadata(&path) {
        Ok(metadata) if !metadata.is_file() => (
            anyhow::anyhow!("`{shown}` is not a file"),
            "name the program itself, or leave `--binary` out and let cargo build".to_owned(),
        ),
        Ok(metadata) if !is_executable(&metadata) => {
            (anyhow::anyhow!("`{shown}` may not be executed"), format!("`chmod +x {shown}` allows it"))
        }
        Ok(_) => return Ok(Source::Given(path)),
        Err(_) => (
            anyhow::anyhow!("there is no binary at `{shown}`"),
            "build it first, or leave `--binary` out and let cargo build".to_owned(),
        ),
    };
    Err(Failure::usage(error, Some(hint)))
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

/// Elsewhere the name decides, and the system says so when it starts one.
#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}

/// Lists the files beside the binary, as they are now.
pub(super) fn list_included(include: &Include) -> Result<Vec<Included>, Failure> {
    package::find_included(&include.patterns, &include.directory, &include.target_directory).map_err(include_failure)
}

/// Checks the included files before a long build, which may create the missing ones.
fn check(include: &Include) -> Result<(), Failure> {
    match package::find_included(&include.patterns, &include.directory, &include.target_directory) {
        Err(error) if !error.is_not_there_yet() => Err(include_failure(error)),
        _ => Ok(()),
    }
}

fn include_failure(error: package::Error) -> Failure {
    let hint = error.hint();
    Failure::usage(error, hint)
}

/// Builds once. No other build starts there until the output is dropped.
pub(super) async fn build(
    recipe: &Recipe,
    Loaded { include, cargo, hooks, .. }: &Loaded,
    report: &Report,
) -> Result<(Artifact, Output), Failure> {
    check(include)?;
    let plan = recipe.plan();
    let on_wait = || report.step("Waiting", "for another build of `local`");
    let output = Output::lock(&plan.target, OUTPUT, on_wait).await.map_err(failure)?;
    hooks.run(Hook::PreBuild, report).await.map_err(hooks::failure)?;
    report.step("Building", &format!("{} `{}`", plan.target.kind.noun(), plan.target.name));
    // Cargo writes to the same terminal.
    report.flush();
    let artifact = recipe.build(cargo, &output).await.map_err(failure)?;
    hooks.document().binary = Some(artifact.executable.display().to_string());
    hooks.run(Hook::PostBuild, report).await.map_err(hooks::failure)?;
    Ok((artifact, output))
}

/// Lays out a binary of the user's own; without anything to lie beside it, it stays in its own folder.
pub(super) fn place_given(binary: &Path, include: &Include, task_root: &mut TaskRoot) -> Result<PathBuf, Failure> {
    let files = list_included(include)?;
    if files.is_empty() { Ok(binary.to_owned()) } else { place(binary, &files, task_root) }
}

/// Lays out a binary and the files beside it.
pub(super) fn place(executable: &Path, files: &[Included], task_root: &mut TaskRoot) -> Result<PathBuf, Failure> {
    task_root.place(executable, files).map_err(|error| Failure::failed(error, None))
}

fn failure(error: crate::build::Error) -> Failure {
    let hint = error.hint();
    if error.is_usage() { Failure::usage(error, hint) } else { Failure::failed(error, hint) }
}
