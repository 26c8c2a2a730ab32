//! How a build for Lambda is done on this machine: by which builder, and for which triple.

use std::fmt;

use super::{
    Error,
    lambda::{Tools, default_triple, without_glibc},
};
use crate::settings::{Architecture, Builder};

/// The C library of `provided.al2023`, as zig names it behind a target.
const GLIBC: &str = "2.34";

/// The builder and the triple of a build.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct BuildMethod {
    pub(super) builder: Builder,
    /// Named for the host triple, too: cargo then builds in a separate folder, so that our flags do not invalidate what the
    /// user's next `cargo build` could reuse.
    pub(super) triple: String,
}

impl BuildMethod {
    /// Chooses the builder; the error says in one sentence what is missing.
    pub(crate) fn choose(
        wanted: Builder,
        architecture: Architecture,
        target: Option<&str>,
        tools: &Tools,
    ) -> Result<Self, Error> {
        let triple = target.unwrap_or_else(|| default_triple(architecture)).to_owned();
        let bare = without_glibc(&triple).to_owned();
        if !bare.starts_with(machine(architecture)) {
            return Err(Error::OtherTarget { triple, architecture: architecture.word() });
        }
        let is_host = bare == tools.host;
        // Rust brings all that a static binary needs but a linker, which this machine has for its own architecture.
        let is_static_here =
            bare.contains("musl") && tools.host.starts_with(machine(architecture)) && tools.host.contains("linux");
        let builder = match wanted {
            Builder::Auto if is_static_here => Builder::Cargo,
            Builder::Auto if tools.has_zig => Builder::Zigbuild,
            Builder::Auto if is_host || tools.linkers.contains(&bare) => Builder::Cargo,
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
            Builder::Zigbuild if target.is_none() => format!("{bare}.{GLIBC}"),
            Builder::Zigbuild => triple,
            _ => bare,
        };
        Ok(Self { builder, triple })
    }
}

impl fmt::Display for BuildMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tool = match self.builder {
            Builder::Zigbuild => " with zig",
            Builder::Cross => " with cross",
            _ => "",
        };
        write!(f, "{}{tool}", self.triple)
    }
}

/// The architecture's part of a triple.
fn machine(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Arm64 => "aarch64-",
        Architecture::X86_64 => "x86_64-",
    }
}
