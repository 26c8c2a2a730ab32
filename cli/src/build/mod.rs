//! The build: finds the package, runs cargo, and returns the path of the executable.
//!
//! The compiler writes to the user's stderr; its output is not parsed.

mod configuration;
mod entry;
mod error;
mod flags;
pub(crate) mod lambda;
mod method;
pub(crate) mod output;
mod probe;
pub(crate) mod profile;
mod roots;
mod target;

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Stdio,
};

use cargo_metadata::{Message, Metadata, MetadataCommand};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

pub(crate) use entry::{Program, Workspace, calls_run_beside};
pub(crate) use error::Error;
pub(crate) use lambda::LambdaPlan;
pub(crate) use method::BuildMethod;
pub(crate) use output::Output;
pub(crate) use roots::PathDependency;
pub(crate) use target::{Choice, Target, TargetKind};

use self::lambda::Tool;
use crate::{process_group::ProcessGroup, shell};

/// The cargo to run: program, folder, environment.
#[derive(Clone, Debug)]
pub(crate) struct Cargo {
    program: OsString,
    environment: BTreeMap<OsString, OsString>,
    directory: PathBuf,
    color: &'static str,
    is_quiet: bool,
}

/// A build request: the target and the options of cargo.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) target: Target,
    pub(crate) profile: String,
    pub(crate) features: Vec<String>,
}

/// The result of a build.
#[derive(Clone, Debug)]
pub(crate) struct Artifact {
    /// The executable, inside the folder of the output.
    pub(crate) executable: PathBuf,
    /// `target-cpu=native` was among the compiler's flags.
    pub(crate) is_for_own_cpu: bool,
}

impl Cargo {
    /// The cargo that the variable `CARGO` names, as for cargo's own subcommands.
    pub(crate) fn new(
        environment: &BTreeMap<OsString, OsString>,
        directory: &Path,
        color: &'static str,
        is_quiet: bool,
    ) -> Self {
        let named = environment.get(&OsString::from("CARGO"));
        Self {
            program: named.filter(|program| !program.is_empty()).cloned().unwrap_or_else(|| OsString::from("cargo")),
            environment: environment.clone(),
            directory: directory.to_owned(),
            color,
            is_quiet,
        }
    }

    /// Resolves `choice` to a target of the workspace.
    pub(crate) async fn target(&self, choice: &Choice) -> Result<Target, Error> {
        let manifest = target::manifest(&self.directory, choice.manifest_path.as_deref())?;
        let metadata = self.metadata(&manifest).await?;
        target::target(&metadata, &manifest, choice)
    }

    /// Cargo's target folder; without a package, the one that it would have in this folder.
    pub(crate) async fn target_directory(&self) -> PathBuf {
        let found = async {
            let manifest = target::manifest(&self.directory, None)?;
            self.metadata(&manifest).await
        };
        match found.await {
            Ok(metadata) => metadata.target_directory.into(),
            Err(_) => self.directory.join("target"),
        }
    }

    /// Builds, with cargo's output on stderr.
    pub(crate) async fn build(&self, plan: &Plan, output: &Output) -> Result<Artifact, Error> {
        self.build_with(plan, &Tool::default(), output).await
    }

