//! API keys and usage plans: the gateway of the emulator asks for keys, and values are nowhere but in API Gateway.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use serde_json::Value;

use crate::{
    access::unsigned,
    stage::{Ended, PATIENCE, Stage},
    support::{
        call::Call,
        client::{Client, Request},
        emulator::REGION,
        process::{self, Process},
        proxy::{Fault, Proxy},
        response::Response,
    },
};

const ACME: &str = "acme-value-0123456789";
const OTHER: &str = "acme-other-9876543210";

fn settings(plans: &str) -> String {
    format!("api_key_required = true\nlog_retention_days = 1\n[stage.dev.usage_plans]\n{plans}\n")
}

/// Runs a command with the value of the key.
fn run(stage: &Stage, args: &[&str], value: &str) -> Ended {
    process::run(stage.tool(args).env("ACME_KEY", value), PATIENCE)
}

/// Deploys with the value of the key; all that it printed.
fn deploy(stage: &Stage, command: &[&str], value: &str) -> Ended {
    let zip = stage.zip("good");
    let ended = run(stage, &[command, &["--yes", "--zip", &zip]].concat(), value);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    ended
}

/// Gets the root with a key, without a signature.
fn get(stage: &Stage, url: &str, key: Option<&str>) -> Response {
    let rest = url.trim().strip_prefix("http://").unwrap();
    let prefix = rest.split_once('/').map_or("", |(_, prefix)| prefix.trim_end_matches('/'));
    let request = Request::get("/");
    let request = match key {
        Some(key) => request.with("x-api-key", key),
        None => request,
    };
    Client::connect(stage.account.address()).unwrap().send(&request.below(&format!("/{prefix}"))).unwrap()
}

/// The keys of the account by the `aws` command: name and value.
fn keys(stage: &Stage) -> Vec<(String, String)> {
    let found = stage.account.aws(&["apigateway", "get-api-keys", "--include-values"]);
    let text = |key: &Value, name: &str| key[name].as_str().unwrap_or_default().to_owned();
    let mut keys: Vec<_> =
        found["items"].as_array().unwrap().iter().map(|key| (text(key, "name"), text(key, "value"))).collect();
    keys.sort();
    keys
}

fn value_of(stage: &Stage, name: &str) -> String {
    keys(stage).into_iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{name}")).1
}

/// The names of the keys of a plan by the `aws` command.
fn members(stage: &Stage, plan: &str) -> Vec<String> {
    let plans = stage.account.aws(&["apigateway", "get-usage-plans"]);
    let plan = plans["items"].as_array().unwrap().iter().find(|found| found["name"] == plan).unwrap();
    let id = plan["id"].as_str().unwrap();
    let keys = stage.account.aws(&["apigateway", "get-usage-plan-keys", "--usage-plan-id", id]);
    keys["items"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap().to_owned()).collect()
}

/// The text of all objects that the tool wrote, such as the records of releases, and of the stack.
fn written(stage: &Stage) -> String {
    let mut text = stage.account.aws(&["cloudformation", "get-template", "--stack-name", "shop-dev"]).to_string();
    text += &stage.account.aws(&["cloudformation", "describe-stacks"]).to_string();
    let bucket = stage.bucket(REGION);
    let found = stage.account.aws(&["s3api", "list-objects-v2", "--bucket", &bucket]);
    let path = stage.folder.path().join("object");
    for object in found["Contents"].as_array().unwrap() {
        let key = object["Key"].as_str().unwrap();
        stage.account.aws(&["s3api", "get-object", "--bucket", &bucket, "--key", key, path.to_str().unwrap()]);
        text += &String::from_utf8_lossy(&fs::read(&path).unwrap());
    }
    assert!(text.contains("NoEcho"), "a record has the template");
    text
}

