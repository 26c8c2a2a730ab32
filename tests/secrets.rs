//! Secrets in the stores of an emulator: what is read, by how many calls, and what an error says.
//!
//! The environment decides what is read, and one process cannot change its own: each test runs `program` in a process of
//! its own, a test that is ignored otherwise.

#[path = "support/mod.rs"]
mod support;

use std::{
    fmt::Write as _,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use support::{
    client::Request,
    emulator::{self, Account},
    proxy::{Fault, Proxy},
};

/// What the program prints before its result.
const MARK: &str = "RESULT ";

/// Reads the secrets, and prints the values of the names in `NAMES` or the error.
#[tokio::test]
#[ignore = "the program of the others"]
async fn program() {
    let result = match zappa_rs_adapter::secrets().await {
        Ok(secrets) => {
            let mut text = String::new();
            for name in std::env::var("NAMES").unwrap_or_default().split(',') {
                let _ =
                    write!(text, "{name}={} ", secrets.find(name).map_or("none".to_owned(), |value| value.to_string()));
            }
            let _ = write!(text, "{secrets:?} {:?}", secrets.find("P0"));
            text
        }
        Err(error) => format!("error: {error}"),
    };
    println!("{MARK}{result}");
}

/// Runs the program through a proxy to the emulator.
fn run(account: &Account, proxy: &Proxy, references: Option<&Value>, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    emulator::clear(&mut command);
    command
        .args(["--ignored", "--nocapture", "program"])
        .envs(account.variables())
        .env("AWS_ENDPOINT_URL", format!("http://{}", proxy.address()))
        .env("AWS_REGION", emulator::REGION);
    if let Some(references) = references {
        command.env("ZAPPA_SECRETS", references.to_string());
    }
    let output = command.envs(variables.iter().copied()).output().expect("it can be started again");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let result = text.split_once(MARK).unwrap_or_else(|| panic!("{output:?}")).1;
    result.lines().next().unwrap_or_default().to_owned()
}

/// An account with twelve parameters, one in a folder, and two secrets.
fn filled() -> Account {
    let account = emulator::account();
    let call = |service: &str, target: &str, input: Value| {
        let request = Request::new("POST", "/")
            .with_body("application/x-amz-json-1.1", input.to_string())
            .with("x-amz-target", target);
        let response = account.send(emulator::REGION, service, request).expect("the emulator answers");
        assert_eq!(response.status, 200, "{target}: {}", response.text());
    };
    let parameter = |name: &str, value: &str| {
        let input = json!({"Name": name, "Value": value, "Type": "SecureString"});
        call("ssm", "AmazonSSM.PutParameter", input);
    };
    for number in 0..12 {
        parameter(&format!("/shop/dev/p{number}"), &format!("value {number}"));
    }
    parameter("/shop/dev/sub/deep", "deep");
    for (name, text) in [("shop/stripe", r#"{"key":"sk_1","port":5432}"#), ("plain", "as it is")] {
        let input = json!({"Name": name, "SecretString": text, "ClientRequestToken": format!("{name:->36}")});
        call("secretsmanager", "secretsmanager.CreateSecret", input);
    }
    account
}

fn names(proxy: &Proxy) -> Vec<String> {
    let mut names: Vec<_> = proxy.take().iter().map(|call| format!("{}:{}", call.service, call.operation)).collect();
    names.sort();
    names
}

#[test]
fn all_values_are_read_in_as_few_calls_as_the_services_allow() {
    let account = filled();
    let proxy = Proxy::start(account.address());
    let mut references: serde_json::Map<String, Value> =
        (0..12).map(|number| (format!("P{number}"), json!(format!("ssm:/shop/dev/p{number}")))).collect();
    assert!(
        run(&account, &proxy, Some(&json!(references)), &[("NAMES", "P0,P11")]).starts_with("P0=value 0 P11=value 11 ")
    );
    assert_eq!(names(&proxy), ["ssm:GetParameters", "ssm:GetParameters"]);

    references.insert("KEY".into(), json!("secretsmanager:shop/stripe#key"));
    references.insert("PORT".into(), json!("secretsmanager:shop/stripe#port"));
    references.insert("PLAIN".into(), json!("secretsmanager:plain"));
    references.insert("OTHER".into(), json!("secretsmanager?:nothing"));
    let result = run(&account, &proxy, Some(&json!(references)), &[("NAMES", "KEY,PORT,PLAIN,OTHER")]);
    assert!(result.starts_with("KEY=sk_1 PORT=5432 PLAIN=as it is OTHER=none "), "{result}");
    assert_eq!(names(&proxy), ["secretsmanager:BatchGetSecretValue", "ssm:GetParameters", "ssm:GetParameters"]);
    // Neither the set nor a value shows values.
    assert!(result.contains(r#""PORT""#) && result.ends_with("Some(Secret([redacted]))"), "{result}");
}

#[test]
fn a_path_gives_all_its_parameters() {
    let account = filled();
    let proxy = Proxy::start(account.address());
    let references = json!({ "*": "ssm:/shop/dev/*" });
    let result = run(&account, &proxy, Some(&references), &[("NAMES", "p3,p11,sub/deep,p12")]);
    assert!(result.starts_with("p3=value 3 p11=value 11 sub/deep=deep p12=none "), "{result}");
}

#[test]
fn one_error_names_all_secrets_without_a_value() {
    let account = filled();
    let proxy = Proxy::start(account.address());
    let references = json!({
        "P0": "ssm:/shop/dev/p0", "A": "ssm:/shop/dev/a", "B": "ssm?:/shop/dev/b", "C": "secretsmanager:c",
        "D": "secretsmanager:shop/stripe#d",
    });
    let result = run(&account, &proxy, Some(&references), &[]);
    assert!(result.starts_with("error: secrets have no value: `A`: "), "{result}");
    assert!(result.contains("`C`: ") && result.contains("`D`: ") && result.contains("no field `d`"), "{result}");
    assert!(!result.contains("`B`") && !result.contains("sk_1"), "{result}");
}

#[test]
fn a_variable_of_the_environment_wins_and_is_not_read() {
    let account = filled();
    let proxy = Proxy::start(account.address());
    let references = json!({ "P0": "ssm:/shop/dev/p0" });
    let result = run(&account, &proxy, Some(&references), &[("NAMES", "P0"), ("P0", "own")]);
    assert!(result.starts_with("P0=own "), "{result}");
    // Without references, too; on Lambda, only the references count.
    assert!(run(&account, &proxy, None, &[("NAMES", "P0"), ("P0", "own")]).starts_with("P0=own "));
    let on_lambda = [("NAMES", "P0"), ("P0", "own"), ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")];
    assert!(run(&account, &proxy, None, &on_lambda).starts_with("P0=none "));
    assert!(proxy.take().is_empty());
}

#[test]
fn throttled_and_broken_calls_are_repeated() {
    let account = filled();
    let faults = [Fault::Throttle, Fault::Internal, Fault::Reset, Fault::Lost];
    let proxy = Proxy::with(account.address(), Duration::ZERO, move |call| faults.get(call.number).copied());
    let result = run(&account, &proxy, Some(&json!({ "P0": "ssm:/shop/dev/p0" })), &[("NAMES", "P0")]);
    assert!(result.starts_with("P0=value 0 "), "{result}");
    assert_eq!(proxy.take().len(), 5);
}

#[test]
fn it_gives_up_before_lambda_does_and_says_what_helps() {
    let account = filled();
    let always = Proxy::with(account.address(), Duration::ZERO, |_| Some(Fault::Throttle));
    let start = Instant::now();
    let result = run(&account, &always, Some(&json!({ "P0": "ssm:/shop/dev/p0" })), &[]);
    // Lambda ends an initialization after ten seconds; the process of the test has to start and end in them, too.
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(result.starts_with("error: secrets were not read: ssm in eu-central-1 (127.0.0.1): "), "{result}");
    let denied = Fault::Refuse(400, "AccessDeniedException", "not authorized to perform: ssm:GetParameters");
    let proxy = Proxy::with(account.address(), Duration::ZERO, move |_| Some(denied));
    let result = run(&account, &proxy, Some(&json!({ "P0": "ssm:/shop/dev/p0" })), &[]);
    assert_eq!(proxy.take().len(), 1, "a refusal is final");
    assert!(result.contains("not authorized") && result.contains("`role_arn`"), "{result}");
}
