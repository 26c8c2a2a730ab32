//! Secrets from `secrets set` to the running function, and that no value is anywhere else.

use std::{
    fs,
    process::Stdio,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use crate::{
    stage::{Ended, PATIENCE, Stage},
    support::{
        emulator::{self, Account, REGION},
        process::Process,
        proxy::Proxy,
    },
};

const SETTINGS: &str = r#"
health_check = "/secret/DATABASE_URL"
[stage.dev.secrets]
DATABASE_URL = "ssm:/shop/${stage}/db"
STRIPE_KEY = "secretsmanager:shop/stripe#key"
STRIPE_HOOK = "secretsmanager:shop/stripe#hook"
SENTRY = "ssm?:/shop/sentry"
"#;

const VALUES: [(&str, &str); 3] = [
    ("DATABASE_URL", "postgres://u:p\u{e4}ss word@h/d?a=1&b=2"),
    ("STRIPE_KEY", "sk_live_\"1\""),
    ("STRIPE_HOOK", "whsec_2"),
];

/// Runs a command with a text on stdin.
fn run(stage: &Stage, args: &[&str], stdin: &str) -> Ended {
    let path = stage.folder.path().join("stdin");
    fs::write(&path, stdin).unwrap();
    let file = fs::File::open(&path).unwrap();
    let (status, stdout, stderr) = Process::start_with(&mut stage.tool(args), Stdio::from(file)).wait(PATIENCE);
    Ended { code: status.code(), stdout, stderr }
}

fn list(stage: &Stage) -> Value {
    serde_json::from_str(&stage.ok(&["secrets", "list", "--json"])).unwrap()
}

#[test]
fn a_value_among_the_arguments_is_refused_and_not_repeated() {
    let stage = Stage::of(emulator::account(), &[REGION], "secrets = { KEY = \"ssm:/shop/key\" }");
    for arguments in
        [&["set", "KEY=hunter2"][..], &["set", "-n", "KEY=hunter2"], &["set", "dev", "--name", "KEY=hunter2"]]
    {
        let ended = stage.run(&[&["secrets"], arguments].concat());
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains("`zappa-rs secrets set -n KEY` asks for the value"), "{}", ended.stderr);
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }
}

#[test]
fn a_value_is_set_and_read_by_the_function_and_stands_nowhere_else() {
    let stage = Stage::new(SETTINGS);
    let stored: Vec<bool> = list(&stage).as_array().unwrap().iter().map(|row| row["stored"] == true).collect();
    assert_eq!(stored, [false; 4]);
    // Without its secrets the first release cannot start, and the error names all of them.
    let failed = stage.with(&["deploy"], "good");
    assert_eq!(failed.code, Some(1), "{}", failed.stderr);
    let missing = "`DATABASE_URL`: there is no parameter `/shop/dev/db`; `STRIPE_HOOK`: ";
    assert!(failed.stderr.contains(missing), "{}", failed.stderr);

    let mut printed = failed.stderr + &failed.stdout;
    for (name, value) in VALUES {
        let ended = run(&stage, &["secrets", "set", "-n", name, "-v"], &format!("{value}\n"));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stdout.starts_with(&format!("{}: {name} c", emulator::REGION)), "{}", ended.stdout);
        printed += &(ended.stdout + &ended.stderr);
        let again = run(&stage, &["secrets", "set", "-n", name], value);
        assert!(again.stdout.contains("unchanged"), "{}", again.stdout);
    }
    let stored = list(&stage);
    printed += &stored.to_string();
    let stored: Vec<bool> = stored.as_array().unwrap().iter().map(|row| row["stored"] == true).collect();
    assert_eq!(stored, [true, false, true, true], "{printed}");
    printed += &stage.ok(&["secrets", "list"]);

    let url = stage.ok_with(&["deploy"], "good");
    for (name, value) in VALUES {
        assert_eq!(stage.visit(&url, &format!("/secret/{name}")).text(), value);
        assert_eq!(stage.ok(&["secrets", "get", "-n", name]), format!("{value}\n"));
    }
    assert!(stage.visit(&url, "/secret/SENTRY").text().contains("has no value"));

    for command in
        [&["template"][..], &["status", "--json"], &["diff"], &["policy", "function"], &["releases", "--json"]]
    {
        let ended = stage.run(command);
        printed += &(ended.stdout + &ended.stderr);
    }
    printed += &stage.account.aws(&["cloudformation", "get-template", "--stack-name", "shop-dev"]).to_string();
    printed += &stage.account.aws(&["lambda", "get-function-configuration", "--function-name", "shop-dev"]).to_string();
    printed += &objects(&stage);
    for (name, value) in VALUES {
        let json = serde_json::to_string(value).unwrap();
        assert!(!printed.contains(value) && !printed.contains(json.trim_matches('"')), "{name}");
    }
    assert!(printed.contains("ssm:/shop/dev/db"), "the references are no secret");
}

/// The text of all objects that the tool wrote, such as the records of releases.
fn objects(stage: &Stage) -> String {
    let buckets = stage.account.aws(&["s3api", "list-buckets"]);
    let mut text = String::new();
    for bucket in buckets["Buckets"].as_array().unwrap() {
        let bucket = bucket["Name"].as_str().unwrap();
        let found = stage.account.aws(&["s3api", "list-objects-v2", "--bucket", bucket]);
        for object in found["Contents"].as_array().into_iter().flatten() {
            let path = stage.folder.path().join("object");
            let key = object["Key"].as_str().unwrap();
            stage.account.aws(&["s3api", "get-object", "--bucket", bucket, "--key", key, path.to_str().unwrap()]);
            text += &String::from_utf8_lossy(&fs::read(&path).unwrap());
        }
    }
    assert!(text.contains("DATABASE_URL"), "a record has the template");
    text
}

