//! The build for Lambda: the target, the builder that compiles for it (cargo, zig, cross), and what this machine lacks.

use std::{
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
};

use super::{Artifact, BuildMethod, Cargo, Error, Output, Plan, Target, configuration};
use crate::settings::{Architecture, Builder};

/// The toolchain of this machine.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tools {
    /// The host triple.
    pub(crate) host: String,
    /// The version of rustc.
    pub(crate) rustc: Option<String>,
    /// The triples whose standard library is installed.
    pub(crate) targets: Vec<String>,
    /// The triples that cargo's configuration names a linker for.
    pub(crate) linkers: Vec<String>,
    pub(crate) has_zig: bool,
    pub(crate) has_cross: bool,
    /// Whether rustup adds targets.
    pub(crate) has_rustup: bool,
}

/// The plan of a build for Lambda.
#[derive(Clone, Debug)]
pub(crate) struct LambdaPlan {
    pub(crate) plan: Plan,
    method: BuildMethod,
}

impl LambdaPlan {
    /// Chooses the builder; the error says in one sentence what is missing.
    pub(crate) fn new(
        plan: Plan,
        wanted: Builder,
        architecture: Architecture,
        target: Option<&str>,
        tools: &Tools,
    ) -> Result<Self, Error> {
        Ok(Self { plan, method: BuildMethod::choose(wanted, architecture, target, tools)? })
    }

    /// Whether this machine can run the binary.
    pub(crate) fn runs_on(&self, tools: &Tools) -> bool {
        without_glibc(&self.method.triple) == tools.host
            && matches!(self.method.builder, Builder::Cargo | Builder::Zigbuild)
    }
}

impl fmt::Display for LambdaPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan: Plan { target, profile, .. }, method } = self;
        write!(f, "{} `{}` for {method}, profile `{profile}`", target.kind.noun(), target.name)
    }
}

impl Tools {
    /// Inspects this machine's toolchain, as far as the builder needs it.
    pub(crate) async fn find(cargo: &Cargo, wanted: Builder) -> Self {
        let ask = async |is_needed: bool, program: &str, args: &[&str]| {
            if is_needed { cargo.output(program, args).await } else { None }
        };
        let may_use_zig = matches!(wanted, Builder::Auto | Builder::Zigbuild);
        // cargo-zigbuild searches the same folders.
        let variable = |name: &str, otherwise: &str| {
            cargo.variable(name).unwrap_or(OsStr::new(otherwise)).to_string_lossy().into_owned()
        };
        let python = variable("CARGO_ZIGBUILD_PYTHON_PATH", "python3");
        let zig = variable("CARGO_ZIGBUILD_ZIG_PATH", "zig");
        let linkers =
            async { if wanted == Builder::Auto { cargo.configured_linkers(&TRIPLES).await } else { Vec::new() } };
        let (version, sysroot, zig, python, cross, rustup, linkers) = tokio::join!(
            cargo.output("rustc", &["-vV"]),
            cargo.output("rustc", &["--print", "sysroot"]),
            ask(may_use_zig, &zig, &["version"]),
            ask(may_use_zig, &python, &["-m", "ziglang", "version"]),
            ask(wanted == Builder::Cross, "cross", &["--version"]),
            cargo.output("rustup", &["--version"]),
            linkers,
        );
        let fact = |name: &str| version.as_deref()?.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        Self {
            host: fact("host: ").unwrap_or_default(),
            rustc: fact("release: "),
            targets: sysroot.map(|root| installed_targets(Path::new(root.trim()))).unwrap_or_default(),
            linkers,
            has_zig: zig.is_some() || python.is_some(),
            has_cross: cross.is_some(),
            has_rustup: rustup.is_some(),
        }
    }
}

impl Cargo {
    /// Builds by the plan.
    pub(crate) async fn build_for_lambda(&self, lambda: &LambdaPlan, output: &Output) -> Result<Artifact, Error> {
        let mut tool = Tool { triple: Some(lambda.method.triple.clone()), ..Tool::default() };
        match lambda.method.builder {
            Builder::Zigbuild => {
                tool.program = Some(self.own_program());
                tool.verb = "zigbuild";
            }
            Builder::Cross => {
                tool.program = Some("cross".into());
                tool.is_contained = true;
            }
            _ => {}
        }
        // In cross's container the folders have other names, the same on every machine.
        let Plan { target, features, .. } = &lambda.plan;
        let triple = without_glibc(&lambda.method.triple);
        let flags = self.rustflags(triple).await;
        let is_for_own_cpu = flags.as_ref().is_some_and(configuration::is_for_own_cpu);
        if lambda.method.builder != Builder::Cross {
            let outside = self.outside_roots(target, features, triple).await;
            tool.flags = flags.and_then(|flags| self.flags_without_folders(flags, target, &outside));
        }
        let artifact = self.build_with(&lambda.plan, &tool, output).await?;
        Ok(Artifact { is_for_own_cpu, ..artifact })
    }
}

