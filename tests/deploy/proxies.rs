//! The environment's proxies: one that does not answer is named, one that cannot be used is refused.

use std::net::TcpListener;

use crate::{
    stage::{Ended, PATIENCE, Stage},
    support::process,
};

/// An address of this machine without a listener.
fn closed() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// `status` with a proxy; `is_aws`: AWS itself is asked, by name, and not the emulator.
fn status(variable: &str, value: &str, is_aws: bool) -> Ended {
    let stage = Stage::new("");
    let mut tool = stage.tool(&["status"]);
    if is_aws {
        tool.env_remove("AWS_ENDPOINT_URL");
    }
    process::run(tool.env(variable, value), PATIENCE)
}

#[test]
fn a_proxy_that_refuses_is_named_with_its_variable_and_without_its_password() {
    for (variable, is_aws) in [("HTTPS_PROXY", true), ("all_proxy", true), ("HTTP_PROXY", false)] {
        let proxy = closed();
        let ended = status(variable, &format!("http://user:hunter2@{proxy}"), is_aws);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        let named = format!("through the proxy `http://{proxy}` of `{variable}`");
        let (error, hint) = ended.stderr.split_once("\nhint: ").unwrap();
        assert!(error.contains("no answer from `http") && error.contains(&named), "{}", ended.stderr);
        assert_eq!(error.contains(".amazonaws.com` through"), is_aws, "{}", ended.stderr);
        assert!(hint.contains(&format!("correct or unset `{variable}`")) && hint.contains("`NO_PROXY`"), "{hint}");
        assert!(!ended.stderr.contains("hunter2") && !ended.stdout.contains("hunter2"), "{}", ended.stderr);
        for wrapper in ["caused by: io error", "caused by: other"] {
            assert!(!ended.stderr.contains(wrapper), "{}", ended.stderr);
        }
    }
}

#[test]
fn a_proxy_that_cannot_be_used_is_a_mistake_of_usage() {
    for value in ["socks5://proxy:1080", "http://[", "::::"] {
        let ended = status("HTTPS_PROXY", value, true);
        assert_eq!(ended.code, Some(2), "{value}: {}", ended.stderr);
        assert!(ended.stderr.contains("`HTTPS_PROXY`") && ended.stderr.contains("\nhint: "), "{}", ended.stderr);
    }
}
