//! A probe for the configuration as cargo resolves it: an empty package in a temporary folder, whose build script writes down
//! two variables that cargo sets for build scripts, `CARGO_ENCODED_RUSTFLAGS` and `RUSTC_LINKER`.
//!
//! It takes the start of a compiler, so it runs only for configurations that `configuration.rs` cannot read. The build script fails on
//! purpose: the package itself, for which the target's standard library would be needed, is never compiled.

use std::{fs, io, path::Path, process::Stdio};

use cargo_config2::Flags;

use super::Cargo;

const MANIFEST: &str = "[package]\nname = \"probe\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n";
const BUILD_SCRIPT: &str = r#"
use std::{env, fs, path::Path, process};

fn main() {
    let answer = Path::new(env!("CARGO_MANIFEST_DIR")).join(env::var("TARGET").unwrap());
    if env::var_os("RUSTC_LINKER").is_some() {
        fs::write(answer.with_extension("linker"), "").unwrap();
    }
    fs::write(answer.with_extension("flags"), env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default()).unwrap();
    process::exit(1);
}
"#;

/// Cargo's configuration of one target: flags and linker.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) triple: String,
    pub(super) flags: Flags,
    pub(super) has_linker: bool,
}

/// Asks cargo about the targets; `None` if it does not get as far as the build script, as with files that are not valid TOML.
pub(super) async fn ask(cargo: &Cargo, triples: &[&str]) -> Option<Vec<Answer>> {
    let folder = tempfile::Builder::new().prefix("zappa-rs-probe-").tempdir().ok()?;
    write(folder.path()).ok()?;
    let mut command = cargo.command(&cargo.program);
    command
        .args(["check", "--quiet", "--offline", "--keep-going", "--manifest-path"])
        .arg(folder.path().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(folder.path().join("target"))
        .env("CARGO_BUILD_BUILD_DIR", folder.path().join("target"));
    for triple in triples {
        command.args(["--target", triple]);
    }
    // It fails on purpose; its error message is discarded.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command.status().await.ok()?;
    triples.iter().map(|triple| read(folder.path(), triple)).collect()
}

fn write(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder.join("src"))?;
    fs::write(folder.join("src").join("lib.rs"), "")?;
    fs::write(folder.join("Cargo.toml"), MANIFEST)?;
    fs::write(folder.join("build.rs"), BUILD_SCRIPT)
}

fn read(folder: &Path, triple: &str) -> Option<Answer> {
    let answer = folder.join(triple);
    let flags = fs::read_to_string(answer.with_extension("flags")).ok()?;
    let has_linker = answer.with_extension("linker").exists();
    Some(Answer { triple: triple.to_owned(), flags: Flags::from_encoded(&flags), has_linker })
}
