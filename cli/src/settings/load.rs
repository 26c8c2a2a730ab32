//! From the file to a tree that was held against the schema.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fmt, fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{
    Error, Key, StageSelection,
    fault::{self, Fault},
    schema, shape,
    tree::{self, Node},
};

/// The file's name.
pub(crate) const FILE_NAME: &str = "zappa_settings.toml";
/// Longer is no settings file: what it makes may have a megabyte.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// A file that was read.
pub(crate) struct Settings {
    pub(super) path: PathBuf,
    text: String,
    /// Without what is faulty.
    pub(super) root: Node,
    pub(super) environment: BTreeMap<String, String>,
    /// What is wrong with the shape.
    pub(super) faults: Vec<Fault>,
    /// The names of the settings that are not in `root`, since their shape is wrong.
    pub(super) faulty: BTreeSet<String>,
}

impl Settings {
    /// Reads a file that has no fault of its shape. If it has one, the other faults that can be seen are reported too.
    pub(crate) fn load(path: &Path, environment: &BTreeMap<OsString, OsString>) -> Result<Self, Error> {
        Self::parse(path, text(path)?, environment)
    }

    /// The same for a text that may not be in a file yet.
    pub(crate) fn parse(path: &Path, text: String, environment: &BTreeMap<OsString, OsString>) -> Result<Self, Error> {
        let settings = Self::open(path, text, environment)?;
        if settings.faults.is_empty() { Ok(settings) } else { Err(settings.shape_error()) }
    }

    /// Reads the file and checks all stages, or one: every fault there is, at once. `more` finds what this room cannot
    /// know, as the setting that it is about and a sentence.
    pub(crate) fn examine(
        path: &Path,
        environment: &BTreeMap<OsString, OsString>,
        stage: Option<&str>,
        more: impl Fn(&StageSelection) -> Vec<(Key, String)>,
    ) -> Result<Vec<StageSelection>, Error> {
        Self::open(path, text(path)?, environment)?.check(stage, more)
    }

    fn open(path: &Path, text: String, environment: &BTreeMap<OsString, OsString>) -> Result<Self, Error> {
        let mut root = tree::parse(&text).map_err(|faults| fault::locate(path, &text, faults))?;
        let schema = schema::file();
        let mut faults = Vec::new();
        shape::check(&root, &schema, &mut faults);
        let faulty = if faults.is_empty() { BTreeSet::new() } else { shape::without_faulty(&mut root, &schema) };
        let environment = environment
            .iter()
            .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value.to_str()?.to_owned())))
            .collect();
        let mut settings = Self { path: path.to_owned(), text, root, environment, faults, faulty };
        settings.without_faulty_patterns();
        Ok(settings)
    }

    /// The faults with their lines.
    pub(super) fn locate(&self, faults: Vec<Fault>) -> Error {
        fault::locate(&self.path, &self.text, faults)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The text and the environment may hold secrets.
        f.debug_struct("Settings").field("path", &self.path).finish_non_exhaustive()
    }
}

fn text(path: &Path) -> Result<String, Error> {
    let read = || {
        if path.is_dir() {
            return Err(io::Error::other("it is a folder, not a file"));
        }
        if let Ok(target) = fs::read_link(path)
            && !path.exists()
        {
            let end = if is_link_loop(path) { "leads back to itself" } else { "does not exist" };
            return Err(io::Error::other(format!("it is a link to `{}`, which {end}", target.display())));
        }
        let mut text = String::new();
        fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
        if text.len() as u64 > MAX_FILE_BYTES {
            return Err(io::Error::other(format!("it is longer than {MAX_FILE_BYTES} bytes, which no settings are")));
        }
        Ok(text)
    };
    read().map_err(|source| Error::Unreadable { path: path.to_owned(), source })
}

/// Whether a symbolic link leads to no file since its links go round. Linux follows 40, other systems fewer.
fn is_link_loop(path: &Path) -> bool {
    let mut path = path.to_owned();
    for _ in 0..=40 {
        let Ok(target) = fs::read_link(&path) else { return false };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let error = Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new()).unwrap_err();
        error.faults().iter().map(|fault| format!("{}:{}: {}", fault.line, fault.column, fault.sentence)).collect()
    }

    #[test]
    fn all_faults_are_reported_at_once_with_their_lines() {
        let text = "[project]\nnam = \"x\"\n[stage.dev]\nmemori_size = 512\ntimeout_seconds = \"5\"\napi = \"graphql\"\nregions = [\"eu-west-1\"]\nmemory_size = 64\nwaf_arn = \"x\"\n";
        assert_eq!(
            faults(text),
            [
                "2:1: unknown setting `nam`; did you mean `name`?",
                "4:1: unknown setting `memori_size`; did you mean `memory_size`?",
                "5:19: `timeout_seconds` is a whole number, not text",
                "6:7: `api` is `rest`, `http` or `function_url`, not `graphql`",
                "8:15: `memory_size` is at least 128, not 64",
                "9:1: `waf_arn` is not available yet",
            ]
        );
    }

    #[test]
    fn a_setting_in_the_wrong_table_is_reported_with_the_right_one() {
        for (text, expected) in [
            ("[dev]\nmemory_size = 256\n", "1:2: unknown table `dev`; a stage is written `[stage.dev]`"),
            ("[stages.dev]\n", "1:2: unknown setting `stages`; did you mean `stage`?"),
            ("memory_size = 256\n", "1:1: `memory_size` belongs to a stage, below `[stage.NAME]`"),
            ("[project]\nmemory_size = 256\n", "2:1: `memory_size` belongs to a stage, below `[stage.NAME]`"),
            ("[stage]\nmemory_size = 256\n", "2:1: `memory_size` belongs to a stage, below `[stage.NAME]`"),
            ("[stage.dev]\nbin = \"x\"\n", "2:1: `bin` belongs to the project, below `[project]`"),
        ] {
            assert!(faults(text).contains(&expected.to_owned()), "{text}: {:?}", faults(text));
        }
    }

    #[test]
    fn every_place_that_is_not_toml_is_reported() {
        let found = faults("[stage.dev]\nmemory_size = \nx = 1\nx = 2\n[stage.dev\n");
        let lines: Vec<&str> = found.iter().map(|fault| fault.split(':').next().unwrap()).collect();
        assert!(lines.starts_with(&["2"]) && lines.contains(&"5"), "{found:?}");
    }

    #[test]
    fn numbers_that_no_type_holds_are_faults() {
        for (value, expected) in [
            ("memory_size = 99999999999999999999", "is a whole number"),
            ("reserved_concurrency = 5000000000", "is at most 4294967295"),
            ("reserved_concurrency = 0", "is at least 1"),
            ("throttle = { rate = nan, burst = 1 }", "cannot be NaN"),
            ("log_retention_days = -1", "is at least 0"),
        ] {
            let found = faults(&format!("[stage.dev]\naws_region = \"eu-west-1\"\n{value}\n"));
            assert!(
                found.len() == 1 && found[0].starts_with("3:") && found[0].contains(expected),
                "{value}: {found:?}"
            );
        }
    }
}
