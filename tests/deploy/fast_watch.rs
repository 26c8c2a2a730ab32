//! `update --watch`: a fast update after every save, in few calls, until Ctrl-C.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    fast::{changes, path_of},
    stage::{PATIENCE, Stage},
    support::{
        call::counted,
        examples,
        process::{Process, Stream},
        proxy::{Fault, Proxy},
    },
};

/// Saves a file as editors and linkers do: written beside it, then renamed.
fn save(path: &Path, content: &[u8]) {
    let fresh = path.with_extension("fresh");
    fs::write(&fresh, content).unwrap();
    fs::rename(&fresh, path).unwrap();
}

fn begin(stage: &Stage, zip: &Path) -> Process {
    stage.start(&["update", "--watch", "--yes", "--zip", zip.to_str().unwrap()])
}

fn wait_for_answer(tool: &mut Process) -> String {
    tool.wait_for(PATIENCE, "a release", |stream, line| (stream == Stream::Stdout).then(|| line.to_owned()))
}

fn wait_for_line(tool: &mut Process, part: &str) {
    tool.wait_for(PATIENCE, part, |stream, line| (stream == Stream::Stderr && line.contains(part)).then_some(()));
}

#[test]
fn every_save_is_served_in_eight_calls_until_an_interrupt() {
    let mut stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    let zip = stage.folder.path().join("app.zip");
    let content = |variant: &str| fs::read(stage.zip(variant)).unwrap();
    let variants = ["two", "three", "four"].map(|variant| (variant, content(variant)));
    let bad = content("crash");
    save(&zip, &variants[0].1);
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let mut tool = begin(&stage, &zip);
    let mut bound = 12;
    for (variant, content) in &variants {
        let saved = Instant::now();
        save(&zip, content);
        let line = wait_for_answer(&mut tool);
        let took = saved.elapsed();
        let [release, printed, seconds, unit] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!((release.len(), path_of(printed), unit), (12, path_of(&url), "s"), "{line}");
        assert!(seconds.parse::<f64>().unwrap() <= took.as_secs_f64() + 0.1, "{line}");
        eprintln!("from the save of {variant} to its answer: {took:.2?}");
        wait_for_line(&mut tool, "Waiting");
        let calls = proxy.take();
        assert_eq!(stage.visit(&url, "/").text(), format!("{variant} "));
        proxy.take();
        let names: Vec<String> = counted(&calls).iter().map(|call| call.name()).collect();
        assert!(names.len() <= bound, "{variant}: {} {names:#?}", names.len());
        assert!(changes(&calls).len() <= 4, "{variant}: {names:#?}");
        bound = 8;
    }
    // What fails is shown, and the next save counts.
    save(&zip, b"no zip");
    wait_for_line(&mut tool, "error: ");
    save(&zip, &bad);
    wait_for_line(&mut tool, "no traffic was shifted");
    stage.set("memory_size = 512");
    wait_for_line(&mut tool, "more than code changed since its last update: `memory_size`");
    assert_eq!(stage.visit(&url, "/").text(), "four ");
    stage.set("");
    wait_for_line(&mut tool, "no traffic was shifted");
    wait_for_line(&mut tool, "Waiting");
    save(&zip, &variants[0].1);
    wait_for_answer(&mut tool);
    wait_for_line(&mut tool, "Waiting");
    tool.signal("INT");
    let (status, _, output) = tool.wait(PATIENCE);
    assert!(status.success(), "{output}");
    assert_eq!(stage.visit(&url, "/").text(), "two ");
    stage.through(stage.account.address());
    stage.ok_with(&["deploy"], "one");
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    assert!(!stage.ok(&["status"]).contains("behind"));
}

