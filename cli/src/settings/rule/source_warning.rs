//! Warnings of sources and destinations.

use serde_json::Value;

use super::super::{DestinationKind, Stage};
use crate::suggestion::nearest;

/// Warnings of buckets whose notification configuration a deploy may write.
pub(super) fn bucket_warnings<'a>(stage: &'a Stage, name: &'a str) -> impl Iterator<Item = String> + 'a {
    stage.outside_buckets().into_iter().map(move |bucket| {
        format!(
            "stage `{name}`: a deploy switches on the events of bucket `{bucket}` where they are off, by writing its whole \
             notification configuration again: what others change there at the same moment would be lost"
        )
    })
}

/// Warnings of sources and destinations that are like a resource of the stack: a misspelled one is taken for a name in the
/// account.
pub(super) fn warnings<'a>(stage: &'a Stage, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let similar = move |resource: &str, of: String, fits: &dyn Fn(&Value) -> bool| {
        if stage.resources.contains_key(resource) {
            return None;
        }
        let known = stage.resources.iter().filter(|(_, value)| fits(&value["Type"]));
        let meant = nearest(resource, known.map(|(id, _)| id.as_str()))?;
        Some(format!(
            "stage `{name}`: `{resource}` of {of} is none of `resources`, so it is looked for in the account; did you mean \
             `{meant}`?"
        ))
    };
    let is_destination =
        |kind: &Value| DestinationKind::ASYNCHRONOUS.iter().any(|known| *kind == known.resource_type());
    let is_queue = |kind: &Value| *kind == DestinationKind::Queue.resource_type();
    let sources = stage.events.iter().filter_map(move |source| {
        let [kind] = source.kinds()[..] else { return None };
        similar(kind.resource()?, format!("event `{}`", source.name), &|found| kind.takes(found))
    });
    let failures = stage.events.iter().filter_map(move |source| {
        similar(source.failure_destination.as_deref()?, format!("event `{}`", source.name), &is_destination)
    });
    let asynchronous = stage
        .async_failure_destination
        .iter()
        .filter_map(move |destination| similar(destination, "`async_failure_destination`".to_owned(), &is_destination));
    let is_dead_letter = |kind: &Value| DestinationKind::DEAD_LETTER.iter().any(|known| *kind == known.resource_type());
    let target = stage
        .dead_letter_target
        .iter()
        .filter_map(move |target| similar(target, "`dead_letter_target`".to_owned(), &is_dead_letter));
    let dead_letters = stage.schedules.iter().filter_map(move |schedule| {
        similar(schedule.dead_letter_queue.as_deref()?, format!("schedule `{}`", schedule.name), &is_queue)
    });
    sources.chain(failures).chain(asynchronous).chain(target).chain(dead_letters)
}
