//! The harness of these tests: a project on a machine that a test describes, the tool run there, and its transcript.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crate::process;

/// Longer than anything here takes on a busy machine, a build too.
const TIMEOUT: Duration = Duration::from_secs(240);
/// An axum app before it calls `run`.
pub(crate) const AXUM: &str = "\
use axum::{Router, routing::get};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = Router::new().route(\"/\", get(|| async { \"hello\" }));
    let listener = tokio::net::TcpListener::bind(\"127.0.0.1:3000\").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
";
/// The same app once it calls `run`.
pub(crate) const CHANGED: &str = "\
fn main() {
    zappa_rs::run(app())
}
";

/// The tool in a temporary folder, which holds the project, a home folder, the installed programs and a sysroot.
pub(crate) struct Tool {
    root: tempfile::TempDir,
}

impl Tool {
    /// Creates an empty project on a machine of the triple `host` that has the standard libraries of `targets`.
    pub(crate) fn new(host: &str, targets: &[&str]) -> Self {
        let root = tempfile::Builder::new().prefix("zappa-rs-commands-").tempdir().unwrap();
        for target in targets {
            fs::create_dir_all(root.path().join("sysroot/lib/rustlib").join(target).join("lib")).unwrap();
        }
        let tool = Self { root };
        fs::create_dir_all(tool.path("home")).unwrap();
        // The root of a repository, so that nothing above the project is found.
        fs::create_dir_all(tool.path("project/.git")).unwrap();
        let sysroot = tool.path("sysroot");
        // Cargo runs it too, for more than its host and sysroot.
        let real = Path::new(env!("CARGO")).with_file_name("rustc");
        let rustc = format!(
            "#!/bin/sh\ncase \"$1\" in\n-vV) '{real}' -vV | sed 's/^host: .*/host: {host}/' ;;\n--print) echo '{}' ;;\n*) exec '{real}' \"$@\" ;;\nesac\n",
            sysroot.display(),
            real = real.display(),
        );
        tool.program("rustc", &rustc);
        // What Python has on the machine of the test must not count.
        tool.program("python3", "#!/bin/sh\nexit 1\n");
        tool
    }

    /// Creates an empty project on the machine that most tests need: it builds for itself and for nothing else.
    pub(crate) fn usual() -> Self {
        Self::new("x86_64-unknown-linux-gnu", &["x86_64-unknown-linux-gnu"])
    }

    /// Creates a project of these files on the usual machine.
    pub(crate) fn with_files(files: &[(&str, &str)]) -> Self {
        let tool = Self::usual();
        for (path, text) in files {
            tool.file(path, text);
        }
        tool
    }

    /// Creates a project of these settings and nothing else.
    pub(crate) fn with_settings(text: &str) -> Self {
        Self::with_files(&[("zappa_settings.toml", text)])
    }

    /// Installs a program on the machine.
    pub(crate) fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::create_dir_all(self.path("bin")).unwrap();
        fs::write(&path, script).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Writes a file of the project.
    pub(crate) fn file(&self, path: &str, text: &str) -> &Self {
        let path = self.project(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Writes a package with one binary.
    pub(crate) fn package(&self, name: &str, dependencies: &str, main: &str) -> &Self {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n\n[workspace]\n"
        );
        self.file("Cargo.toml", &manifest).file("src/main.rs", main)
    }

    /// Reads a file of the project.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.project(path)).unwrap()
    }

    /// Whether the project has the file.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.project(path).exists()
    }

    /// A path in the project.
    pub(crate) fn project(&self, path: &str) -> PathBuf {
        self.path("project").join(path)
    }

    /// A path beside the project.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        // Some systems reach temporary folders through a link.
        self.root.path().canonicalize().unwrap().join(path)
    }

    /// The command in the project's root folder.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.command_in("", args)
    }

    /// The command in a folder of the project, with an environment that has nothing of this machine but cargo.
    pub(crate) fn command_in(&self, folder: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zappa-rs"));
        command
            .args(args)
            .current_dir(self.project(folder))
            .env_clear()
            .env("HOME", self.path("home"))
            .env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()))
            .env("CARGO", env!("CARGO"))
            .env("RUSTC", self.path("bin/rustc"))
            .stdin(Stdio::null());
        command
    }

    /// Runs the command and returns its transcript: exit code and both streams, the project's path as `[PROJECT]`.
    pub(crate) fn snapshot(&self, args: &[&str]) -> String {
        self.snapshot_of(&mut self.command(args))
    }

    /// Runs a command that a test has prepared and returns its transcript.
    pub(crate) fn snapshot_of(&self, command: &mut Command) -> String {
        let transcript = process::run(command, TIMEOUT).to_string();
        transcript.replace(&self.path("project").display().to_string(), "[PROJECT]")
    }
}
