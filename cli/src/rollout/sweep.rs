//! Which deployed stages a sweep removes, pure: those that have expired, or those whose branch is no longer open.

use std::{collections::BTreeSet, time::SystemTime};

use super::{Listed, stack_state::StackState};
use crate::settings::{Definition, Lifetime};

/// What a sweep looks for.
#[derive(Clone, Debug)]
pub(crate) enum Criterion {
    /// Stages whose lifetime is over; of this stage or pattern only, where one is named.
    Expired { now: SystemTime, of: Option<String> },
    /// Stages of a pattern that are not among these.
    Merged { pattern: String, open: BTreeSet<String> },
}

/// What a sweep does with a stage.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// It is removed.
    Remove,
    /// It is none that the sweep looks for.
    Keep,
    /// It is one that the sweep looks for, and stays because of this.
    Spare(&'static str),
}

impl Criterion {
    /// Decides about a stage, by its stack and by how the settings define it.
    pub(crate) fn verdict(&self, listed: &Listed, definition: Option<&Definition>) -> Verdict {
        let is_meant = match self {
            Self::Expired { now, of } => {
                let is_of = of.as_deref().is_none_or(|of| {
                    listed.stage == of || definition.is_some_and(|found| found.pattern.as_deref() == Some(of))
                });
                is_of && is_expired(listed, *now)
            }
            Self::Merged { pattern, open } => {
                definition.is_some_and(|found| found.pattern.as_ref() == Some(pattern)) && !open.contains(&listed.stage)
            }
        };
        if is_meant { spared(listed, definition).map_or(Verdict::Remove, Verdict::Spare) } else { Verdict::Keep }
    }
}

/// Whether the lifetime is over. A tag that is no lifetime counts as over, so that it is mentioned and not removed.
fn is_expired(listed: &Listed, now: SystemTime) -> bool {
    listed.expires().is_some() && listed.expires_at().is_none_or(|end| end <= now)
}

