//! A folder of its own for each test, with a machine around it that a test describes.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// An axum app that nobody has changed yet.
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
/// The same with the changed line.
pub(crate) const CHANGED: &str = "\
fn main() {
    zappa_rs::run(app())
}
";

/// A folder and the machine around it.
pub(crate) struct Place {
    root: tempfile::TempDir,
}

impl Place {
    /// An empty folder on a machine for `host` that has the standard libraries of `targets`.
    pub(crate) fn new(host: &str, targets: &[&str]) -> Self {
        let root = tempfile::Builder::new().prefix("zappa-rs-commands-").tempdir().unwrap();
        for target in targets {
            fs::create_dir_all(root.path().join("sysroot/lib/rustlib").join(target).join("lib")).unwrap();
        }
        let place = Self { root };
        fs::create_dir_all(place.path("home")).unwrap();
        let sysroot = place.path("sysroot");
        // Cargo asks it too, for more than where it stands.
        let real = Path::new(env!("CARGO")).with_file_name("rustc");
        let rustc = format!(
            "#!/bin/sh\ncase \"$1\" in\n-vV) '{real}' -vV | sed 's/^host: .*/host: {host}/' ;;\n--print) echo '{}' ;;\n*) exec '{real}' \"$@\" ;;\nesac\n",
            sysroot.display(),
            real = real.display(),
        );
        place.program("rustc", &rustc);
        // What Python has on the machine of the test must not count.
        place.program("python3", "#!/bin/sh\nexit 1\n");
        place
    }

    /// The machine that most tests need: it builds for itself and for nothing else.
    pub(crate) fn usual() -> Self {
        Self::new("x86_64-unknown-linux-gnu", &["x86_64-unknown-linux-gnu"])
    }

    /// A program that is installed there.
    pub(crate) fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::create_dir_all(self.path("bin")).unwrap();
        fs::write(&path, script).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Writes a file of the project.
    pub(crate) fn file(&self, path: &str, text: &str) -> &Self {
        let path = self.path("project").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// A package with one program.
    pub(crate) fn package(&self, name: &str, dependencies: &str, main: &str) -> &Self {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n\n[workspace]\n"
        );
        self.file("Cargo.toml", &manifest).file("src/main.rs", main)
    }

    /// What a file of the project says.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path("project").join(path)).unwrap()
    }

    /// Whether the project has the file.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.path("project").join(path).exists()
    }

    /// A path beside the project.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.path().canonicalize().unwrap().join(path)
    }

    /// The command, typed in a folder of the project, with nothing of this machine around it but cargo.
    pub(crate) fn command(&self, folder: &str, words: &[&str]) -> Command {
        let cargo = Path::new(env!("CARGO"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_zappa-rs"));
        command
            .args(words)
            .current_dir(self.path("project").join(folder))
            .env_clear()
            .env("HOME", self.path("home"))
            .env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()))
            .env("CARGO", cargo)
            .env("RUSTC", self.path("bin/rustc"))
            .stdin(Stdio::null());
        command
    }

    /// Runs it and writes down all that comes of it.
    pub(crate) fn run(&self, words: &[&str]) -> String {
        self.ran(&mut self.command("", words))
    }

    /// The same for a command that was prepared.
    pub(crate) fn ran(&self, command: &mut Command) -> String {
        let output = command.output().unwrap();
        let text = format!(
            "exit: {}\n--- stdout\n{}--- stderr\n{}",
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        );
        self.shown(&text)
    }

    /// With this machine's paths left out.
    pub(crate) fn shown(&self, text: &str) -> String {
        text.replace(&self.path("project").display().to_string(), "[PROJECT]")
    }
}
