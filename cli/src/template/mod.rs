//! Settings, release and region to a CloudFormation document: a pure function, without clock, chance or environment.

use serde_json::Value;

use crate::{
    names::{ArtifactKey, Identity},
    settings::Stage,
};

/// Everything that a document depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a> {
    /// The names.
    pub(crate) identity: &'a Identity,
    /// The stage as it is in this region: variables put in.
    pub(crate) stage: &'a Stage,
    /// The region.
    pub(crate) region: &'a str,
    /// The zip's key in the bucket.
    pub(crate) artifact: &'a ArtifactKey,
    /// The zip's SHA-256, in hexadecimal digits.
    pub(crate) sha256: &'a str,
}

/// The document that `deploy` sends.
pub(crate) fn document(input: &Input<'_>) -> Value {
    let _ = input;
    Value::Null
}
