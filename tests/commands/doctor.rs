//! `zappa-rs doctor`: what it finds without AWS, and with one that answers on loopback.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use serde_json::Value;

use super::tool::Tool;

const STAGE: &str = "[project]\nname = \"shop\"\n\n[stage.dev]\nregions = [\"eu-west-1\"]\narchitecture = \"x86_64\"\n";
const SECRET: &str = "wJalrXUtnFEMI";

/// Exit code, stdout as JSON, and stderr, with variables on top of the empty environment.
fn run(tool: &Tool, args: &[&str], variables: &[(&str, &str)]) -> (String, Value, String) {
    let args = [&["doctor"], args, &["--json"]].concat();
    let mut command = tool.command(&args);
    command.env("AWS_EC2_METADATA_DISABLED", "true").envs(variables.iter().copied());
    let transcript = tool.snapshot_of(&mut command);
    assert!(!transcript.contains(SECRET), "{transcript}");
    let (code, rest) = transcript.split_once("\n--- stdout\n").unwrap();
    let (stdout, stderr) = rest.split_once("--- stderr\n").unwrap();
    let json = if stdout.is_empty() { Value::Null } else { serde_json::from_str(stdout).unwrap() };
    (code.to_owned(), json, stderr.to_owned())
}

/// The finding of a check, the first of that name.
fn finding<'a>(findings: &'a Value, name: &str) -> &'a Value {
    let found = findings.as_array().unwrap().iter().find(|finding| finding["name"] == name);
    found.unwrap_or_else(|| panic!("no `{name}`: {findings}"))
}

/// State and sentence of a check.
fn said(findings: &Value, name: &str) -> String {
    let finding = finding(findings, name);
    let is_ok = finding["state"] == "ok" || finding["state"] == "skipped";
    assert_eq!(finding["hint"].is_null(), is_ok, "{finding}");
    format!("{}: {}", finding["state"].as_str().unwrap(), finding["sentence"].as_str().unwrap())
}

#[test]
fn without_settings_and_credentials_what_needs_neither_is_checked() {
    let tool = Tool::new("x86_64-unknown-linux-gnu", &["x86_64-unknown-linux-gnu"]);
    tool.program("zig", "#!/bin/sh\necho 0.15.1\n");
    let (code, findings, stderr) = run(&tool, &[], &[]);
    assert_eq!((code.as_str(), stderr.as_str()), ("exit: 1", "error: 2 checks failed\n"));
    assert!(said(&findings, "rust").starts_with("ok: cargo 1."), "{findings}");
    // The default is arm64.
    assert_eq!(said(&findings, "target"), "failed: target `aarch64-unknown-linux-gnu` is not installed");
    assert!(said(&findings, "settings").starts_with("warning: no `zappa_settings.toml` in"), "{findings}");
    assert_eq!(said(&findings, "proxies"), "ok: none");
    assert_eq!(said(&findings, "certificates"), "ok: the system's");
    assert!(said(&findings, "credentials").starts_with("failed: no usable credentials"), "{findings}");
    for name in ["clock", "identity", "region", "rights", "concurrency"] {
        assert_eq!(said(&findings, name), "skipped: there are no credentials");
    }
}

