//! The phase of a rollout in one region, reported when it is interrupted.

use std::sync::{Mutex, PoisonError};

use super::Error;

/// What stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Phase {
    /// Nothing was changed yet.
    #[default]
    Untouched,
    /// The artifact is on its way.
    Uploading,
    /// The artifact lies in the bucket.
    Uploaded,
    /// CloudFormation makes the stack.
    Creating,
    /// The stack stands, its first release has not passed its trial.
    Created,
    /// CloudFormation takes out of the stack what was deleted by hand.
    LeavingOut,
    /// CloudFormation brings the candidate up; the old release serves.
    SendingCandidate,
    /// The candidate is tried; the old release serves.
    Trying,
    /// CloudFormation moves the traffic.
    Switching,
    /// CloudFormation changes what could not change with the traffic; the wanted release serves.
    Finishing,
    /// CloudFormation takes the candidate back; the old release serves.
    Undoing,
    /// The wanted release serves.
    Serving,
    /// CloudFormation switches the schedules.
    Scheduling,
    /// The schedules are switched.
    Scheduled,
    /// CloudFormation deletes the stack.
    Deleting,
    /// Everything of the stage is gone.
    Removed,
}

impl Phase {
    /// A sentence about what stands, after "interrupted".
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Untouched => "nothing was changed",
            Self::Uploading => "part of the artifact was sent; the stack was not touched",
            Self::Uploaded => "the artifact lies in the bucket; the stack was not touched",
            Self::Creating => "CloudFormation is still creating the stack",
            Self::Created => "the stack exists; its release has not passed its trial yet",
            Self::LeavingOut => {
                "CloudFormation is removing from the stack what was deleted by hand; the next deploy recreates it"
            }
            Self::SendingCandidate => "CloudFormation is still creating the candidate; the previous release is live",
            Self::Trying => "the candidate is in the stack; the previous release is live",
            Self::Switching => "CloudFormation is still shifting traffic to the new release",
            Self::Finishing => {
                "the new release is live; CloudFormation is still removing what only the previous one needed"
            }
            Self::Undoing => "CloudFormation is still rolling the candidate back; the previous release is live",
            Self::Serving => "the new release serves",
            Self::Scheduling => "CloudFormation is still switching the schedules",
            Self::Scheduled => "the schedules are switched",
            Self::Deleting => "CloudFormation is still deleting the stack",
            Self::Removed => "everything of the stage is removed",
        }
    }
}

/// A position that the work sets and whoever interrupts it reads.
#[derive(Debug, Default)]
pub(crate) struct PhaseCell(Mutex<Phase>);

impl PhaseCell {
    pub(crate) fn set(&self, phase: Phase) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }

    /// Stands at a position for as long as a call takes, and goes back if AWS refuses it.
    pub(super) async fn try_at<T>(
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
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