    /// The same by a program that takes cargo's arguments.
    async fn build_with(&self, plan: &Plan, tool: &Tool, output: &Output) -> Result<Artifact, Error> {
        let mut command = self.build_command(plan, tool, output);
        // In a process group of its own: an interrupt then ends the compilers and build scripts with cargo.
        ProcessGroup::prepare(&mut command);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| self.not_run(source))?;
        let mut running = Running(Some(ProcessGroup::of(&child)));
        let mut artifact = None;
        if let Some(stdout) = child.stdout.take() {
            let mut lines = BufReader::new(stdout).lines();
            while let Some(line) = lines.next_line().await.map_err(|source| self.not_run(source))? {
                artifact = executable(&line, &plan.target).or(artifact);
            }
        }
        let status = child.wait().await.map_err(|source| self.not_run(source))?;
        running.0 = None;
        if !status.success() {
            let target = plan.target.name.clone();
            // A program that was killed has no exit code, and printed nothing.
            return Err(match status.code() {
                Some(_) => Error::Failed { target },
                None => Error::Killed { target, status: status.to_string() },
            });
        }
        artifact.ok_or_else(|| Error::NoExecutable { target: plan.target.name.clone() })
    }

    /// The command line of a build.
    fn build_command(&self, plan: &Plan, tool: &Tool, output: &Output) -> Command {
        let mut command = self.command(tool.program.as_deref().map_or(&self.program, |program| program.as_os_str()));
        command
            .arg(tool.verb)
            .arg("--message-format=json-render-diagnostics")
            .arg("--manifest-path")
            .arg(&plan.target.manifest_path)
            .args(["--package", &plan.target.package_id])
            .args([plan.target.kind.flag(), &plan.target.name])
            .args(["--profile", &plan.profile])
            .args(["--color", self.color])
            .arg("--target-dir")
            .arg(output.target_directory());
        if let Some(shared) = tool.shared_directory(&plan.target) {
            command.env("CARGO_BUILD_BUILD_DIR", shared);
        }
        if !plan.features.is_empty() {
            command.args(["--features", &plan.features.join(",")]);
        }
        if let Some(triple) = &tool.triple {
            command.args(["--target", triple]);
        }
        if let Some(flags) = &tool.flags {
            command.env("CARGO_ENCODED_RUSTFLAGS", flags);
        }
        if self.is_quiet {
            command.arg("--quiet");
        }
        command
    }

    async fn metadata(&self, manifest: &Path) -> Result<Metadata, Error> {
        let mut command = MetadataCommand::new();
        command.manifest_path(manifest).no_deps();
        self.ask_metadata(command, manifest).await
    }

    async fn ask_metadata(&self, mut command: MetadataCommand, manifest: &Path) -> Result<Metadata, Error> {
        command.cargo_path(&self.program);
        let output = Command::from(command.cargo_command())
            .env_clear()
            .envs(&self.environment)
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .output()
            .await
            .map_err(|source| self.not_run(source))?;
        let unreadable = |reason: &str| Error::Manifest {
            path: manifest.to_owned(),
            reason: reason.trim().trim_start_matches("error: ").to_owned(),
        };
        if !output.status.success() {
            return Err(unreadable(&String::from_utf8_lossy(&output.stderr)));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        MetadataCommand::parse(text.trim()).map_err(|error| unreadable(&error.to_string()))
    }

    /// The line that cargo prints about its version; `None` if it cannot be run.
    pub(crate) async fn version(&self) -> Option<String> {
        Some(self.output(&self.program.to_string_lossy(), &["--version"]).await?.trim().to_owned())
    }

    /// Runs the user's command line (`build_command`) by the shell.
    pub(crate) async fn shell(&self, line: &str, directory: &Path) -> Result<(), Error> {
        let mut command = shell::command(line);
        command.env_clear().envs(&self.environment).current_dir(directory);
        ProcessGroup::prepare(&mut command);
        // Its stdout is progress output, too.
        command.stdin(Stdio::null()).stdout(std::io::stderr()).kill_on_drop(true);
        let mut child =
            command.spawn().map_err(|source| Error::NotRun { program: shell::PROGRAM.to_owned(), source })?;
        let mut running = Running(Some(ProcessGroup::of(&child)));
        let status =
            child.wait().await.map_err(|source| Error::NotRun { program: shell::PROGRAM.to_owned(), source })?;
        running.0 = None;
        if status.success() {
            Ok(())
        } else {
            Err(Error::CommandFailed { line: line.to_owned(), status: status.to_string() })
        }
    }

    /// The stdout of a program; `None` if it is missing or fails.
    async fn output(&self, program: &str, args: &[&str]) -> Option<String> {
        let mut command = self.command(OsStr::new(program));
        let output = command.args(args).stdin(Stdio::null()).output().await.ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The same cargo in another folder.
    pub(crate) fn in_directory(&self, directory: &Path) -> Self {
        Self { directory: directory.to_owned(), ..self.clone() }
    }

    /// The path of this executable, which is zig's linker too.
    fn own_program(&self) -> PathBuf {
        std::env::current_exe().unwrap_or_else(|_| PathBuf::from("zappa-rs"))
    }

    /// An environment variable that is set and not empty.
    fn variable(&self, name: &str) -> Option<&OsStr> {
        self.environment.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    fn command(&self, program: &OsStr) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.environment).current_dir(&self.directory);
        command
    }

    fn not_run(&self, source: std::io::Error) -> Error {
        Error::NotRun { program: self.program.to_string_lossy().into_owned(), source }
    }
}

/// Ends cargo's group unless cargo has ended by itself.
struct Running(Option<ProcessGroup>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = &self.0 {
            group.kill();
        }
    }
}

/// The source files of the executable, from cargo's dep-info beside it.
pub(crate) fn sources(executable: &Path) -> Vec<PathBuf> {
    let Ok(text) = std::fs::read_to_string(executable.with_extension("d")) else {
        return Vec::new();
    };
    text.lines().filter_map(|line| line.split_once(": ")).flat_map(|(_, files)| files_of(files)).collect()
}

fn files_of(list: &str) -> Vec<PathBuf> {
    const SPACE: &str = "\u{0}";
    list.replace("\\ ", SPACE).split_whitespace().map(|file| PathBuf::from(file.replace(SPACE, " "))).collect()
}

fn executable(line: &str, target: &Target) -> Option<Artifact> {
    let Ok(Message::CompilerArtifact(artifact)) = serde_json::from_str(line) else {
        return None;
    };
    if artifact.package_id.repr != target.package_id || artifact.target.name != target.name {
        return None;
    }
    artifact.executable.map(|executable| Artifact { executable: executable.into_std_path_buf(), is_for_own_cpu: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dep_info_keeps_the_spaces_of_a_path() {
        assert_eq!(
            files_of("/a/src/main.rs /my\\ app/x.html"),
            [PathBuf::from("/a/src/main.rs"), PathBuf::from("/my app/x.html")]
        );
    }
}
