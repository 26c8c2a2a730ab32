//! A stage that is removed at the end, also after a panic.

use std::{fs, process::Command, thread, time::Duration};

use tempfile::TempDir;

use crate::{
    account::{Account, eventually},
    app,
    support::{
        process::{self, Ended},
        response::Response,
    },
};

/// The tag of everything that a probe creates; its value is the probe.
pub(crate) const TAG: &str = "zappa-rs-live";
/// Longer than CloudFormation takes for any stack of these tests.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60 * 60);
/// What the application is built for: this machine.
const ARCHITECTURE: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };

/// The stage `dev` of a project with a name of its own, in an account that has other things in it.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The project's name.
    pub(crate) project: String,
    pub(crate) account: Account,
    /// The account as it was given, which may remove everything.
    owner: Account,
    probe: &'static str,
    folder: TempDir,
}

impl Stage {
    /// For a probe, in the environment's account, with these lines in the stage's settings.
    pub(crate) fn new(probe: &'static str, settings: &str) -> Self {
        Self::of(Account::from_environment(), probe, settings)
    }

    /// In an account.
    pub(crate) fn of(account: Account, probe: &'static str, settings: &str) -> Self {
        let project = format!("live-{probe}-{:08x}", fastrand::u32(..));
        let folder = tempfile::tempdir().unwrap();
        let stage = Self { project, owner: account.clone(), account, probe, folder };
        stage.set(settings);
        stage
    }

    /// Rewrites the settings.
    pub(crate) fn set(&self, settings: &str) {
        let Self { project, probe, .. } = self;
        let text = format!(
            "[project]\nname = \"{project}\"\n\n[stage.dev]\nregions = [\"{}\"]\narchitecture = \"{ARCHITECTURE}\"\n\
             tags = {{ {TAG} = \"{probe}\" }}\n{settings}\n",
            self.account.region
        );
        fs::write(self.folder.path().join("zappa_settings.toml"), text).unwrap();
    }

    /// The name of stack and function.
    pub(crate) fn stack(&self) -> String {
        format!("{}-dev", self.project)
    }

    /// Runs a command of the tool to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zappa-rs"));
        self.account.lead(&mut command);
        process::run(command.current_dir(&self.folder).args(args), COMMAND_TIMEOUT)
    }

    /// Runs a command that has to end well; what it answers.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let ended = self.run(args);
        assert_eq!(ended.code, Some(0), "{args:?}: {}{}", ended.stdout, ended.stderr);
        ended.stdout
    }

    /// Deploys a variant of the application, which has to end well; the URL.
    pub(crate) fn deploy(&self, variant: &str) -> String {
        let zip = app::zip(variant);
        self.ok(&["deploy", "--yes", "--zip", zip.to_str().unwrap()])
    }

    /// What a visitor gets at a path of the URL.
    pub(crate) fn visit(&self, url: &str, path: &str) -> Response {
        self.account.visit(url, path).unwrap()
    }

    /// Waits until a visitor gets this status and text; a new API needs some seconds to be known everywhere.
    pub(crate) fn expect(&self, url: &str, path: &str, status: u16, text: &str) {
        eventually(path, || match self.account.visit(url, path) {
            Ok(answer) if answer.status == status && answer.text() == text => Ok(()),
            other => Err(format!("{other:?}")),
        });
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.account = self.owner.clone();
        let removal = self.run(&["undeploy", "--yes", "--remove-logs"]);
        if removal.code == Some(0) {
            return;
        }
        self.folder.disable_cleanup(true);
        let left = format!(
            "stack `{}` may still exist and cost money; run `zappa-rs undeploy --yes --remove-logs` in {}: {}",
            self.stack(),
            self.folder.path().display(),
            removal.stderr
        );
        fail(&left);
    }
}

/// Fails the probe that ends with something left; where it failed before, says so only.
pub(crate) fn fail(left: &str) {
    // A second panic would end all other probes of the process, with what they have not removed yet.
    if thread::panicking() {
        eprintln!("{left}");
    } else {
        panic!("{left}");
    }
}
