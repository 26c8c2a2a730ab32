//! Rules of the hooks.

use super::{super::Hook, Rules};

impl Rules<'_> {
    pub(super) fn hooks(&mut self) {
        for hook in Hook::ALL {
            if self.stage.hooks.command(hook).is_some_and(super::super::HookCommand::is_empty) {
                let name = hook.word();
                let sentence = format!(
                    "hook `{name}` has no command: a text for the shell, or a list of a program and its arguments"
                );
                self.fault(["hooks", name], sentence);
            }
        }
    }
}
