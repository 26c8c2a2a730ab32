//! Rules of how the binary is made.

use super::{
    super::{Architecture, Builder},
    Rules,
};

impl Rules<'_> {
    pub(super) fn build(&mut self) {
        let stage = self.stage;
        let parts = [("build_command", stage.build_command.is_some()), ("build_output", stage.build_output.is_some())];
        if stage.builder == Builder::Command {
            if parts.iter().any(|(_, is_set)| !is_set) && !self.is_faulty(&["build_command", "build_output"]) {
                self.fault(["builder"], "`builder = \"command\"` needs `build_command` and `build_output`");
            }
        } else if !self.is_faulty(&["builder"]) {
            for (path, _) in parts.iter().filter(|(_, is_set)| *is_set) {
                self.fault([path], format!("`{path}` is only for `builder = \"command\"`"));
            }
        }
        if let Some(target) = &stage.target
            && !self.is_faulty(&["architecture"])
        {
            let (first, word) = match stage.architecture {
                Architecture::Arm64 => ("aarch64-", "arm64"),
                Architecture::X86_64 => ("x86_64-", "x86_64"),
            };
            if !target.contains("-linux-") {
                self.fault(["target"], format!("Lambda runs Linux, and `{target}` is not a Linux target"));
            } else if !target.starts_with(first) {
                self.fault(["target"], format!("`{target}` does not run on `architecture = \"{word}\"`"));
            }
        }
        if stage.profile.is_empty() {
            self.fault(["profile"], "`profile` is the name of a Cargo profile, such as `release`");
        }
    }
}
