//! How a binary is made for Lambda: which target, by which tool, and what is missing on this machine.

use std::{fmt, path::PathBuf};

use super::{Artifact, Cargo, Error, Plan};
use crate::settings::{Architecture, Builder};

/// The C library of `provided.al2023`, as zig names it behind a target.
const GLIBC: &str = "2.34";

/// What this machine has.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tools {
    /// The triple that cargo builds for by itself.
    pub(crate) host: String,
    /// The triples whose standard library is installed.
    pub(crate) targets: Vec<String>,
    pub(crate) has_zig: bool,
    pub(crate) has_cross: bool,
    /// Targets are added by rustup.
    pub(crate) has_rustup: bool,
}

/// A build for Lambda.
#[derive(Clone, Debug)]
pub(crate) struct LambdaPlan {
    pub(crate) plan: Plan,
    pub(crate) builder: Builder,
    /// The triple; `None` where the host's own is the one, so that nothing is built twice.
    pub(crate) triple: Option<String>,
    host: String,
}

impl LambdaPlan {
    /// Chooses the tool, or says in one sentence what is missing.
    pub(crate) fn new(
        plan: Plan,
        wanted: Builder,
        architecture: Architecture,
        target: Option<&str>,
        tools: &Tools,
    ) -> Result<Self, Error> {
        let triple = target.unwrap_or_else(|| default_triple(architecture)).to_owned();
        let bare = without_glibc(&triple).to_owned();
        let is_host = bare == tools.host;
        let builder = match wanted {
            Builder::Auto if tools.has_zig && !bare.contains("musl") => Builder::Zigbuild,
            Builder::Auto if is_host || bare.contains("musl") => Builder::Cargo,
            Builder::Auto => return Err(Error::NoLinker { triple: bare, host: tools.host.clone() }),
            Builder::Zigbuild if !tools.has_zig => return Err(Error::NoZig),
            Builder::Cross if !tools.has_cross => return Err(Error::NoCross),
            other => other,
        };
        // cross brings targets in its images.
        if builder != Builder::Cross && !tools.targets.contains(&bare) {
            return Err(Error::NoTarget { triple: bare, has_rustup: tools.has_rustup });
        }
        let triple = match builder {
            Builder::Cargo if is_host => None,
            Builder::Zigbuild if target.is_none() => Some(format!("{bare}.{GLIBC}")),
            Builder::Zigbuild => Some(triple),
            _ => Some(bare),
        };
        Ok(Self { plan, builder, triple, host: tools.host.clone() })
    }

    /// Where cargo leaves the executable.
    pub(crate) fn executable(&self) -> PathBuf {
        let mut path = self.plan.target.target_directory.clone();
        if let Some(triple) = &self.triple {
            path.push(without_glibc(triple));
        }
        path.push(if self.plan.profile == "dev" { "debug" } else { &self.plan.profile });
        if self.plan.target.kind == super::TargetKind::Example {
            path.push("examples");
        }
        path.join(&self.plan.target.name)
    }
}

impl fmt::Display for LambdaPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let triple = self.triple.as_deref().unwrap_or(&self.host);
        let tool = match self.builder {
            Builder::Zigbuild => " with zig",
            Builder::Cross => " with cross",
            _ => "",
        };
        let Plan { target, profile, .. } = &self.plan;
        write!(f, "{} `{}` for {triple}{tool}, profile `{profile}`", target.kind.noun(), target.name)
    }
}

impl Tools {
    /// Looks at this machine, for what the builder may need.
    pub(crate) async fn find(cargo: &Cargo, wanted: Builder) -> Self {
        let ask = async |is_needed: bool, program: &str, args: &[&str]| {
            if is_needed { cargo.output(program, args).await } else { None }
        };
        let may_use_zig = matches!(wanted, Builder::Auto | Builder::Zigbuild);
        let (rustc, zig, python, cross, rustup) = tokio::join!(
            cargo.output("rustc", &["-vV"]),
            ask(may_use_zig, "zig", &["version"]),
            ask(may_use_zig, "python3", &["-m", "ziglang", "version"]),
            ask(wanted == Builder::Cross, "cross", &["--version"]),
            cargo.output("rustup", &["--version"]),
        );
        let host = rustc.as_deref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("host: ")));
        let host = host.unwrap_or_default().to_owned();
        let targets = cargo.installed_targets().await;
        Self {
            host,
            targets,
            has_zig: zig.is_some() || python.is_some(),
            has_cross: cross.is_some(),
            has_rustup: rustup.is_some(),
        }
    }
}

