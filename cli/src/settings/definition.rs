//! How the settings define a stage that is deployed: what a sweep has to know, without any variable.

use super::{Settings, tree::Kind};

/// The settings of a stage, as far as they say whether it may be swept.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Definition {
    /// The pattern that defines the stage, where no table of its own does.
    pub(crate) pattern: Option<String>,
    pub(crate) expires: bool,
    pub(crate) protected: bool,
}

impl Settings {
    /// The definition of a stage; `None` where nothing in the file does, or two patterns equally.
    pub(crate) fn definition(&self, stage: &str) -> Option<Definition> {
        let choice = self.choice(Some(stage)).ok()?;
        let whole = self.whole(choice.table(), &mut Vec::new())?;
        let has = |key: &str, is_meant: fn(&Kind) -> bool| {
            whole.table().and_then(|table| table.get(key)).is_some_and(|entry| is_meant(&entry.node.kind))
        };
        let protected = has("protected", |kind| *kind == Kind::Boolean(true));
        Some(Definition { pattern: choice.pattern, expires: has("expires", |_| true), protected })
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use super::*;

    #[test]
    fn a_definition_needs_no_variable() {
        let text = "[stage.dev]\naws_region = \"${REGION}\"\nprotected = true\n[stage.\"pr-*\"]\nextends = \"dev\"\n\
                    [stage.demo]\nexpires = \"1w\"\n[stage.\"tmp-*\"]\nextends = \"demo\"\n";
        let settings = Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new()).unwrap();
        let defined = |pattern: Option<&str>, expires, protected| {
            Some(Definition { pattern: pattern.map(str::to_owned), expires, protected })
        };
        for (stage, expected) in [
            ("dev", defined(None, false, true)),
            ("pr-1", defined(Some("pr-*"), false, true)),
            ("demo", defined(None, true, false)),
            ("tmp-1", defined(Some("tmp-*"), true, false)),
            ("old", None),
        ] {
            assert_eq!(settings.definition(stage), expected, "{stage}");
        }
    }
}
