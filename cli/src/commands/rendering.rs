//! The rendered templates of a stage, before or without its artifact.

use serde_json::Value;

use crate::{
    names::{ArtifactKey, Identity},
    settings::StageSelection,
    template::{self, Input},
};

/// The hash of a package that does not exist.
pub(super) const NO_PACKAGE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Renders the template of a stage in one of its regions.
pub(super) fn render(selection: &StageSelection, identity: &Identity, region: &str, sha256: &str) -> Value {
    let artifact = ArtifactKey::new(identity, sha256);
    template::render(&Input { identity, stage: &selection.stages[region], region, artifact: &artifact, sha256 })
}
