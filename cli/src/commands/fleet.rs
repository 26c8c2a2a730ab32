//! The same work in every region: in parallel, each with its own outcome, the canary first.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use futures_util::future::join_all;

use crate::rollout::{Error, Place, Position};

/// How the work ended in one region.
#[derive(Debug)]
pub(crate) struct Outcome<T> {
    pub(crate) region: String,
    /// `None`: it was not begun, since the canary failed.
    pub(crate) result: Option<Result<T, Error>>,
}

impl<T> Outcome<T> {
    /// What the work gave, if it went well.
    pub(crate) fn value(&self) -> Option<&T> {
        self.result.as_ref()?.as_ref().ok()
    }
}

/// How far each region has come; read by whoever interrupts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(BTreeMap<String, Arc<Place>>);

impl Places {
    pub(crate) fn new(regions: &[String]) -> Self {
        Self(regions.iter().map(|region| (region.clone(), Arc::default())).collect())
    }

    pub(crate) fn of(&self, region: &str) -> Arc<Place> {
        self.0.get(region).cloned().unwrap_or_default()
    }

    /// A line per region for somebody who interrupted the work.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.iter().map(|(region, place)| format!("{region}: {}", place.position().sentence())).collect()
    }

    pub(crate) fn is_untouched(&self) -> bool {
        self.0.values().all(|place| place.position() == Position::Untouched)
    }
}

/// Works in all regions; if there is a canary, the others wait until it is done well.
pub(crate) async fn everywhere<T, W>(
    regions: &[String],
    canary: Option<&str>,
    work: impl Fn(String) -> W,
) -> Vec<Outcome<T>>
where
    W: Future<Output = Result<T, Error>>,
{
    let one = async |region: &String| Outcome { region: region.clone(), result: Some(work(region.clone()).await) };
    let canary = canary.and_then(|canary| regions.iter().find(|region| *region == canary));
    let first = match canary {
        Some(region) => Some(one(region).await),
        None => None,
    };
    let rest = regions.iter().filter(|region| canary != Some(region));
    let go_on = first.as_ref().is_none_or(|first| matches!(first.result, Some(Ok(_))));
    let others = if go_on {
        join_all(rest.map(one)).await
    } else {
        rest.map(|region| Outcome { region: region.clone(), result: None }).collect()
    };
    let mut outcomes: Vec<Outcome<T>> = first.into_iter().chain(others).collect();
    outcomes.sort_by_key(|outcome| regions.iter().position(|region| *region == outcome.region));
    outcomes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Error {
        Error::Overtaken { stack: "app-dev".to_owned(), by: None }
    }

    async fn states(canary: Option<&str>, broken: &str) -> Vec<&'static str> {
        let regions = ["a", "b", "c"].map(str::to_owned);
        let outcomes =
            everywhere(&regions, canary, async |region| if region == broken { Err(failure()) } else { Ok(()) }).await;
        let state = |outcome: Outcome<()>| match outcome.result {
            Some(Ok(())) => "done",
            Some(Err(_)) => "failed",
            None => "not begun",
        };
        outcomes.into_iter().map(state).collect()
    }

    #[tokio::test]
    async fn one_region_that_fails_leaves_the_others_alone() {
        assert_eq!(states(None, "b").await, ["done", "failed", "done"]);
    }

    #[tokio::test]
    async fn a_canary_that_fails_keeps_the_others_from_beginning() {
        assert_eq!(states(Some("b"), "b").await, ["not begun", "failed", "not begun"]);
        assert_eq!(states(Some("b"), "c").await, ["done", "done", "failed"]);
    }
}
