//! The stacks of a region that the tool deployed, of one project or of all.
//!
//! One call a page finds them. The release is in the template, and what serves behind the alias, so that two more calls are
//! made for each.

use std::{collections::BTreeSet, time::SystemTime};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::{
    Error,
    elsewhere::is_in_region,
    ownership::{Claim, EXPIRES_TAG},
    serving,
};
use crate::{
    aws::{self, Stack},
    logical_id::FunctionIds,
    names::ALIAS,
    release::ReleaseId,
    settings::Lifetime,
    template,
};

/// How many templates are read at once.
const AT_ONCE: usize = 4;

/// A stack of the tool's.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) stack: Stack,
    pub(crate) project: String,
    pub(crate) stage: String,
    /// The release that is live; `None` where the template has none or cannot be read.
    pub(crate) release: Option<ReleaseId>,
    /// The version that serves, where it is not the one of the release: the stack is behind.
    pub(crate) served_instead: Option<String>,
    /// The domain that leads to the stage.
    pub(crate) domain: Option<String>,
}

impl Listed {
    /// When the stack was created or its last update began.
    pub(crate) fn updated(&self) -> Option<SystemTime> {
        self.stack.last_updated.or(self.stack.created)
    }

    /// How long it lives after its last update, by its tag.
    pub(crate) fn expires(&self) -> Option<&str> {
        self.stack.tags.get(EXPIRES_TAG).map(String::as_str)
    }

    /// When it may be swept; `None` where it does not expire, or where its tag is no lifetime.
    pub(crate) fn expires_at(&self) -> Option<SystemTime> {
        Lifetime::parse(self.expires()?)?.end(self.updated()?)
    }
}

