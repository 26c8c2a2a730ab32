//! From the file to a stage.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

use super::{
    Chosen, Error, Project, Stage,
    fault::{self, Fault},
    merge, rule, schema, shape,
    tree::{self, Entry, Kind, Node, Table},
    variable,
};

/// The file's name.
pub(crate) const FILE_NAME: &str = "zappa_settings.toml";

/// A file that was read and found without a fault of its shape.
#[derive(Debug)]
pub(crate) struct Settings {
    path: PathBuf,
    text: String,
    root: Node,
    environment: BTreeMap<String, String>,
}

impl Settings {
    /// The file that is named, or the one in the folder or above it, up to the root of the repository or workspace.
    pub(crate) fn find(directory: &Path, named: Option<&Path>) -> Result<PathBuf, Error> {
        if let Some(named) = named {
            return Ok(directory.join(named));
        }
        for folder in directory.ancestors() {
            let path = folder.join(FILE_NAME);
            if path.is_file() {
                return Ok(path);
            }
            if is_root(folder) {
                break;
            }
        }
        Err(Error::NoFile { directory: directory.to_owned() })
    }

    /// Reads the file and checks what every stage says, so that no fault waits for its stage to be deployed.
    pub(crate) fn load(path: &Path, environment: &BTreeMap<OsString, OsString>) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
        Self::parse(path, text, environment)
    }

    /// The same for a text that may not be in a file yet.
    pub(crate) fn parse(path: &Path, text: String, environment: &BTreeMap<OsString, OsString>) -> Result<Self, Error> {
        let root =
            tree::parse(&text).map_err(|(at, sentence)| fault::located(path, &text, vec![Fault::new(at, sentence)]))?;
        let mut faults = Vec::new();
        let schema = schema::file();
        shape::check(&root, &schema, &mut faults);
        let environment = environment
            .iter()
            .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value.to_str()?.to_owned())))
            .collect();
        let settings = Self { path: path.to_owned(), text, root, environment };
        if !faults.is_empty() {
            return Err(fault::located(path, &settings.text, faults));
        }
        Ok(settings)
    }

    /// The names of the stages.
    pub(crate) fn stage_names(&self) -> Vec<String> {
        self.stages().map(|stages| stages.keys().cloned().collect()).unwrap_or_default()
    }

    /// Everything that can be said of all stages without deploying one.
    pub(crate) fn check(&self) -> Result<Vec<Chosen>, Error> {
        let mut faults = Vec::new();
        let mut chosen = Vec::new();
        for name in self.stage_names() {
            match self.choose(Some(&name)) {
                Ok(stage) => chosen.push(stage),
                Err(Error::Faults { faults: found }) => faults.extend(found),
                Err(error) => return Err(error),
            }
        }
        faults.sort_by_key(|fault| (fault.line, fault.column));
        faults.dedup();
        if faults.is_empty() { Ok(chosen) } else { Err(Error::Faults { faults }) }
    }

    /// The stage that is named, or the only one there is.
    pub(crate) fn choose(&self, stage: Option<&str>) -> Result<Chosen, Error> {
        let known = self.stage_names();
        let name = match (stage, known.as_slice()) {
            (_, []) => return Err(Error::NoStage { path: self.path.clone() }),
            (Some(name), _) if known.iter().any(|known| known == name) => name.to_owned(),
            (Some(name), _) => {
                return Err(Error::UnknownStage { name: name.to_owned(), known, path: self.path.clone() });
            }
            (None, [only]) => only.clone(),
            (None, _) => return Err(Error::SeveralStages { known, path: self.path.clone() }),
        };
        let mut faults = Vec::new();
        let whole = self.stages().and_then(|stages| merge::merged(stages, &name, &mut faults));
        let Some(mut whole) = whole.filter(|_| faults.is_empty()) else {
            return Err(fault::located(&self.path, &self.text, faults));
        };
        one_spelling_of_regions(&mut whole);
        let mut variables = self.environment.clone();
        variables.insert("stage".to_owned(), name.clone());
        let regions = self.regions(&name, &whole, &variables)?;
        let mut stages = BTreeMap::new();
        let mut remarks = Vec::new();
        for region in &regions {
            let mut variables = variables.clone();
            variables.insert("region".to_owned(), region.clone());
            let mut node = whole.clone();
            variable::put_in(&mut node, &variables, &mut faults);
            let mut stage: Stage = self.read(&node, &mut faults);
            stage.regions.clone_from(&regions);
            rule::check(&stage, &name, region, &node, &mut faults, &mut remarks);
            stages.insert(region.clone(), stage);
        }
        let mut project = self.root.table().and_then(|root| root.get("project")).map(|entry| entry.node.clone());
        if let Some(project) = &mut project {
            variable::put_in(project, &variables, &mut faults);
        }
        let project: Project = project.map(|node| self.read(&node, &mut faults)).unwrap_or_default();
        rule::names(&project, &name, &self.root, &mut faults);
        if !faults.is_empty() {
            return Err(fault::located(&self.path, &self.text, faults));
        }
        remarks.sort();
        remarks.dedup();
        Ok(Chosen { path: self.path.clone(), project, name, regions, stages, remarks })
    }

    fn stages(&self) -> Option<&Table> {
        self.root.table()?.get("stage")?.node.table()
    }

    /// The stage's regions, or the one of the environment where the file names none.
    fn regions(&self, stage: &str, whole: &Node, variables: &BTreeMap<String, String>) -> Result<Vec<String>, Error> {
        let mut node = whole.table().and_then(|table| table.get("regions")).map(|entry| entry.node.clone());
        let mut faults = Vec::new();
        if let Some(node) = &mut node {
            variable::put_in(node, variables, &mut faults);
        }
        if !faults.is_empty() {
            return Err(fault::located(&self.path, &self.text, faults));
        }
        let named: Vec<String> = match node.map(|node| node.kind) {
            Some(Kind::List(items)) => items.iter().filter_map(Node::text).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        if !named.is_empty() {
            return Ok(named);
        }
        let environment = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| self.environment.get(*name));
        match environment.filter(|region| !region.is_empty()) {
            Some(region) => Ok(vec![region.clone()]),
            None => Err(Error::NoRegion { stage: stage.to_owned() }),
        }
    }

    /// The shape was checked, so what serde finds now is a fault of the whole.
    fn read<T: DeserializeOwned + Default>(&self, node: &Node, faults: &mut Vec<Fault>) -> T {
        serde_json::from_value(node.json()).unwrap_or_else(|error| {
            faults.push(Fault::new(node.at, error.to_string()));
            T::default()
        })
    }
}