/// The triples whose standard library is installed in the compiler's sysroot.
fn installed_targets(sysroot: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(sysroot.join("lib").join("rustlib")) else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| entry.path().join("lib").is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// The builder: its program, arguments and environment.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    /// The program; `None` is cargo itself.
    pub(super) program: Option<PathBuf>,
    pub(super) verb: &'static str,
    pub(super) triple: Option<String>,
    /// `CARGO_ENCODED_RUSTFLAGS`, where the user's own flags have to be replaced.
    pub(super) flags: Option<String>,
    /// Whether it runs in a container, where this machine's folders have other paths.
    pub(super) is_contained: bool,
}

impl Default for Tool {
    fn default() -> Self {
        Self { program: None, verb: "build", triple: None, flags: None, is_contained: false }
    }
}

impl Tool {
    /// The build folder that all builds of the workspace share. Without one, each stage compiles all in a folder of its
    /// own: before cargo 1.91, and where cargo would read the path as a template.
    pub(super) fn shared_directory<'a>(&self, target: &'a Target) -> Option<&'a Path> {
        let is_plain = |path: &&PathBuf| !path.to_string_lossy().contains(['{', '}']);
        target.build_directory.as_ref().filter(is_plain).filter(|_| !self.is_contained).map(PathBuf::as_path)
    }
}

/// The triples for which cargo's configuration is asked for a linker.
const TRIPLES: [&str; 4] = [
    "aarch64-unknown-linux-gnu",
    "aarch64-unknown-linux-musl",
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
];

/// The triple for Lambda's C library.
pub(crate) fn default_triple(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Arm64 => "aarch64-unknown-linux-gnu",
        Architecture::X86_64 => "x86_64-unknown-linux-gnu",
    }
}

/// The triple in cargo's form.
pub(crate) fn bare_triple(target: Option<&str>, architecture: Architecture) -> &str {
    target.map_or_else(|| default_triple(architecture), without_glibc)
}

/// The triple without the version of the C library, which zig takes and cargo does not.
pub(super) fn without_glibc(triple: &str) -> &str {
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
            build_directory: None,
            package: "app".to_owned(),
            features: Vec::new(),
        };
        Plan { target, profile: "release".to_owned(), features: Vec::new() }
    }

    fn tools(host: &str, targets: &[&str], has_zig: bool) -> Tools {
        Tools {
            host: host.to_owned(),
            rustc: None,
            linkers: Vec::new(),
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
    fn a_target_of_the_users_own_is_taken_as_it_is_and_has_to_fit() {
        let x86 = "x86_64-unknown-linux-gnu";
        let musl = "x86_64-unknown-linux-musl";
        for (target, has_zig, expected) in [
            (musl, true, "binary `app` for x86_64-unknown-linux-musl, profile `release`"),
            (x86, false, "binary `app` for x86_64-unknown-linux-gnu, profile `release`"),
            (
                "x86_64-unknown-linux-gnu.2.26",
                true,
                "binary `app` for x86_64-unknown-linux-gnu.2.26 with zig, profile `release`",
            ),
            (
                "aarch64-unknown-linux-gnu",
                true,
                "`target = \"aarch64-unknown-linux-gnu\"` is not for `architecture = \"x86_64\"`",
            ),
        ] {
            let tools = tools(x86, &[x86, musl], has_zig);
            let text = match LambdaPlan::new(plan(), Builder::Auto, Architecture::X86_64, Some(target), &tools) {
                Ok(plan) => plan.to_string(),
                Err(error) => error.to_string(),
            };
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn a_linker_that_cargo_knows_will_do() {
        let (x86, arm) = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu");
        let tools = Tools { linkers: vec![arm.to_owned()], ..tools(x86, &[x86, arm], false) };
        let plan = LambdaPlan::new(plan(), Builder::Auto, Architecture::Arm64, None, &tools).unwrap();
        assert_eq!(plan.to_string(), "binary `app` for aarch64-unknown-linux-gnu, profile `release`");
        assert!(!plan.runs_on(&tools));
    }
}
