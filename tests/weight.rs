//! How much a newcomer waits for: the crates that cargo compiles for `hello`.

use std::{collections::BTreeSet, process::Command};

/// All that `cargo build --example hello` compiles; examples of a package get its dev-dependencies, needed or not.
fn crates_of_hello() -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--frozen", "--package", "zappa-rs", "--edges", "normal,build,dev", "--prefix", "none"])
        .args([
            "--format",
            "{p}",
            "--no-dedupe",
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"),
        ])
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let names = String::from_utf8(output.stdout).expect("names are text");
    names.lines().map(|line| line.split(" (").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn hello_compiles_nothing_of_the_other_examples() {
    let crates = crates_of_hello();
    let is_there = |name: &str| crates.iter().any(|known| known.starts_with(&format!("{name} ")));
    assert!(is_there("zappa-rs") && is_there("axum") && is_there("lambda_runtime"), "{crates:#?}");
    for name in
        ["lambda_http", "aws_lambda_events", "axum-extra", "tower-http", "rust_decimal", "tracing-subscriber", "url"]
    {
        assert!(!is_there(name), "`{name}` is not needed: {crates:#?}");
    }
    // 73 today. One more has to be worth the time that every user waits for it.
    assert!(crates.len() <= 80, "{} crates: {crates:#?}", crates.len());
}
