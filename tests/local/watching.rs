//! `--watch` beyond Rust sources: settings, env files, included files, and a build script that writes what it wrote before.

use std::{fs, path::Path};

use crate::{
    building::{local, project, source},
    tool::Tool,
};

const SETTINGS: &str = "[project]\nname = \"shop\"\n[stage.dev]\naws_region = \"eu-west-1\"\n";

fn served(folder: &Path) -> Tool {
    Tool::start(local(folder, &["--watch"]))
}

#[test]
fn a_build_script_that_writes_the_same_bytes_does_not_make_a_circle() {
    let folder = project();
    let at = |name: &str| folder.path().join(name);
    let script = "fn main() { std::fs::write(\"src/generated.rs\", \"// @generated\").unwrap(); }";
    fs::write(at("build.rs"), script).unwrap();
    fs::write(at("src/main.rs"), format!("{}\nmod generated;", source())).unwrap();
    let mut tool = served(folder.path());
    for version in ["second", "third"] {
        tool.forget();
        let edited = source().replace("\"first\"", &format!("\"{version}\""));
        fs::write(at("src/main.rs"), format!("{edited}\nmod generated;")).unwrap();
        tool.wait_for_line("Serving the new code");
        assert!(tool.get("/").text().starts_with(version));
    }
    tool.signal("INT");
    assert!(tool.wait().success());
    let rest = tool.rest();
    let changes = rest.iter().filter(|line| line.contains("Changed `")).count();
    assert_eq!(changes, 1, "{rest:#?}");
}

#[test]
fn a_build_script_that_writes_other_bytes_into_an_included_folder_does_not_make_a_circle() {
    let folder = project();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("zappa_settings.toml"), format!("{SETTINGS}include = [\"gen\"]\n")).unwrap();
    fs::create_dir(at("gen")).unwrap();
    // It runs at every build, as no file is there whose time it could be compared to.
    let script = "fn main() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        std::fs::write(\"gen/a.txt\", format!(\"{now:?}\")).unwrap();
        println!(\"cargo:rerun-if-changed=nonexistent\");
    }";
    fs::write(at("build.rs"), script).unwrap();
    let mut tool = served(folder.path());
    fs::write(at("src/main.rs"), source().replace("\"first\"", "\"second\"")).unwrap();
    tool.wait_for_line("Serving the new code");
    assert!(tool.get("/").text().starts_with("second"));
    let stamp = fs::read_to_string(at("gen/a.txt")).unwrap();
    assert!(tool.get("/!files!").text().ends_with(&format!("|100444 ./gen/a.txt {stamp}")), "the build's own bytes");
    fs::write(at("gen/b.txt"), "by hand").unwrap();
    tool.wait_for_line("Changed `gen/b.txt`");
    tool.signal("INT");
    assert!(tool.wait().success());
    let rest = tool.rest();
    assert!(!rest.iter().any(|line| line.contains("Changed `gen/a.txt`")), "{rest:#?}");
}

#[test]
fn settings_and_env_file_are_followed_and_a_fault_keeps_what_serves() {
    let folder = project();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("zappa_settings.toml"), SETTINGS).unwrap();
    let mut tool = served(folder.path());
    assert!(tool.url.ends_with("/dev/"), "{}", tool.url);

    fs::write(at(".env.dev"), "GREETING=hello\n").unwrap();
    tool.wait_for_line("Serving the new settings at http://");
    assert!(tool.get("/!env!").text().contains("|GREETING=hello|"));

    tool.forget();
    fs::write(at("zappa_settings.toml"), format!("{SETTINGS}memmory_size = 512\n")).unwrap();
    tool.wait_for_line("unknown setting `memmory_size`");
    tool.wait_for_line("Keeping the running code, until the next edit");
    assert!(tool.get("/!env!").text().contains("|GREETING=hello|"));

    tool.forget();
    let settings = SETTINGS.replace("eu-west-1", "eu-west-3");
    fs::write(at("zappa_settings.toml"), format!("{settings}api = \"http\"\nmemory_size = 512\n")).unwrap();
    let line = tool.wait_for_line("Serving the new settings at http://");
    assert!(line.ends_with(&format!("http://{}/", tool.address)), "{line}");
    let body = tool.send("GET", "/!env!", &[], "").text();
    assert!(body.contains("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512|"), "{body}");
    assert!(body.contains("|AWS_REGION=eu-west-3|") && body.contains("|GREETING=hello|"), "{body}");
    let facts = tool.send("GET", "/!facts!", &[], "").text();
    assert!(facts.ends_with("|arn:aws:lambda:eu-west-3:123456789012:function:shop-dev"), "{facts}");
}

#[test]
fn an_included_file_that_changes_is_laid_out_anew() {
    let folder = project();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("zappa_settings.toml"), format!("{SETTINGS}include = [\"pages\"]\n")).unwrap();
    fs::create_dir(at("pages")).unwrap();
    fs::write(at("pages/a.html"), "<a>").unwrap();
    let mut tool = served(folder.path());
    assert!(tool.get("/!files!").text().ends_with("|100444 ./pages/a.html <a>"));
    fs::write(at("pages/a.html"), "<b>").unwrap();
    tool.wait_for_line("Changed `pages/a.html`");
    tool.wait_for_line("Serving the new code");
    assert!(tool.get("/!files!").text().ends_with("|100444 ./pages/a.html <b>"));
    tool.forget();
    fs::remove_file(at("pages/a.html")).unwrap();
    tool.wait_for_line("Keeping the running code, until the next edit");
    tool.forget();
    fs::write(at("pages/c.html"), "<c>").unwrap();
    tool.wait_for_line("Serving the new code");
    assert!(tool.get("/!files!").text().ends_with("|40555 ./pages|100444 ./pages/c.html <c>"));
}