/// Why a stage is not removed whatever it is.
fn spared(listed: &Listed, definition: Option<&Definition>) -> Option<&'static str> {
    if listed.stack.is_protected {
        return Some("is protected from deletion");
    }
    if let Some(definition) = definition {
        if definition.protected {
            return Some("is `protected` in the settings");
        }
        if definition.pattern.is_none() && !definition.expires {
            return Some("has a table of its own without `expires` in the settings");
        }
    }
    if listed.expires().is_some_and(|text| Lifetime::parse(text).is_none()) {
        return Some("has a tag `zappa-rs:expires` that is no lifetime");
    }
    (StackState::of(listed.stack.status.as_str()) == StackState::Busy).then_some("is being changed")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::aws::{Stack, StackStatus};

    fn at(hours: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(hours * 3_600)
    }

    /// A stack that was created at hour 0 and updated at hour 10.
    fn listed(stage: &str, expires: Option<&str>, status: &str) -> Listed {
        let tags = expires.map(|text| ("zappa-rs:expires".to_owned(), text.to_owned()));
        let stack = Stack {
            tags: tags.into_iter().collect(),
            created: Some(at(0)),
            last_updated: Some(at(10)),
            ..Stack::bare(&format!("shop-{stage}"), StackStatus(status.to_owned()))
        };
        Listed {
            stack,
            project: "shop".to_owned(),
            stage: stage.to_owned(),
            release: None,
            served_instead: None,
            domain: None,
        }
    }

    fn defined(pattern: Option<&str>, expires: bool, protected: bool) -> Option<Definition> {
        Some(Definition { pattern: pattern.map(str::to_owned), expires, protected })
    }

    #[test]
    fn only_what_has_expired_and_may_expire_is_removed() {
        const DONE: &str = "UPDATE_COMPLETE";
        let of_pattern = || defined(Some("pr-*"), true, false);
        for (expires, status, definition, hour, expected) in [
            (Some("3h"), DONE, of_pattern(), 12, Verdict::Keep),
            (Some("3h"), DONE, of_pattern(), 13, Verdict::Remove),
            // The tag counts, also where the settings do not know the stage any more.
            (Some("3h"), DONE, None, 13, Verdict::Remove),
            (Some("3h"), DONE, defined(Some("pr-*"), false, false), 13, Verdict::Remove),
            (Some("3h"), DONE, defined(None, true, false), 13, Verdict::Remove),
            (Some("3h"), DONE, defined(None, false, false), 13, Verdict::Spare("")),
            (Some("3h"), DONE, defined(Some("pr-*"), true, true), 13, Verdict::Spare("")),
            (Some("3h"), "UPDATE_IN_PROGRESS", of_pattern(), 13, Verdict::Spare("")),
            (Some("3h"), "DELETE_IN_PROGRESS", of_pattern(), 13, Verdict::Remove),
            (Some("3h"), "DELETE_FAILED", of_pattern(), 13, Verdict::Remove),
            (Some("3h"), "ROLLBACK_COMPLETE", of_pattern(), 13, Verdict::Remove),
            (Some("3h"), "UPDATE_ROLLBACK_FAILED", of_pattern(), 13, Verdict::Remove),
            (Some("tomorrow"), DONE, of_pattern(), 99, Verdict::Spare("")),
            (None, DONE, of_pattern(), 99, Verdict::Keep),
        ] {
            let criterion = Criterion::Expired { now: at(hour), of: None };
            let found = criterion.verdict(&listed("pr-1", expires, status), definition.as_ref());
            let is_equal = match (&found, &expected) {
                (Verdict::Spare(_), Verdict::Spare(_)) => true,
                (found, expected) => found == expected,
            };
            assert!(is_equal, "{expires:?} {status} {definition:?} {hour}: {found:?}");
        }
        let mut protected = listed("pr-1", Some("3h"), DONE);
        protected.stack.is_protected = true;
        let criterion = Criterion::Expired { now: at(99), of: None };
        assert!(matches!(criterion.verdict(&protected, of_pattern().as_ref()), Verdict::Spare(_)));
        let mut never_updated = listed("pr-1", Some("3h"), DONE);
        never_updated.stack.last_updated = None;
        let criterion = Criterion::Expired { now: at(3), of: None };
        assert_eq!(criterion.verdict(&never_updated, of_pattern().as_ref()), Verdict::Remove);
    }

    #[test]
    fn a_sweep_of_one_pattern_leaves_others() {
        let criterion = |of: &str| Criterion::Expired { now: at(99), of: Some(of.to_owned()) };
        let (listed, definition) = (listed("pr-1", Some("3h"), "CREATE_COMPLETE"), defined(Some("pr-*"), true, false));
        for (of, expected) in
            [("pr-*", Verdict::Remove), ("pr-1", Verdict::Remove), ("pr-2", Verdict::Keep), ("tmp-*", Verdict::Keep)]
        {
            assert_eq!(criterion(of).verdict(&listed, definition.as_ref()), expected, "{of}");
        }
        assert_eq!(criterion("pr-*").verdict(&listed, None), Verdict::Keep, "the pattern is not its own");
    }

    #[test]
    fn what_is_not_open_is_removed_of_the_one_pattern() {
        let open = BTreeSet::from(["pr-2".to_owned()]);
        let criterion = Criterion::Merged { pattern: "pr-*".to_owned(), open };
        for (stage, definition, expected) in [
            ("pr-1", defined(Some("pr-*"), false, false), Verdict::Remove),
            ("pr-2", defined(Some("pr-*"), false, false), Verdict::Keep),
            ("pr-big-1", defined(Some("pr-big-*"), true, false), Verdict::Keep),
            ("dev", defined(None, true, false), Verdict::Keep),
            ("old", None, Verdict::Keep),
            ("pr-3", defined(Some("pr-*"), false, true), Verdict::Spare("is `protected` in the settings")),
        ] {
            let found = criterion.verdict(&listed(stage, None, "CREATE_COMPLETE"), definition.as_ref());
            assert_eq!(found, expected, "{stage}");
        }
    }
}
