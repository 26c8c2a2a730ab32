//! Takes a stage out of a region: the stack with all it owns, then what lies in the bucket.

use std::sync::{Mutex, PoisonError};

use super::{Error, PATIENCE, Place, Position, Standing, clearance::Obstacle, send::is_ours};
use crate::{
    aws::{self, StackEvent},
    names::Identity,
    progress::Progress,
    settings::Stage,
};

/// What is gone and what stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Removed {
    /// The stack, if there was one.
    pub(crate) stack: Option<String>,
    /// How many objects were deleted, versions included.
    pub(crate) objects: usize,
    /// The bucket that the stage's artifacts lay in; other stages share it.
    pub(crate) bucket: String,
    /// The log group, where logs were to go too or there was none to keep.
    pub(crate) log_group_removed: Option<String>,
    /// What stays on purpose, in words.
    pub(crate) left: Vec<String>,
}

/// What a removal works on.
pub(crate) struct Removal<'a> {
    pub(crate) region: &'a aws::Region,
    pub(crate) identity: &'a Identity,
    pub(crate) stage: &'a Stage,
    pub(crate) remove_logs: bool,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) place: &'a Place,
}

/// Removes everything of the stage from the region.
///
/// # Errors
/// What failed; running it again goes on.
pub(crate) async fn remove(work: &Removal<'_>) -> Result<Removed, Error> {
    let Removal { region, identity, stage, progress, place, .. } = work;
    let standing = Standing::look(region, identity, stage).await?;
    let mut removed = Removed { bucket: standing.bucket.name.clone(), ..Removed::default() };
    if let Some(stack) = &standing.stack {
        if !is_ours(stack, identity) {
            return Err(Error::NotOurs { stack: stack.name.clone(), region: region.name().to_owned() });
        }
        if stack.is_protected {
            return Err(Error::Protected { stack: stack.name.clone() });
        }
        let skipped = Mutex::new(Vec::new());
        let on_event = |event: &StackEvent| {
            progress.resource(&event.happened());
            // Versions go with their function; the log group is spoken of below.
            let is_ours = ["AWS::Lambda::Version", "AWS::Logs::LogGroup"].contains(&event.kind.as_str());
            if event.status == "DELETE_SKIPPED" && !is_ours {
                let left = format!("{} {}", event.kind, event.physical_id.as_deref().unwrap_or(&event.logical_id));
                skipped.lock().unwrap_or_else(PoisonError::into_inner).push(left);
            }
        };
        let since = aws::Mark::latest();
        let mut status = stack.status.0.clone();
        if Obstacle::of(&status) == Obstacle::Busy {
            progress.step("Waiting", &format!("until stack {} is no longer changed", stack.name));
            status = region.settled(&stack.id, &since, &on_event, PATIENCE).await?.stack.status.0;
        }
        progress.step("Deleting", &format!("stack {}", stack.name));
        let delete = async {
            match status.as_str() {
                "DELETE_IN_PROGRESS" => Ok(()),
                _ => Ok(region.delete_stack(&stack.id, &[], stage.cloudformation_role_arn.as_deref()).await?),
            }
        };
        place.try_at(Position::Deleting, delete).await?;
        let settled = region.settled(&stack.id, &since, &on_event, PATIENCE).await?;
        if !settled.stack.status.is_deleted() {
            return Err(Error::not_deleted(&settled));
        }
        place.set(Position::Clearing);
        removed.stack = Some(stack.name.clone());
        removed.left = skipped.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(group) = stack.outputs.get("LogGroup") {
            if work.remove_logs {
                progress.step("Deleting", &format!("log group {group}"));
                region.remove_log_group(group).await?;
                removed.log_group_removed = Some(group.clone());
            } else {
                removed.left.push(format!("log group {group}"));
            }
        }
    }
    if standing.inventory.bucket_exists {
        progress.step("Deleting", &format!("{} from bucket {}", identity.prefix(), standing.bucket.name));
        removed.objects = region.remove_all(&standing.bucket, &identity.prefix()).await?;
        removed.left.push(format!("bucket {}, which all stages of the account share", standing.bucket.name));
    }
    place.set(Position::Removed);
    Ok(removed)
}
