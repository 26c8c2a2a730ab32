//! The search for a stage's stack in the account's other regions, at the stage's first deploy to a region: a stage that moved
//! leaves its old stack behind, and nothing in the new region tells of it.
//!
//! It only reads, and neither its failure nor its duration decides about the deploy.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use futures_util::future::join_all;
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout_at},
};

use super::{Done, Rollout, is_owned};
use crate::{aws, names::Identity, regions};

/// The time for all regions together; those that have not answered then are skipped.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(4);

/// The search of one command, which all its regions share.
#[derive(Debug, Default)]
pub(crate) struct Search(OnceCell<BTreeMap<String, String>>);

impl Search {
    /// The regions outside of `known` that have a stack of the stage, with the stack's ARN. A region that denies the call, is
    /// not enabled or does not answer is skipped.
    pub(crate) async fn found(
        &self,
        region: &aws::Region,
        identity: &Identity,
        known: &[String],
    ) -> BTreeMap<String, String> {
        self.0.get_or_init(|| search_within(SEARCH_TIMEOUT, region, identity, known)).await.clone()
    }
}

async fn search_within(
    timeout: Duration,
    region: &aws::Region,
    identity: &Identity,
    known: &[String],
) -> BTreeMap<String, String> {
    let deadline = Instant::now() + timeout;
    let others = regions::enabled_by_default(region.name()).filter(|name| !known.iter().any(|known| known == name));
    let looks = others.map(async |name| {
        let found = timeout_at(deadline, find(&region.in_region(name), identity)).await.ok().flatten();
        found.map(|id| (name.to_owned(), id))
    });
    join_all(looks).await.into_iter().flatten().collect()
}

/// The ARN of the stage's stack in one region.
async fn find(region: &aws::Region, identity: &Identity) -> Option<String> {
    let stack = region.find_stack(&identity.stack()).await.ok().flatten()?;
    // A name that a change set made known has no resources. An emulator may know one list of stacks for all regions.
    if stack.status.is_review() || !is_in_region(&stack.id, region.name()) {
        return None;
    }
    is_owned(region, &stack, identity).await.ok()?.then_some(stack.id)
}

/// Whether an ARN is of a region: `arn:<partition>:<service>:<region>:<account>:<resource>`.
pub(super) fn is_in_region(arn: &str, region: &str) -> bool {
    arn.split(':').nth(3) == Some(region)
}

impl Rollout<'_> {
    /// Writes the markers of what a search found, so that later commands mention it too.
    pub(super) async fn mark_elsewhere(&self, done: &mut Done, found: BTreeMap<String, String>) {
        let is_new = |region: &String, id: &String| *id != done.stack.id && !done.marked.regions.contains(region);
        let new: Vec<String> =
            found.into_iter().filter(|(region, id)| is_new(region, id)).map(|(region, _)| region).collect();
        for region in &new {
            let key = self.request.identity.region_marker(region);
            if let Err(error) = self.region.write(&done.marked.bucket, &key, "text/plain", Bytes::new()).await {
                self.progress.detail(&format!("the marker of {region} could not be written: {error}"));
            }
        }
        done.marked.regions.extend(new);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::aws::canned::{Canned, region};

    const TAGS: &str = "<member><Key>zappa-rs:project</Key><Value>shop</Value></member>\
                        <member><Key>zappa-rs:stage</Key><Value>dev</Value></member>";

    fn identity() -> Identity {
        Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None }
    }

    fn stack(arn_region: &str, status: &str, tags: &str) -> Canned {
        Canned::result(
            "DescribeStacks",
            &format!(
                "<Stacks><member><StackName>shop-dev</StackName><StackStatus>{status}</StackStatus>\
                 <StackId>arn:aws:cloudformation:{arn_region}:123456789012:stack/shop-dev/1</StackId>\
                 <Tags>{tags}</Tags></member></Stacks>"
            ),
        )
    }

    async fn found(response: Canned) -> Option<String> {
        let (region, _) = region("eu-west-1", vec![response]).await;
        find(&region, &identity()).await
    }

    #[tokio::test]
    async fn only_a_stack_of_the_stage_in_that_very_region_is_found() {
        let arn = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-dev/1";
        assert_eq!(found(stack("eu-west-1", "CREATE_COMPLETE", TAGS)).await.as_deref(), Some(arn));
        assert_eq!(found(stack("eu-central-1", "CREATE_COMPLETE", TAGS)).await, None);
        assert_eq!(found(stack("eu-west-1", "REVIEW_IN_PROGRESS", TAGS)).await, None);
        assert_eq!(found(stack("eu-west-1", "CREATE_COMPLETE", &TAGS.replace("shop", "blog"))).await, None);
        assert_eq!(found(Canned::error(403, "AccessDenied", "")).await, None);
        assert_eq!(found(Canned::error(403, "UnrecognizedClientException", "")).await, None);
        assert_eq!(found(Canned::error(400, "ValidationError", "Stack with id shop-dev does not exist")).await, None);
    }

    #[tokio::test]
    async fn the_regions_of_a_command_share_one_search() {
        let (region, asked) = region("eu-west-1", vec![stack("us-east-1", "CREATE_COMPLETE", TAGS)]).await;
        let (search, identity, known) = (Search::default(), identity(), ["eu-west-1".to_owned()]);
        let both = tokio::join!(search.found(&region, &identity, &known), search.found(&region, &identity, &known));
        assert!(both.0.keys().eq(["us-east-1"]), "{both:?}");
        assert_eq!(both.0, both.1);
        assert_eq!(asked.actions().len(), 16);
    }

    #[tokio::test]
    async fn regions_that_do_not_answer_are_skipped_when_the_time_is_over() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let aws = aws::Aws::served(&format!("http://{}", listener.local_addr().unwrap()));
        let (begun, timeout) = (Instant::now(), Duration::from_millis(50));
        let found = search_within(timeout, &aws.in_region("eu-west-1"), &identity(), &[]).await;
        assert_eq!(found, BTreeMap::new());
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}
