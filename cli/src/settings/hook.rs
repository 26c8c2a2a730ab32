//! The hooks of a stage as types: `[stage.NAME.hooks]`.
//!
//! As in `model`, the doc comments are the reference and the descriptions of the JSON Schema.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Commands of your own that run around the phases of the tool's commands, in the folder of the settings file. Each is a
/// text, which the shell runs (`cmd /C` on Windows), or a list of program and arguments, which runs without a shell.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Hooks {
    /// Before the program is built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pre_build: Option<HookCommand>,
    /// After the program is built, and before it is checked and packaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) post_build: Option<HookCommand>,
    /// After the zip is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) post_package: Option<HookCommand>,
    /// After a region's template is made: what the command writes to stdout is the template from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) post_template: Option<HookCommand>,
    /// Before a deploy or an update changes anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pre_deploy: Option<HookCommand>,
    /// After a deploy or an update that succeeded in every region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) post_deploy: Option<HookCommand>,
    /// After a rollback that succeeded in every region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) post_rollback: Option<HookCommand>,
    /// After an `undeploy` that succeeded in every region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) post_undeploy: Option<HookCommand>,
    /// After `package`, a deploy, an update, a rollback or an `undeploy` that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) on_error: Option<HookCommand>,
}

/// The command of a hook.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum HookCommand {
    /// A line for the shell.
    Line(String),
    /// A program and its arguments.
    Program(Vec<String>),
}

impl fmt::Display for HookCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A script is named by its first line.
            Self::Line(line) => match line.trim().split_once('\n') {
                Some((first, _)) => write!(f, "{} …", first.trim_end()),
                None => f.write_str(line.trim()),
            },
            Self::Program(words) => f.write_str(&words.join(" ")),
        }
    }
}

impl HookCommand {
    /// Whether nothing would be run.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Line(line) => line.trim().is_empty(),
            Self::Program(words) => words.first().is_none_or(|program| program.trim().is_empty()),
        }
    }
}

/// The moment at which a hook runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hook {
    PreBuild,
    PostBuild,
    PostPackage,
    PostTemplate,
    PreDeploy,
    PostDeploy,
    PostRollback,
    PostUndeploy,
    OnError,
}

impl Hook {
    /// All hooks, in the order of a deploy.
    pub(crate) const ALL: [Self; 9] = [
        Self::PreBuild,
        Self::PostBuild,
        Self::PostPackage,
        Self::PostTemplate,
        Self::PreDeploy,
        Self::PostDeploy,
        Self::PostRollback,
        Self::PostUndeploy,
        Self::OnError,
    ];

    /// As the settings write it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::PreBuild => "pre_build",
            Self::PostBuild => "post_build",
            Self::PostPackage => "post_package",
            Self::PostTemplate => "post_template",
            Self::PreDeploy => "pre_deploy",
            Self::PostDeploy => "post_deploy",
            Self::PostRollback => "post_rollback",
            Self::PostUndeploy => "post_undeploy",
            Self::OnError => "on_error",
        }
    }

    /// Whether it is part of a build, and does not run where a finished zip is given.
    pub(crate) fn is_of_build(self) -> bool {
        matches!(self, Self::PreBuild | Self::PostBuild | Self::PostPackage)
    }
}

impl Hooks {
    /// The command of a hook, if the stage has one.
    pub(crate) fn command(&self, hook: Hook) -> Option<&HookCommand> {
        let command = match hook {
            Hook::PreBuild => &self.pre_build,
            Hook::PostBuild => &self.post_build,
            Hook::PostPackage => &self.post_package,
            Hook::PostTemplate => &self.post_template,
            Hook::PreDeploy => &self.pre_deploy,
            Hook::PostDeploy => &self.post_deploy,
            Hook::PostRollback => &self.post_rollback,
            Hook::PostUndeploy => &self.post_undeploy,
            Hook::OnError => &self.on_error,
        };
        command.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hook_has_the_setting_of_its_name() {
        let names: Vec<&str> = Hook::ALL.iter().map(|hook| hook.word()).collect();
        let schema = super::super::schema::file();
        let settings = schema["$defs"]["Hooks"]["properties"].as_object().unwrap();
        let mut settings: Vec<&str> = settings.keys().map(String::as_str).collect();
        settings.sort_unstable();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, settings);
        for hook in Hook::ALL {
            let hooks: Hooks = serde_json::from_value(serde_json::json!({ hook.word(): "true" })).unwrap();
            assert_eq!(hooks.command(hook), Some(&HookCommand::Line("true".to_owned())), "{hook:?}");
        }
    }
}