#[test]
fn the_text_is_a_list_with_the_remedies_below() {
    let tool = Tool::with_settings(STAGE);
    let mut command = tool.command(&["doctor"]);
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("HTTPS_PROXY", "http://user:wJalrXUtnFEMI@127.0.0.1:9");
    let text = tool.snapshot_of(&mut command);
    assert!(text.starts_with("exit: 1\n--- stdout\nok       rust          cargo 1."), "{text}");
    for line in [
        "\nok       target        builds for x86_64-unknown-linux-gnu\n",
        "\nok       settings      1 stage of `[PROJECT]/zappa_settings.toml`\n",
        "\nok       proxies       the proxy `http://127.0.0.1:9` of `HTTPS_PROXY`\n",
        "\nok       certificates  the system's\nfailed   credentials   no usable credentials",
        "\n                       hint: name a profile with `--profile` or `profile_name`",
        "\nskipped  clock         there are no credentials\n",
        "--- stderr\nerror: one check failed\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains(SECRET), "{text}");
}

#[test]
fn broken_settings_fail_and_leave_the_rest_to_be_checked() {
    let tool = Tool::with_settings(&format!("{STAGE}memori_size = 3\ntimeout_seconds = \"5\"\n"));
    let (code, findings, _) = run(&tool, &["dev"], &[]);
    assert_eq!(code, "exit: 1");
    assert_eq!(said(&findings, "settings"), "failed: 2 faults in `[PROJECT]/zappa_settings.toml`");
    assert!(said(&findings, "rust").starts_with("ok: "), "{findings}");
}

#[test]
fn of_several_stages_none_is_chosen_and_a_command_of_the_users_own_needs_no_rust() {
    let own = format!("{STAGE}builder = \"command\"\nbuild_command = \"make\"\nbuild_output = \"app\"\n");
    let tool = Tool::with_settings(&format!("{own}[stage.prod]\nregions = [\"eu-west-1\"]\n"));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (_, findings, _) = run(&tool, &["dev", "--endpoint-url", &format!("http://{closed}")], &[]);
    assert_eq!(said(&findings, "rust"), "skipped: the stage is built by `make`");
    assert_eq!(said(&findings, "target"), "skipped: the stage is built by `make`");
    let url = aws(role, "");
    let (_, findings, _) = run(&tool, &["--endpoint-url", &url], &KEYS);
    assert!(said(&findings, "settings").starts_with("ok: 2 stages of"), "{findings}");
    assert_eq!(said(&findings, "rights"), "skipped: the settings define several stages, and none is named");
    assert_eq!(said(&findings, "concurrency"), "ok: 100 instances at once, 100 of them unreserved");
    assert_eq!(finding(&findings, "region")["region"], "us-east-1", "the default");
}

#[test]
fn a_stage_or_region_that_is_not_there_is_wrong_usage() {
    let tool = Tool::with_settings(STAGE);
    for args in [&["prod"][..], &["dev", "--region", "eu-west-2"], &["--nonsense"]] {
        let (code, findings, stderr) = run(&tool, args, &[]);
        assert_eq!((code.as_str(), &findings), ("exit: 2", &Value::Null), "{stderr}");
    }
    let (code, _, stderr) = run(&Tool::usual(), &["dev"], &[]);
    assert!(code == "exit: 2" && stderr.contains("no `zappa_settings.toml`"), "{stderr}");
}

#[test]
fn what_the_network_needs_is_checked_before_it_is_used() {
    let tool = Tool::with_settings(STAGE);
    let (_, findings, _) = run(&tool, &[], &[("AWS_CA_BUNDLE", "/nonexistent/ca.pem")]);
    assert!(
        said(&findings, "certificates").starts_with("failed: cannot read `/nonexistent/ca.pem`: No such"),
        "{findings}"
    );
    assert_eq!(said(&findings, "credentials"), "skipped: `certificates` failed");
    assert_eq!(said(&findings, "rights"), "skipped: `certificates` failed");
    tool.file("empty.pem", "");
    let empty = tool.project("empty.pem").display().to_string();
    let (_, findings, _) = run(&tool, &[], &[("SSL_CERT_FILE", &empty)]);
    assert!(said(&findings, "certificates").contains("has no certificate that can be read"), "{findings}");
    let (_, findings, _) = run(&tool, &[], &[("ALL_PROXY", "socks5://user:wJalrXUtnFEMI@proxy:1")]);
    assert!(said(&findings, "proxies").starts_with("failed: `ALL_PROXY` names a proxy by `socks5://`"), "{findings}");
}

/// An AWS on loopback that answers each request by what it holds; its address. Its clock is this machine's, shifted.
fn aws(answer: fn(&str) -> (u16, String), date: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || serve(&stream, answer, date));
        }
    });
    address
}

fn serve(mut stream: &TcpStream, answer: fn(&str) -> (u16, String), date: &str) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or_default() == 0 {
            return;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let (status, text) = answer(&format!("{head}\n{}", String::from_utf8(body).unwrap()));
    let response =
        format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{date}\r\n{text}", text.len());
    let _ = stream.write_all(response.as_bytes());
}

fn result(action: &str, content: &str) -> (u16, String) {
    (200, format!("<{action}Response><{action}Result>{content}</{action}Result></{action}Response>"))
}

