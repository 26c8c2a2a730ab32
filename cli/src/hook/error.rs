//! Errors of hooks, with their hints.

use crate::settings::Hook;

/// An error of a hook.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("hook `{}` failed: `{command}`: {status}", hook.word())]
    Failed { hook: Hook, command: String, status: String, last_lines: String },
    #[error("hook `{}` cannot be run: there is no program for `{command}`", hook.word())]
    NoProgram { hook: Hook, command: String },
    #[error("hook `{}` cannot be run: `{command}`", hook.word())]
    NotRun { hook: Hook, command: String, source: std::io::Error },
    #[error("hook `post_template` wrote more than {} MiB for {region}", limit >> 20)]
    TooLong { region: String, limit: usize },
    #[error("hook `post_template` wrote for {region} what is not UTF-8")]
    NotText { region: String },
    #[error("hook `post_template` wrote for {region} what is not a template: {reason}")]
    NotTemplate { region: String, reason: String },
    #[error("hook `post_template` wrote a template for {region} that cannot be deployed")]
    Refused { region: String, reasons: Vec<String> },
}

impl Error {
    /// The hook.
    pub(crate) fn hook(&self) -> Hook {
        match self {
            Self::Failed { hook, .. } | Self::NoProgram { hook, .. } | Self::NotRun { hook, .. } => *hook,
            _ => Hook::PostTemplate,
        }
    }

    /// What the hook wrote last.
    pub(crate) fn last_lines(&self) -> Option<&str> {
        match self {
            Self::Failed { last_lines, .. } if !last_lines.is_empty() => Some(last_lines),
            _ => None,
        }
    }

    /// The reasons why a template is refused.
    pub(crate) fn reasons(&self) -> &[String] {
        match self {
            Self::Refused { reasons, .. } => reasons,
            _ => &[],
        }
    }

    /// The hint: how to get further.
    pub(crate) fn hint(&self) -> String {
        let setting = format!("`{}` in `[stage.NAME.hooks]`", self.hook().word());
        match self {
            Self::Failed { .. } => format!("it is the command of {setting}, and runs in the settings file's folder"),
            Self::NoProgram { .. } => {
                format!("install it, or change {setting}; a path begins at the settings file's folder")
            }
            Self::NotRun { .. } => {
                format!(
                    "it is the command of {setting}; a script needs its first line, such as `#!/bin/sh`, and `chmod +x`"
                )
            }
            Self::TooLong { .. } | Self::NotText { .. } | Self::NotTemplate { .. } => {
                "its stdout is the whole template as JSON, or nothing; messages belong to stderr".to_owned()
            }
            Self::Refused { .. } => {
                "it may add to the template and change properties; what the tool relies on has to stay".to_owned()
            }
        }
    }
}
