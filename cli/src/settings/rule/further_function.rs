//! Rules of further functions, and of what names them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    super::{Function, MAIN, function_reference},
    Rules, is_name,
    name::LIMIT,
};
use crate::suggestion::nearest;

/// The longest description, in characters.
const DESCRIPTION_LIMIT: usize = 256;

impl Rules<'_> {
    pub(super) fn functions(&mut self) {
        let stage = self.stage;
        let mut names = BTreeSet::new();
        for (index, function) in stage.functions.iter().enumerate() {
            let index = index.to_string();
            if let Some(sentence) = self.function_name_fault(&function.name) {
                self.fault(["functions", &index, "name"], sentence);
            } else if !names.insert(&function.name) {
                self.fault(["functions", &index, "name"], format!("two functions are named `{}`", function.name));
            }
            if function.description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_LIMIT) {
                let sentence = format!("`description` has {DESCRIPTION_LIMIT} letters at most");
                self.fault(["functions", &index, "description"], sentence);
            }
            let destination = function.async_failure_destination.as_deref();
            if let Some(sentence) = destination.and_then(|destination| self.asynchronous_fault(destination)) {
                self.fault(["functions", &index, "async_failure_destination"], sentence);
            }
        }
        self.targets();
        self.references();
    }

    pub(super) fn function_name_fault(&self, name: &str) -> Option<String> {
        if name.is_empty() {
            return Some("`name` is missing here".to_owned());
        }
        if name == MAIN {
            return Some(format!("`{MAIN}` is the function behind the gateway; a further one needs another name"));
        }
        if !is_name(name) {
            return Some(format!("`{name}` is not a name of a function: letters, digits and `-`, a letter first"));
        }
        let stack = match (&self.stage.function_name, &self.subject.project.name) {
            (Some(name), _) => name.clone(),
            (None, Some(project)) => format!("{project}-{}", self.subject.name),
            // The package's name, which is not known here.
            (None, None) => return None,
        };
        let whole = stack.len() + 1 + name.len();
        (whole > LIMIT).then(|| format!("`{stack}-{name}` has {whole} letters, a function's name has {LIMIT} at most"))
    }

    /// The functions that schedules and events name.
    fn targets(&mut self) {
        let stage = self.stage;
        let schedules = stage.schedules.iter().map(|schedule| schedule.further());
        let events = stage.events.iter().map(|source| source.further());
        let named = schedules.enumerate().map(|place| ("schedules", place));
        let named: Vec<_> = named.chain(events.enumerate().map(|place| ("events", place))).collect();
        for (table, (index, name)) in named {
            if let Some(name) = name.filter(|name| stage.further(name).is_none()) {
                let sentence = self.unknown(&format!("`function = \"{name}\"`"), name);
                self.fault([table, &index.to_string(), "function"], sentence);
            }
        }
    }

    /// The functions that `${fn:…}` names.
    fn references(&mut self) {
        let stage = self.stage;
        let own = stage.functions.iter().map(|Function { environment, .. }| environment);
        let own: Vec<(String, Value)> =
            own.enumerate().map(|(index, environment)| (index.to_string(), json!(environment))).collect();
        for (index, environment) in &own {
            for name in self.unknown_references(environment) {
                let sentence = self.unknown(&format!("`${{fn:{name}}}`"), &name);
                self.fault(["functions", index, "environment"], sentence);
            }
        }
        for (setting, value) in [
            ("environment", json!(stage.environment)),
            ("permissions", json!(stage.permissions)),
            ("resources", json!(stage.resources)),
            ("outputs", json!(stage.outputs)),
        ] {
            for name in self.unknown_references(&value) {
                let sentence = self.unknown(&format!("`${{fn:{name}}}`"), &name);
                self.fault([setting], sentence);
            }
        }
    }

    fn unknown_references(&self, value: &Value) -> BTreeSet<String> {
        let names = function_reference::references(value).into_iter();
        let is_unknown = |name: &&str| *name != MAIN && self.stage.further(name).is_none();
        names.filter(is_unknown).map(str::to_owned).collect()
    }

    /// The sentence about a name that is none of the functions.
    fn unknown(&self, what: &str, name: &str) -> String {
        let known = self.stage.functions.iter().map(|function| function.name.as_str()).chain([MAIN]);
        let meant = nearest(name, known).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        format!("{what} is none of `functions`{meant}")
    }
}
