//! `zappa-rs package`: what is built, what goes into the zip, what is refused before anything could be uploaded.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _, Write as _},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use insta::{Settings, assert_snapshot};
use rustix::process::{Pid, Signal, kill_process};
use sha2::{Digest as _, Sha256};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{poll::poll, tool::Tool};

/// This machine's kind, which it can build for.
const ARCHITECTURE: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
/// Longer than a small build takes on a busy machine.
const BUILD_TIMEOUT: Duration = Duration::from_secs(240);
const MACHINES: [(&str, u16); 2] = [("x86_64", 62), ("arm64", 183)];

fn triple() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

fn tool() -> Tool {
    Tool::new(&triple(), &[&triple()])
}

/// Settings for this machine's kind.
fn settings(stage: &str) -> String {
    format!("[stage.dev]\naws_region = \"eu-west-1\"\narchitecture = \"{ARCHITECTURE}\"\n{stage}\n")
}

/// An app that would contain the folder of its build: in panics of generated code, and in debug information.
fn shop(tool: &Tool) {
    tool.package(
        "shop",
        "",
        "mod made { include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\")); }\nfn main() { made::made() }",
    )
    .file(
        "build.rs",
        "fn main() {
                let folder = std::env::var(\"OUT_DIR\").unwrap();
                let text = \"pub fn made() { if std::env::args().count() > 9 { panic!(\\\"made\\\") } }\";
                std::fs::write(folder + \"/made.rs\", text).unwrap();
            }",
    )
    .file("assets/a.txt", "a")
    .file("assets/run.sh", "#!/bin/sh\n")
    .file("zappa_settings.toml", &settings("include = [\"assets\"]"));
    let manifest = tool.read("Cargo.toml") + "[profile.release]\ndebug = \"line-tables-only\"\n";
    tool.file("Cargo.toml", &manifest);
    let script = tool.project("assets/run.sh");
    fs::set_permissions(script, fs::Permissions::from_mode(0o700)).unwrap();
}

/// The same, built once for all tests that only read it.
fn built() -> &'static (Tool, String) {
    static BUILT: OnceLock<(Tool, String)> = OnceLock::new();
    BUILT.get_or_init(|| {
        let tool = tool();
        shop(&tool);
        let ran = tool.snapshot(&["package", "-q"]);
        (tool, ran)
    })
}

/// A program for Linux that is as small as one can be.
fn program(architecture: &str) -> Vec<u8> {
    let (_, machine) = MACHINES.into_iter().find(|(name, _)| *name == architecture).unwrap();
    let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0".to_vec();
    bytes.extend(machine.to_le_bytes());
    bytes.extend([1, 0, 0, 0, 0, 0x10]);
    bytes.resize(64, 0);
    bytes[52] = 64;
    bytes
}

/// A project whose program is `bytes`, without a compiler.
fn ready(stage: &str, bytes: &[u8]) -> Tool {
    let tool = tool();
    let command = "builder = \"command\"\nbuild_command = \"echo built\"\nbuild_output = \"app\"\n";
    tool.package("shop", "", "fn main() {}").file("zappa_settings.toml", &settings(&format!("{command}{stage}")));
    fs::write(tool.project("app"), bytes).unwrap();
    tool
}

/// Leaves out what differs between machines.
fn alike(assertion: impl FnOnce()) {
    let mut settings = Settings::clone_current();
    settings.add_filter("aarch64|arm64|x86_64", "[ARCHITECTURE]");
    settings.bind(assertion);
}

#[test]
fn the_answer_is_path_size_and_hash_of_what_lies_there() {
    let (tool, ran) = built();
    let zip = fs::read(tool.project("target/zappa-rs/shop-dev.zip")).unwrap();
    let hash: String = Sha256::digest(&zip).iter().map(|byte| format!("{byte:02x}")).collect();
    let path = "[PROJECT]/target/zappa-rs/shop-dev.zip";
    assert_eq!(*ran, format!("exit: 0\n--- stdout\n{path}\n{}\n{hash}\n--- stderr\n", zip.len()));
    let document = tool.snapshot(&["package", "-q", "--json", "--no-build"]);
    let text = document.trim_start_matches("exit: 0\n--- stdout\n").trim_end_matches("--- stderr\n");
    let answer: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(answer, serde_json::json!({ "path": path, "size": zip.len(), "sha256": hash }));
}

