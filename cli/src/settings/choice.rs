//! The choice of a stage by its name: the table of its own, or else the longest pattern that matches.

use super::{
    Error, Settings,
    pattern::{self, is_pattern},
    rule::{NAME_LIMIT, stage_name_fault},
    variable,
};

/// How many examples of a pattern are tried until one is not another pattern's.
const EXAMPLES: u32 = 100;

/// A stage by its name, and the pattern that defines it where no table of its own does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) pattern: Option<String>,
}

impl Choice {
    /// The name of the table that defines the stage.
    pub(super) fn table(&self) -> &str {
        self.pattern.as_deref().unwrap_or(&self.name)
    }
}

impl Settings {
    /// The names of the tables of stages, patterns included.
    fn tables(&self) -> Vec<String> {
        self.stages().map(|stages| stages.keys().cloned().collect()).unwrap_or_default()
    }

    /// The stage that is named, or the only one with a name of its own.
    pub(super) fn choice(&self, stage: Option<&str>) -> Result<Choice, Error> {
        let tables = self.tables();
        let path = self.path.clone();
        let Some(name) = stage else {
            let named: Vec<&String> = tables.iter().filter(|table| !is_pattern(table)).collect();
            return match named.as_slice() {
                [only] => Ok(Choice { name: (*only).clone(), pattern: None }),
                _ if tables.is_empty() => Err(Error::NoStage { path }),
                [] => Err(Error::OnlyPatterns { example: self.example(&tables[0]).name, known: tables, path }),
                _ => Err(Error::SeveralStages { known: tables, path }),
            };
        };
        if tables.is_empty() {
            return Err(Error::NoStage { path });
        }
        if is_pattern(name) && tables.iter().any(|table| table == name) {
            return Err(Error::IsPattern { pattern: name.to_owned(), example: self.example(name).name });
        }
        if tables.iter().any(|table| table == name) {
            return Ok(Choice { name: name.to_owned(), pattern: None });
        }
        match pattern::longest(self.patterns(), name).as_slice() {
            [] => Err(Error::UnknownStage { name: name.to_owned(), slug: self.slug(name), known: tables, path }),
            [pattern] => self.of_pattern(name, pattern),
            several => {
                let patterns = several.iter().map(|pattern| (*pattern).to_owned()).collect();
                Err(Error::AmbiguousStage { name: name.to_owned(), patterns })
            }
        }
    }

    /// The same, and for a pattern an example of its stages: what can be said of them without one.
    pub(super) fn choice_or_example(&self, stage: Option<&str>) -> Result<Choice, Error> {
        match stage {
            Some(name) if self.has_pattern(name) => Ok(self.example(name)),
            _ => self.choice(stage),
        }
    }

    /// Whether a word is one of the patterns.
    pub(crate) fn has_pattern(&self, word: &str) -> bool {
        self.patterns().any(|pattern| pattern == word)
    }

    /// The name of a stage as somebody else writes it: refused where no table defines it.
    pub(crate) fn check_name(&self, name: &str) -> Result<(), Error> {
        self.choice(Some(name)).map(drop)
    }

    /// Every stage with a name of its own, and an example of each pattern.
    pub(super) fn choices(&self) -> Vec<Choice> {
        let choice = |table: String| {
            if is_pattern(&table) { self.example(&table) } else { Choice { name: table, pattern: None } }
        };
        self.tables().into_iter().map(choice).collect()
    }

    fn of_pattern(&self, name: &str, pattern: &str) -> Result<Choice, Error> {
        match stage_name_fault(name) {
            Some(sentence) => {
                let slug = pattern::slug(pattern, name, self.space());
                Err(Error::BadStageName { sentence, slug })
            }
            None => Ok(Choice { name: name.to_owned(), pattern: Some(pattern.to_owned()) }),
        }
    }

    /// A stage of a pattern that no other table defines.
    pub(super) fn example(&self, pattern: &str) -> Choice {
        let names = (1..=EXAMPLES).map(|number| pattern::example(pattern, number));
        let is_of_pattern = |name: &String| {
            !self.tables().contains(name) && pattern::longest(self.patterns(), name).as_slice() == [pattern]
        };
        let name = names.into_iter().find(is_of_pattern).unwrap_or_else(|| pattern::example(pattern, 1));
        Choice { name, pattern: Some(pattern.to_owned()) }
    }

