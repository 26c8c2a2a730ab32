//! The selected stage of the file, resolved for each of its regions.

use std::{collections::BTreeMap, path::PathBuf};

use super::{Error, Project, Stage};

/// A stage with its regions.
#[derive(Clone, Debug)]
pub(crate) struct StageSelection {
    /// The settings file.
    pub(crate) path: PathBuf,
    pub(crate) project: Project,
    /// The stage's name.
    pub(crate) name: String,
    /// The pattern that defines the stage, where no table of its own does.
    pub(crate) pattern: Option<String>,
    /// The regions to work in, in the order of the file; never empty.
    pub(crate) regions: Vec<String>,
    /// The settings in each of the stage's regions, also in those that are left out this time.
    pub(crate) stages: BTreeMap<String, Stage>,
    /// Warnings.
    pub(crate) warnings: Vec<String>,
}

impl StageSelection {
    /// The name of the table that defines the stage.
    pub(crate) fn table(&self) -> &str {
        self.pattern.as_deref().unwrap_or(&self.name)
    }

    /// Works in these regions only; none named means all.
    pub(crate) fn only(mut self, regions: &[String]) -> Result<Self, Error> {
        if regions.is_empty() {
            return Ok(self);
        }
        if let Some(region) = regions.iter().find(|region| !self.regions.contains(region)) {
            return Err(Error::OtherRegion { stage: self.name, region: region.clone(), known: self.regions });
        }
        self.regions.retain(|region| regions.contains(region));
        Ok(self)
    }

    /// All regions of the stage, also those that are left out this time.
    pub(crate) fn all_regions(&self) -> Vec<String> {
        self.stages.keys().cloned().collect()
    }

    /// The settings of the first region: for what does not depend on the region.
    pub(crate) fn primary(&self) -> &Stage {
        &self.stages[&self.regions[0]]
    }
}