#[test]
fn a_save_is_served_whatever_others_did_to_the_stage_since_the_one_before() {
    let stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    let zip = stage.folder.path().join("app.zip");
    let content = |variant: &str| fs::read(stage.zip(variant)).unwrap();
    let [one, two, three] = ["one", "two", "three"].map(content);
    save(&zip, &one);
    let mut tool = begin(&stage, &zip);
    wait_for_line(&mut tool, "Waiting");
    let bring = |tool: &mut Process, content: &[u8], variant: &str| {
        save(&zip, content);
        wait_for_answer(tool);
        wait_for_line(tool, "Waiting");
        assert_eq!(stage.visit(&url, "/").text(), format!("{variant} "));
    };
    bring(&mut tool, &two, "two");
    // A deploy gives the functions other settings than those that were read: at least the name of the release.
    stage.ok_with(&["deploy"], "one");
    bring(&mut tool, &three, "three");
    stage.ok(&["rollback", "--yes"]);
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    bring(&mut tool, &two, "two");
    // A deploy takes the traffic, and the next edit ends in the very code that was served before it.
    save(&zip, b"no zip");
    wait_for_line(&mut tool, "error: ");
    wait_for_line(&mut tool, "Waiting");
    stage.ok_with(&["deploy"], "one");
    bring(&mut tool, &two, "two");
    tool.signal("INT");
    assert!(tool.wait(PATIENCE).0.success());
}

#[test]
fn sources_settings_and_included_files_are_followed_and_a_build_that_fails_is_shown() {
    let stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    let folder = stage.folder.path();
    let binary = examples::binary("release").display().to_string();
    let package = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("src/main.rs"), "fn main() {}").unwrap();
    fs::write(folder.join("Cargo.toml"), package).unwrap();
    fs::write(folder.join("variant"), "five").unwrap();
    let settings = |command: &str| {
        format!("builder = \"command\"\nbuild_command = \"{command}\"\nbuild_output = \"app\"\ninclude = [\"variant\"]")
    };
    let copy = settings(&format!("! grep -q broken src/main.rs && cp -f {binary} app"));
    stage.set(&copy);
    let mut tool = stage.start(&["update", "--watch", "--yes"]);
    wait_for_answer(&mut tool);
    wait_for_line(&mut tool, "Waiting");
    assert_eq!(stage.visit(&url, "/").text(), "five ");
    save(&folder.join("variant"), b"six");
    wait_for_answer(&mut tool);
    wait_for_line(&mut tool, "Waiting");
    assert_eq!(stage.visit(&url, "/").text(), "six ");
    save(&folder.join("src/main.rs"), b"broken");
    wait_for_line(&mut tool, "error: ");
    wait_for_line(&mut tool, "Waiting");
    save(&folder.join("src/main.rs"), b"fn main() { }");
    wait_for_line(&mut tool, "the same code, which serves already");
    tool.signal("TERM");
    let (status, _, output) = tool.wait(PATIENCE);
    assert!(status.success(), "{output}");
    assert_eq!(stage.visit(&url, "/").text(), "six ");
}

#[test]
fn an_interrupt_in_an_update_says_what_serves() {
    let mut stage = Stage::new("");
    let url = stage.ok_with(&["deploy"], "one");
    let zip = stage.zip("two");
    for (call, sentence, answer) in [
        ("Invoke", "the new code has no traffic; the previous release is live", "one "),
        ("UpdateAlias", "has passed its trial", "two "),
    ] {
        let rule = move |found: &crate::support::call::Call| (found.operation == call).then_some(Fault::Signal("INT"));
        let proxy = Proxy::with(stage.account.address(), Duration::ZERO, rule);
        stage.through(proxy.address());
        let tool = begin(&stage, Path::new(&zip));
        proxy.aim_at(tool.id());
        let (status, _, output) = tool.wait(PATIENCE);
        assert_eq!(status.code(), Some(130), "{output}");
        assert!(output.contains(sentence), "{call}: {output}");
        stage.through(stage.account.address());
        assert_eq!(stage.visit(&url, "/").text(), answer, "{call}");
    }
}
