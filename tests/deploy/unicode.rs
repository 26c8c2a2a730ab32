//! Characters outside ASCII: CloudFormation takes them, and answers `?` for each.

use crate::{
    stage::Stage,
    support::{call::Call, emulator::REGION, proxy::Proxy, response::Response},
};

const GREETING: &str = "grüezi 日本 😀";

/// What CloudFormation answers for a text.
fn lossy(text: &str) -> String {
    text.chars().map(|character| if character.is_ascii() { character } else { '?' }).collect()
}

/// A template as an earlier version sent it: with the characters themselves instead of their escapes.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "é" + part.get(4..).unwrap_or_default())
}

/// Loses characters where AWS does.
fn lose(call: &Call, response: &mut Response) {
    if matches!(call.operation.as_str(), "GetTemplate" | "DescribeStacks") {
        response.body = lossy(&response.text()).into_bytes();
    }
}

/// Loses escaped characters, too.
fn lose_of_earlier_versions(call: &Call, response: &mut Response) {
    if call.operation == "GetTemplate" {
        response.body = unescaped(&response.text()).into_bytes();
    }
    lose(call, response);
}

fn settings() -> String {
    format!("environment = {{ VERSION = \"{GREETING}\" }}\ntags = {{ team = \"Größe\" }}")
}

/// What `$LATEST` has; an undo writes it without anybody asking it.
fn latest(stage: &Stage) -> String {
    let facts = stage.account.aws(&["lambda", "get-function-configuration", "--function-name", "shop-dev"]);
    facts["Environment"]["Variables"]["VERSION"].as_str().unwrap().to_owned()
}

fn changes(proxy: &Proxy) -> Vec<String> {
    proxy.take().iter().filter(|call| call.is_mutating()).map(Call::name).collect()
}

#[test]
fn no_command_loses_characters_that_cloudformation_does_not_answer() {
    let edits: [fn(&Call, &mut Response); 2] = [lose, lose_of_earlier_versions];
    for edit in edits {
        let mut stage = Stage::new(&settings());
        let proxy = Proxy::editing(stage.account.address(), edit);
        stage.through(proxy.address());
        let url = stage.ok_with(&["deploy"], "one");
        let answered = |variant: &str| assert_eq!(stage.visit(&url, "/").text(), format!("{variant} {GREETING}"));
        answered("one");

        changes(&proxy);
        assert_eq!(stage.ok_with(&["deploy"], "one"), url);
        assert_eq!(stage.ok_with(&["diff"], "one"), format!("{REGION}: no difference\n"));
        assert_eq!(stage.ok_with(&["deploy", "--dry-run"], "one"), format!("{REGION}: nothing to change\n"));
        assert_eq!(changes(&proxy), Vec::<String>::new());

        stage.ok_with(&["update", "--code-only"], "two");
        answered("two");
        assert_eq!(stage.with(&["update"], "crash").code, Some(1));
        answered("two");
        assert_eq!(latest(&stage), GREETING);
        stage.ok(&["rollback", "--yes"]);
        answered("one");
        assert_eq!(latest(&stage), GREETING);
    }
}

#[test]
fn a_template_that_another_tool_sends_is_answered_as_it_was_sent() {
    let stage = Stage::new(&settings());
    let template = stage.ok(&["template"]);
    assert!(template.is_ascii());
    let template: serde_json::Value = serde_json::from_str(&template).unwrap();
    assert_eq!(template["Resources"]["Function"]["Properties"]["Environment"]["Variables"]["VERSION"], GREETING);
}