#[test]
fn the_same_source_in_another_folder_is_the_same_zip() {
    let (first, _) = built();
    let second = tool();
    shop(&second);
    let ran = second.snapshot(&["package"]);
    assert!(ran.starts_with("exit: 0\n"), "{ran}");
    let [first_zip, second_zip] =
        [first, &second].map(|tool| fs::read(tool.project("target/zappa-rs/shop-dev.zip")).unwrap());
    assert!(first_zip == second_zip, "the zips differ");

    let mut zip = ZipArchive::new(std::io::Cursor::new(second_zip)).unwrap();
    let mut program = Vec::new();
    zip.by_name("bootstrap").unwrap().read_to_end(&mut program).unwrap();
    let home = second.path("").display().to_string();
    assert!(
        !program.windows(home.len()).any(|window| window == home.as_bytes()),
        "the program contains the folder of its build"
    );
}

/// The zip of a workspace that depends on `lib`, and its program.
fn depending(lib: &Path) -> (Vec<u8>, Vec<u8>) {
    let tool = tool();
    tool.package("shop", &format!("lib = {{ path = '{}' }}", lib.display()), "fn main() { lib::count() }")
        .file("zappa_settings.toml", &settings(""));
    let ran = tool.snapshot(&["package", "-q"]);
    assert!(ran.starts_with("exit: 0\n"), "{ran}");
    let zip = fs::read(tool.project("target/zappa-rs/shop-dev.zip")).unwrap();
    let mut program = Vec::new();
    let mut archive = ZipArchive::new(std::io::Cursor::new(&zip)).unwrap();
    archive.by_name("bootstrap").unwrap().read_to_end(&mut program).unwrap();
    (zip, program)
}

#[test]
fn a_path_dependency_outside_of_the_workspace_has_a_name_of_ours_in_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let lib = folder.path().canonicalize().unwrap().join("lib");
    fs::create_dir_all(lib.join("src")).unwrap();
    fs::write(lib.join("Cargo.toml"), "[package]\nname = \"lib\"\nversion = \"1.0.0\"\nedition = \"2024\"\n").unwrap();
    let source = "#[inline(never)]\npub fn count() { if std::env::args().count() > 9 { panic!(\"counted\") } }\n";
    fs::write(lib.join("src/lib.rs"), source).unwrap();
    let (first, program) = depending(&lib);
    let contains = |text: &str| program.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(contains("/dep/lib/src/lib.rs"), "the panic has no location");
    assert!(!contains(&folder.path().display().to_string()), "the program contains its dependency's folder");
    // Where the dependency lies counts, and where the workspace does not.
    let (second, _) = depending(&lib);
    assert!(first == second, "the zips differ");
}

#[test]
fn what_is_included_stands_beside_the_program_with_its_mode() {
    let zip = File::open(built().0.project("target/zappa-rs/shop-dev.zip")).unwrap();
    let mut zip = ZipArchive::new(zip).unwrap();
    let entries: Vec<_> = (0..zip.len())
        .map(|index| {
            let entry = zip.by_index(index).unwrap();
            (entry.name().unwrap().into_owned(), entry.unix_mode().unwrap() & 0o777)
        })
        .collect();
    let expected = [("assets/a.txt", 0o644), ("assets/run.sh", 0o755), ("bootstrap", 0o755)];
    assert_eq!(entries, expected.map(|(name, mode)| (name.to_owned(), mode)));
}

#[test]
fn flags_of_the_users_own_are_kept() {
    let tool = tool();
    tool.package("shop", "", "#[cfg(not(mine))] compile_error!(\"lost\");\nfn main() {}")
        .file(".cargo/config.toml", "[build]\nrustflags = [\"--cfg=mine\"]\n")
        .file("zappa_settings.toml", &settings(""));
    let ran = tool.snapshot(&["package", "-q"]);
    assert!(ran.starts_with("exit: 0\n"), "{ran}");
}

