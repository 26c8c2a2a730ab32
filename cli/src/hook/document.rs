//! The JSON document that a hook gets on stdin. It has no secret but what the template itself has; fields are only added.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::settings::Hook;

/// The version of the document: another one has other fields, not only more.
const VERSION: u32 = 1;

/// What is known of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Document {
    /// The command, such as `deploy`.
    pub(crate) command: &'static str,
    /// Whether the command changes nothing on AWS.
    pub(crate) dry_run: bool,
    /// The first half of the names of stack and function.
    pub(crate) project: String,
    /// The stage.
    pub(crate) stage: String,
    /// The stack's name.
    pub(crate) stack: String,
    /// The path of the settings file.
    pub(crate) settings_file: String,
    /// The regions that the command works in.
    pub(crate) regions: Vec<String>,
    /// The profile of the AWS configuration.
    pub(crate) profile: Option<String>,
    /// The endpoint of AWS, where a flag names one.
    pub(crate) endpoint_url: Option<String>,
    /// The path of the program that was built.
    pub(crate) binary: Option<String>,
    /// The zip.
    pub(crate) artifact: Option<ArtifactFacts>,
    /// The release that the command makes or goes back to, where all regions have the same.
    pub(crate) release: Option<String>,
    /// Whether the command changed anything, once it is known.
    pub(crate) changed: Option<bool>,
    /// The outcome in each region, once it is known.
    pub(crate) results: Vec<RegionFacts>,
    /// Why the command failed.
    pub(crate) error: Option<ErrorFacts>,
}

/// The zip of a release.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ArtifactFacts {
    pub(crate) path: String,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) sha256: String,
}

/// The outcome in a region.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct RegionFacts {
    pub(crate) region: String,
    /// The word that `--json` has.
    pub(crate) outcome: String,
    pub(crate) changed: bool,
    pub(crate) release: Option<String>,
    /// The release that was live before, if it was another one.
    pub(crate) previous_release: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) websocket_url: Option<String>,
    pub(crate) error: Option<String>,
}

/// Why a command failed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ErrorFacts {
    /// The error's sentence.
    pub(crate) message: String,
    /// Its causes, the innermost last.
    pub(crate) causes: Vec<String>,
    /// What exists and what does not.
    pub(crate) facts: Vec<String>,
    pub(crate) hints: Vec<String>,
    /// The region that failed, if it is one.
    pub(crate) region: Option<String>,
}

/// The document as one hook gets it.
#[derive(Serialize)]
struct Envelope<'a> {
    version: u32,
    hook: &'static str,
    #[serde(flatten)]
    document: &'a Document,
    /// The region of the template.
    region: Option<&'a str>,
    template: Option<&'a Value>,
}

impl Document {
    /// The first of the regions, or none.
    pub(super) fn first_region(&self) -> &str {
        self.regions.first().map_or("", String::as_str)
    }

    /// The text for a hook; `template` with its region.
    pub(super) fn serialize(&self, hook: Hook, template: Option<(&str, &Value)>) -> Vec<u8> {
        let (region, template) = template.unzip();
        let envelope = Envelope { version: VERSION, hook: hook.word(), document: self, region, template };
        // Texts, numbers and lists: JSON has them all.
        let mut text = serde_json::to_vec(&envelope).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// The variables that a hook gets beside those of the tool.
    pub(super) fn variables(&self, hook: Hook, region: &str) -> [(&'static str, String); 6] {
        [
            ("ZAPPA_HOOK", hook.word().to_owned()),
            ("ZAPPA_COMMAND", self.command.to_owned()),
            ("ZAPPA_PROJECT", self.project.clone()),
            ("ZAPPA_STAGE", self.stage.clone()),
            ("ZAPPA_REGION", region.to_owned()),
            ("ZAPPA_RS", own_program()),
        ]
    }
}

impl ArtifactFacts {
    /// The facts of a zip.
    pub(crate) fn new(path: &Path, size: u64, sha256: &str) -> Self {
        Self { path: path.display().to_string(), size, sha256: sha256.to_owned() }
    }
}

/// The path of this tool.
fn own_program() -> String {
    std::env::current_exe().map_or_else(|_| "zappa-rs".to_owned(), |path| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_field_is_there_and_is_null_while_it_is_not_known() {
        let document = Document { command: "deploy", regions: vec!["eu-west-1".to_owned()], ..Document::default() };
        let text = document.serialize(Hook::PreBuild, None);
        assert_eq!(
            serde_json::from_slice::<Value>(&text).unwrap(),
            json!({
                "version": 1, "hook": "pre_build", "command": "deploy", "dry_run": false,
                "project": "", "stage": "", "stack": "", "settings_file": "",
                "regions": ["eu-west-1"], "profile": null, "endpoint_url": null, "binary": null, "artifact": null,
                "release": null, "changed": null, "results": [], "error": null, "region": null, "template": null,
            })
        );
    }
}
