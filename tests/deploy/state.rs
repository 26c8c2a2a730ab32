//! What an account holds, without what differs from account to account and from minute to minute: two states are compared
//! to see whether an interrupted deploy ends where an undisturbed one does.

use serde_json::Value;

use crate::{stage::Stage, support::client::Request};

/// Everything, one line a thing, in order.
pub(crate) fn state(stage: &Stage, region: &str) -> Vec<String> {
    let form = |service: &str, action: &str, rest: &str| {
        let body = format!("Action={action}&Version=2010-05-15{rest}");
        let request = Request::new("POST", "/").with_body("application/x-www-form-urlencoded", body);
        stage.account.send(region, service, request).unwrap().text()
    };
    let get = |service: &str, target: &str| stage.account.send(region, service, Request::get(target)).unwrap();
    let mut lines = Vec::new();
    let stacks = form("cloudformation", "DescribeStacks", "");
    lines.extend(texts(&stacks, "StackName").map(|name| format!("stack {name}")));
    lines.extend(texts(&stacks, "StackStatus").map(|status| format!("stack is {}", settled(status))));
    lines.push(format!(
        "template {}",
        form("cloudformation", "GetTemplate", "&StackName=shop-dev&TemplateStage=Original")
    ));
    let sets = form("cloudformation", "ListChangeSets", "&StackName=shop-dev");
    lines.extend(texts(&sets, "ChangeSetName").map(|_| "change set".to_owned()));
    lines.extend(texts(&form("iam", "ListRoles", ""), "Arn").map(|_| "role".to_owned()));
    let listed = |service: &str, target: &str, list: &str| -> Vec<Value> {
        let response = get(service, target);
        response.json()[list].as_array().cloned().unwrap_or_default()
    };
    lines.extend(
        listed("lambda", "/2015-03-31/functions", "Functions")
            .iter()
            .map(|one| format!("function {}", one["FunctionName"])),
    );
    let versions = listed("lambda", "/2015-03-31/functions/shop-dev/versions", "Versions");
    lines.extend(versions.iter().map(|one| format!("version with {}", one["CodeSha256"])));
    lines.extend(listed("apigateway", "/restapis", "item").iter().map(|_| "api".to_owned()));
    let groups = Request::new("POST", "/")
        .with("x-amz-target", "Logs_20140328.DescribeLogGroups")
        .with_body("application/x-amz-json-1.1", "{}");
    let groups = stage.account.send(region, "logs", groups).unwrap().json();
    lines.extend(groups["logGroups"].as_array().into_iter().flatten().map(|_| "log group".to_owned()));
    let bucket = stage.bucket(region);
    let objects = get("s3", &format!("/{bucket}?list-type=2")).text();
    lines.extend(texts(&objects, "Key").map(|key| format!("object {}", timeless(key))));
    let uploads = get("s3", &format!("/{bucket}?uploads")).text();
    lines.extend(texts(&uploads, "UploadId").map(|_| "unfinished upload".to_owned()));
    for part in ["encryption", "lifecycle", "policy", "publicAccessBlock", "versioning"] {
        lines.push(format!("bucket {part} {}", get("s3", &format!("/{bucket}?{part}")).status));
    }
    let key = &stage.account.key;
    let mut lines: Vec<String> = lines.into_iter().map(|line| identless(&line.replace(key, "ACCOUNT"))).collect();
    lines.sort();
    lines
}

/// Asserts that a state has every kind of thing, as often as a stage of this many releases has it: a field of the emulator
/// that [`state`] no longer finds would be missing on both sides of a comparison, and they would agree.
pub(crate) fn assert_complete(lines: &[String], releases: usize) {
    let count = |is_counted: &dyn Fn(&str) -> bool| lines.iter().filter(|line| is_counted(line)).count();
    let releases_in_bucket = count(&|line| line.starts_with("object ") && line.contains("/releases/"));
    let artifacts = count(&|line| line.starts_with("object ") && line.ends_with(".zip"));
    for (what, found, expected) in [
        ("stack", count(&|line| line == "stack shop-dev"), 1),
        ("status", count(&|line| line == "stack is whole"), 1),
        ("template", count(&|line| line.starts_with("template ") && line.contains("AWS::Lambda::Function")), 1),
        ("role", count(&|line| line == "role"), 1),
        ("function", count(&|line| line == r#"function "shop-dev""#), 1),
        // One of each release, and `$LATEST`.
        ("versions", count(&|line| line.starts_with(r#"version with ""#)), releases + 1),
        ("API", count(&|line| line == "api"), 1),
        ("log group", count(&|line| line == "log group"), 1),
        ("releases", releases_in_bucket, releases),
        ("artifacts", artifacts, releases),
        ("bucket policy", count(&|line| line == "bucket policy 200"), 1),
        ("missing fields", count(&|line| line.ends_with(" null")), 0),
    ] {
        assert_eq!(found, expected, "{what} of {releases} releases: {lines:#?}");
    }
}

/// The texts of all elements of a name.
fn texts<'a>(document: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = document;
    std::iter::from_fn(move || {
        let (text, after) = rest.split_once(&open)?.1.split_once(&close)?;
        rest = after;
        Some(text)
    })
}

/// How a stack came to be whole is no difference.
fn settled(status: &str) -> &str {
    if matches!(status, "CREATE_COMPLETE" | "UPDATE_COMPLETE") { "whole" } else { status }
}

/// The key of a record without its time.
fn timeless(key: &str) -> String {
    match key.split_once("/releases/") {
        Some((stage, name)) => format!("{stage}/releases/{}", name.split_once('-').map_or(name, |(_, rest)| rest)),
        None => key.to_owned(),
    }
}

/// Without the request's own id.
fn identless(line: &str) -> String {
    match (line.find("<RequestId>"), line.find("</RequestId>")) {
        (Some(begin), Some(end)) => format!("{}{}", &line[..begin], &line[end..]),
        _ => line.to_owned(),
    }
}
