//! What the command says when it is used wrongly, and with which exit code.

use std::{fs, net::TcpListener, path::Path};

use crate::tool::{Tool, command, raw, run};

#[test]
fn wrong_usage_is_a_sentence_and_a_hint_and_exit_code_2() {
    for (args, expected) in [
        (
            vec!["local", "--as", "rset"],
            "error: `rset` is not a value of `--as <GATEWAY>`\n\nhint: it takes `rest`, `http`, `function-url` and `alb`; did you mean `rest`?\n",
        ),
        (vec!["local", "--bim", "x"], "error: unknown flag or argument `--bim`\n\nhint: did you mean `--bin`?\n"),
        (vec!["locl"], "error: `locl` is not a command\n\nhint: did you mean `local`?\n"),
        (
            vec!["local", "--port", "99999"],
            "error: `99999` is not a value of `--port <PORT>`: it takes 0 to 65535\n\nhint: `zappa-rs local --help` lists what it takes\n",
        ),
        (
            vec!["local", "--memory", "many"],
            "error: `many` is not a value of `--memory <MB>`: not a number that it takes\n\nhint: `zappa-rs local --help` lists what it takes\n",
        ),
        (
            vec!["rollback", "-n", "0"],
            "error: `0` is not a value of `--number <N>`: it takes 1 and more\n\nhint: `zappa-rs rollback --help` lists what it takes\n",
        ),
        (
            vec!["local", "--host", "0.0.0.0"],
            "error: `0.0.0.0` is not a value of `--host <ADDRESS|NAME>`: not a loopback address: the app would be open to your network without the gateway's protection\n\nhint: `zappa-rs local --help` lists what it takes\n",
        ),
        (
            vec!["local", "--host", "api.example.com:3000"],
            "error: `api.example.com:3000` is not a value of `--host <ADDRESS|NAME>`: expected `localhost`, `127.0.0.1`, `::1`, or a name without a port, such as `api.example.com`\n\nhint: `zappa-rs local --help` lists what it takes\n",
        ),
        (
            vec!["local", "--binary", "/no/such/file"],
            "error: there is no binary at `/no/such/file`\n\nhint: build it first, or leave `--binary` out and let cargo build\n",
        ),
    ] {
        let (code, stdout, stderr) = run(Path::new("/"), &args);
        assert_eq!((code, stdout.as_str(), stderr.as_str()), (2, "", expected), "{args:?}");
    }
}

#[test]
fn flags_that_do_not_fit_the_gateway_name_those_that_do() {
    let raw = raw().to_str().unwrap();
    let (code, _, stderr) = run(Path::new("/"), &["local", "--binary", raw, "--as", "http", "--streaming"]);
    assert_eq!(code, 2);
    assert_eq!(
        stderr,
        "error: `--streaming` is not for an HTTP API\n\nhint: it is only for `--as rest` or `--as function-url`\n"
    );
}

#[test]
fn a_port_in_use_is_a_sentence_and_a_hint() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, stdout, stderr) = run(Path::new("/"), &["local", "--binary", raw().to_str().unwrap(), "--port", &port]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.starts_with(&format!("error: cannot listen on port {port} of 127.0.0.1\n")), "{stderr}");
    assert!(stderr.contains("\n\nhint: another program listens there; try `--port "), "{stderr}");
}

#[test]
fn a_port_that_another_program_has_on_the_ipv6_address_alone_is_noticed() {
    // A machine without IPv6 has no such program.
    let Ok(taken) = TcpListener::bind("[::1]:0") else { return };
    let port = taken.local_addr().unwrap().port().to_string();
    let args = ["local", "--binary", raw().to_str().unwrap(), "--port", &port];
    let (code, stdout, stderr) = run(Path::new("/"), &args);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.starts_with(&format!("error: cannot listen on port {port} of ::1\n")), "{stderr}");
    assert!(stderr.contains("browsers ask `::1` first for `localhost`; try `--port "), "{stderr}");

    let mut only_ipv4 = command(Path::new("/"));
    only_ipv4.args(args).args(["--host", "127.0.0.1"]);
    let tool = Tool::start(only_ipv4);
    assert_eq!(tool.get("/").status, 200);
}

#[test]
fn outside_a_cargo_project_the_hint_says_where_to_go() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, stderr) = run(folder.path(), &["local"]);
    assert_eq!(code, 2);
    assert!(stderr.starts_with("error: no `Cargo.toml` in `"), "{stderr}");
    assert!(
        stderr.ends_with("hint: run this inside a cargo project, or name one with `--manifest-path`\n"),
        "{stderr}"
    );
}

#[test]
fn a_workspace_names_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let package = |name: &str, binaries: &[&str]| {
        let source = folder.path().join(name).join("src/bin");
        fs::create_dir_all(&source).unwrap();
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        fs::write(folder.path().join(name).join("Cargo.toml"), manifest).unwrap();
        for binary in binaries {
            fs::write(source.join(format!("{binary}.rs")), "fn main() {}").unwrap();
        }
        fs::write(source.parent().unwrap().join("lib.rs"), "").unwrap();
    };
    package("alpha", &["one", "two"]);
    package("beta", &[]);
    let manifest = "[workspace]\nmembers = [\"alpha\", \"beta\"]\nresolver = \"3\"\n";
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    let alpha = folder.path().join("alpha/src");
    for (directory, args, expected) in [
        (
            alpha.as_path(),
            &["local"][..],
            "error: package `alpha` has several binaries: `one` and `two`\n\nhint: choose one with `--bin one`, or set `default-run` in the package's `Cargo.toml`\n",
        ),
        (
            folder.path(),
            &["local", "--package", "beta"],
            "error: package `beta` has no binary\n\nhint: the app needs a `src/main.rs` whose `main` calls `zappa_rs::run`\n",
        ),
        (
            folder.path(),
            &["local", "--package", "alpa"],
            "error: package `alpa` is not a member of the workspace\n\nhint: packages are `alpha` and `beta`; did you mean `alpha`?\n",
        ),
        (
            folder.path(),
            &["local", "--bin", "onne"],
            "error: the workspace has no binary `onne`\n\nhint: binaries are `one` and `two`; did you mean `one`?\n",
        ),
    ] {
        let (code, stdout, stderr) = run(directory, args);
        assert_eq!((code, stdout.as_str(), stderr.as_str()), (2, "", expected), "{args:?}");
    }
}

#[test]
fn help_is_an_answer_with_examples() {
    let (code, stdout, stderr) = run(Path::new("/"), &["local", "--help"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("zappa-rs local --example hello --as http"), "{stdout}");
}

#[test]
fn a_binary_that_cannot_be_started_is_reported_before_anything_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "no program").unwrap();
    for (path, error, hint) in [
        (path.as_path(), "may not be executed", "`chmod +x "),
        (folder.path(), "is not a file", "name the program itself"),
    ] {
        let shown = path.to_str().unwrap();
        let (code, stdout, stderr) = run(Path::new("/"), &["local", "--port", "0", "--binary", shown]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
        assert!(stderr.starts_with(&format!("error: `{shown}` {error}\n\nhint: {hint}")), "{stderr}");
    }
}
