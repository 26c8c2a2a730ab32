//! Python programs for tests: emulators, the `aws` command, template checkers, a linker.
//!
//! Each file in `tests/requirements/` becomes a virtual environment below the target folder, created at the first use
//! of one of its programs and kept while the file is unchanged. A machine needs only `python3`.

use std::{
    collections::hash_map::DefaultHasher,
    ffi::OsStr,
    fs::{self, File},
    hash::{Hash as _, Hasher as _},
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
    thread,
    time::Duration,
};

/// The programs of each file in `tests/requirements/`, with the file's purpose.
const SOURCES: [(&str, &[&str], &str); 6] = [
    ("ministack", &["ministack"], include_str!("../requirements/ministack.txt")),
    ("moto", &["moto_server"], include_str!("../requirements/moto.txt")),
    ("otlp", &["python"], include_str!("../requirements/otlp.txt")),
    ("shell", &["shellcheck"], include_str!("../requirements/shell.txt")),
    ("tools", &["aws", "cfn-lint", "python3"], include_str!("../requirements/tools.txt")),
    ("zig", &["zig"], include_str!("../requirements/zig.txt")),
];

/// The marker file of a complete environment.
const MARK: &str = "whole";

/// The path of a program: `ministack`, `moto_server`, `aws`, `cfn-lint`, `shellcheck`, `zig`, `python3`, which can import
/// `samtranslator` and `yaml`, or `python`, which can import OTLP's protocol.
pub(crate) fn tool(program: &str) -> PathBuf {
    let (name, _, wanted) = SOURCES
        .into_iter()
        .find(|(_, programs, _)| programs.contains(&program))
        .unwrap_or_else(|| panic!("no file of `tests/requirements/` brings `{program}`"));
    let environment = environment(name, wanted);
    let path = if program == "zig" { zig(&environment) } else { environment.join("bin").join(program) };
    assert!(path.exists(), "`tests/requirements/{name}.txt` was installed, but there is no `{}`", path.display());
    path
}

/// `pip` puts it beside the library, where no `PATH` leads.
fn zig(environment: &Path) -> PathBuf {
    let libraries = fs::read_dir(environment.join("lib")).expect("an environment has libraries");
    let versions = libraries.map(|entry| entry.expect("a folder can be read").path());
    let paths = versions.map(|version| version.join("site-packages/ziglang/zig"));
    paths.into_iter().find(|path| path.exists()).unwrap_or_default()
}

/// Returns the environment, and creates it if it is missing. Its scripts contain its path, so it is created in place: a
/// lock keeps other tests from creating it too, and a marker distinguishes it from an incomplete one.
#[allow(
    clippy::incompatible_msrv,
    reason = "the tests run on the toolchain of the workspace, whatever a package promises"
)]
fn environment(name: &str, wanted: &str) -> PathBuf {
    let mut hash = DefaultHasher::new();
    (wanted, &*PYTHON).hash(&mut hash);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    fs::create_dir_all(&folder).expect("the target folder can be written");
    let path = folder.join(format!("{name}-{:016x}", hash.finish()));
    let mark = path.join(MARK);
    if mark.exists() {
        return path;
    }
    let lock = File::create(path.with_extension("lock")).expect("the target folder can be written");
    lock.lock().expect("files can be locked");
    if !mark.exists() {
        make(name, &path);
        fs::write(&mark, "").expect("the target folder can be written");
    }
    path
}

fn make(name: &str, path: &Path) {
    let _ = fs::remove_dir_all(path);
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("tests/requirements").join(name).with_extension("txt"))
        .find(|file| file.exists())
        .expect("the tests of this repository lie beside it");
    run(Command::new("python3").args(["-m", "venv"]).arg(path), "install Python's `venv` (Debian: python3-venv)");
    // Without bytecode, since most modules are never imported, and without dependency resolution, since all are pinned.
    let install: [&OsStr; 6] = [
        "install".as_ref(),
        "--disable-pip-version-check".as_ref(),
        "--no-input".as_ref(),
        "--no-compile".as_ref(),
        "--quiet".as_ref(),
        "--requirement".as_ref(),
    ];
    let mut pip = Command::new(path.join("bin/python3"));
    pip.args(["-m", "pip"]).args(install).arg(&requirements);
    // `pip` itself tries a connection again, but not a download that breaks off.
    for pause in [5, 20] {
        if pip.output().is_ok_and(|output| output.status.success()) {
            return;
        }
        thread::sleep(Duration::from_secs(pause));
    }
    run(&mut pip, "these tests need a package index that `pip` reaches");
}

fn run(command: &mut Command, remedy: &str) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; {remedy}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?} failed; {remedy}\n{stdout}{stderr}");
}

/// The version of this machine's Python, on which an environment depends.
static PYTHON: LazyLock<String> = LazyLock::new(|| {
    let arguments = ["-c", "import sys; print(sys.version, sys.base_prefix)"];
    let output = Command::new("python3").args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("these tests need `python3`, 3.10 or newer: {error}"));
    String::from_utf8_lossy(&output.stdout).into_owned()
});