#[test]
fn a_file_sets_the_secrets_that_it_has_in_every_region() {
    let stage = Stage::of(emulator::account(), &["eu-central-1", "us-east-1"], SETTINGS);
    fs::write(stage.folder.path().join(".env.dev"), "DATABASE_URL=postgres://x\nSTRIPE_KEY='a b'\nOTHER=1\n").unwrap();
    let ended = stage.run(&["secrets", "set", "--from-file", ".env.dev"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("OTHER") && ended.stdout.lines().count() == 4, "{}{}", ended.stdout, ended.stderr);
    for region in ["eu-central-1", "us-east-1"] {
        assert_eq!(stage.ok(&["secrets", "get", "-n", "STRIPE_KEY", "--region", region]), "a b\n");
    }
    // The other field is kept, and removing one keeps the rest.
    run(&stage, &["secrets", "set", "-n", "STRIPE_HOOK"], "w");
    assert_eq!(stage.ok(&["secrets", "get", "-n", "STRIPE_KEY"]), "a b\n");
    let refused = stage.run(&["secrets", "remove", "-n", "STRIPE_KEY"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    stage.ok(&["secrets", "remove", "-n", "STRIPE_KEY", "--yes"]);
    stage.ok(&["secrets", "remove", "-n", "DATABASE_URL", "--yes"]);
    assert!(stage.ok(&["secrets", "remove", "-n", "DATABASE_URL", "--yes"]).contains("had no value"));
    assert_eq!(stage.ok(&["secrets", "get", "-n", "STRIPE_HOOK"]), "w\n");
    let gone = stage.run(&["secrets", "get", "-n", "STRIPE_KEY"]);
    assert!(gone.code == Some(1) && gone.stderr.contains("secrets set dev -n STRIPE_KEY"), "{}", gone.stderr);
}

/// The text of the secret that has the fields.
fn stripe(account: &Account) -> Value {
    let found = account.aws(&["secretsmanager", "get-secret-value", "--secret-id", "shop/stripe"]);
    serde_json::from_str(found["SecretString"].as_str().unwrap()).unwrap()
}

#[test]
fn a_field_that_another_sets_at_the_same_time_is_kept() {
    let mut stage = Stage::new(SETTINGS);
    let created = run(&stage, &["secrets", "set", "-n", "STRIPE_KEY"], "one");
    assert_eq!(created.code, Some(0), "{}", created.stderr);
    let (account, others) = (stage.account.through(stage.account.address()), AtomicUsize::new(0));
    // Another writes right after each of the first two reads.
    let proxy = Proxy::editing(stage.account.address(), move |call, _| {
        if call.name() == "secretsmanager:GetSecretValue" {
            let number = others.fetch_add(1, Ordering::Relaxed);
            if number < 2 {
                let mut text = stripe(&account);
                text["hook"] = json!(format!("other {number}"));
                let (id, text) = ("shop/stripe", text.to_string());
                account.aws(&["secretsmanager", "put-secret-value", "--secret-id", id, "--secret-string", &text]);
            }
        }
    });
    stage.through(proxy.address());
    let ended = run(&stage, &["secrets", "set", "-n", "STRIPE_KEY"], "two");
    assert_eq!((ended.code, stripe(&stage.account)), (Some(0), json!({ "key": "two", "hook": "other 1" })));

    stage.ok(&["secrets", "remove", "-n", "STRIPE_KEY", "--yes"]);
    assert_eq!(stripe(&stage.account), json!({ "hook": "other 1" }));
}

#[test]
fn commands_that_set_fields_of_one_secret_at_once_lose_none() {
    let fields: Vec<String> = (0..6).map(|number| format!("F{number}")).collect();
    let lines: Vec<String> =
        fields.iter().map(|name| format!("{name} = \"secretsmanager:shop/many#{name}\"")).collect();
    let stage = Stage::new(&format!("[stage.dev.secrets]\n{}", lines.join("\n")));
    let start = |name: &String| {
        let path = stage.folder.path().join(name);
        fs::write(&path, format!("of {name}")).unwrap();
        let stdin = fs::File::open(&path).unwrap();
        Process::start_with(&mut stage.tool(&["secrets", "set", "-n", name]), Stdio::from(stdin))
    };
    let started: Vec<Process> = fields.iter().map(start).collect();
    for process in started {
        let (status, _, stderr) = process.wait(PATIENCE);
        assert!(status.success(), "{stderr}");
    }
    for name in &fields {
        assert_eq!(stage.ok(&["secrets", "get", "-n", name]), format!("of {name}\n"));
    }
}

#[test]
fn a_wrong_name_is_told_before_anything_is_asked_or_called() {
    let stage = Stage::new(SETTINGS);
    let wrong = run(&stage, &["secrets", "set", "-n", "DATABASE_UR"], "x");
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("did you mean `DATABASE_URL`?"), "{}", wrong.stderr);
    let none = stage.run(&["secrets", "get"]);
    assert!(none.code == Some(2) && none.stderr.contains("-n NAME"), "{}", none.stderr);
    let empty = run(&stage, &["secrets", "set", "-n", "DATABASE_URL"], "\n");
    assert!(empty.code == Some(2) && empty.stderr.contains("is empty"), "{}", empty.stderr);
    let stage = Stage::new("");
    let without = stage.run(&["secrets", "list"]);
    assert!(without.code == Some(2) && without.stderr.contains("ssm:/shop/${stage}/db"), "{}", without.stderr);
}
