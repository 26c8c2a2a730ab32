//! The reviewed documents of `tests/golden/`, before tools that we did not write.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "clippy allows it in test functions, these are what they share")]

#[path = "support/python.rs"]
mod python;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn golden(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn cfn_lint_finds_nothing_in_any_document() {
    let output = Command::new(python::tool("cfn-lint"))
        .args(["--regions", "us-east-1", "eu-west-1", "ap-northeast-1", "--"])
        .args(golden("."))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.trim().is_empty(), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_sam_form_expands_to_the_same_resources() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/support/expand.py");
    let output = Command::new(python::tool("python3")).arg(script).args(golden("sam")).output().unwrap();
    let problems = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{problems}{}", String::from_utf8_lossy(&output.stderr));
}
