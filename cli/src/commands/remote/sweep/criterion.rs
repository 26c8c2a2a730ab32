//! What a sweep looks for, from its flags and stdin.

use std::{collections::BTreeSet, io::Read as _, time::SystemTime};

use super::stage::settings_failure;
use crate::{
    args::UndeployArgs,
    progress::Progress as _,
    report::{Failure, Report},
    rollout::Criterion,
    settings::Settings,
    suggestion::quote_list,
};

/// The criterion of the flags. `--merged` reads stdin to its end.
pub(super) fn of(args: &UndeployArgs, settings: &Settings, report: &Report) -> Result<Criterion, Failure> {
    let of = args.stage.stage.as_deref();
    if args.sweep.expired {
        if let Some(name) = of.filter(|name| !settings.has_pattern(name)) {
            settings.check_name(name).map_err(settings_failure)?;
        }
        return Ok(Criterion::Expired { now: SystemTime::now(), of: of.map(str::to_owned) });
    }
    let pattern = pattern(of, settings)?;
    if report.can_ask() {
        report.step("Reading", &format!("the open stages of `{pattern}` from stdin, one a line"));
    }
    let open = open(&stdin()?, settings)?;
    if open.is_empty() && !args.sweep.none_open {
        let error = anyhow::anyhow!("stdin names no stage, so every stage of `{pattern}` would be removed");
        let hint = "the open ones are expected, one a line; `--none-open` says that there are none";
        return Err(Failure::usage(error, Some(hint.to_owned())));
    }
    Ok(Criterion::Merged { pattern, open })
}

/// The pattern that is named, or the only one.
fn pattern(named: Option<&str>, settings: &Settings) -> Result<String, Failure> {
    let known: Vec<&str> = settings.patterns().collect();
    let (error, hint) = match (named, known.as_slice()) {
        (Some(name), _) if known.contains(&name) => return Ok(name.to_owned()),
        (None, [only]) => return Ok((*only).to_owned()),
        (_, []) => (
            anyhow::anyhow!("the settings have no pattern of stages, and `--merged` removes those of one"),
            "a pattern is a table such as `[stage.\"pr-*\"]`".to_owned(),
        ),
        (Some(name), known) => (
            anyhow::anyhow!("`{name}` is not a pattern of stages, and `--merged` removes those of one"),
            format!("name {} in quotes", quote_list(known.iter().copied())),
        ),
        (None, known) => (
            anyhow::anyhow!("the settings have several patterns of stages"),
            format!("name one of {} in quotes", quote_list(known.iter().copied())),
        ),
    };
    Err(Failure::usage(error, Some(hint)))
}

fn stdin() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| {
        let error = anyhow::Error::new(error).context("the open stages cannot be read from stdin");
        Failure::usage(error, Some("one name a line is expected, in UTF-8".to_owned()))
    })?;
    Ok(text)
}

/// The names of a list, one a line. One that is no stage is refused: with a list of something else, such as bare numbers,
/// every preview would be removed.
fn open(text: &str, settings: &Settings) -> Result<BTreeSet<String>, Failure> {
    let mut open = BTreeSet::new();
    for (index, line) in text.lines().enumerate() {
        let name = line.trim();
        if name.is_empty() {
            continue;
        }
        if let Err(error) = settings.check_name(name) {
            let hint = error.hint();
            let error = anyhow::Error::new(error).context(format!("line {} of stdin is no stage", index + 1));
            return Err(Failure::usage(error, hint));
        }
        open.insert(name.to_owned());
    }
    Ok(open)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use super::*;

    fn settings(stages: &[&str]) -> Settings {
        let tables: String = stages.iter().map(|name| format!("[stage.\"{name}\"]\n")).collect();
        Settings::parse(Path::new("x.toml"), tables, &BTreeMap::new()).unwrap()
    }

    #[test]
    fn the_names_of_open_stages_are_checked() {
        let settings = settings(&["dev", "pr-*"]);
        let names = open("pr-1\r\n\n  pr-22 \ndev\npr-1\n", &settings).unwrap();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["dev", "pr-1", "pr-22"]);
        for (text, expected) in [
            ("pr-1\n42\n", "line 2 of stdin is no stage"),
            ("feature/x", "line 1 of stdin is no stage"),
            ("pr-feature/x", "line 1 of stdin is no stage"),
            ("pr-*", "line 1 of stdin is no stage"),
        ] {
            let failure = open(text, &settings).unwrap_err();
            assert!(failure.is_usage() && failure.message().contains(expected), "{text}: {}", failure.message());
        }
    }

    #[test]
    fn the_pattern_need_not_be_named_where_there_is_one() {
        let (none, one, two) = (settings(&["dev"]), settings(&["dev", "pr-*"]), settings(&["pr-*", "tmp-*"]));
        assert_eq!(pattern(None, &one).unwrap(), "pr-*");
        assert_eq!(pattern(Some("tmp-*"), &two).unwrap(), "tmp-*");
        for (named, settings, expected) in [
            (None, &none, "have no pattern"),
            (None, &two, "several patterns"),
            (Some("dev"), &one, "`dev` is not a pattern"),
            (Some("pr-1"), &one, "`pr-1` is not a pattern"),
        ] {
            let failure = pattern(named, settings).unwrap_err();
            assert!(failure.is_usage() && failure.message().contains(expected), "{named:?}: {}", failure.message());
        }
    }
}