/// A role that may do all but create functions, in an account with a tenth of the usual concurrency.
fn role(request: &str) -> (u16, String) {
    if request.contains("Action=GetCallerIdentity") {
        let arn = "arn:aws:sts::123456789012:assumed-role/deploy/ann";
        return result("GetCallerIdentity", &format!("<Account>123456789012</Account><Arn>{arn}</Arn>"));
    }
    if request.contains("Action=GetRole") {
        return result("GetRole", "<Role><Arn>arn:aws:iam::123456789012:role/team/deploy</Arn></Role>");
    }
    if request.contains("Action=SimulatePrincipalPolicy") {
        assert!(
            request.contains("PolicySourceArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fteam%2Fdeploy"),
            "{request}"
        );
        assert!(request.contains("/us-east-1/iam/aws4_request"), "{request}");
        let actions = request
            .split('&')
            .filter_map(|field| field.split_once('='))
            .filter(|(name, _)| name.starts_with("ActionNames"));
        let results = actions.map(|(_, action)| {
            let decision = if action == "lambda%3ACreateFunction" { "implicitDeny" } else { "allowed" };
            let action = action.replace("%3A", ":");
            format!("<member><EvalActionName>{action}</EvalActionName><EvalResourceName>*</EvalResourceName><EvalDecision>{decision}</EvalDecision></member>")
        });
        let results: String = results.collect();
        return result("SimulatePrincipalPolicy", &format!("<EvaluationResults>{results}</EvaluationResults>"));
    }
    if request.starts_with("GET /2016-08-19/account-settings") {
        let limits = r#"{"AccountLimit":{"ConcurrentExecutions":100,"UnreservedConcurrentExecutions":100}}"#;
        return (200, limits.to_owned());
    }
    if request.starts_with("GET /account ") {
        return (200, r#"{"cloudwatchRoleArn":null,"features":["UsagePlans"]}"#.to_owned());
    }
    (404, r#"{"__type":"ResourceNotFoundException"}"#.to_owned())
}

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", SECRET)];

#[test]
fn the_account_and_the_rights_are_those_that_aws_tells() {
    let url = aws(role, "");
    let tool = Tool::with_settings(&format!("{STAGE}reserved_concurrency = 5\n"));
    let (code, findings, stderr) = run(&tool, &["dev", "--endpoint-url", &url], &KEYS);
    assert_eq!((code.as_str(), stderr.as_str()), ("exit: 1", "error: one check failed\n"), "{findings}");
    assert_eq!(said(&findings, "credentials"), "ok: the access key that ends in MPLE");
    assert_eq!(
        said(&findings, "identity"),
        "ok: account 123456789012 as arn:aws:sts::123456789012:assumed-role/deploy/ann"
    );
    assert!(said(&findings, "clock").starts_with("unknown: "), "{findings}");
    assert_eq!(said(&findings, "region"), "ok: it answers");
    assert_eq!(finding(&findings, "region")["region"], "eu-west-1");
    let rights = said(&findings, "rights");
    assert!(rights.starts_with("failed: 1 of a deploy's "), "{rights}");
    assert!(rights.ends_with("actions are not allowed: `lambda:CreateFunction`"), "{rights}");
    let hint = finding(&findings, "rights")["hint"].as_str().unwrap();
    assert!(hint.starts_with("allow the caller what `zappa-rs policy deploy dev --endpoint-url http://"), "{hint}");
    assert!(
        said(&findings, "concurrency").starts_with("warning: the settings reserve 5 of the account's 100"),
        "{findings}"
    );
}

#[test]
fn an_access_log_of_a_rest_api_needs_the_role_of_the_account() {
    let url = aws(role, "");
    let found = |settings: &str| {
        let tool = Tool::with_settings(&format!("{STAGE}access_log = true\n{settings}"));
        run(&tool, &["dev", "--endpoint-url", &url], &KEYS).1
    };
    let findings = found("");
    assert!(said(&findings, "log role").starts_with("failed: API Gateway has no role"), "{findings}");
    assert_eq!(finding(&findings, "log role")["region"], "eu-west-1");
    let sets_it = "[stage.dev.resources]\nGateway = { Type = \"AWS::ApiGateway::Account\" }\n";
    for settings in ["api = \"http\"\n", sets_it] {
        let findings = found(settings);
        let names: Vec<_> = findings.as_array().unwrap().iter().map(|finding| &finding["name"]).collect();
        assert!(names.iter().all(|name| *name != "log role"), "{findings}");
    }
}

#[test]
fn a_clock_that_is_wrong_is_the_reason_why_aws_takes_no_credentials() {
    let refuse = |_: &str| {
        let body = "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>Signature expired</Message></Error></ErrorResponse>";
        (403, body.to_owned())
    };
    let tool = Tool::with_settings(STAGE);
    let url = aws(refuse, "date: Wed, 25 Nov 2020 19:59:59 GMT\r\n");
    let (code, findings, _) = run(&tool, &["--endpoint-url", &url], &KEYS);
    assert_eq!(code, "exit: 1");
    assert!(said(&findings, "clock").contains("minutes ahead of AWS's"), "{findings}");
    assert_eq!(said(&findings, "identity"), "skipped: `clock` failed");
    assert_eq!(said(&findings, "region"), "skipped: the caller is not known");
    assert_eq!(said(&findings, "rights"), "skipped: the caller is not known");
}

#[test]
fn an_endpoint_that_nothing_listens_at_fails_with_the_reason() {
    let tool = Tool::with_settings(STAGE);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, findings, _) = run(&tool, &["--endpoint-url", &format!("http://{closed}")], &KEYS);
    assert_eq!(code, "exit: 1");
    assert!(said(&findings, "identity").contains("no answer from `http://127.0.0.1:"), "{findings}");
}
