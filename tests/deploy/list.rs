//! `list`: what is deployed in the account, also what the settings no longer name.

use std::{collections::BTreeMap, fs, time::Duration};

use serde_json::{Value, json};

use crate::{
    ownership::retag,
    stage::Stage,
    support::{
        emulator::{REGION, account},
        proxy::{Fault, Proxy},
    },
};

const ELSEWHERE: &str = "us-east-1";

/// Writes settings of a project with some stages, each in one region.
fn set(stage: &Stage, project: &str, stages: &[(&str, &str)]) {
    let stages = stages.iter().map(|(name, region)| {
        format!("[stage.{name}]\nregions = [\"{region}\"]\narchitecture = \"x86_64\"\napi = \"function_url\"\n")
    });
    let text = format!("[project]\nname = \"{project}\"\n\n{}", stages.collect::<String>());
    fs::write(stage.folder.path().join("zappa_settings.toml"), text).unwrap();
}

/// An account with the stages `dev` and `old` of `shop`, the latter in another region, and `dev` of `blog`; the settings are
/// those of `shop`, with `dev` and a stage that was never deployed. With it the URLs.
fn deployed() -> (Stage, BTreeMap<&'static str, String>) {
    let stage = Stage::of(account(), &[REGION], "");
    let mut urls = BTreeMap::new();
    set(&stage, "blog", &[("dev", REGION)]);
    urls.insert("blog-dev", stage.ok_with(&["deploy"], "one"));
    set(&stage, "shop", &[("dev", REGION), ("old", ELSEWHERE)]);
    urls.insert("shop-dev", stage.ok_with(&["deploy", "dev"], "one"));
    urls.insert("shop-old", stage.ok_with(&["deploy", "old"], "one"));
    set(&stage, "shop", &[("dev", REGION), ("new", REGION)]);
    (stage, urls)
}

/// The rows of `list --json`: stack, region, project, stage, state, and whether the settings name it.
fn rows(answer: &str) -> Vec<Value> {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let row = |row: &Value| {
        let fields = ["stack", "region", "project", "stage", "stack_status", "in_settings"];
        Value::from(fields.map(|field| row[field].clone()).to_vec())
    };
    answer.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn stages_of_the_project_are_listed_also_those_that_left_the_settings() {
    let (stage, urls) = deployed();
    // A stack of others in the same region.
    let queue = r#"{"Description":"a queue","Resources":{"Queue":{"Type":"AWS::SQS::Queue"}}}"#;
    stage.account.aws(&["cloudformation", "create-stack", "--stack-name", "queue", "--template-body", queue]);
    let dev = json!(["shop-dev", REGION, "shop", "dev", "CREATE_COMPLETE", true]);
    let old = json!(["shop-old", ELSEWHERE, "shop", "old", "CREATE_COMPLETE", false]);
    let blog = json!(["blog-dev", REGION, "blog", "dev", "CREATE_COMPLETE", null]);

    let known = rows(&stage.ok(&["list", "--json"]));
    assert_eq!((known.len(), &known[0]), (1, &dev), "the region of `old` is in no settings: {known:?}");
    let both = ["--region", REGION, "--region", ELSEWHERE];
    assert_eq!(rows(&stage.ok(&[&["list", "--json"][..], &both[..]].concat())), [dev.clone(), old.clone()]);
    let all = rows(&stage.ok(&[&["list", "--json", "--all-projects"][..], &both[..]].concat()));
    assert_eq!(all, [blog, dev, old]);

    let text = stage.ok(&[&["list"][..], &both[..]].concat());
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["stage", "region", "stack", "age", "expires", "release", "url"], "{text}");
    assert_eq!(lines.len(), 3, "{text}");
    assert_eq!(lines[1][..3], ["dev", REGION, "CREATE_COMPLETE"], "{text}");
    assert_eq!(lines[1][5..], [urls["shop-dev"].trim()], "{text}");
    assert_eq!(lines[2][..3], ["old", ELSEWHERE, "CREATE_COMPLETE"], "{text}");
    assert_eq!(lines[2][5..], [urls["shop-old"].trim(), "not", "in", "the", "settings"], "{text}");
    let releases: Value = serde_json::from_str(&stage.ok(&["releases", "dev", "--json"])).unwrap();
    assert_eq!(lines[1][4], releases[0]["release"], "{text}");

    fs::remove_file(stage.folder.path().join("zappa_settings.toml")).unwrap();
    let text = stage.ok(&["list", "--all-projects", "--region", REGION]);
    let begins: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().take(2).collect()).collect();
    assert_eq!(begins, [["project", "stage"], ["blog", "dev"], ["shop", "dev"]], "{text}");
    assert!(!text.contains("not in the settings"), "there are none: {text}");
}

#[test]
fn a_stack_without_tags_is_found_by_its_template_and_a_call_a_page_is_made() {
    let mut stage = Stage::new("api = \"function_url\"");
    assert_eq!(stage.ok(&["list"]), format!("nothing is deployed in {REGION}\n"));
    stage.ok_with(&["deploy"], "one");
    retag(&stage, &["Key=cost-center,Value=7"]);
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let listed = rows(&stage.ok(&["list", "--json"]));
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!((&listed[0][0], &listed[0][2], &listed[0][3]), (&json!("shop-dev"), &json!("shop"), &json!("dev")));
    let calls: Vec<String> = proxy.take().into_iter().map(|call| call.name()).collect();
    assert_eq!(
        calls,
        ["cloudformation:DescribeStacks", "cloudformation:GetTemplate", "lambda:GetFunctionConfiguration"]
    );
}

#[test]
fn a_region_that_fails_is_a_row_and_hides_no_other() {
    let (mut stage, _) = deployed();
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, |call| {
        (call.region == ELSEWHERE).then_some(Fault::Refuse(403, "AccessDenied", "not allowed to look"))
    });
    stage.through(proxy.address());
    let ended = stage.run(&["list", "--region", REGION, "--region", ELSEWHERE]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines[1].starts_with("dev "), "{}", ended.stdout);
    assert!(lines[2].trim_start().starts_with("us-east-1     unavailable"), "{}", ended.stdout);
    let hint = "must allow `cloudformation:DescribeStacks` and `cloudformation:ListStacks` on all stacks";
    assert!(ended.stderr.contains("us-east-1: ") && ended.stderr.contains(hint), "{}", ended.stderr);
}
