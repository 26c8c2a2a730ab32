//! A stage of a project: its folder with the settings, its account, and the tool working on it.

use std::{fs, net::SocketAddr, path::PathBuf, process::Command, time::Duration};

use tempfile::TempDir;

use crate::{
    app,
    support::{
        emulator::{self, Account, REGION},
        process::{self, Process},
        response::Response,
    },
};

pub(crate) use crate::support::process::Ended;

/// Longer than any command takes here, on a busy machine too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

/// The stage `dev` of the project `shop` in an account of its own.
pub(crate) struct Stage {
    pub(crate) folder: TempDir,
    pub(crate) account: Account,
    /// The endpoint of AWS for the tool; may be a proxy.
    endpoint: SocketAddr,
    regions: Vec<String>,
}

impl Stage {
    /// In a new account of the shared emulator, with these lines in the stage's settings.
    pub(crate) fn new(settings: &str) -> Self {
        Self::of(emulator::account(), &[REGION], settings)
    }

    /// In an account, in some regions.
    pub(crate) fn of(account: Account, regions: &[&str], settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = account.address();
        let regions = regions.iter().map(|region| (*region).to_owned()).collect();
        let stage = Self { folder, account, endpoint, regions };
        stage.set(settings);
        stage
    }

    /// Rewrites the settings.
    pub(crate) fn set(&self, settings: &str) {
        let regions = &self.regions;
        let text = format!(
            "[project]\nname = \"shop\"\n\n[stage.dev]\nregions = {regions:?}\narchitecture = \"x86_64\"\n{settings}\n"
        );
        fs::write(self.folder.path().join("zappa_settings.toml"), text).unwrap();
    }

    /// Writes settings with other regions and nothing else.
    pub(crate) fn set_regions(&mut self, regions: &[&str]) {
        self.regions = regions.iter().map(|region| (*region).to_owned()).collect();
        self.set("");
    }

    /// The same stage and account, seen through a proxy.
    pub(crate) fn through(&mut self, endpoint: SocketAddr) {
        self.endpoint = endpoint;
    }

    /// The tool with a command on this stage and nothing of this machine's AWS.
    pub(crate) fn tool(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zappa-rs"));
        emulator::clear(&mut command);
        let account = self.account.through(self.endpoint);
        command.envs(account.variables()).env("HOME", self.folder.path()).current_dir(self.folder.path()).args(args);
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        process::run(&mut self.tool(args), PATIENCE)
    }

    /// Runs a command that has to end well; what it answers.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let ended = self.run(args);
        assert_eq!(ended.code, Some(0), "{args:?}: {}{}", ended.stdout, ended.stderr);
        ended.stdout
    }

    /// Starts a command.
    pub(crate) fn start(&self, args: &[&str]) -> Process {
        Process::start(&mut self.tool(args))
    }

    /// `deploy`, `update` and their like with a variant of the application.
    pub(crate) fn with(&self, command: &[&str], variant: &str) -> Ended {
        let zip = self.zip(variant);
        self.run(&[command, &["--yes", "--zip", &zip]].concat())
    }

    /// The same, which has to end well.
    pub(crate) fn ok_with(&self, command: &[&str], variant: &str) -> String {
        let zip = self.zip(variant);
        self.ok(&[command, &["--yes", "--zip", &zip]].concat())
    }

    /// The path of a variant's zip.
    pub(crate) fn zip(&self, variant: &str) -> String {
        let path: PathBuf = app::zip(variant);
        path.into_os_string().into_string().unwrap()
    }

    /// What a visitor gets at a path of the URL that the tool printed.
    pub(crate) fn visit(&self, url: &str, path: &str) -> Response {
        self.account.visit(REGION, url.trim(), path).unwrap()
    }

    /// The status of the stage's stack.
    pub(crate) fn stack_status(&self) -> String {
        let answer = self.account.aws(&["cloudformation", "describe-stacks", "--stack-name", "shop-dev"]);
        answer["Stacks"][0]["StackStatus"].as_str().unwrap().to_owned()
    }

    /// The bucket of artifacts.
    pub(crate) fn bucket(&self, region: &str) -> String {
        format!("zappa-rs-{}-{region}-an", self.account.key)
    }
}
