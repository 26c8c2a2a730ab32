//! The removal of a stage from a region: the stack with all it owns, then the objects in the bucket.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

use super::{
    Deployed, DomainRollout, Error, Marked, Phase, PhaseCell, SETTLE_TIMEOUT, domain::Left, stack_state::StackState,
    stage_keys,
};
use crate::{
    aws::{self, ObjectVersion, Stack, StackEvent},
    names::Identity,
    progress::Progress,
    release,
    settings::Stage,
    template::{self, DomainClaim, claimed_domain, output},
};

/// What is gone and what stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Removed {
    /// The stack, if there was one.
    pub(crate) stack: Option<String>,
    /// What of the stage's domain is gone, in words.
    pub(crate) domain: Vec<String>,
    /// How many objects were deleted, with all their versions.
    pub(crate) objects: usize,
    /// The bucket that the stage's artifacts lay in.
    pub(crate) bucket: String,
    /// The API keys that were made beside the stack, by their names in the account.
    pub(crate) keys: Vec<String>,
    /// The log groups, where logs were to go too.
    pub(crate) log_groups: Vec<String>,
    /// What stays on purpose, in words.
    pub(crate) left: Vec<String>,
    /// The other regions that the bucket had markers of.
    pub(crate) marked: Option<Marked>,
}

/// What a removal works on.
pub(crate) struct Removal<'a> {
    pub(crate) region: &'a aws::Region,
    pub(crate) identity: &'a Identity,
    pub(crate) stage: &'a Stage,
    pub(crate) remove_logs: bool,
    /// Whether the stack goes last, so that a sweep finds what a removal that was cut off has left.
    pub(crate) stack_last: bool,
    /// The stack as a sweep found it: one that was changed since stays.
    pub(crate) listed: Option<&'a Stack>,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) phase: &'a PhaseCell,
}

/// Removes everything of the stage from the region.
///
/// # Errors
/// What failed; running it again goes on.
pub(crate) async fn remove(work: &Removal<'_>) -> Result<Removed, Error> {
    let Removal { region, identity, stage, progress, phase, .. } = work;
    let deployed = Deployed::inspect(region, identity, stage).await?;
    work.check_protection(&deployed)?;
    work.check_unchanged(deployed.stack.as_ref())?;
    let bucket = &deployed.bucket;
    let mut removed = Removed { bucket: bucket.name.clone(), marked: Some(deployed.marked()), ..Removed::default() };
    let skipped = Mutex::new(Vec::new());
    let on_event = |event: &StackEvent| {
        progress.resource(&event.to_resource_event());
        skipped.lock().unwrap_or_else(PoisonError::into_inner).extend(skipped_resource(event));
    };
    let since = aws::EventCursor::latest();
    let status = match &deployed.stack {
        Some(stack) => work.quiet(stack, &since, &on_event).await?,
        None => String::new(),
    };
    // AWS does not delete an API that a domain leads to.
    let live = work.live_template(deployed.stack.as_ref()).await?;
    if let Some(left) = work.leave_domain(live.as_ref()).await? {
        removed.domain = left.removed;
        removed.left.extend(left.remains);
    }
    // The stack tells that there are keys, so they go before it.
    if live.as_ref().is_some_and(template::has_plans) {
        removed.keys = stage_keys::delete_made_keys(region, identity).await?;
    }
    // Whoever deploys again meanwhile uploads versions that are not among these.
    let (going, others) = work.objects(&deployed).await?;
    let deletion = work.take_down(&deployed, &going, &status, &mut removed).await?;
    if let Some(stack) = &deployed.stack {
        let settled = region.wait_until_settled(&stack.id, &deletion, &on_event, SETTLE_TIMEOUT).await?;
        if !settled.stack.status.is_deleted() {
            return Err(Error::not_deleted(&settled));
        }
        removed.stack = Some(stack.name.clone());
    }
    removed.left.extend(skipped.into_inner().unwrap_or_else(PoisonError::into_inner));
    let others = count_objects(&others);
    if others > 0 {
        let noun = if others == 1 { "object" } else { "objects" };
        let prefix = identity.prefix();
        removed.left.push(format!("{others} {noun} below {prefix} in bucket {}, not of this stack", bucket.name));
    }
    if deployed.inventory.bucket_exists && work.listed.is_none() {
        removed.left.push(format!("bucket {}, which other stages may share", bucket.name));
    }
    phase.set(Phase::Removed);
    Ok(removed)
}

