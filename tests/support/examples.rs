//! The binaries of the examples, built by one call of cargo in each test process.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

static EXAMPLES: LazyLock<BTreeMap<String, PathBuf>> = LazyLock::new(build);

/// Returns the path of an example's binary.
pub(crate) fn binary(name: &str) -> &'static Path {
    EXAMPLES.get(name).unwrap_or_else(|| panic!("there is no example `{name}`"))
}

// Builds with the workspace's profile `suite`, all at once, so that shared code is compiled once. The environment is that of
// `cargo test`, with `CARGO_TARGET_DIR`; cargo's messages have the paths of the binaries.
fn build() -> BTreeMap<String, PathBuf> {
    // The tests belong to packages right below the workspace's folder.
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--profile", "suite", "--examples", "--package", "zappa-rs", "--package", "zappa-rs-examples"])
        .args(["--manifest-path", manifest])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "the examples do not compile");
    executables(&output.stdout)
}

/// The paths of examples and binaries in cargo's messages.
fn executables(messages: &[u8]) -> BTreeMap<String, PathBuf> {
    let lines = messages.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let messages = lines.map(|line| serde_json::from_slice::<serde_json::Value>(line).expect("cargo writes JSON"));
    messages
        .filter(|message| ["bin", "example"].iter().any(|kind| message["target"]["kind"][0] == *kind))
        .filter_map(|message| {
            let name = message["target"]["name"].as_str()?.to_owned();
            Some((name, PathBuf::from(message["executable"].as_str()?)))
        })
        .collect()
}

/// Builds an example without optimisation, for those with the AWS SDK, which would take minutes. Returns the path of its binary.
#[allow(dead_code, reason = "not every test that takes this module has such an example")]
pub(crate) fn unoptimized(name: &str, flags: &[&str]) -> PathBuf {
    let mut command = cargo();
    command.args(["build", "--example", name]).args(flags).current_dir(workspace());
    executable(&mut command, name)
}

/// Builds the program of an example that is a workspace of its own, without optimisation. Returns the path of its binary.
#[allow(dead_code, reason = "not every test that takes this module has such an example")]
pub(crate) fn project(name: &str) -> PathBuf {
    let mut command = cargo();
    // What both workspaces have alike is compiled once.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    command.args(["build", "--locked", "--bin", name]).env("CARGO_TARGET_DIR", target);
    command.current_dir(workspace().join("examples").join(name));
    executable(&mut command, name)
}

/// The folder of the workspace.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A command of cargo.
fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    // What cargo says to this test about its package would be said to the build scripts of `ring`, which run again when that
    // changes: most of the workspace would be compiled again, now and by the next `cargo test`.
    for (variable, _) in std::env::vars_os() {
        let variable = variable.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| variable.starts_with(prefix)) {
            command.env_remove(&*variable);
        }
    }
    command
}

/// The binary that a command of cargo builds.
fn executable(command: &mut Command, name: &str) -> PathBuf {
    let output = command.args(["--message-format", "json-render-diagnostics"]).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    executables(&output.stdout).remove(name).unwrap_or_else(|| panic!("cargo built no `{name}`"))
}