#[test]
fn flags_of_included_files_are_kept_and_those_for_this_cpu_are_warned_of() {
    let tool = tool();
    tool.package("shop", "", "#[cfg(not(mine))] compile_error!(\"lost\");\nfn main() {}")
        .file(".cargo/config.toml", "include = [\"shared.toml\"]\n")
        .file(".cargo/shared.toml", "[build]\nrustflags = [\"--cfg=mine\", \"-C\", \"target-cpu=native\"]\n")
        .file("zappa_settings.toml", &settings(""));
    let ran = tool.snapshot(&["package"]);
    assert!(ran.starts_with("exit: 0\n"), "{ran}");
    assert!(ran.contains("warning: the compiler's flags have `target-cpu=native`: "), "{ran}");
}

#[test]
fn a_program_that_ends_by_its_first_panic_is_packaged_with_a_warning() {
    let tool = tool();
    tool.package("shop", "", "fn main() {}").file("zappa_settings.toml", &settings("profile = \"small\""));
    let profile = "[profile.small]\ninherits = \"release\"\npanic = \"abort\"\n";
    tool.file("Cargo.toml", &(tool.read("Cargo.toml") + profile));
    let ran = tool.snapshot(&["package"]);
    assert!(ran.starts_with("exit: 0\n"), "{ran}");
    assert!(ran.contains("warning: the binary is built with `panic = \"abort\"`"), "{ran}");
}

#[test]
fn a_newer_c_library_is_refused_with_the_remedy() {
    let tool = tool();
    let command = "builder = \"command\"\nbuild_command = \"true\"\nbuild_output = \"app\"";
    tool.package("shop", "", "fn main() {}").file("zappa_settings.toml", &settings(command));
    let found = built().0.project("target/zappa-rs/shop-dev/target").join(triple()).join("release/shop");
    let mut bytes = fs::read(found).unwrap();
    let needed = b"GLIBC_2.34\0";
    let positions: Vec<usize> = (0..bytes.len() - needed.len()).filter(|at| bytes[*at..].starts_with(needed)).collect();
    assert!(!positions.is_empty(), "this machine's C library is older than Lambda's");
    for at in positions {
        bytes[at + 8..at + 10].copy_from_slice(b"99");
    }
    fs::write(tool.project("app"), bytes).unwrap();
    let ran = tool.snapshot(&["package", "-q"]);
    let begin = "exit: 1\n--- stdout\n--- stderr\nerror: `[PROJECT]/app` needs GLIBC 2.99 (for `";
    let end = "`), and Lambda's `provided.al2023` has 2.34\n\n\
               hint: `builder = \"zigbuild\"` links against the older one: `pip install ziglang`\n";
    assert!(ran.starts_with(begin) && ran.ends_with(end), "{ran}");
}

#[test]
fn another_architecture_is_refused() {
    let other = MACHINES.iter().find(|(name, _)| *name != ARCHITECTURE).unwrap().0;
    let ran = ready("", &program(other)).snapshot(&["package"]);
    alike(|| assert_snapshot!(ran));
}

#[test]
fn what_is_no_program_is_refused() {
    alike(|| assert_snapshot!(ready("", b"#!/bin/sh\n").snapshot(&["package", "-q"])));
}

#[test]
fn a_command_of_the_users_own_tells_its_story_on_stderr() {
    let ran = ready("", &program(ARCHITECTURE)).snapshot(&["package"]);
    let (answer, story) = ran.split_once("--- stderr\n").unwrap();
    assert!(answer.starts_with("exit: 0\n--- stdout\n[PROJECT]/target/zappa-rs/shop-dev.zip\n"), "{answer}");
    assert_eq!(story, "Running echo built\nbuilt\nPackaging [PROJECT]/target/zappa-rs/shop-dev.zip\n");
}

