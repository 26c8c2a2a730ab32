//! Trials: a release that fails its trial takes no traffic, its log is shown, and the next deploy resumes from the current state.

use serde_json::Value;

use crate::stage::{Ended, Stage};

/// What the release that crashes says before it ends.
const LAST_WORDS: &str = "there is no database at the end of this cable";
const HEALTH: &str = "health_check = \"/health\"";

/// The template of the stack.
fn template(stage: &Stage) -> Value {
    stage.account.aws(&["cloudformation", "get-template", "--stack-name", "shop-dev"])["TemplateBody"].clone()
}

/// The numbers of the versions that Lambda has.
fn versions(stage: &Stage) -> Vec<String> {
    let answer = stage.account.aws(&["lambda", "list-versions-by-function", "--function-name", "shop-dev"]);
    let versions = answer["Versions"].as_array().unwrap().iter();
    let numbers = versions.map(|version| version["Version"].as_str().unwrap().to_owned());
    numbers.filter(|number| number != "$LATEST").collect()
}

/// The logical ids of the versions that the stack has.
fn owned(stage: &Stage) -> Vec<String> {
    let answer = stage.account.aws(&["cloudformation", "list-stack-resources", "--stack-name", "shop-dev"]);
    let resources = answer["StackResourceSummaries"].as_array().unwrap().iter();
    let kept = resources.filter(|resource| {
        resource["ResourceType"] == "AWS::Lambda::Version" && resource["ResourceStatus"] != "DELETE_COMPLETE"
    });
    kept.map(|resource| resource["LogicalResourceId"].as_str().unwrap().to_owned()).collect()
}

fn assert_failed(ended: &Ended, wanted: &[&str]) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.stdout, "", "{ended:?}");
    for words in wanted {
        assert!(ended.stderr.contains(words), "no `{words}`: {}", ended.stderr);
    }
}

/// An update that fails its trial leaves the previous release unchanged.
fn an_update_is_held_back(settings: &str, variant: &str, wanted: &[&str]) {
    let stage = Stage::new(settings);
    let url = stage.ok_with(&["deploy"], "one");
    let (sent, owned_before, before) = (template(&stage), owned(&stage), versions(&stage));

    let ended = stage.with(&["update"], variant);
    assert_failed(&ended, wanted);
    assert!(ended.stderr.contains("no traffic was shifted; the previous release is still live"), "{}", ended.stderr);
    assert_eq!(stage.visit(&url, "/").text(), "one ");
    assert_eq!(template(&stage), sent);
    assert_eq!(owned(&stage), owned_before);
    assert_eq!(versions(&stage), before);

    assert_eq!(stage.ok_with(&["update"], "two"), url);
    assert_eq!(stage.visit(&url, "/").text(), "two ");
}

#[test]
fn an_update_that_crashes_at_its_start_leaves_the_old_release_serving() {
    an_update_is_held_back("", "crash", &["failed its trial (its start)", LAST_WORDS, "hint: "]);
}

#[test]
fn an_update_that_is_ill_leaves_the_old_release_serving() {
    an_update_is_held_back(HEALTH, "ill", &["failed its trial (GET /health): status 500", "hint: "]);
}

#[test]
fn a_first_deploy_that_fails_its_trial_is_fixed_by_the_next() {
    for (settings, variant, words) in [("", "crash", LAST_WORDS), (HEALTH, "ill", "status 500")] {
        let stage = Stage::new(settings);
        let ended = stage.with(&["deploy"], variant);
        assert_failed(
            &ended,
            &[words, "the stack exists and this release is live", "hint: fix the error in the log and deploy again"],
        );

        // The same again fails again: nothing to change is no reason to call it well.
        assert_failed(&stage.with(&["deploy"], variant), &[words]);

        let url = stage.ok_with(&["deploy"], "one");
        assert_eq!(stage.visit(&url, "/").text(), "one ");
        stage.ok(&["undeploy", "--yes", "--remove-logs"]);
        assert_eq!(crate::lifecycle::remains(&stage), Vec::<String>::new());
    }
}

/// A schedule and a queue, of which the app registers what it is told.
fn sources(schedule: &str, queue: &str) -> String {
    format!(
        "[stage.dev.resources.Jobs]\nType = \"AWS::SQS::Queue\"\nProperties = {{ VisibilityTimeout = 60 }}\n\
         [[stage.dev.events]]\nname = \"{queue}\"\nsqs = \"Jobs\"\n\
         [[stage.dev.schedules]]\nname = \"{schedule}\"\nexpression = \"cron(0 3 1 1 ? 2099)\"\n"
    )
}

/// Events without a handler were lost, or blocked their stream, after a deploy that reported success.
#[test]
fn an_update_that_lacks_a_handler_leaves_the_old_release_serving() {
    let stage = Stage::new(&sources("tick", "jobs"));
    let url = stage.ok_with(&["deploy"], "one");

    // `tick` is a schedule, and no queue.
    let missing = "no handler is registered for event `tick` (SQS): register it by `App::on_sqs(\"tick\", …)`";
    for health in ["", HEALTH] {
        stage.set(&format!("{health}\n{}", sources("tick", "tick")));
        let ended = stage.with(&["update"], "two");
        assert_failed(&ended, &[missing, "no traffic was shifted; the previous release is still live", "hint: "]);
        assert_eq!(stage.visit(&url, "/").text(), "one ");
    }

    // A schedule alone makes no new version of the same code.
    stage.set(&sources("forgotten", "jobs"));
    let missing = "no handler is registered for schedule `forgotten`: register it by `App::schedule(\"forgotten\", …)`";
    assert_failed(&stage.with(&["update"], "one"), &[missing, "the previous release is still live"]);

    stage.set(&sources("nightly-1", "jobs"));
    stage.ok_with(&["update"], "two");
    assert_eq!(stage.visit(&url, "/").text(), "two ");
}
