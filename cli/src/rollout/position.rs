//! The refusal of another starting position of a stream or a topic, or of another consumer group, before anything is uploaded or sent.

use serde_json::Value;

use super::{Deployed, Error, Mode, Rollout};
use crate::{plan, settings::Stage, template};

impl Rollout<'_> {
    /// Refuses a release whose starting positions differ from the live ones. It reads the live template only where the
    /// release has such a position.
    pub(super) async fn check_positions(&self, deployed: &mut Deployed) -> Result<(), Error> {
        let wanted = &self.request.record.template;
        // The settings of an update of code are the live ones.
        if self.request.mode == Mode::CodeOnly || !plan::has_positions(wanted) {
            return Ok(());
        }
        deployed.read_live(&self.region).await?;
        check(deployed.live.as_ref(), wanted, self.request.stage)
    }
}

/// Refuses a template whose starting positions differ from the live one's.
pub(super) fn check(live: Option<&Value>, wanted: &Value, stage: &Stage) -> Result<(), Error> {
    let Some(moved) = live.and_then(|live| plan::moved_position(live, wanted)) else { return Ok(()) };
    let source =
        stage.events.iter().find(|source| source.kind().is_polled() && template::mapping_id(source) == moved.mapping);
    let event = source.map_or(moved.mapping, |source| source.name.clone());
    Err(Error::StartingPosition { event, setting: moved.setting, live: moved.live, wanted: moved.wanted })
}
