//! Ownership of a stack: its tags name project and stage, or, where somebody removed the tags, the metadata of its template.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::Error;
use crate::{
    aws::{self, Stack},
    names::Identity,
    settings::Stage,
    template,
    template::METADATA,
};

/// The tag that names the project.
const PROJECT_TAG: &str = "zappa-rs:project";
/// The tag that names the stage.
const STAGE_TAG: &str = "zappa-rs:stage";
/// The tag with the stage's lifetime, which tells when a sweep may remove it.
pub(super) const EXPIRES_TAG: &str = "zappa-rs:expires";
/// How tags begin that AWS sets itself, which nobody else can set or remove.
const AWS_TAGS: &str = "aws:";

/// The change of a stack's tags that a deploy makes.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub(crate) struct TagChanges {
    /// Tags that are added or get another value.
    pub(crate) set: BTreeSet<String>,
    /// Tags of the stack that the settings do not have.
    pub(crate) removed: BTreeSet<String>,
}

impl TagChanges {
    /// Compares the tags of the stack with those of the settings. Characters that AWS lost in its answer are no change.
    pub(super) fn new(stack: &Stack, identity: &Identity, stage: &Stage) -> Self {
        let wanted = tags(identity, stage);
        let has = |key: &str, value: &str| {
            let is_same = |(found, kept): (&String, &String)| {
                template::is_answer_of(found, key) && template::is_answer_of(kept, value)
            };
            stack.tags.iter().any(is_same)
        };
        let is_wanted = |found: &str| wanted.keys().any(|key| template::is_answer_of(found, key));
        Self {
            set: wanted.iter().filter(|(key, value)| !has(key, value)).map(|(key, _)| key.clone()).collect(),
            removed: stack.tags.keys().filter(|key| !is_wanted(key) && !key.starts_with(AWS_TAGS)).cloned().collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.removed.is_empty()
    }
}

/// The tags of the stack, which CloudFormation passes on to everything that takes tags.
pub(super) fn tags(identity: &Identity, stage: &Stage) -> BTreeMap<String, String> {
    let mut tags = stage.tags.clone();
    tags.extend(own_tags(identity));
    tags.extend(stage.expires.iter().map(|expires| (EXPIRES_TAG.to_owned(), expires.clone())));
    tags
}

/// Whether the stack is this stage's. The template is only read where no tag tells.
///
/// # Errors
/// The template cannot be read.
pub(crate) async fn is_owned(region: &aws::Region, stack: &Stack, identity: &Identity) -> Result<bool, Error> {
    match verify_ownership(region, stack, identity).await {
        Ok(()) => Ok(true),
        Err(Error::NotOurs { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Checks the ownership of a stack that has the stage's name; nothing else of a stack that is not the stage's is read.
///
/// # Errors
/// [`Error::NotOurs`], or the template cannot be read.
pub(crate) async fn verify_ownership(region: &aws::Region, stack: &Stack, identity: &Identity) -> Result<(), Error> {
    // An interrupted first dry run leaves a name without tags and without resources, which is nobody's.
    let is_abandoned = stack.status.is_review() && stack.tags.is_empty();
    let tagged = Claim::of_tags(&stack.tags);
    if is_abandoned || tagged.is_of(identity) {
        return Ok(());
    }
    let refused = |reason: String, restore: Option<String>| Error::NotOurs {
        stack: stack.name.clone(),
        region: region.name().to_owned(),
        reason,
        restore,
    };
    if tagged.is_of_others(identity) {
        return Err(refused(format!("its tags name {tagged}"), None));
    }
    // A stack that is only a name so far has no template.
    if stack.status.is_review() {
        return Err(refused("it has other tags and no template yet".to_owned(), None));
    }
    let claim = Claim::of_template(&region.template(&stack.name).await?);
    if claim.is_of(identity) {
        return Ok(());
    }
    let reason = format!("its tags do not name it, and its template's metadata names {claim}");
    // An update of a stack with parameters needs a choice for each of them, which the command does not have.
    let restore = stack.parameters.is_empty().then(|| restore_command(stack, region.name(), identity));
    Err(refused(reason, restore))
}

/// The project and the stage that a stack says it belongs to, as far as it says so.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Claim {
    pub(super) project: Option<String>,
    pub(super) stage: Option<String>,
}

impl Claim {
    pub(super) fn of_tags(tags: &BTreeMap<String, String>) -> Self {
        Self { project: tags.get(PROJECT_TAG).cloned(), stage: tags.get(STAGE_TAG).cloned() }
    }

    /// The claim in a template's metadata. One with a transform is a SAM template that somebody else deploys.
    pub(super) fn of_template(text: &str) -> Self {
        let template = serde_json::from_str::<Value>(text).ok();
        let Some(template) = template.filter(|template| template["Transform"].is_null()) else {
            return Self::default();
        };
        let named = |key: &str| template["Metadata"][METADATA][key].as_str().map(str::to_owned);
        Self { project: named("Project"), stage: named("Stage") }
    }

    fn is_of(&self, identity: &Identity) -> bool {
        self.project.as_ref() == Some(&identity.project) && self.stage.as_ref() == Some(&identity.stage)
    }

    fn is_of_others(&self, identity: &Identity) -> bool {
        let is_other = |found: &Option<String>, own: &String| found.as_ref().is_some_and(|found| found != own);
        is_other(&self.project, &identity.project) || is_other(&self.stage, &identity.stage)
    }
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.project, &self.stage) {
            (Some(project), Some(stage)) => write!(f, "stage `{stage}` of project `{project}`"),
            (Some(project), None) => write!(f, "project `{project}`"),
            (None, Some(stage)) => write!(f, "stage `{stage}`"),
            (None, None) => f.write_str("no project"),
        }
    }
}

/// The tags that name project and stage.
pub(super) fn own_tags(identity: &Identity) -> [(String, String); 2] {
    [(PROJECT_TAG.to_owned(), identity.project.clone()), (STAGE_TAG.to_owned(), identity.stage.clone())]
}

/// The command that gives a stack the stage's tags beside those that it has: an update replaces all of them.
fn restore_command(stack: &Stack, region: &str, identity: &Identity) -> String {
    let mut tags = stack.tags.clone();
    tags.retain(|key, _| !key.starts_with(AWS_TAGS));
    tags.extend(own_tags(identity));
    let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    let tags = Value::from(tags).to_string().replace('\'', r"'\''");
    format!(
        "aws cloudformation update-stack --stack-name {} --region {region} --use-previous-template --capabilities \
         CAPABILITY_NAMED_IAM --tags '{tags}'",
        stack.name
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None }
    }

    #[test]
    fn a_claim_is_of_this_stage_of_others_or_of_nobody() {
        let template = |metadata: &str| Claim::of_template(&format!(r#"{{"Metadata":{{"zappa-rs":{metadata}}}}}"#));
        let tags = |tags: &[(&str, &str)]| {
            let owned = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            Claim::of_tags(&owned.collect())
        };
        for (claim, is_own, is_other) in [
            (tags(&[(PROJECT_TAG, "shop"), (STAGE_TAG, "dev")]), true, false),
            (tags(&[(PROJECT_TAG, "shop"), (STAGE_TAG, "prod")]), false, true),
            (tags(&[(PROJECT_TAG, "shop-dev")]), false, true),
            (tags(&[(STAGE_TAG, "dev")]), false, false),
            (tags(&[("cost-center", "7")]), false, false),
            (template(r#"{"Project":"shop","Stage":"dev"}"#), true, false),
            (template(r#"{"Project":"shop","Stage":"prod"}"#), false, true),
            (template(r#"{"Project":"shop"}"#), false, false),
            (template(r#"["shop","dev"]"#), false, false),
            (Claim::of_template("Resources: {}"), false, false),
            (
                Claim::of_template(
                    r#"{"Transform":"AWS::Serverless-2016-10-31","Metadata":{"zappa-rs":{"Project":"shop","Stage":"dev"}}}"#,
                ),
                false,
                false,
            ),
        ] {
            assert_eq!((claim.is_of(&identity()), claim.is_of_others(&identity())), (is_own, is_other), "{claim:?}");
        }
    }
}
