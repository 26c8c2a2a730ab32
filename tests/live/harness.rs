//! What the probes lean on, held on an emulator; these tests are not ignored.

use std::{
    collections::BTreeSet,
    env,
    io::Write as _,
    net::TcpListener,
    panic::{self, AssertUnwindSafe},
    process::Command,
    thread,
};

use crate::{
    account::{Account, curl},
    stage::{Stage, TAG},
};

/// The names of all stacks, and the keys of all tags of functions.
fn found(account: &Account) -> (Vec<String>, Vec<String>) {
    let stacks = account.aws(&["cloudformation", "describe-stacks"])["Stacks"].as_array().unwrap().clone();
    let names = stacks.iter().map(|stack| stack["StackName"].as_str().unwrap().to_owned()).collect();
    let functions = account.aws(&["lambda", "list-functions"])["Functions"].as_array().unwrap().clone();
    let tags = |function: &serde_json::Value| {
        let arn = function["FunctionArn"].as_str().unwrap();
        let answer = account.aws(&["lambda", "list-tags", "--resource", arn]);
        answer["Tags"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    (names, functions.iter().flat_map(tags).collect())
}

#[test]
fn what_a_probe_creates_is_tagged_and_goes_after_a_panic_too() {
    let account = Account::emulated();
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        let stage = Stage::of(account.clone(), "panic", "");
        stage.deploy("one");
        let (stacks, tags) = found(&account);
        assert_eq!(stacks, [stage.stack()]);
        assert!(tags.iter().any(|tag| tag == TAG), "{tags:?}");
        panic::resume_unwind(Box::new("as an assertion that does not hold"));
    }));
    let panic = outcome.unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"as an assertion that does not hold"));
    assert_eq!(found(&account), (Vec::new(), Vec::new()));
    assert_eq!(account.aws(&["logs", "describe-log-groups"])["logGroups"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_removal_that_fails_fails_the_probe_and_leaves_the_settings() {
    let outcome = panic::catch_unwind(|| {
        let stage = Stage::of(Account::emulated(), "refused", "");
        stage.set("no_such_setting = 1");
    });
    let panic = outcome.unwrap_err().downcast::<String>().unwrap();
    let (_, rest) = panic.split_once("run `zappa-rs undeploy --yes --remove-logs` in ").unwrap();
    let (folder, _) = rest.split_once(": ").unwrap();
    assert!(std::path::Path::new(folder).join("zappa_settings.toml").exists(), "{panic}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_probe_refuses_an_account_that_was_not_named() {
    for (named, expected) in [(None, "has to name the account"), (Some("000000000000"), "names another account")] {
        let mut probe = Command::new(env::current_exe().unwrap());
        Account::emulated().lead(&mut probe);
        probe.env_remove("ZAPPA_RS_LIVE_ACCOUNT").envs(named.map(|number| ("ZAPPA_RS_LIVE_ACCOUNT", number)));
        let probe = probe.args(["--ignored", "--exact", "templates::escaped_template_survives"]).output().unwrap();
        let output = String::from_utf8_lossy(&probe.stdout);
        assert!(!probe.status.success() && output.contains(expected), "{output}");
    }
}

#[test]
fn a_visitor_notices_what_is_cut_off() {
    let chunked = "transfer-encoding: chunked\r\n\r\n2\r\non\r\n";
    for (head, rest, expected) in [
        ("content-length: 4\r\n\r\n", "one ", (200, "one ", true)),
        ("content-length: 9\r\n\r\n", "one ", (200, "one ", false)),
        (chunked, "2\r\ne \r\n0\r\n\r\n", (200, "one ", true)),
        (chunked, "2\r\ne \r\n", (200, "one ", false)),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // All of the request, or closing the connection would reset it.
            let mut request = [0; 4096];
            std::io::Read::read(&mut stream, &mut request).unwrap();
            write!(stream, "HTTP/1.1 200 OK\r\n{head}{rest}").unwrap();
        });
        let answer = curl(&url, &[]).unwrap();
        server.join().unwrap();
        assert_eq!((answer.status, answer.text().as_str(), answer.is_whole), expected, "{head}{rest}");
    }
}

#[test]
fn the_page_lists_every_probe_and_no_other() {
    let page = include_str!("../../docs/with-an-account.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let documented: BTreeSet<&str> = rows.map(|(name, _)| name).filter(|name| name.contains("::")).collect();
    let list = Command::new(env::current_exe().unwrap()).args(["--list", "--ignored", "--format", "terse"]).output();
    let list = String::from_utf8(list.unwrap().stdout).unwrap();
    let probes: BTreeSet<&str> = list.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    assert!(!probes.is_empty());
    assert_eq!(documented, probes);
}
