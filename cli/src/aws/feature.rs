//! Features of newer AWS that an endpoint may lack: one that was refused is not requested again in the same run.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use super::{Error, Region};

/// A feature that works without an endpoint's support for it, only slower or with less to tell.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Feature {
    /// `DeploymentConfig` of CloudFormation's operations.
    ExpressMode,
    /// CloudFormation's `DescribeEvents`.
    OperationEvents,
}

/// The features that were refused, each with its region.
#[derive(Debug, Default)]
pub(super) struct Refused(Mutex<BTreeSet<(Feature, String)>>);

impl Refused {
    fn contains(&self, feature: Feature, region: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&(feature, region.to_owned()))
    }

    fn insert(&self, feature: Feature, region: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((feature, region.to_owned()));
    }
}

impl Region {
    /// Whether a feature may be asked for: nothing in this run has shown that the region lacks it.
    pub(super) fn may_have(&self, feature: Feature) -> bool {
        !self.refused_features().contains(feature, self.name())
    }

    /// Remembers that the region lacks a feature.
    pub(super) fn lacks(&self, feature: Feature) {
        self.refused_features().insert(feature, self.name());
    }
}

impl Error {
    /// Whether a parameter that the endpoint does not know may be the reason for a refusal. Only the same call without the
    /// parameter tells.
    pub(super) fn may_be_unknown_parameter(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status < 500)
            && !self.is_denied()
            && !self.is_credentials()
            && !self.is_region_disabled()
            && !self.is_throttled()
            && !self.is_busy()
            && !self.is_missing()
            && self.code() != Some("AlreadyExistsException")
    }
}