#[test]
fn a_command_that_fails_or_leaves_nothing_is_reported() {
    let tool = ready("", &program(ARCHITECTURE));
    let text = tool.read("zappa_settings.toml");
    tool.file("zappa_settings.toml", &text.replace("echo built", "exit 3"));
    alike(|| assert_snapshot!(tool.snapshot(&["package", "-q"])));
    tool.file("zappa_settings.toml", &text.replace("\"app\"", "\"none\""));
    alike(|| assert_snapshot!("a_command_that_leaves_nothing", tool.snapshot(&["package", "-q"])));
}

#[test]
fn includes_that_are_wrong_are_reported_and_no_zip_is_made() {
    for (include, expected) in [
        ("nothing", "`include` names `nothing`, and nothing is there"),
        ("../secret", "`include` names `../secret`, which lies outside of the settings file's folder"),
        ("bootstrap", "`include` brings a file that is named `bootstrap`, as the program is"),
    ] {
        let tool = ready(&format!("include = [\"{include}\"]"), &program(ARCHITECTURE));
        tool.file("bootstrap", "").file("../secret", "");
        let ran = tool.snapshot(&["package", "-q"]);
        assert!(ran.starts_with("exit: 2\n--- stdout\n--- stderr\n"), "{ran}");
        assert!(ran.contains(&format!("error: {expected}\n\nhint: ")), "{ran}");
        assert!(!tool.has("target/zappa-rs/shop-dev.zip"));
    }
}

#[test]
fn entries_have_the_date_that_the_environment_gives() {
    let tool = ready("include = [\"assets\"]", &program(ARCHITECTURE));
    tool.file("assets/a.txt", "a");
    let package = |date: &str| tool.snapshot_of(tool.command(&["package", "-q"]).env("SOURCE_DATE_EPOCH", date));
    let read = || fs::read(tool.project("target/zappa-rs/shop-dev.zip")).unwrap();
    let mut zips = Vec::new();
    for (date, expected) in
        [("1709164800", "2024-02-29 00:00:00"), ("1709164800", "2024-02-29 00:00:00"), ("", "1980-01-01 00:00:00")]
    {
        let ran = package(date);
        assert!(ran.starts_with("exit: 0\n"), "{ran}");
        let mut zip = ZipArchive::new(std::io::Cursor::new(read())).unwrap();
        assert_eq!(zip.len(), 2);
        for index in 0..zip.len() {
            assert_eq!(zip.by_index(index).unwrap().last_modified().unwrap().to_string(), expected);
        }
        zips.push(read());
    }
    assert!(zips[0] == zips[1] && zips[1] != zips[2]);
    let ran = package("yesterday");
    assert!(ran.starts_with("exit: 2\n--- stdout\n--- stderr\nerror: `SOURCE_DATE_EPOCH` is `yesterday`"), "{ran}");
    assert!(read() == zips[2]);
}

#[test]
fn more_than_lambda_takes_is_refused() {
    let tool = ready("include = [\"large\"]", &program(ARCHITECTURE));
    tool.file("large", "");
    // Nothing is written to the disk for it.
    File::options().write(true).open(tool.project("large")).unwrap().set_len(251 << 20).unwrap();
    assert_snapshot!(tool.snapshot(&["package", "-q"]));
}

#[test]
fn what_this_machine_lacks_is_one_sentence_and_a_command() {
    let x86 = "x86_64-unknown-linux-gnu";
    let tool = Tool::new(x86, &[x86]);
    tool.package("shop", "", "fn main() {}").file("zappa_settings.toml", "[stage.dev]\naws_region = \"eu-west-1\"\n");
    assert_snapshot!("no_linker", tool.snapshot(&["package"]));
    tool.program("zig", "#!/bin/sh\n");
    assert_snapshot!("no_target", tool.snapshot(&["package"]));
    tool.program("rustup", "#!/bin/sh\n");
    assert_snapshot!("no_target_but_rustup", tool.snapshot(&["package"]));
    let set =
        |line: &str| tool.file("zappa_settings.toml", &format!("[stage.dev]\naws_region = \"eu-west-1\"\n{line}\n"));
    set("builder = \"cross\"");
    assert_snapshot!("no_cross", tool.snapshot(&["package"]));
    set("target = \"x86_64-unknown-linux-gnu\"");
    assert_snapshot!("a_target_of_the_other_kind", tool.snapshot(&["package"]));
}

