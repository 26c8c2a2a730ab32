//! The bucket that holds artifacts and release records.

use super::{Error, Region};
use crate::progress::Progress;

/// A bucket and the account that must own it: every call says both, so that nobody else's bucket is ever written to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Bucket {
    /// Its name.
    pub(crate) name: String,
    /// Twelve digits.
    pub(crate) account: String,
}

/// Whether a bucket is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Found {
    /// It is, and the account owns it.
    Ours,
    /// Nobody has it.
    Missing,
}

impl Region {
    /// Whether the bucket is there, in one call; an error if somebody else owns it or it lies in another region.
    pub(crate) async fn find_bucket(&self, bucket: &Bucket) -> Result<Found, Error> {
        let _ = bucket;
        Err(Error::Unfinished)
    }

    /// Makes the tool's bucket, private, encrypted, versioned, TLS only; finishes one that an interrupted run began.
    pub(crate) async fn create_bucket(&self, bucket: &Bucket, progress: &dyn Progress) -> Result<(), Error> {
        let _ = (bucket, progress);
        Err(Error::Unfinished)
    }

    /// Finishes a bucket of the tool's whose making was interrupted: one call if there is nothing to finish.
    ///
    /// For before an upload, when something is written anyway; never for a bucket that the settings name.
    pub(crate) async fn complete_bucket(&self, bucket: &Bucket, progress: &dyn Progress) -> Result<(), Error> {
        let _ = (bucket, progress);
        Err(Error::Unfinished)
    }
}
