//! The settings of the stack itself, which are not in its template: tags, termination protection, the value of its parameter.

use super::{Deployed, Error, Rollout, TagChanges, ownership::EXPIRES_TAG};
use crate::{aws, logical_id::SCHEDULES_STATE, template};

impl Rollout<'_> {
    /// Warns of tags that the update removes: CloudFormation replaces all of them by those of the settings.
    pub(super) fn warn_of_removed_tags(&self, deployed: &Deployed) {
        let Some(stack) = &deployed.stack else { return };
        let removed = TagChanges::new(stack, self.request.identity, self.request.stage).removed;
        // The lifetime is a setting of its own.
        for tag in removed.into_iter().filter(|tag| tag != EXPIRES_TAG) {
            let sentence =
                format!("stack `{}` loses the tag `{tag}`, which is not in `tags` of the settings", stack.name);
            self.progress.warning(&sentence, Some("`tags` of the stage keeps a tag"));
        }
    }

    /// Mentions schedules that stay disabled, whatever is deployed.
    pub(super) fn mention_disabled_schedules(&self, deployed: &Deployed) {
        let value = deployed.stack.as_ref().and_then(|stack| stack.parameters.get(SCHEDULES_STATE));
        if value.is_some_and(|value| value == template::DISABLED)
            && template::count_schedules(&self.request.record.template) > 0
        {
            self.progress.step("Keeping", "the schedules disabled; `zappa-rs schedule` enables them");
        }
    }

    /// Whether the stack has the tags and the termination protection of the settings.
    pub(super) fn has_stack_settings(&self, deployed: &Deployed) -> bool {
        deployed.stack.as_ref().is_some_and(|stack| {
            TagChanges::new(stack, self.request.identity, self.request.stage).is_empty()
                && stack.is_protected == self.request.stage.protected
        })
    }

    /// Sets the termination protection of the settings.
    pub(super) async fn protect(&self, stack: &aws::Stack) -> Result<(), Error> {
        if stack.is_protected != self.request.stage.protected {
            self.region.protect(&stack.name, self.request.stage.protected).await?;
        }
        Ok(())
    }
}