#[test]
fn a_key_opens_the_stage_and_its_value_stands_nowhere_else() {
    let (account, _turn) = unsigned();
    let mut stage = Stage::of(account, &[REGION], "");
    let acme = "{ name = \"acme\", value = \"${ACME_KEY}\" }";
    stage.set(&settings(&format!(
        "free = {{ quota = {{ limit = 100, period = \"day\" }}, keys = [\"mobile\", {acme}] }}"
    )));
    let first = deploy(&stage, &["deploy", "--json"], ACME);
    let mut printed = first.stdout.clone() + &first.stderr;
    let url = stage.ok(&["url"]);
    for (key, status) in [(None, 403), (Some("nobodys-value-0123456789"), 403), (Some(ACME), 200)] {
        assert_eq!(get(&stage, &url, key).status, status, "{key:?}");
    }
    let mobile = value_of(&stage, "shop-dev-mobile");
    assert_eq!(get(&stage, &url, Some(&mobile)).status, 200);

    // Nothing is sent again while the value is the same, and a value that changed is said and sent.
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    deploy(&stage, &["deploy"], ACME);
    let calls = proxy.take();
    assert!(calls.iter().all(|call| !call.is_mutating()), "{calls:?}");
    assert_eq!(calls.iter().filter(|call| call.service == "apigateway").count(), 1, "{calls:?}");
    let zip = stage.zip("good");
    let diff = run(&stage, &["diff", "--zip", &zip], OTHER);
    assert!(diff.stdout.contains("replace the value of the API key shop-dev-acme"), "{}", diff.stdout);
    let refused = run(&stage, &["deploy", "--zip", &zip], OTHER);
    assert!(
        refused.code == Some(2) && refused.stderr.contains("requests with the old one are refused"),
        "{}",
        refused.stderr
    );
    let changed = deploy(&stage, &["deploy"], OTHER);
    assert!(changed.stderr.contains("in a second update of the stack"), "{}", changed.stderr);
    assert_eq!((get(&stage, &url, Some(ACME)).status, get(&stage, &url, Some(OTHER)).status), (403, 200));
    assert_eq!(value_of(&stage, "shop-dev-mobile"), mobile, "another key is left alone");

    // A key moves to another plan, and a value to another key.
    let moved = acme.replace("acme", "acme-2");
    stage.set(&settings(&format!("free = {{ keys = [] }}\ngold = {{ keys = [\"mobile\", {moved}] }}")));
    let ended = deploy(&stage, &["deploy"], OTHER);
    assert!(ended.stderr.contains("shop-dev-mobile moves to another plan in two updates"), "{}", ended.stderr);
    assert_eq!((get(&stage, &url, Some(&mobile)).status, get(&stage, &url, Some(OTHER)).status), (200, 200));
    let mut found = members(&stage, "shop-dev-gold");
    found.sort();
    assert_eq!(
        (found, members(&stage, "shop-dev-free")),
        (vec!["shop-dev-acme-2".to_owned(), "shop-dev-mobile".to_owned()], Vec::new())
    );
    // A rollback to a release whose key is gone has no value for it, and one to the release before the last key has.
    let back = run(&stage, &["rollback", "--yes"], OTHER);
    assert!(
        back.code == Some(2) && back.stderr.contains("the value of API key `shop-dev-acme` is not known"),
        "{}",
        back.stderr
    );

    for ended in
        [&diff, &refused, &changed, &ended, &back, &run(&stage, &["template"], OTHER), &run(&stage, &["status"], OTHER)]
    {
        printed += &(ended.stdout.clone() + &ended.stderr);
    }
    printed += &written(&stage);
    for value in [ACME, OTHER, &mobile] {
        assert!(!printed.contains(value), "{value}: {printed}");
    }
    stage.ok(&["undeploy", "--yes"]);
    assert_eq!(keys(&stage), []);
}

#[test]
fn an_interrupt_between_the_two_updates_names_the_key_that_is_gone() {
    // The emulator finds a key by its value in all accounts: these values are in no other test.
    let [first, second] = ["gone-value-0123456789", "gone-other-9876543210"];
    let mut stage = Stage::new(&settings("free = { keys = [{ name = \"acme\", value = \"${ACME_KEY}\" }] }"));
    deploy(&stage, &["deploy"], first);
    let begun = AtomicBool::new(false);
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, move |call| {
        let is_first = call.name() == "cloudformation:UpdateStack" && !begun.swap(true, Ordering::Relaxed);
        is_first.then_some(Fault::Signal("INT"))
    });
    stage.through(proxy.address());
    let zip = stage.zip("good");
    let process = Process::start(stage.tool(&["deploy", "--yes", "--zip", &zip]).env("ACME_KEY", second));
    proxy.aim_at(process.id());
    let (status, _, stderr) = process.wait(PATIENCE);
    stage.through(stage.account.address());
    assert_eq!(status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("the API key `shop-dev-acme` does not exist"), "{stderr}");
    assert!(stderr.contains("\nhint: run the same command again"), "{stderr}");
    assert_eq!(keys(&stage), []);
    deploy(&stage, &["deploy", "--wait"], second);
    assert_eq!(value_of(&stage, "shop-dev-acme"), second);
}

