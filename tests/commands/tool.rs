//! A folder with files in it, the command run there, and what it said as one text to snapshot.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

/// A folder for one test, in which commands are run.
pub(crate) struct Folder {
    root: TempDir,
}

impl Folder {
    /// A folder with these files. It is the root of a repository, so that nothing above it is found.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(".git")).unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { root }
    }

    /// A folder with these settings and nothing else.
    pub(crate) fn settings(text: &str) -> Self {
        Self::with(&[("zappa_settings.toml", text)])
    }

    pub(crate) fn path(&self) -> &Path {
        self.root.path()
    }

    /// The command with an environment that knows neither a region nor an account.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zappa-rs"));
        command.current_dir(self.path()).args(args);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        command
    }

    /// Runs the command and writes down exit code and both streams, the folder's path as `[FOLDER]`.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        self.written(&mut self.command(args))
    }

    /// The same for a command that was made ready.
    pub(crate) fn written(&self, command: &mut Command) -> String {
        let output = command.output().unwrap();
        let readable = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            // Some systems reach temporary folders through a link.
            let real = self.path().canonicalize().unwrap();
            text.replace(&*real.to_string_lossy(), "[FOLDER]").replace(&*self.path().to_string_lossy(), "[FOLDER]")
        };
        format!(
            "exit code {}\n--- stdout\n{}--- stderr\n{}",
            output.status.code().unwrap(),
            readable(&output.stdout),
            readable(&output.stderr)
        )
    }
}
