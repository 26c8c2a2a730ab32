//! The resolution of stages: from the tree, with `extends` merged, variables substituted, types parsed and rules
//! checked.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::{
    Error, Hook, Project, Settings, Stage, StageSelection,
    choice::Choice,
    fault::Fault,
    found::Found,
    merge,
    pattern::{self, is_pattern},
    rule, shared_key,
    tree::{Entry, Kind, Node, Table},
    variable,
};

/// The settings that take expressions of CloudFormation in place of texts; `environment` does wherever it is.
const EXPRESSIONS: [&str; 4] = ["environment", "outputs", "permissions", "resources"];

/// A setting, by the table that it belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Key {
    Project(&'static str),
    Stage(&'static str),
    Hook(Hook),
}

impl Settings {
    /// The stage that is named, or the only one there is.
    pub(crate) fn choose(&self, stage: Option<&str>) -> Result<StageSelection, Error> {
        let mut found = Found::default();
        let choice = self.choice(stage)?;
        let selection = self.stage(&choice, &mut found);
        self.outcome(choice, selection, found)
    }

    /// The same for a command that neither sends nor compares the values of API keys.
    pub(crate) fn choose_without_keys(&self, stage: Option<&str>) -> Result<StageSelection, Error> {
        let mut found = Found::default();
        let choice = self.choice(stage)?;
        let selection = self.stage(&choice, &mut found);
        found.unset_keys.clear();
        self.outcome(choice, selection, found)
    }

    /// Chooses a stage for a command that inspects, rolls back or removes a deployment: none needs the environment's
    /// secrets.
    pub(crate) fn select_for_inspection(&self, stage: Option<&str>) -> Result<StageSelection, Error> {
        let mut found = Found::default();
        let choice = self.choice(stage)?;
        let selection = self.stage(&choice, &mut found);
        found.forget_values();
        self.outcome(choice, selection, found)
    }

    /// All stages that can be deployed, and an example of each pattern, for a command that inspects them.
    pub(crate) fn all_for_inspection(&self) -> Result<Vec<StageSelection>, Error> {
        let choices = self.choices();
        if choices.is_empty() {
            return Err(Error::NoStage { path: self.path.clone() });
        }
        let mut found = Found::default();
        let selection = self.select(&choices, &mut found);
        found.forget_values();
        if found.count() == 0 { Ok(selection) } else { Err(self.locate(found.all())) }
    }

    fn outcome(
        &self,
        choice: Choice,
        selection: Option<StageSelection>,
        found: Found,
    ) -> Result<StageSelection, Error> {
        match selection {
            Some(selection) if found.count() == 0 => Ok(selection),
            None if found.count() == 0 => Err(Error::NoRegion { stage: choice.name }),
            _ => Err(self.locate(found.all())),
        }
    }

    /// Everything that can be said of all stages, or of one, without deploying it. It needs no values of API keys: the rules
    /// leave out one that is not known.
    pub(crate) fn check(
        &self,
        stage: Option<&str>,
        more: impl Fn(&StageSelection) -> Vec<(Key, String)>,
    ) -> Result<Vec<StageSelection>, Error> {
        let choices = match stage {
            Some(_) => self.choice_or_example(stage).map(|choice| vec![choice]),
            None if self.choices().is_empty() => Err(Error::NoStage { path: self.path.clone() }),
            None => Ok(self.choices()),
        };
        let (choices, faults) = match choices {
            Ok(choices) => (choices, self.faults.clone()),
            // A slip in the file may be why the stage is not found.
            Err(_) if !self.faults.is_empty() => return Err(self.locate(self.faults.clone())),
            Err(error) => return Err(error),
        };
        let mut found = Found { faults, ..Found::default() };
        let selection = self.select(&choices, &mut found);
        found.unset_keys.clear();
        for stage in &selection {
            found.faults.extend(more(stage).into_iter().map(|(key, sentence)| {
                let at = match key {
                    Key::Project(setting) => self.root.place(&["project", setting]),
                    Key::Stage(setting) => self.root.place(&["stage", stage.table(), setting]),
                    Key::Hook(hook) => self.root.place(&["stage", stage.table(), "hooks", hook.word()]),
                };
                Fault::new(at, sentence)
            }));
        }
        if found.count() == 0 { Ok(selection) } else { Err(self.locate(found.all())) }
    }

    /// The faults of a file whose shape is wrong.
    pub(super) fn shape_error(&self) -> Error {
        let mut found = Found { faults: self.faults.clone(), ..Found::default() };
        self.select(&self.choices(), &mut found);
        self.locate(found.faults)
    }

    fn select(&self, choices: &[Choice], found: &mut Found) -> Vec<StageSelection> {
        let mut selection = Vec::new();
        let extended = self.base_stages();
        for choice in choices {
            let (before, name) = (found.count(), choice.table());
            match self.stage(choice, found) {
                Some(stage) => selection.push(stage),
                // A stage that others are laid over need not be one that can be deployed.
                None if found.count() > before || extended.contains(name) => {}
                None if ["regions", "aws_region"].iter().any(|name| self.faulty.contains(*name)) => {}
                None => {
                    let sentence = format!("stage `{name}` names no region: `aws_region`, `regions` or `AWS_REGION`");
                    found.faults.push(Fault::new(self.root.place(&["stage", name]), sentence));
                }
            }
        }
        self.namesakes(&selection, &extended, found);
        self.function_namesakes(&selection, found);
        shared_key::warn_of_shared_values(&mut selection);
        selection
    }

    /// Stages that would be one stack. A name that came by `extends` is the usual way there.
    fn namesakes(&self, selection: &[StageSelection], extended: &BTreeSet<&str>, found: &mut Found) {
        let named: Vec<(&StageSelection, &str)> = selection
            .iter()
            .filter(|stage| !extended.contains(stage.table()) || self.names_region(stage.table()))
            .filter_map(|stage| Some((stage, stage.primary().function_name.as_deref()?)))
            .collect();
        for (index, (stage, name)) in named.iter().enumerate() {
            let other = named[..index].iter().find(|(other, known)| {
                known == name && other.regions.iter().any(|region| stage.regions.contains(region))
            });
            if let Some((other, _)) = other {
                let sentence = format!("stages `{}` and `{}` are both the stack `{name}`", other.name, stage.name);
                let at = self.root.place(&["stage", stage.table(), "function_name"]);
                found.faults.push(Fault::new(at, sentence));
            }
        }
    }

    /// Further functions that are named as the main function of another stage or as one of its further ones: `dev-mail` is
    /// `mail` of stage `dev`, and a stage.
    fn function_namesakes(&self, selection: &[StageSelection], found: &mut Found) {
        let names = |stage: &StageSelection| -> Vec<(Option<usize>, String)> {
            let derived = stage.project.name.as_ref().map(|project| format!("{project}-{}", stage.name));
            let Some(stack) = stage.primary().function_name.clone().or(derived) else { return Vec::new() };
            let further = stage.primary().functions.iter().enumerate();
            let further = further.map(|(index, function)| (Some(index), format!("{stack}-{}", function.name)));
            further.chain([(None, stack.clone())]).collect()
        };
        for stage in selection {
            let others = selection.iter().filter(|other| {
                other.name != stage.name && other.regions.iter().any(|region| stage.regions.contains(region))
            });
            let others: Vec<(&str, String)> = others
                .flat_map(|other| names(other).into_iter().map(|(_, name)| (other.name.as_str(), name)))
                .collect();
            for (index, name) in names(stage) {
                let Some(index) = index else { continue };
                if let Some((other, _)) = others.iter().find(|(_, known)| *known == name) {
                    let sentence = format!("stage `{other}` has a function `{name}`, too");
                    let at = self.root.place(&["stage", stage.table(), "functions", &index.to_string(), "name"]);
                    found.faults.push(Fault::new(at, sentence));
                }
            }
        }
    }

    /// A stage; none if nothing can be made of it, or if it names no region and the environment neither.
    fn stage(&self, choice: &Choice, found: &mut Found) -> Option<StageSelection> {
        let (before, name) = (found.count(), choice.name.as_str());
        let whole = self.whole(choice.table(), &mut found.faults)?;
        if found.count() > before {
            return None;
        }
        let mut variables = self.environment.clone();
        variables.insert("stage".to_owned(), name.to_owned());
        let regions = self.regions(&whole, &variables, found);
        if regions.is_empty() {
            return None;
        }
        let mut project = self.root.table().and_then(|root| root.get("project")).map(|entry| entry.node.clone());
        if let Some(project) = &mut project {
            variable::substitute(project, &variables, false, &mut found.unset);
        }
        let project: Project = project.map(|node| read(&node, &mut found.faults)).unwrap_or_default();
        let before_rules = found.faults.len();
        let mut stages = BTreeMap::new();
        let mut warnings = Vec::new();
        for region in &regions {
            variables.insert("region".to_owned(), region.clone());
            let mut node = whole.clone();
            substitute(&mut node, &variables, found);
            let mut stage: Stage = read(&node, &mut found.faults);
            stage.regions.clone_from(&regions);
            stage.adopt_base_path();
            let faulty = &self.faulty;
            let subject = rule::Subject { stage: &stage, name, project: &project, region, node: &node, faulty };
            rule::check(&subject, &mut found.faults, &mut warnings);
            stage.adopt_authorizers();
            stages.insert(region.clone(), stage);
        }
        variables.remove("region");
        rule::across_regions(&regions, &stages, &whole, &mut found.faults);
        let shorter = self.shorter(choice);
        let stage_name = rule::StageName { name, table: choice.table(), shorter: shorter.as_deref() };
        rule::names(&project, stage_name, stages.values().next(), &self.root, &mut found.faults);
        self.drop_unresolved(before_rules, found);
        warnings.extend(rule::literal_values(name, &whole));
        if let (Some(tables), Some(stage)) = (self.stages(), stages.values().next()) {
            warnings.extend(rule::dropped_rules(tables, choice.table(), name, stage));
        }
        warnings.sort();
        warnings.dedup();
        let Choice { name, pattern } = choice.clone();
        Some(StageSelection { path: self.path.clone(), project, name, pattern, regions, stages, warnings })
    }

    /// Drops the faults since `before` of what has no value, since a variable in it is not set. The rules leave out the value of
    /// an API key by themselves, so that the other settings of the key are judged.
    fn drop_unresolved(&self, before: usize, found: &mut Found) {
        let unset: BTreeSet<usize> = found.unset.iter().chain(&found.unset_values).map(|fault| fault.at).collect();
        let project = self.root.table().and_then(|root| root.get("project"));
        let tables = self.stages().into_iter().flat_map(BTreeMap::values).chain(project);
        let places: BTreeSet<usize> =
            tables.flat_map(|entry| variable::unresolved_places(&entry.node, &unset)).collect();
        let mut index = 0;
        found.faults.retain(|fault| {
            index += 1;
            index <= before || !places.contains(&fault.at)
        });
    }

    /// The settings of a stage in a region that it does not have any more, for who removes it there: whatever else is
    /// wrong with them is not affected.
    pub(crate) fn in_other_region(&self, name: &str, region: &str) -> Option<Stage> {
        let choice = self.choice(Some(name)).ok()?;
        self.read_in(choice.table(), name, region)
    }

    /// The same for the policy of whoever deploys, which is also for a pattern: every text with the stage's name has the
    /// pattern, which IAM reads as one.
    pub(crate) fn select_for_policy(&self, stage: Option<&str>) -> Result<StageSelection, Error> {
        let Some(pattern) = stage.filter(|name| self.has_pattern(name)) else {
            return self.select_for_inspection(stage);
        };
        // Rules are of names that are real.
        let mut selection = self.select_for_inspection(Some(&self.example(pattern).name))?;
        for (region, stage) in &mut selection.stages {
            let regions = std::mem::take(&mut stage.regions);
            *stage = Stage { regions, ..self.read_in(pattern, pattern, region).unwrap_or_default() };
        }
        pattern.clone_into(&mut selection.name);
        Ok(selection)
    }

    /// The settings of a table in a region, for a stage of this name, without any rule.
    fn read_in(&self, table: &str, name: &str, region: &str) -> Option<Stage> {
        let mut found = Found::default();
        let mut whole = self.whole(table, &mut found.faults)?;
        let mut variables = self.environment.clone();
        variables.extend([("stage", name), ("region", region)].map(|(key, value)| (key.to_owned(), value.to_owned())));
        substitute(&mut whole, &variables, &mut found);
        let mut stage: Stage = read(&whole, &mut found.faults);
        stage.adopt_base_path();
        stage.adopt_authorizers();
        Some(stage)
    }

    /// The table of a stage or pattern with all that it extends, and with the defaults of a pattern.
    pub(super) fn whole(&self, table: &str, faults: &mut Vec<Fault>) -> Option<Node> {
        let mut whole = merge::merge(self.stages()?, table, faults)?;
        one_spelling_of_regions(&mut whole, faults);
        if is_pattern(table) {
            rule::shared_name(table, &whole, faults);
            rule::shared_domain(table, &whole, faults);
            with_defaults_of_patterns(&mut whole);
        } else {
            rule::inherited_expiry(table, &self.stages()?.get(table)?.node, &whole, faults);
        }
        Some(whole)
    }

    pub(super) fn stages(&self) -> Option<&Table> {
        self.root.table()?.get("stage")?.node.table()
    }

    /// The stages that others are laid over.
    fn base_stages(&self) -> BTreeSet<&str> {
        let stages = self.stages().into_iter().flat_map(BTreeMap::values);
        stages.filter_map(|stage| stage.node.table()?.get(merge::KEY)?.node.text()).collect()
    }

    /// Whether the stage itself says where it is.
    fn names_region(&self, name: &str) -> bool {
        let table = self.stages().and_then(|stages| stages.get(name)?.node.table());
        table.is_some_and(|table| ["regions", "aws_region"].iter().any(|key| table.contains_key(*key)))
    }

    /// The stage's regions, or the one of the environment where the file names none.
    fn regions(&self, whole: &Node, variables: &BTreeMap<String, String>, found: &mut Found) -> Vec<String> {
        let mut node = whole.table().and_then(|table| table.get("regions")).map(|entry| entry.node.clone());
        if let Some(node) = &mut node {
            let before = found.count();
            variable::substitute(node, variables, false, &mut found.unset);
            if found.count() > before {
                return Vec::new();
            }
        }
        let named: Vec<String> = match node.map(|node| node.kind) {
            Some(Kind::List(items)) => items.iter().filter_map(Node::text).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        if !named.is_empty() {
            return named;
        }
        let environment = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().filter_map(|name| self.environment.get(*name));
        environment.filter(|region| !region.is_empty()).take(1).cloned().collect()
    }
}

/// Substitutes the variables of a stage; unset ones of its environment are listed apart from the others.
fn substitute(stage: &mut Node, variables: &BTreeMap<String, String>, found: &mut Found) {
    let Kind::Table(table) = &mut stage.kind else { return };
    // The shell of a hook reads the same variables by itself, and the line that is shown has no value of a secret.
    for (key, entry) in table.iter_mut().filter(|(key, _)| *key != "hooks") {
        let unset = match key.as_str() {
            "environment" | "functions" | "usage_plans" => &mut found.unset_values,
            _ => &mut found.unset,
        };
        let takes_expressions = EXPRESSIONS.contains(&key.as_str());
        let before = unset.len();
        variable::substitute(&mut entry.node, variables, takes_expressions, unset);
        if key == "usage_plans" {
            let values = rule::key_values(&entry.node);
            let new = found.unset_values.split_off(before);
            let (keys, others): (Vec<_>, Vec<_>) = new.into_iter().partition(|fault| values.contains(&fault.at));
            found.unset_keys.extend(keys);
            found.unset_values.extend(others);
        }
    }
}

/// The shape was checked, so what serde finds now is a fault of the whole.
fn read<T: DeserializeOwned + Default>(node: &Node, faults: &mut Vec<Fault>) -> T {
    serde_json::from_value(node.json()).unwrap_or_else(|error| {
        faults.push(Fault::new(node.at, error.to_string()));
        T::default()
    })
}

/// What a stage of a pattern has where neither its table nor one that it extends says otherwise.
fn with_defaults_of_patterns(whole: &mut Node) {
    let at = whole.at;
    let Kind::Table(table) = &mut whole.kind else { return };
    for (key, kind) in [("api", Kind::Text(pattern::API.to_owned())), ("express", Kind::Boolean(true))] {
        table.entry(key.to_owned()).or_insert(Entry { at, node: Node { at, kind } });
    }
}

/// `aws_region = "x"` is `regions = ["x"]`.
fn one_spelling_of_regions(whole: &mut Node, faults: &mut Vec<Fault>) {
    let Kind::Table(table) = &mut whole.kind else { return };
    let Some(entry) = table.remove("aws_region") else { return };
    if table.contains_key("regions") {
        faults.push(Fault::new(entry.at, "`aws_region` and `regions` say the same; keep one"));
        return;
    }
    let list = Node { at: entry.node.at, kind: Kind::List(vec![entry.node]) };
    table.insert("regions".to_owned(), Entry { at: entry.at, node: list });
}

#[cfg(test)]
#[path = "resolve_test.rs"]
mod tests;