    /// The valid name nearest to one that no pattern matches as it is written.
    fn slug(&self, name: &str) -> Option<String> {
        self.patterns().find_map(|pattern| pattern::slug(pattern, name, self.space()))
    }

    /// A shorter name of a pattern's stage.
    pub(super) fn shorter(&self, choice: &Choice) -> Option<String> {
        pattern::slug(choice.pattern.as_deref()?, &choice.name, self.space())
    }

    /// How many letters the name of a stage can have behind the project's.
    fn space(&self) -> usize {
        let project = self.root.table().and_then(|root| root.get("project")?.node.table()?.get("name")?.node.text());
        let length = project.filter(|name| !variable::has_variable(name)).map_or(0, |name| name.len() + 1);
        NAME_LIMIT.saturating_sub(length)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use super::*;
    use crate::settings::{Api, StageSelection};

    const TEXT: &str = "
        [project]
        name = \"shop\"
        [stage.dev]
        aws_region = \"eu-west-1\"
        memory_size = 512
        environment = { NAME = \"${stage}\" }
        [stage.\"pr-*\"]
        extends = \"dev\"
        expires = \"3d\"
        [stage.\"pr-big-*\"]
        extends = \"pr-*\"
        memory_size = 2048
        [stage.pr-1]
        extends = \"dev\"
        api = \"rest\"
    ";

    fn chosen(text: &str, stage: Option<&str>) -> Result<StageSelection, Error> {
        Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new())?.choose(stage)
    }

    fn failure(text: &str, stage: Option<&str>) -> (String, String) {
        let error = chosen(text, stage).unwrap_err();
        (error.to_string(), error.hint().unwrap_or_default())
    }

    #[test]
    fn a_name_of_its_own_wins_over_a_pattern_and_the_longest_pattern_over_others() {
        for (stage, pattern, memory, api, expires) in [
            ("pr-42", Some("pr-*"), 512, Api::Http, Some("3d")),
            ("pr-big-42", Some("pr-big-*"), 2048, Api::Http, Some("3d")),
            ("pr-1", None, 512, Api::Rest, None),
            ("dev", None, 512, Api::Rest, None),
        ] {
            let selection = chosen(TEXT, Some(stage)).unwrap();
            let settings = selection.primary();
            assert_eq!((selection.name.as_str(), selection.pattern.as_deref()), (stage, pattern));
            assert_eq!((settings.memory_size, settings.api, settings.expires.as_deref()), (memory, api, expires));
            assert_eq!(settings.express, pattern.is_some(), "{stage}");
            assert_eq!(serde_json::to_value(&settings.environment["NAME"]).unwrap(), stage);
        }
    }

    #[test]
    fn what_a_stage_below_says_counts_more_than_the_defaults_of_a_pattern() {
        let text = TEXT.replace("memory_size = 512", "api = \"function_url\"\nexpress = false");
        let selection = chosen(&text, Some("pr-42")).unwrap();
        assert_eq!((selection.primary().api, selection.primary().express), (Api::FunctionUrl, false));
    }

    #[test]
    fn a_name_that_is_no_stage_has_a_hint() {
        let only = "[project]\nname = \"shop\"\n[stage.\"pr-*\"]\naws_region = \"eu-west-1\"\n";
        let two = &only.replace("[stage.", "[stage.\"p*-b\"]\n[stage.").replace("pr-*", "p-b*");
        let long = format!("pr-{}", "x".repeat(60));
        for (text, stage, error, hint) in [
            (TEXT, Some("PR-42"), "stage `PR-42` is not defined", "did you mean `pr-42`?"),
            (
                TEXT,
                Some("pr-"),
                "stage `pr-` is not defined",
                "defined stages are `dev`, `pr-*`, `pr-1` and `pr-big-*`",
            ),
            (TEXT, Some("pr-feature/X"), "a stage cannot be named `pr-feature/X`", "`pr-feature-x` can be"),
            (TEXT, Some("pr-*"), "is a pattern of stages and no stage", "such as `pr-2`"),
            (TEXT, None, "defines several stages", "`dev`, `pr-*`, `pr-1` and `pr-big-*`"),
            (only, None, "patterns of stages alone", "such as `pr-1`"),
            (two, Some("p-b-b"), "matches `p*-b` and `p-b*`, which are equally long", "`[stage.p-b-b]`"),
            (TEXT, Some(&long), "the stage `pr-xxxxx", ""),
        ] {
            let found = failure(text, stage);
            assert!(found.0.contains(error) && found.1.contains(hint), "{stage:?}: {found:?}");
        }
    }

    #[test]
    fn the_only_stage_beside_patterns_need_not_be_named() {
        let text = "[stage.dev]\naws_region = \"eu-west-1\"\n[stage.\"pr-*\"]\nextends = \"dev\"\n";
        assert_eq!(chosen(text, None).unwrap().name, "dev");
    }

    fn checked(text: &str, stage: Option<&str>) -> Result<Vec<String>, Vec<String>> {
        let settings = Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new());
        let checked = settings.and_then(|settings| settings.check(stage, |_| Vec::new()));
        checked
            .map(|stages| stages.into_iter().map(|stage| stage.name).collect())
            .map_err(|error| error.faults().iter().map(|fault| format!("{}: {}", fault.line, fault.sentence)).collect())
    }

    #[test]
    fn a_pattern_is_checked_by_an_example_that_is_no_other_stage() {
        assert_eq!(checked(TEXT, None).unwrap(), ["dev", "pr-2", "pr-1", "pr-big-1"]);
        assert_eq!(checked(TEXT, Some("pr-*")).unwrap(), ["pr-2"]);
        assert_eq!(checked(TEXT, Some("pr-7")).unwrap(), ["pr-7"]);
    }

    #[test]
    fn the_settings_of_a_policy_have_the_pattern_for_the_name() {
        let text =
            TEXT.replace("memory_size = 512", "role_arn = \"arn:aws:iam::123456789012:role/x-${stage}-${region}\"");
        let settings = Settings::parse(Path::new("x.toml"), text, &BTreeMap::new()).unwrap();
        let selection = settings.select_for_policy(Some("pr-*")).unwrap();
        assert_eq!((selection.name.as_str(), selection.table()), ("pr-*", "pr-*"));
        let role = "arn:aws:iam::123456789012:role/x-pr-*-eu-west-1";
        assert_eq!(selection.primary().role_arn.as_deref(), Some(role));
        assert_eq!(selection.primary().regions, ["eu-west-1"]);
        assert_eq!(settings.select_for_policy(Some("pr-7")).unwrap().name, "pr-7");
    }

    #[test]
    fn patterns_that_are_not_safe_are_faults() {
        let base = "[stage.dev]\naws_region = \"eu-west-1\"\n";
        for (text, expected) in [
            ("[stage.\"*\"]\nextends = \"dev\"", "3: `*` is not a pattern of stages, such as `pr-*`: it begins with"),
            ("[stage.\"p*-*\"]", "3: `p*-*` is not a pattern of stages"),
            (
                "function_name = \"x\"\n[stage.\"pr-*\"]\nextends = \"dev\"",
                "3: every stage of `pr-*` would be the stack `x`",
            ),
            (
                "api = \"http\"\ndomain = \"a.example.com\"\n[stage.\"pr-*\"]\nextends = \"dev\"",
                "4: every stage of `pr-*` would take the domain `a.example.com`",
            ),
            ("[stage.\"pr-*\"]\nextends = \"dev\"\nmemory_size = 1", "5: `memory_size` is at least 128"),
            ("[stage.\"pr-*\"]\nextends = \"dev\"\nkeep_warm = { count = 1, expression = \"x\" }", "5: "),
            ("expires = \"3 days\"", "3: `expires` is a number of hours, days or weeks"),
            ("expires = \"3d\"\nprotected = true", "3: a `protected` stage cannot expire"),
            ("expires = \"3d\"\n[stage.prod]\nextends = \"dev\"", "5: stage `prod` would expire"),
        ] {
            let found = checked(&format!("{base}{text}\n"), None).expect_err(text);
            assert!(found.len() == 1 && found[0].starts_with(expected), "{text}: {found:?}");
        }
        for own in [
            "domain = \"${stage}.a.example.com\"",
            "domain = \"a.example.com\"\nbase_path = \"${stage}\"",
            "domain = { name = \"a.example.com\", base_path = \"x/${stage}\" }",
        ] {
            let text = format!("{base}[stage.\"pr-*\"]\nextends = \"dev\"\n{own}\n");
            assert_eq!(checked(&text, None).unwrap(), ["dev", "pr-1"], "{own}");
        }
        let own_name = "function_name = \"x-${stage}\"\nexpires = \"1w\"\n[stage.\"pr-*\"]\nextends = \"dev\"\n";
        assert_eq!(checked(&format!("{base}{own_name}"), None).unwrap(), ["dev", "pr-1"]);
    }
}
