//! What stands and what is wanted to the steps between: pure.
//!
//! An update of code is two updates of the stack, so that new code is tried before it takes traffic. The first sends what
//! is live, overlaid with the wanted function and what that needs; the second sends what is wanted.

mod difference;
mod drift;
mod overlay;
mod recreate;

use serde_json::Value;

pub(crate) use difference::{Change, Difference, difference};
pub(crate) use drift::{Drift, Published, Serving, Target, drift};
pub(crate) use overlay::{CANDIDATE_OUTPUT, without_candidates};
pub(crate) use recreate::{Missing, without_missing};

use self::overlay::overlay;
use crate::template::live_version;

/// What a deploy of one region has to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Steps {
    /// The stack is what is wanted.
    Nothing,
    /// There is no stack.
    Create,
    /// Nothing that a version freezes has changed: the wanted document is sent.
    Switch,
    /// The candidate is brought up beside the live version, tried, and then the wanted document is sent.
    Try {
        /// What is sent first; `None` if it stands already, left by a run that was interrupted.
        first: Option<Value>,
    },
}

/// Decides the steps.
pub(crate) fn steps(live: Option<&Value>, wanted: &Value) -> Steps {
    let Some(live) = live else {
        return Steps::Create;
    };
    if live == wanted {
        return Steps::Nothing;
    }
    let version = live_version(wanted);
    let before = live_version(live);
    // The alias was deleted by hand, and the version that it pointed to is there.
    let is_there = |version: &str| before.is_none() && live["Resources"][version]["DeletionPolicy"].is_string();
    if version.is_some_and(|version| before == Some(version) || is_there(version)) {
        return Steps::Switch;
    }
    let first = overlay(live, wanted);
    Steps::Try { first: (&first != live).then_some(first) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(version: &str, memory: u32) -> Value {
        json!({
            "Resources": {
                "Function": { "Type": "AWS::Lambda::Function", "Properties": { "MemorySize": memory } },
                version: {
                    "Type": "AWS::Lambda::Version",
                    "DeletionPolicy": "RetainExceptOnCreate",
                    "Properties": { "FunctionName": { "Ref": "Function" } }
                },
                "Live": {
                    "Type": "AWS::Lambda::Alias",
                    "Properties": { "FunctionVersion": { "Fn::GetAtt": [version, "Version"] } }
                }
            },
            "Outputs": {}
        })
    }

    #[test]
    fn each_situation_has_its_steps() {
        let (old, new) = (document("Versiona", 1), document("Versionb", 2));
        assert_eq!(steps(None, &new), Steps::Create);
        assert_eq!(steps(Some(&new), &new), Steps::Nothing);
        let mut tagged = old.clone();
        tagged["Resources"]["Function"]["Properties"]["Tags"] = json!([]);
        assert_eq!(steps(Some(&old), &tagged), Steps::Switch);
        let Steps::Try { first: Some(first) } = steps(Some(&old), &new) else { panic!() };
        assert_eq!(live_version(&first), Some("Versiona"));
        // Interrupted between the two: the candidate stands, and the next run goes on from it.
        assert_eq!(steps(Some(&first), &new), Steps::Try { first: None });
        // Back to the old release instead: the candidate goes with the second update.
        assert_eq!(steps(Some(&first), &old), Steps::Switch);
        // The alias was deleted by hand: it is created again, and its version needs no other trial.
        let without_alias = without_missing(&new, Missing::Alias);
        assert_eq!(steps(Some(&without_alias), &new), Steps::Switch);
        // The function was: all of it is created again, and tried before the alias is.
        let without_function = without_missing(&new, Missing::Function);
        let Steps::Try { first: Some(first) } = steps(Some(&without_function), &new) else { panic!() };
        assert!(first["Resources"]["Live"].is_null() && first["Resources"]["Function"].is_object());
    }
}