/// `aws_region = "x"` is `regions = ["x"]`.
fn one_spelling_of_regions(whole: &mut Node) {
    if let Kind::Table(table) = &mut whole.kind
        && let Some(entry) = table.remove("aws_region")
    {
        let list = Node { at: entry.node.at, kind: Kind::List(vec![entry.node]) };
        table.entry("regions".to_owned()).or_insert(Entry { at: entry.at, node: list });
    }
}

/// Nothing above belongs to the project: a repository or a workspace ends here.
fn is_root(folder: &Path) -> bool {
    folder.join(".git").exists()
        || fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|manifest| manifest.contains("[workspace]"))
        || folder.file_name() == Some(OsStr::new(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Variable;

    pub(super) fn chosen(text: &str, stage: Option<&str>, environment: &[(&str, &str)]) -> Result<Chosen, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, text).unwrap();
        let environment =
            environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
        Settings::load(&path, &environment)?.choose(stage)
    }

    fn faults(text: &str) -> Vec<String> {
        let error = chosen(text, None, &[]).unwrap_err();
        error.faults().iter().map(|fault| format!("{}:{}: {}", fault.line, fault.column, fault.sentence)).collect()
    }

    #[test]
    fn a_stage_has_its_defaults_and_what_the_file_says() {
        let text = "
            [project]
            name = \"shop\"
            [stage.base]
            memory_size = 512
            environment = { LOG = \"info\" }
            [stage.prod]
            extends = \"base\"
            regions = [\"eu-west-1\", \"us-east-1\"]
            environment = { PLACE = \"${stage}/${region}/${WHO}\" }
        ";
        let chosen = chosen(text, Some("prod"), &[("WHO", "me"), ("AWS_REGION", "eu-north-1")]).unwrap();
        assert_eq!(chosen.project.name.as_deref(), Some("shop"));
        assert_eq!(chosen.regions, ["eu-west-1", "us-east-1"]);
        let stage = &chosen.stages["us-east-1"];
        assert_eq!((stage.memory_size, stage.timeout_seconds), (512, 29));
        let text = |name: &str| stage.environment[name].clone();
        assert_eq!(text("PLACE"), Variable::Text("prod/us-east-1/me".to_owned()));
        assert_eq!(text("LOG"), Variable::Text("info".to_owned()));
    }

    #[test]
    fn the_environments_region_counts_only_where_the_file_names_none() {
        let none = "[project]\nname = \"a\"\n[stage.dev]\n";
        assert_eq!(chosen(none, None, &[("AWS_DEFAULT_REGION", "eu-west-3")]).unwrap().regions, ["eu-west-3"]);
        assert!(matches!(chosen(none, None, &[]), Err(Error::NoRegion { .. })));
        let named = "[project]\nname = \"a\"\n[stage.dev]\naws_region = \"eu-west-1\"\n";
        assert_eq!(chosen(named, None, &[("AWS_REGION", "us-east-1")]).unwrap().regions, ["eu-west-1"]);
    }

    #[test]
    fn all_faults_are_said_at_once_with_their_lines() {
        let text = "[project]\nnam = \"x\"\n[stage.dev]\nmemori_size = 512\ntimeout_seconds = \"5\"\napi = \"graphql\"\nregions = [\"eu-west-1\"]\nmemory_size = 64\ndomain = \"a.example\"\n";
        assert_eq!(
            faults(text),
            [
                "2:1: unknown setting `nam`; did you mean `name`?",
                "4:1: unknown setting `memori_size`; did you mean `memory_size`?",
                "5:19: `timeout_seconds` is a whole number, not text",
                "6:7: `api` is `rest`, `http` or `function_url`, not `graphql`",
                "8:15: `memory_size` is at least 128, not 64",
                "9:1: `domain` is not available yet",
            ]
        );
    }

    #[test]
    fn a_stage_that_is_not_there_is_told_with_those_that_are() {
        let text = "[stage.dev]\naws_region = \"eu-west-1\"\n[stage.production]\naws_region = \"eu-west-1\"\n";
        let error = chosen(text, Some("prodution"), &[]).unwrap_err();
        assert_eq!(error.hint().unwrap(), "defined stages are `dev` and `production`; did you mean `production`?");
        assert!(matches!(chosen(text, None, &[]), Err(Error::SeveralStages { .. })));
    }

    #[test]
    fn only_regions_of_the_stage_can_be_chosen() {
        let text = "[project]\nname = \"a\"\n[stage.dev]\nregions = [\"eu-west-1\", \"us-east-1\"]\n";
        let chosen = chosen(text, None, &[]).unwrap();
        let one = chosen.clone().only(&["us-east-1".to_owned()]).unwrap();
        assert_eq!((one.regions.len(), one.stages.len()), (1, 2));
        assert!(chosen.only(&["us-east-2".to_owned()]).is_err());
    }
}
