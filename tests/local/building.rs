//! From a crate: built, found, followed; and what happens when it does not compile.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

use crate::{
    support::process::{self, Ended},
    tool::{TIMEOUT, Tool, authority, command, run},
};

const MANIFEST: &str = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// A crate whose `main` is the raw function.
pub(crate) fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("Cargo.toml"), MANIFEST).unwrap();
    fs::write(folder.path().join("src/main.rs"), source()).unwrap();
    folder
}

pub(crate) fn source() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/apps/raw.rs")).unwrap()
}

pub(crate) fn local(folder: &Path, flags: &[&str]) -> Command {
    let mut command = command(folder);
    command.env("CARGO_TARGET_DIR", folder.join("target")).args(["local", "--dev", "--port", "0"]).args(flags);
    command
}

#[test]
fn the_crate_of_a_folder_is_built_and_served_and_described_as_json() {
    let folder = project();
    let mut tool = Tool::spawn(&mut local(&folder.path().join("src"), &["--json"]));
    let answer: serde_json::Value = serde_json::from_str(&tool.wait_for_result()).unwrap();
    assert_eq!(answer["function_name"], "shop-dev");
    assert_eq!(answer["gateway"], "rest");
    tool.address = authority(answer["url"].as_str().unwrap());
    assert_eq!(tool.send("GET", "/dev/", &[], "").status, 200);
}

#[test]
fn a_crate_that_does_not_compile_shows_why_and_exits_1() {
    let folder = project();
    fs::write(folder.path().join("src/main.rs"), "fn main() { missing() }").unwrap();
    let target = folder.path().join("target");
    let mut command = command(folder.path());
    command.env("CARGO_TARGET_DIR", target);
    let Ended { code, stdout, stderr } = process::run(command.args(["local", "--dev", "--port", "0"]), TIMEOUT);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("cannot find function `missing`"), "{stderr}");
    assert!(stderr.contains("error: cargo could not build `shop`\n\nhint: "), "{stderr}");
}

#[test]
fn watch_follows_edits_and_keeps_old_code_while_new_code_is_broken() {
    let folder = project();
    let main = folder.path().join("src/main.rs");
    fs::write(&main, "fn main() { missing() }").unwrap();
    let mut tool = Tool::spawn(&mut local(folder.path(), &["--watch"]));
    tool.wait_for_line("Waiting for an edit");
    fs::write(&main, source()).unwrap();
    tool.wait_for_line("Changed `src/main.rs`");
    tool.address = authority(&tool.wait_for_result());
    let get = |tool: &Tool| tool.send("GET", "/dev/", &[], "").text();
    assert!(get(&tool).starts_with("first "));
    // What the application writes itself is no reason to build.
    fs::write(folder.path().join("data.db"), "x").unwrap();
    tool.forget();
    fs::write(&main, "fn main() { missing() }").unwrap();
    tool.wait_for_line("Keeping the running code, until the next edit");
    assert!(get(&tool).starts_with("first "));
    tool.forget();
    fs::write(&main, source().replace("\"first\"", "\"second\"")).unwrap();
    tool.wait_for_line("Serving the new code");
    assert!(get(&tool).starts_with("second "));
}

#[test]
fn a_request_while_the_crate_does_not_compile_gets_the_reason() {
    let folder = project();
    fs::write(folder.path().join("src/main.rs"), "fn main() { missing() }").unwrap();
    // No URL is said before there is something to serve, so the port has to be known.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = command(folder.path());
    command.env("CARGO_TARGET_DIR", folder.path().join("target"));
    let port = address.port().to_string();
    let mut tool = Tool::spawn(command.args(["local", "--dev", "--watch", "--port", &port]));
    tool.address = address;
    tool.wait_for_line("Waiting for an edit");
    let reply = tool.send("GET", "/dev/", &[], "");
    assert_eq!((reply.status, reply.text().as_str()), (503, "the crate does not compile; the terminal says why\n"));
}

#[test]
fn an_interrupt_while_cargo_builds_is_exit_code_130() {
    let folder = project();
    let held = "fn main() { loop { std::thread::park(); } }";
    fs::write(folder.path().join("build.rs"), held).unwrap();
    let mut tool = Tool::spawn(&mut local(folder.path(), &[]));
    tool.wait_for_line("Compiling shop");
    tool.signal("INT");
    assert_eq!(tool.wait().code(), Some(130));
}

#[test]
fn a_manifest_that_cargo_cannot_read_is_reported() {
    let folder = project();
    fs::write(folder.path().join("Cargo.toml"), "[package]\nname = 3\n").unwrap();
    let (code, _, stderr) = run(folder.path(), &["local"]);
    assert_eq!(code, 1);
    assert!(stderr.starts_with("error: cargo cannot read `"), "{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_shared_library_that_is_included_is_found_as_on_lambda() {
    let folder = project();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("lib")).unwrap();
    fs::write(at("greet.rs"), "#[unsafe(no_mangle)] pub extern \"C\" fn greet() -> u32 { 42 }").unwrap();
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "--crate-type", "cdylib", "-o"]).arg(at("lib/libgreet.so")).arg(at("greet.rs"));
    assert!(rustc.status().unwrap().success());
    fs::write(at("build.rs"), "fn main() { println!(\"cargo::rustc-link-search=lib\"); }").unwrap();
    let link = "\n#[link(name = \"greet\")]\nunsafe extern \"C\" { safe fn greet() -> u32; }\n";
    let greeting = source().replace("{VERSION} {} {served}\", std::process::id()", "{VERSION} {}\", greet()");
    fs::write(at("src/main.rs"), format!("{greeting}{link}")).unwrap();
    let settings = "[project]\nname = \"shop\"\n[stage.dev]\naws_region = \"eu-west-1\"\ninclude = [\"lib\"]\n";
    fs::write(at("zappa_settings.toml"), settings).unwrap();
    let tool = Tool::start(local(folder.path(), &[]));
    assert_eq!(tool.get("/").text(), "first 42");
}

#[test]
fn the_package_is_that_of_the_settings_folder_as_it_is_for_a_deploy() {
    let folder = project();
    let here = folder.path().join("here/src");
    fs::create_dir_all(&here).unwrap();
    fs::write(folder.path().join("here/Cargo.toml"), MANIFEST.replace("shop", "here") + "[workspace]\n").unwrap();
    fs::write(here.join("main.rs"), "fn main() {}").unwrap();
    fs::write(folder.path().join("zappa_settings.toml"), "[stage.dev]\naws_region = \"eu-west-1\"\n").unwrap();
    let settings = ["-s", "../../zappa_settings.toml"];
    let mut command = command(&here);
    command.env("CARGO_TARGET_DIR", folder.path().join("target"));
    let Ended { stderr, .. } = process::run(command.args(["package", "--no-build"]).args(settings), TIMEOUT);
    assert!(stderr.contains("nothing was built yet for `shop-dev`"), "{stderr}");
    let mut tool = local(&here, &settings);
    let mut tool = Tool::spawn(tool.env("CARGO_TARGET_DIR", folder.path().join("target")));
    tool.wait_for_line("Building binary `shop`");
}
