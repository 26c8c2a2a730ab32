//! The hidden subcommands `zig` and `zigbuild`: cargo-zigbuild, as a library, runs this executable again as compiler and linker.
//!
//! These calls are between programs. They are detected by the first argument or by the program's name, before the command line
//! is parsed.

use std::{ffi::OsString, path::Path};

use cargo_zigbuild::{Build, Zig};
use clap::Parser;

/// `zappa-rs zig cc ...`, as the wrappers of cargo-zigbuild call it.
#[derive(Debug, Parser)]
#[command(name = "zappa-rs")]
enum Front {
    /// Cargo's build with zig as the linker.
    #[command(name = "zigbuild")]
    Build(Box<Build>),
    /// Zig's tools.
    #[command(subcommand)]
    Zig(Zig),
}

/// Runs a call of cargo-zigbuild; `None` if the arguments are not one. The error is the message for stderr.
pub(crate) fn run(args: &[OsString]) -> Option<Result<(), String>> {
    let name = args.first().map(|program| Path::new(program).file_stem().unwrap_or_default().to_ascii_lowercase())?;
    let rest = || args.iter().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let outcome = match name.to_str() {
        Some("ar") => Zig::Ar { args: rest() }.execute(),
        Some("lib") => Zig::Lib { args: rest() }.execute(),
        _ if args.get(1).is_some_and(|first| first == "zig" || first == "zigbuild") => {
            match Front::try_parse_from(args) {
                Ok(Front::Build(mut build)) => {
                    build.enable_zig_ar = true;
                    build.execute()
                }
                Ok(Front::Zig(zig)) => zig.execute(),
                Err(error) => Err(error.into()),
            }
        }
        _ => return None,
    };
    match outcome {
        Ok(()) => Some(Ok(())),
        Err(error) => Some(Err(format!("error: {error:#}"))),
    }
}
