//! What CloudFormation makes of a template.

use crate::stage::Stage;

/// Costs less than a cent: one stack for three minutes, some invocations.
#[test]
#[ignore = "creates a stack in a real account; see docs/with-an-account.md"]
fn escaped_template_survives() {
    const GREETING: &str = "grüezi 日本 😀";
    let stage = Stage::new("escapes", &format!("environment = {{ VERSION = \"{GREETING}\" }}"));
    let url = stage.deploy("one");
    stage.expect(&url, "/", 200, &format!("one {GREETING}"));
    let stack = stage.stack();
    let answer = stage.account.aws(&["cloudformation", "get-template", "--stack-name", &stack]);
    let live = &answer["TemplateBody"]["Resources"]["Function"]["Properties"]["Environment"]["Variables"]["VERSION"];
    assert_eq!(live, GREETING);
    // What reads the live template and sends it again.
    let zip = crate::app::zip("two");
    stage.ok(&["update", "--code-only", "--yes", "--zip", zip.to_str().unwrap()]);
    stage.expect(&url, "/", 200, &format!("two {GREETING}"));
    let difference = stage.ok(&["diff", "--zip", zip.to_str().unwrap()]);
    assert_eq!(difference, format!("{}: no difference\n", stage.account.region));
}