/// Says which program would be taken, by saying that it is not there yet.
fn chosen(tool: &Tool, folder: &str) -> String {
    tool.snapshot_of(&mut tool.command_in(folder, &["package", "-q", "--no-build"])).replace(&triple(), "[TRIPLE]")
}

#[test]
fn one_program_of_a_workspace_is_chosen_by_folder_or_by_settings() {
    let tool = tool();
    let member = |name: &str, more: &str| {
        tool.file(
            &format!("{name}/Cargo.toml"),
            &format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n"),
        )
        .file(&format!("{name}/src/main.rs"), "fn main() {}")
        .file(&format!("{name}/{more}"), "fn main() {}");
    };
    tool.file("Cargo.toml", "[workspace]\nmembers = [\"api\", \"jobs\"]\nresolver = \"3\"\n");
    member("api", "examples/small.rs");
    member("jobs", "src/bin/nightly.rs");
    let root = |project: &str| tool.file("zappa_settings.toml", &format!("[project]\n{project}\n{}", settings("")));

    root("package = \"api\"");
    let expected = "error: nothing was built yet for `api-dev`, which is binary `api` of `api/Cargo.toml` for [TRIPLE], profile `release`\n";
    assert!(chosen(&tool, "").contains(expected), "{}", chosen(&tool, ""));
    assert!(chosen(&tool, "jobs/src").contains(expected), "found upward");
    root("package = \"api\"\nexample = \"small\"");
    assert!(chosen(&tool, "").contains("which is example `small` of"), "{}", chosen(&tool, ""));
    root("package = \"jobs\"\nbin = \"nightly\"");
    assert!(chosen(&tool, "").contains("which is binary `nightly` of `jobs/Cargo.toml`"), "{}", chosen(&tool, ""));
    root("package = \"jobs\"");
    assert_snapshot!(chosen(&tool, ""));
    tool.file("api/zappa_settings.toml", &settings("profile = \"dev\""));
    assert!(chosen(&tool, "api").contains("profile `dev`"), "{}", chosen(&tool, "api"));
}

#[test]
fn a_package_whose_name_aws_does_not_take_is_reported_before_anything_is_built() {
    let tool = tool();
    let name = "a-very-".repeat(10) + "long-name";
    tool.package(&name, "", "fn main() {}").file("zappa_settings.toml", &settings(""));
    let ran = tool.snapshot(&["package"]);
    assert!(
        ran.starts_with("exit: 2\n--- stdout\n--- stderr\nerror: the package's name makes the stack `a-very-"),
        "{ran}"
    );
    assert!(ran.ends_with("hint: name the project: `[project]` `name = \"...\"`\n"), "{ran}");
    tool.file("zappa_settings.toml", &format!("[project]\nname = \"shop\"\n{}", settings("")));
    assert!(tool.snapshot(&["package", "-q"]).starts_with("exit: 0\n"));
}

/// A project whose stages differ by a feature that the binary shows.
fn two_stages() -> Tool {
    let tool = tool();
    let main =
        "fn main() { println!(\"made with {}\", if cfg!(feature = \"a\") { \"FEATURE-A\" } else { \"FEATURE-B\" }) }";
    tool.package("shop", "", main).file(
        "zappa_settings.toml",
        &(settings("features = [\"a\"]").replace("stage.dev", "stage.a")
            + &settings("features = [\"b\"]").replace("stage.dev", "stage.b")),
    );
    tool.file("Cargo.toml", &(tool.read("Cargo.toml") + "[features]\na = []\nb = []\n"));
    tool
}

/// The features that the program of a zip was built with.
fn features_of(tool: &Tool, stage: &str) -> Vec<&'static str> {
    let zip = File::open(tool.project(&format!("target/zappa-rs/shop-{stage}.zip"))).unwrap();
    let mut program = Vec::new();
    ZipArchive::new(zip).unwrap().by_name("bootstrap").unwrap().read_to_end(&mut program).unwrap();
    ["FEATURE-A", "FEATURE-B"]
        .into_iter()
        .filter(|mark| program.windows(mark.len()).any(|window| window == mark.as_bytes()))
        .collect()
}

