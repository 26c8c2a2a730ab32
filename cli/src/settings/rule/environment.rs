//! Rules of the function's variables.

use std::collections::BTreeMap;

use super::{
    super::{Variable, environment},
    Rules, is_intrinsic,
};
use crate::lambda::{MAX_ENVIRONMENT, is_reserved};

/// In front of the names of the variables that a deploy sets itself.
pub(super) const OWN: &str = "ZAPPA_";
/// The role's, which Lambda hands to the function. `zappa-rs local` sets them from a profile, so that only a deploy
/// refuses them.
pub(super) const CREDENTIALS: [&str; 4] =
    ["AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

impl Rules<'_> {
    pub(super) fn environment(&mut self) {
        let stage = self.stage;
        self.variables(&["environment"], &stage.environment);
        for (index, function) in stage.functions.iter().enumerate() {
            self.variables(&["functions", &index.to_string(), "environment"], &function.environment);
        }
        // A project without a name has its package's, which is not known here.
        let project = self.subject.project.name.as_deref().unwrap_or_default();
        for function in [None].into_iter().chain(stage.functions.iter().map(Some)) {
            let size = environment::size(stage, function, project, self.subject.name);
            if size > MAX_ENVIRONMENT {
                let of = function.map(|function| format!(" of function `{}`", function.name)).unwrap_or_default();
                let sentence = format!(
                    "the environment{of} has {size} bytes as Lambda measures it, serialized as JSON and with the variables \
                     of the tool; Lambda takes {MAX_ENVIRONMENT}"
                );
                self.fault(["environment"], sentence);
            }
        }
    }

    /// Checks the variables at a path of the stage.
    fn variables(&mut self, path: &[&str], variables: &BTreeMap<String, Variable>) {
        for (name, value) in variables {
            let place: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
            if matches!(value, Variable::Expression(expression) if !is_intrinsic(expression)) {
                let sentence = format!("`{name}` is a text, or one expression such as `{{ Ref = \"Table\" }}`");
                self.fault_at(&place, sentence);
            }
            if is_reserved(name) {
                self.fault_at(&place, format!("`{name}` cannot be set: Lambda sets it itself"));
            } else if CREDENTIALS.contains(&name.as_str()) {
                let sentence =
                    format!("`{name}` cannot be set: Lambda sets it to the role's; `permissions` adds to that");
                self.fault_at(&place, sentence);
            } else if name.starts_with(OWN) {
                let sentence = format!("`{name}` cannot be set: names that begin with `{OWN}` are the tool's");
                self.fault_at(&place, sentence);
            } else if !is_name(name) {
                let sentence = format!(
                    "`{name}` is not a valid variable name: two or more letters, digits and `_`, a letter first"
                );
                self.fault_at(&place, sentence);
            }
        }
    }
}

/// By the pattern of Lambda's `Environment`: `[a-zA-Z]([a-zA-Z0-9_])+`.
pub(super) fn is_name(name: &str) -> bool {
    name.len() >= 2
        && name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