/// The resource that CloudFormation leaves behind, by an event that says so.
fn skipped_resource(event: &StackEvent) -> Option<String> {
    // Versions go with their function; the log group is reported by itself.
    let is_ours = ["AWS::Lambda::Version", "AWS::Logs::LogGroup"].contains(&event.kind.as_str());
    (event.status == "DELETE_SKIPPED" && !is_ours)
        .then(|| format!("{} {}", event.kind, event.physical_id.as_deref().unwrap_or(&event.logical_id)))
}

/// Whether a stack is still the one that was listed, and nobody changes it. One that was being deleted then may be gone.
fn is_as_listed(listed: &Stack, stack: Option<&Stack>) -> bool {
    let is_deletion = |stack: &Stack| stack.status.as_str().starts_with("DELETE_");
    match stack {
        Some(stack) => {
            stack.id == listed.id
                && stack.last_updated == listed.last_updated
                && (stack.status == listed.status || is_deletion(stack))
        }
        None => is_deletion(listed),
    }
}

/// Counts objects by their versions.
fn count_objects(versions: &[ObjectVersion]) -> usize {
    versions.iter().map(|version| version.key.as_str()).collect::<BTreeSet<_>>().len()
}

impl Removal<'_> {
    /// The template of the stack, if it can be read.
    async fn live_template(&self, stack: Option<&aws::Stack>) -> Result<Option<Value>, Error> {
        let Some(stack) = stack.filter(|stack| !stack.status.is_review()) else { return Ok(None) };
        let text = match self.region.template(&stack.id).await {
            Ok(text) => text,
            // It went while it was waited for.
            Err(error) if error.is_missing() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(template::read(&text).ok())
    }

    /// Takes the stage out of the domain that its template notes.
    async fn leave_domain(&self, live: Option<&Value>) -> Result<Option<Left>, Error> {
        let Some(DomainClaim { name, service }) = live.and_then(claimed_domain) else { return Ok(None) };
        let Self { identity, stage, progress, phase, .. } = *self;
        let region = DomainRollout::home(self.region, service);
        let work = DomainRollout { region, service, identity, stage, progress, phase };
        work.leave(name).await.map(Some)
    }

    /// Refuses a stack with termination protection.
    fn check_protection(&self, deployed: &Deployed) -> Result<(), Error> {
        if !deployed.stack.as_ref().is_some_and(|stack| stack.is_protected) {
            return Ok(());
        }
        let region = self.region.name();
        // No deploy reaches a region that the settings do not name.
        let departed = (!self.is_named(region)).then(|| region.to_owned());
        Err(Error::Protected { stack: self.identity.stack(), departed })
    }

    /// Lists the object versions below the stage's prefix: those to delete, and those of others.
    async fn objects(&self, deployed: &Deployed) -> Result<(Vec<ObjectVersion>, Vec<ObjectVersion>), Error> {
        if !deployed.inventory.bucket_exists {
            return Ok((Vec::new(), Vec::new()));
        }
        let mut versions = self.region.versions_below(&deployed.bucket, &self.identity.prefix()).await?;
        versions.retain(|version| !self.is_kept(&version.key));
        Ok(versions.into_iter().partition(|version| release::is_key_of(self.identity, &version.key)))
    }

    /// Deletes object versions and unfinished uploads, and returns the number of objects.
    async fn delete_objects(&self, deployed: &Deployed, versions: &[ObjectVersion]) -> Result<usize, Error> {
        let Self { region, identity, progress, .. } = self;
        let bucket = &deployed.bucket;
        if !deployed.inventory.bucket_exists {
            return Ok(0);
        }
        progress.step("Deleting", &format!("{} from bucket {}", identity.prefix(), bucket.name));
        region.abort_uploads(bucket, &identity.prefix(), |key| release::is_key_of(identity, key)).await?;
        region.remove_versions(bucket, versions).await?;
        Ok(count_objects(versions))
    }

    /// The sentence about log groups whose stack, and with it their name, is gone.
    fn earlier_log_groups(&self) -> String {
        let prefix = format!("{}-LogGroup-", self.identity.stack());
        format!(
            "log groups of stacks that went before, if any: `aws logs describe-log-groups --log-group-name-prefix {prefix} --region {}`",
            self.region.name()
        )
    }

    /// Whether the settings name a region.
    fn is_named(&self, region: &str) -> bool {
        self.stage.regions.iter().any(|named| named == region)
    }

    /// Whether an object outlives the stage: the marker of a region that left the settings, in a region that did not. A
    /// command that finds that nothing is left there removes it.
    fn is_kept(&self, key: &str) -> bool {
        let marked = self.identity.marked_region(key);
        marked.is_some_and(|marked| !self.is_named(marked)) && self.is_named(self.region.name())
    }

    /// Waits until nobody changes the stack any more; its status then.
    async fn quiet(
        &self,
        stack: &Stack,
        since: &aws::EventCursor,
        on_event: &(dyn Fn(&StackEvent) + Send + Sync),
    ) -> Result<String, Error> {
        if StackState::of(stack.status.as_str()) != StackState::Busy {
            return Ok(stack.status.0.clone());
        }
        self.progress.step("Waiting", &format!("until stack {} is no longer changed", stack.name));
        Ok(self.region.wait_until_settled(&stack.id, since, on_event, SETTLE_TIMEOUT).await?.stack.status.0)
    }

    /// Deletes logs and objects and begins the deletion of the stack; the mark that its events follow.
    ///
    /// A sweep finds a stage by its stack, so where sweeps are to finish what was cut off, the stack goes last. Otherwise it
    /// goes before the objects, so that a stack that cannot be deleted still has its releases.
    async fn take_down(
        &self,
        deployed: &Deployed,
        objects: &[ObjectVersion],
        status: &str,
        removed: &mut Removed,
    ) -> Result<aws::EventCursor, Error> {
        let stack = deployed.stack.as_ref();
        self.verify_unchanged(stack).await?;
        match stack {
            Some(stack) => self.delete_logs(stack, removed).await?,
            None if self.remove_logs && self.listed.is_none() => removed.left.push(self.earlier_log_groups()),
            None => {}
        }
        if self.stack_last {
            removed.objects = self.delete_objects(deployed, objects).await?;
            self.verify_unchanged(stack).await?;
        }
        let deletion = match stack {
            Some(stack) => self.begin(stack, status).await?,
            None => aws::EventCursor::latest(),
        };
        if !self.stack_last {
            removed.objects = self.delete_objects(deployed, objects).await?;
        }
        Ok(deletion)
    }

    /// Refuses a stack that a sweep found and that was deployed to, deleted or made anew since.
    fn check_unchanged(&self, stack: Option<&Stack>) -> Result<(), Error> {
        let Some(listed) = self.listed else { return Ok(()) };
        if is_as_listed(listed, stack) {
            return Ok(());
        }
        Err(Error::Overtaken { stack: listed.name.clone(), by: None })
    }

    /// The same for the stack as it is by now.
    async fn verify_unchanged(&self, stack: Option<&Stack>) -> Result<(), Error> {
        match stack {
            Some(stack) if self.listed.is_some() => {
                self.check_unchanged(self.region.find_stack(&stack.id).await?.as_ref())
            }
            _ => Ok(()),
        }
    }

    /// Deletes the logs, or says that they stay. They go before the stack, which tells where they are.
    async fn delete_logs(&self, stack: &Stack, removed: &mut Removed) -> Result<(), Error> {
        let Self { region, progress, .. } = self;
        for (_, group) in stack.outputs.iter().filter(|(name, _)| output::is_log_group(name)) {
            if self.remove_logs {
                progress.step("Deleting", &format!("log group {group}"));
                region.remove_log_group(group).await?;
                removed.log_groups.push(group.clone());
            } else {
                removed.left.push(format!("log group {group}"));
            }
        }
        Ok(())
    }

    /// Begins the deletion of the stack and returns the mark that its events follow.
    async fn begin(&self, stack: &Stack, status: &str) -> Result<aws::EventCursor, Error> {
        let Self { region, stage, progress, phase, .. } = self;
        progress.step("Deleting", &format!("stack {}", stack.name));
        if self.stage.vpc.is_some() {
            // https://docs.aws.amazon.com/lambda/latest/dg/foundation-networking.html
            progress.step("Waiting", "up to 40 minutes: Lambda has to give up the network interfaces in the VPC");
        }
        let delete = async {
            match status {
                "DELETE_IN_PROGRESS" => Ok(aws::EventCursor::latest()),
                _ => {
                    let role = stage.cloudformation_role_arn.as_deref();
                    Ok(aws::EventCursor::of_operation(&region.delete_stack(&stack.id, &[], role).await?))
                }
            }
        };
        phase.run_in_phase(Phase::Deleting, delete).await
    }
}