#[test]
fn keys_are_made_listed_and_revoked_beside_the_stack() {
    let mut stage = Stage::new(&settings("free = { keys = [\"mobile\"] }\ngold = {}"));
    let early = stage.run(&["keys", "list"]);
    assert!(early.code != Some(0) && early.stdout.is_empty() && early.stderr.contains("error: "), "{early:?}");
    let policy: Value = serde_json::from_str(&stage.ok(&["policy", "deploy"])).unwrap();
    stage.ok_with(&["deploy"], "good");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let ambiguous = stage.run(&["keys", "create", "-n", "acme"]);
    assert!(ambiguous.code == Some(2) && ambiguous.stderr.contains("`free` and `gold`"), "{}", ambiguous.stderr);
    let created = stage.ok(&["keys", "create", "-n", "acme", "--plan", "gold"]);
    let value = value_of(&stage, "shop-dev-acme");
    assert!(created.contains("made acme") && !created.contains(&value), "{created}");
    assert_eq!(members(&stage, "shop-dev-gold"), ["shop-dev-acme"]);
    let again = stage.run(&["keys", "create", "-n", "acme", "--plan", "free"]);
    assert!(again.code == Some(2) && again.stderr.contains("there is an API key `acme`"), "{}", again.stderr);
    // One of the application's own.
    let other = stage.account.aws(&["apigateway", "create-api-key", "--name", "customer", "--enabled"]);
    let plans = stage.account.aws(&["apigateway", "get-usage-plans"]);
    let gold = plans["items"].as_array().unwrap().iter().find(|plan| plan["name"] == "shop-dev-gold").unwrap();
    let (id, plan) = (other["id"].as_str().unwrap(), gold["id"].as_str().unwrap());
    let member =
        ["apigateway", "create-usage-plan-key", "--key-type", "API_KEY", "--key-id", id, "--usage-plan-id", plan];
    stage.account.aws(&member);

    let listed: Value = serde_json::from_str(&stage.ok(&["keys", "list", "--json"])).unwrap();
    let rows: Vec<[&str; 3]> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| ["name", "plan", "made_by"].map(|key| row[key].as_str().unwrap()))
        .collect();
    assert_eq!(rows, [["mobile", "free", "settings"], ["acme", "gold", "command"], ["customer", "gold", "other"]]);
    assert!(!listed.to_string().contains(&value));
    assert!(stage.ok(&["keys", "list", "-n", "acme", "--show"]).contains(&value));

    let of_settings = stage.run(&["keys", "revoke", "-n", "mobile", "--yes"]);
    assert!(
        of_settings.code == Some(2) && of_settings.stderr.contains("take it out of `usage_plans`"),
        "{}",
        of_settings.stderr
    );
    let unknown = stage.run(&["keys", "revoke", "-n", "acm", "--yes"]);
    assert!(unknown.code == Some(2) && unknown.stderr.contains("did you mean `acme`?"), "{}", unknown.stderr);
    assert!(stage.ok(&["keys", "revoke", "-n", id, "--yes"]).contains("revoked customer"));
    let names = |stage: &Stage| keys(stage).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&stage), ["shop-dev-acme", "shop-dev-mobile"]);
    assert!(stage.ok(&["undeploy", "--yes"]).contains("removed API key shop-dev-acme"));
    assert_eq!(names(&stage), [] as [&str; 0]);

    let statements = policy["Statement"].as_array().unwrap().iter().filter(|one| one["Condition"].is_null());
    let allowed: Vec<&Value> = statements.flat_map(|one| one["Action"].as_array().unwrap()).collect();
    let calls = proxy.take();
    let refused: Vec<String> =
        calls.iter().map(Call::action).filter(|action| !allowed.iter().any(|allowed| *allowed == action)).collect();
    assert_eq!(refused, [] as [&str; 0]);
}
