//! The phase of a rollout in one region, reported when it is interrupted.

use std::sync::{Mutex, PoisonError};

use super::Error;
use crate::suggestion::quote_list;

/// The phase of a rollout.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Phase {
    /// Nothing was changed yet.
    #[default]
    Untouched,
    /// The artifact is being uploaded.
    Uploading,
    /// The artifact is in the bucket.
    Uploaded,
    /// CloudFormation creates the stack.
    Creating,
    /// The stack exists; its first release has not passed its trial.
    Created,
    /// CloudFormation removes from the stack what was deleted by hand.
    LeavingOut,
    /// CloudFormation creates the candidate; the previous release is live.
    SendingCandidate,
    /// The candidate is tried; the previous release is live.
    Trying,
    /// A fast update publishes its code and tries it; the previous release is live.
    Publishing,
    /// A fast update moves the aliases.
    Moving,
    /// CloudFormation opens the API's own endpoint, before the stage leaves its domain.
    OpeningEndpoint,
    /// CloudFormation shifts the traffic.
    Switching,
    /// CloudFormation and CodeDeploy shift the traffic in steps.
    Shifting,
    /// A rollback has shifted the traffic, and CloudFormation brings the stack up to it.
    Following,
    /// CloudFormation changes what could not change with the traffic; the new release is live.
    Finishing,
    /// CloudFormation rolls the candidate back; the previous release is live.
    RollingBack,
    /// The new release is live.
    Serving,
    /// CloudFormation changes the domain's stack.
    ChangingDomain,
    /// CloudFormation closes the API's own endpoint; the new release is live, and the domain leads to it.
    ClosingEndpoint,
    /// CloudFormation switches the schedules.
    Scheduling,
    /// Schedules that were changed by hand are being restored.
    Restoring,
    /// The schedules are switched.
    Scheduled,
    /// CloudFormation deletes the stack.
    Deleting,
    /// Everything of the stage is removed.
    Removed,
}

impl Phase {
    /// The phase as a sentence, after "interrupted".
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Untouched => "nothing was changed",
            Self::Uploading => "part of the artifact was sent; the stack was not touched",
            Self::Uploaded => "the artifact is in the bucket; the stack was not touched",
            Self::Creating => "CloudFormation is still creating the stack",
            Self::Created => "the stack exists; its release has not passed its trial yet",
            Self::LeavingOut => {
                "CloudFormation is removing from the stack what was deleted by hand; the next deploy recreates it"
            }
            Self::SendingCandidate => "CloudFormation is still creating the candidate; the previous release is live",
            Self::Trying => "the candidate is in the stack; the previous release is live",
            Self::Publishing => "the new code has no traffic; the previous release is live",
            Self::Moving => "some of the traffic may have moved to the new release, which has passed its trial",
            Self::OpeningEndpoint => {
                "CloudFormation is still opening the API's own endpoint; the previous release is live, also behind the domain"
            }
            Self::Switching => "CloudFormation is still shifting traffic to the new release",
            Self::Shifting => {
                "AWS goes on to shift traffic to the new release in steps, and rolls it back at the first alarm; `zappa-rs status` \
                 shows when the stack is done"
            }
            Self::Following => {
                "the earlier release has the traffic; the stack is behind, and the same command brings it up to it"
            }
            Self::Finishing => {
                "the new release is live; CloudFormation is still removing what only the previous one needed"
            }
            Self::RollingBack => "CloudFormation is still rolling the candidate back; the previous release is live",
            Self::Serving => "the new release is live",
            Self::ChangingDomain => {
                "CloudFormation is still changing the stack of the domain; the same command goes on"
            }
            Self::ClosingEndpoint => {
                "the new release is live behind the domain; CloudFormation is still closing the API's own endpoint"
            }
            Self::Scheduling => "CloudFormation is still switching the schedules",
            Self::Restoring => "some of the schedules are restored; the command resumes with the others",
            Self::Scheduled => "the schedules are switched",
            Self::Deleting => "CloudFormation is still deleting the stack",
            Self::Removed => "everything of the stage is removed",
        }
    }
}

/// The phase of a region's rollout, shared with the code that reports an interrupt.
#[derive(Debug, Default)]
pub(crate) struct PhaseCell {
    phase: Mutex<Phase>,
    /// The API keys that do not work between two updates of the stack, the second of which is not done.
    keys: Mutex<Vec<String>>,
}

impl PhaseCell {
    pub(crate) fn set(&self, phase: Phase) {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }

    /// Sets the API keys that a change of the stack leaves without a value or a plan, until a later one.
    pub(super) fn set_keys(&self, keys: Vec<String>) {
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// The sentence about API keys that may not work now.
    pub(crate) fn keys_sentence(&self) -> Option<String> {
        let is_between =
            matches!(self.phase(), Phase::Switching | Phase::Shifting | Phase::Following | Phase::Finishing);
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let (noun, verb, pronoun) = match keys.as_slice() {
            _ if !is_between => return None,
            [] => return None,
            [_] => ("the API key", "does", "it"),
            _ => ("the API keys", "do", "them"),
        };
        let names = quote_list(keys.iter().map(String::as_str));
        Some(format!(
            "{noun} {names} {verb} not exist, or open nothing, until the second of two updates of the stack is done: requests with \
             {pronoun} are refused until the same command has run to its end"
        ))
    }

    /// Sets the phase for a call, and restores the previous one if AWS refuses the call.
    pub(super) async fn run_in_phase<T>(
        &self,
        phase: Phase,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let before = self.phase();
        self.set(phase);
        let outcome = call.await;
        if matches!(&outcome, Err(Error::Aws(error)) if error.is_refusal()) {
            self.set(before);
        }
        outcome
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_the_first_update_until_the_release_serves() {
        let cell = PhaseCell::default();
        cell.set(Phase::Finishing);
        assert_eq!(cell.keys_sentence(), None);
        cell.set_keys(vec!["shop-dev-acme".to_owned()]);
        for (phase, is_told) in [
            (Phase::Trying, false),
            (Phase::Switching, true),
            (Phase::Finishing, true),
            (Phase::RollingBack, false),
            (Phase::Serving, false),
        ] {
            cell.set(phase);
            assert_eq!(cell.keys_sentence().is_some(), is_told, "{phase:?}");
        }
        cell.set(Phase::Finishing);
        let one = cell.keys_sentence().unwrap();
        assert!(one.starts_with("the API key `shop-dev-acme` does not exist"), "{one}");
        cell.set_keys(vec!["a".to_owned(), "b".to_owned()]);
        let two = cell.keys_sentence().unwrap();
        assert!(
            two.starts_with("the API keys `a` and `b` do not exist") && two.contains("with them are refused"),
            "{two}"
        );
    }
}