/// The stacks of these projects in a region, or of every project.
///
/// # Errors
/// The stacks cannot be listed, or a template cannot be read although that is allowed.
pub(crate) async fn listed(region: &aws::Region, projects: Option<&BTreeSet<String>>) -> Result<Vec<Listed>, Error> {
    let candidates = region.stacks().await?.into_iter().filter(|stack| is_candidate(stack, region.name(), projects));
    let read = async |stack: Stack| {
        let text = template_of(region, &stack).await?;
        let Some(mut listed) = identified(stack, text.as_deref(), projects) else { return Ok::<_, Error>(None) };
        listed.served_instead = served_instead(region, &listed.stack, text.as_deref()).await?;
        Ok(Some(listed))
    };
    let found: Vec<Option<Listed>> = stream::iter(candidates).map(read).buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// The template of a stack; none of a stack that is only a name so far, that is gone by now, or that the caller may not read.
async fn template_of(region: &aws::Region, stack: &Stack) -> Result<Option<String>, Error> {
    if stack.status.is_review() {
        return Ok(None);
    }
    match region.template(&stack.id).await {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.is_denied() || error.is_missing() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The version that a stack's alias points to, where the template names another; none where Lambda may not be queried.
async fn served_instead(region: &aws::Region, stack: &Stack, template: Option<&str>) -> Result<Option<String>, Error> {
    let (ids, template) = (FunctionIds::main(), template.and_then(|text| template::read(text).ok()));
    let at_rest = !stack.status.is_in_progress();
    let Some(template) = template.filter(|template| at_rest && template::live_version(template, &ids).is_some()) else {
        return Ok(None);
    };
    match serving::version(region, &stack.name, ALIAS).await {
        Ok(version) if version.sha256.is_none() || version.is_live_of(&template, &ids) => Ok(None),
        Ok(version) => Ok(Some(version.number)),
        Err(Error::Aws(error)) if error.is_denied() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a stack may be one of the projects': its tags say so, or they say nothing and its description is one of the
/// tool's. A nested stack has the tags of the stack that it is in.
fn is_candidate(stack: &Stack, region: &str, projects: Option<&BTreeSet<String>>) -> bool {
    // An emulator may know one list of stacks for all regions.
    if stack.is_nested || stack.status.is_deleted() || !is_in_region(&stack.id, region) {
        return false;
    }
    let tagged = Claim::of_tags(&stack.tags);
    let is_described =
        stack.description.as_ref().is_some_and(|description| description.ends_with(template::DESCRIPTION_END));
    let is_told = tagged.project.is_some() && tagged.stage.is_some();
    (is_told || is_described) && tagged.project.is_none_or(|project| is_meant(&project, projects))
}

/// The stack with its project and stage. What the tags say counts more than the template.
fn identified(stack: Stack, template: Option<&str>, projects: Option<&BTreeSet<String>>) -> Option<Listed> {
    let (tagged, written) = (Claim::of_tags(&stack.tags), template.map(Claim::of_template).unwrap_or_default());
    let project = tagged.project.or(written.project).filter(|project| is_meant(project, projects))?;
    let stage = tagged.stage.or(written.stage)?;
    let template: Option<Value> = template.and_then(|text| serde_json::from_str(text).ok());
    let release = template.as_ref().and_then(ReleaseId::in_template);
    let domain = template.as_ref().and_then(template::claimed_domain).map(|claim| claim.name.to_owned());
    Some(Listed { stack, project, stage, release, served_instead: None, domain })
}

fn is_meant(project: &str, projects: Option<&BTreeSet<String>>) -> bool {
    projects.is_none_or(|projects| projects.contains(project))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, region};

    const TEMPLATE: &str = r#"{"Metadata":{"zappa-rs":{"Project":"shop","Stage":"old","Release":"0123456789ab"}}}"#;

    /// A stack as AWS answers it, in `eu-west-1`.
    fn member(name: &str, status: &str, tags: &[(&str, &str)], more: &str) -> String {
        let tags: String = tags
            .iter()
            .map(|(key, value)| format!("<member><Key>zappa-rs:{key}</Key><Value>{value}</Value></member>"))
            .collect();
        format!(
            "<member><StackName>{name}</StackName><StackStatus>{status}</StackStatus><Tags>{tags}</Tags>\
             <StackId>arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/1</StackId>{more}</member>"
        )
    }

    fn page(members: &[String]) -> Canned {
        Canned::result("DescribeStacks", &format!("<Stacks>{}</Stacks>", members.concat()))
    }

    fn template() -> Canned {
        Canned::result("GetTemplate", &format!("<TemplateBody>{}</TemplateBody>", TEMPLATE.replace('"', "&quot;")))
    }

    async fn found(name: &str, answers: Vec<Canned>, projects: Option<&[&str]>) -> (Vec<String>, Vec<String>) {
        let (region, asked) = region(name, answers).await;
        let projects = projects.map(|projects| projects.iter().map(|project| (*project).to_owned()).collect());
        let listed = listed(&region, projects.as_ref()).await.unwrap();
        let shown = |listed: &Listed| {
            let release = listed.release.as_ref().map_or("-", |release| release.0.as_str());
            format!("{} {} {} {release}", listed.stack.name, listed.project, listed.stage)
        };
        (listed.iter().map(shown).collect(), asked.actions())
    }

    const DESCRIBED: &str = "<Description>shop old, deployed by zappa-rs</Description>";

    #[tokio::test]
    async fn stacks_are_known_by_their_tags_or_by_their_template() {
        let dev = [("project", "shop"), ("stage", "dev")];
        let nested = "<ParentId>arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-dev/1</ParentId>";
        let page = page(&[
            member("shop-dev", "UPDATE_COMPLETE", &dev, DESCRIBED),
            member("shop-dev-Inner", "CREATE_COMPLETE", &dev, nested),
            member("untagged", "CREATE_COMPLETE", &[], DESCRIBED),
            member("of-others", "CREATE_COMPLETE", &[], "<Description>a queue</Description>"),
            member("blog-dev", "CREATE_COMPLETE", &[("project", "blog"), ("stage", "dev")], ""),
            member("half", "CREATE_COMPLETE", &[("project", "shop")], ""),
            member("shop-gone", "DELETE_COMPLETE", &dev, DESCRIBED),
        ]);
        let (listed, actions) = found("eu-west-1", vec![page.clone(), template()], Some(&["shop"])).await;
        assert_eq!(listed, ["shop-dev shop dev 0123456789ab", "untagged shop old 0123456789ab"]);
        assert_eq!(actions, ["DescribeStacks", "GetTemplate", "GetTemplate"], "no template of others is read");

        let (listed, _) = found("eu-west-1", vec![page.clone(), template()], None).await;
        assert_eq!(
            listed,
            ["shop-dev shop dev 0123456789ab", "untagged shop old 0123456789ab", "blog-dev blog dev 0123456789ab"]
        );
        let (listed, actions) = found("us-east-1", vec![page, template()], None).await;
        assert_eq!((listed.len(), actions.len()), (0, 1), "stacks of another region");
    }

    #[tokio::test]
    async fn the_template_of_another_project_is_none_of_this_one() {
        let page = page(&[member("untagged", "CREATE_COMPLETE", &[], DESCRIBED)]);
        let (listed, _) = found("eu-west-1", vec![page, template()], Some(&["blog"])).await;
        assert_eq!(listed, Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_stack_without_a_readable_template_has_no_release() {
        let dev = [("project", "shop"), ("stage", "dev")];
        for (code, message) in [("AccessDenied", ""), ("ValidationError", "Stack with id shop-dev does not exist")] {
            let answers = vec![
                page(&[member("shop-dev", "CREATE_COMPLETE", &dev, DESCRIBED)]),
                Canned::error(400, code, message),
            ];
            assert_eq!(found("eu-west-1", answers, None).await.0, ["shop-dev shop dev -"], "{code}");
        }
        let review = page(&[member("shop-dev", "REVIEW_IN_PROGRESS", &dev, "")]);
        let (listed, actions) = found("eu-west-1", vec![review], None).await;
        assert_eq!((listed, actions.len()), (vec!["shop-dev shop dev -".to_owned()], 1));
    }
}