#[test]
fn two_stages_at_once_have_each_their_own_program() {
    let tool = two_stages();
    // The first build's command ends only after a build of the other stage, so the second takes the first's place in
    // cargo's folder before the first is read.
    let cargo = format!(
        "#!/bin/sh\n'{cargo}' \"$@\" || exit\ncase \"$*\" in *'--features a'*) exec 1>&2; '{cargo}' build --release --target {} --features b --quiet;; esac\n",
        triple(),
        cargo = env!("CARGO"),
    );
    tool.program("cargo", &cargo);
    let mut command = tool.command(&["package", "a", "-q"]);
    command.env("CARGO", tool.path("bin/cargo"));
    let ran = tool.snapshot_of(&mut command);
    assert!(ran.starts_with("exit: 0\n"), "{ran}");
    assert_eq!(features_of(&tool, "a"), ["FEATURE-A"]);

    let children = ["a", "b"].map(|stage| {
        tool.command(&["package", stage, "-q"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    });
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!((features_of(&tool, "a"), features_of(&tool, "b")), (vec!["FEATURE-A"], vec!["FEATURE-B"]));
}

#[test]
fn what_was_built_last_is_taken_only_by_its_own_stage_and_settings() {
    let tool = two_stages();
    for stage in ["a", "b"] {
        let ran = tool.snapshot(&["package", stage, "-q"]);
        assert!(ran.starts_with("exit: 0\n"), "{ran}");
    }
    let ran = tool.snapshot(&["package", "a", "--no-build"]);
    assert!(ran.starts_with("exit: 0\n"), "{ran}");
    assert!(ran.contains("Reusing binary `shop` of `Cargo.toml` for "), "{ran}");
    assert!(ran.contains("feature `a`, built ") && !ran.contains("warning"), "{ran}");
    assert_eq!(features_of(&tool, "a"), ["FEATURE-A"]);

    let text = tool.read("zappa_settings.toml");
    tool.file("zappa_settings.toml", &text.replace("[\"b\"]", "[\"a\", \"b\"]"));
    let ran = tool.snapshot(&["package", "b", "--no-build"]);
    assert!(ran.starts_with("exit: 1\n"), "{ran}");
    assert!(ran.contains("features `a` and `b`, and what was built last, "), "{ran}");
    assert!(ran.contains("profile `release`, feature `b`\n\nhint: build it first: leave `--no-build` out\n"), "{ran}");

    let binary = tool.project("target/zappa-rs/shop-a/target").join(triple()).join("release/shop");
    let changed = [fs::read(&binary).unwrap(), b"more".to_vec()].concat();
    fs::remove_file(&binary).unwrap();
    fs::write(&binary, changed).unwrap();
    let ran = tool.snapshot(&["package", "a", "--no-build"]);
    assert!(ran.starts_with("exit: 1\n") && ran.contains("it was replaced since"), "{ran}");
}

#[test]
fn source_that_is_younger_than_what_was_built_is_reported() {
    let tool = two_stages();
    assert!(tool.snapshot(&["package", "a", "-q"]).starts_with("exit: 0\n"));
    let source = File::options().append(true).open(tool.project("src/main.rs")).unwrap();
    source.set_modified(std::time::SystemTime::now() + Duration::from_secs(5)).unwrap();
    let ran = tool.snapshot(&["package", "a", "--no-build"]);
    assert!(ran.contains("warning: `[PROJECT]/src/main.rs` was edited since\n"), "{ran}");
}

#[test]
fn a_command_of_the_users_own_leaves_each_stage_its_own_program() {
    let tool = ready("", &program(ARCHITECTURE));
    let stage = tool.read("zappa_settings.toml");
    let other = stage.replace("stage.dev", "stage.prod").replace("echo built", "printf more >> app");
    tool.file("zappa_settings.toml", &(stage + &other));
    let sizes = ["dev", "prod", "dev"].map(|stage| {
        let again = if stage == "dev" && tool.has("target/zappa-rs/shop-prod.zip") { "--no-build" } else { "-q" };
        let ran = tool.snapshot(&["package", stage, again]);
        assert!(ran.starts_with("exit: 0\n"), "{ran}");
        let zip = File::open(tool.project(&format!("target/zappa-rs/shop-{stage}.zip"))).unwrap();
        ZipArchive::new(zip).unwrap().by_name("bootstrap").unwrap().size()
    });
    assert_eq!(sizes, [64, 68, 64]);
}

/// A zip with these files.
fn zip(tool: &Tool, name: &str, entries: &[(&str, u32, &[u8])]) -> PathBuf {
    let path = tool.project(name);
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    for (name, mode, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default().unix_permissions(*mode)).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap();
    path
}

#[test]
fn a_zip_of_the_users_own_is_taken_after_a_look() {
    let tool = tool();
    tool.package("shop", "", "fn main() {}").file("zappa_settings.toml", &settings(""));
    zip(&tool, "own.zip", &[("bootstrap", 0o755, &program(ARCHITECTURE))]);
    let ran = tool.snapshot(&["package", "--zip", "own.zip"]);
    assert!(ran.starts_with("exit: 0\n--- stdout\n[PROJECT]/own.zip\n"), "{ran}");

    zip(&tool, "still.zip", &[("bootstrap", 0o644, &program(ARCHITECTURE))]);
    assert_snapshot!("a_zip_without_the_mode", tool.snapshot(&["package", "--zip", "still.zip"]));
    zip(&tool, "deep.zip", &[("app/bootstrap", 0o755, &program(ARCHITECTURE))]);
    assert_snapshot!("a_zip_with_a_folder_around", tool.snapshot(&["package", "--zip", "deep.zip"]));
    let other = MACHINES.iter().find(|(name, _)| *name != ARCHITECTURE).unwrap().0;
    zip(&tool, "other.zip", &[("bootstrap", 0o755, &program(other))]);
    let ran = tool.snapshot(&["package", "--zip", "other.zip"]);
    alike(|| assert_snapshot!("a_zip_of_the_other_kind", ran));
    tool.file("text.zip", "no zip");
    let ran = tool.snapshot(&["package", "--zip", "text.zip"]);
    assert!(
        ran.starts_with("exit: 2\n--- stdout\n--- stderr\nerror: `[PROJECT]/text.zip` is not a readable zip"),
        "{ran}"
    );
    assert_snapshot!("no_zip", tool.snapshot(&["package", "--zip", "none.zip"]));
}

#[test]
fn an_interrupt_ends_cargo_and_leaves_no_zip() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let tool = tool();
    // The connection says that the build has begun, and its end that all of the build has ended.
    let held = "fn main() {
        let address = std::env::var(\"HELD\").unwrap();
        let _held = std::net::TcpStream::connect(address).unwrap();
        loop { std::thread::park(); }
    }";
    tool.package("shop", "", "fn main() {}").file("build.rs", held).file("zappa_settings.toml", &settings(""));
    let mut command: Command = tool.command(&["package"]);
    command.env("HELD", listener.local_addr().unwrap().to_string()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    listener.set_nonblocking(true).unwrap();
    let (mut connection, _) = poll("a connection of the build script", BUILD_TIMEOUT, || listener.accept().ok());
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let status = poll("the end of the interrupted tool", BUILD_TIMEOUT, || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(130));
    // Closed or reset: its holder is gone.
    connection.set_nonblocking(false).unwrap();
    connection.set_read_timeout(Some(BUILD_TIMEOUT)).unwrap();
    match connection.read(&mut [0]) {
        Ok(0) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        other => panic!("the build script still runs: {other:?}"),
    }
    assert!(!tool.has("target/zappa-rs/shop-dev.zip"));
    // The lock went with the process.
    tool.file("build.rs", "fn main() {}");
    assert!(tool.snapshot(&["package", "-q"]).starts_with("exit: 0\n"));
}
