//! How much a newcomer waits for: the crates that cargo compiles for `hello`.

use std::{collections::BTreeSet, process::Command};

/// All crates of a package, those of its build scripts with them.
fn crates(package: &str, flags: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--frozen", "--package", package, "--prefix", "none", "--format", "{p}", "--no-dedupe"])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml")])
        .args(flags)
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let names = String::from_utf8(output.stdout).expect("names are text");
    names.lines().map(|line| line.split(" (").next().unwrap_or_default().to_owned()).collect()
}

/// All that `cargo build --example hello` compiles; examples of a package get its dev-dependencies, needed or not.
fn crates_of_hello() -> BTreeSet<String> {
    crates("zappa-rs", &["--edges", "normal,build,dev"])
}

/// All that `cargo local` compiles before it serves anything.
fn crates_of_local() -> BTreeSet<String> {
    crates("zappa-rs-cli", &["--edges", "normal,build", "--no-default-features"])
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

#[test]
fn the_first_command_compiles_neither_the_aws_sdk_nor_the_runtime_twice() {
    let tool = crates_of_local();
    let is_there = |name: &str| tool.iter().any(|known| known.starts_with(name));
    assert!(is_there("zappa-rs-adapter ") && is_there("hyper "), "{tool:#?}");
    // `rustls`, and `tracing` of the HTTP client, are: `local` reads an issuer's keys over HTTPS to verify tokens as the gateway does.
    for name in ["aws-", "lambda_runtime ", "axum"] {
        assert!(!is_there(name), "`{name}` is not needed: {tool:#?}");
    }
    // The tool is compiled with cargo's profile `dev` and `hello` with `release`, so that they share nothing.
    let whole = tool.len() + crates_of_hello().len();
    assert!(whole <= 276, "{whole} crates: {tool:#?}");
    let alias = include_str!("../.cargo/config.toml");
    let expected = "local = \"run --package zappa-rs-cli --no-default-features -- local\"";
    assert!(alias.contains(expected), "`cargo local` runs what was counted here");
}
