//! The user pools outside of the stack, whose triggers a deploy does not set: `UpdateUserPool` resets what is not sent.

use super::{fleet::Outcome, stage::Resolved};
use crate::{
    logical_id::output,
    progress::Progress as _,
    report::Report,
    rollout::Done,
    settings::{SourceKind, Stage},
};

/// Mentions the triggers that are to be set by hand, with the ARN of the alias, where the deploy changed something.
pub(super) fn mention(resolved: &Resolved, outcomes: &[Outcome<Done>], report: &Report) {
    for outcome in outcomes {
        let Some(done) = outcome.value().filter(|done| done.changed) else { continue };
        let (Some(stage), Some(arn)) =
            (resolved.selection.stages.get(&outcome.region), done.stack.outputs.get(output::LIVE_ARN))
        else {
            continue;
        };
        for sentence in sentences(stage, arn) {
            report.in_region(&outcome.region, resolved.width()).step("Leaving", &sentence);
        }
    }
}

fn sentences(stage: &Stage, arn: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    for source in &stage.events {
        let SourceKind::Cognito(pool) = source.kind() else { continue };
        if !stage.resources.contains_key(pool) {
            let triggers: Vec<&str> = source.triggers.iter().map(|trigger| trigger.property()).collect();
            let triggers = triggers.join(", ");
            sentences.push(format!("user pool {pool} as it is: set its triggers ({triggers}) to {arn}"));
        }
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{EventSource, Trigger};

    #[test]
    fn only_a_pool_outside_of_the_stack_is_mentioned() {
        let pool = |pool: &str| EventSource {
            cognito: Some(pool.to_owned()),
            triggers: vec![Trigger::PreSignUp, Trigger::UserMigration],
            ..EventSource::default()
        };
        let stage = Stage {
            events: vec![pool("Users"), pool("eu-west-1_AbC")],
            resources: [("Users".to_owned(), serde_json::json!({}))].into(),
            ..Stage::default()
        };
        assert_eq!(
            sentences(&stage, "arn:live"),
            ["user pool eu-west-1_AbC as it is: set its triggers (PreSignUp, UserMigration) to arn:live"]
        );
    }
}