impl Cargo {
    /// Builds as the plan says.
    pub(crate) async fn build_for_lambda(&self, lambda: &LambdaPlan) -> Result<Artifact, Error> {
        let tool = match lambda.builder {
            Builder::Zigbuild => Tool { program: Some(self.own_program()), verb: "zigbuild" },
            Builder::Cross => Tool { program: Some("cross".into()), verb: "build" },
            _ => Tool { program: None, verb: "build" },
        };
        self.build_with(&lambda.plan, &tool, lambda.triple.as_deref()).await
    }

    /// The triples whose standard library lies beside the compiler's own.
    async fn installed_targets(&self) -> Vec<String> {
        let Some(root) = self.output("rustc", &["--print", "sysroot"]).await else { return Vec::new() };
        let folder = PathBuf::from(root.trim()).join("lib").join("rustlib");
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        entries
            .flatten()
            .filter(|entry| entry.path().join("lib").is_dir())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect()
    }
}

/// Which program builds, where it is not cargo.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    pub(super) program: Option<PathBuf>,
    pub(super) verb: &'static str,
}

/// The triple for Lambda's C library.
pub(crate) fn default_triple(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Arm64 => "aarch64-unknown-linux-gnu",
        Architecture::X86_64 => "x86_64-unknown-linux-gnu",
    }
}

/// zig takes the C library's version behind the triple, cargo does not.
fn without_glibc(triple: &str) -> &str {
    match triple.split_once("-gnu.") {
        Some((before, _)) => &triple[..before.len() + "-gnu".len()],
        None => triple,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::{Target, TargetKind};

    fn plan() -> Plan {
        let target = Target {
            package_id: "p".to_owned(),
            manifest_path: "/w/Cargo.toml".into(),
            kind: TargetKind::Bin,
            name: "app".to_owned(),
            workspace_root: "/w".into(),
            target_directory: "/w/target".into(),
        };
        Plan { target, profile: "release".to_owned(), features: Vec::new() }
    }

    fn tools(host: &str, targets: &[&str], has_zig: bool) -> Tools {
        Tools {
            host: host.to_owned(),
            targets: targets.iter().map(|target| (*target).to_owned()).collect(),
            has_zig,
            has_cross: false,
            has_rustup: true,
        }
    }

    #[test]
    fn the_tool_follows_from_the_machine_and_the_settings() {
        const X86: &str = "x86_64-unknown-linux-gnu";
        const ARM: &str = "aarch64-unknown-linux-gnu";
        const MAC: &str = "aarch64-apple-darwin";
        let arm = Architecture::Arm64;
        let x86 = Architecture::X86_64;
        for (wanted, architecture, tools, expected) in [
            (
                Builder::Auto,
                x86,
                tools(X86, &[X86], false),
                "binary `app` for x86_64-unknown-linux-gnu, profile `release`",
            ),
            (
                Builder::Auto,
                x86,
                tools(X86, &[X86], true),
                "binary `app` for x86_64-unknown-linux-gnu.2.34 with zig, profile `release`",
            ),
            (
                Builder::Auto,
                arm,
                tools(MAC, &[MAC, ARM], true),
                "binary `app` for aarch64-unknown-linux-gnu.2.34 with zig, profile `release`",
            ),
            (
                Builder::Auto,
                arm,
                tools(X86, &[X86, ARM], false),
                "nothing on this machine links for aarch64-unknown-linux-gnu",
            ),
            (Builder::Auto, arm, tools(X86, &[X86], true), "target `aarch64-unknown-linux-gnu` is not installed"),
            (Builder::Zigbuild, x86, tools(X86, &[X86], false), "zig is not installed"),
            (Builder::Cross, arm, tools(X86, &[X86], true), "cross is not installed"),
            (Builder::Cargo, arm, tools(X86, &[X86], true), "target `aarch64-unknown-linux-gnu` is not installed"),
        ] {
            let text = match LambdaPlan::new(plan(), wanted, architecture, None, &tools) {
                Ok(plan) => plan.to_string(),
                Err(error) => error.to_string(),
            };
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn a_host_that_fits_is_built_where_local_builds_it() {
        let host = "x86_64-unknown-linux-gnu";
        let at = |has_zig| {
            let tools = tools(host, &[host], has_zig);
            LambdaPlan::new(plan(), Builder::Auto, Architecture::X86_64, None, &tools).unwrap().executable()
        };
        assert_eq!(at(false), PathBuf::from("/w/target/release/app"));
        assert_eq!(at(true), PathBuf::from("/w/target/x86_64-unknown-linux-gnu/release/app"));
    }
}
