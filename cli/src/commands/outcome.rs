//! How a change ended, region by region: the URLs on stdout, the table on stderr, the exit code.

use serde::Serialize;

use super::{
    address,
    fleet::{Outcome, Places},
    stage::Opened,
};
use crate::{
    args::SharedArgs,
    aws::Aws,
    progress::Progress as _,
    report::{Failure, Report},
    rollout::{Done, Error, Position},
    template::output,
};

/// One region's part of the answer.
#[derive(Debug, Serialize)]
struct Row {
    region: String,
    outcome: Word,
    url: Option<String>,
    release: Option<String>,
    version: Option<String>,
    error: Option<String>,
}

/// How it ended in a region.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Deployed,
    Unchanged,
    Failed,
    RolledBack,
    NotStarted,
}

impl Word {
    /// The word for a table; `--json` has the same with `_`.
    fn text(self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::RolledBack => "rolled back",
            Self::NotStarted => "not started",
        }
    }
}

/// The whole answer.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    project: &'a str,
    stage: &'a str,
    regions: &'a [Row],
}

/// Says it all; an error if one region failed.
pub(crate) fn say(
    opened: &Opened,
    aws: &Aws,
    outcomes: &[Outcome<Done>],
    places: &Places,
    shared: &SharedArgs,
    report: &Report,
) -> Result<(), Failure> {
    let rows: Vec<Row> = outcomes.iter().map(|outcome| row(outcome, aws)).collect();
    let several = rows.len() > 1;
    if several {
        let cells = rows.iter().map(|row| {
            let error = row.error.as_ref().and_then(|error| error.lines().next()).map(str::to_owned);
            let what = error.or_else(|| row.url.clone()).unwrap_or_default();
            vec![row.region.clone(), row.outcome.text().to_owned(), row.release.clone().unwrap_or_default(), what]
        });
        report.summary(&["region", "outcome", "release", ""], &cells.collect::<Vec<_>>());
    }
    let well = outcomes.iter().all(|outcome| matches!(outcome.result, Some(Ok(_))));
    if outcomes.iter().all(|outcome| matches!(&outcome.result, Some(Ok(done)) if !done.changed)) {
        report.step("Finding", "nothing to change: what stands is what is wanted");
    }
    report.elapsed(if well { "Finished" } else { "Failed" });
    // The story that leads to the answer is read before it.
    report.flush();
    if shared.json {
        report.document(&Answer { project: &opened.identity.project, stage: &opened.identity.stage, regions: &rows });
    } else {
        for url in rows.iter().filter_map(|row| row.url.as_deref()) {
            report.answer_line(url);
        }
    }
    failed(outcomes, places)
}

/// The failures of all regions as one; none, if all went well.
pub(crate) fn failed<T>(outcomes: &[Outcome<T>], places: &Places) -> Result<(), Failure> {
    let failed = failures(outcomes);
    match failed.as_slice() {
        [] => Ok(()),
        [one] => Err(one_failed(*one, outcomes.len(), places)),
        failed => {
            let failure = several_failed(failed, places);
            let has_rolled_back = failed.iter().any(|(_, error)| matches!(error, Error::WentBack { .. }));
            // Where a region went back, something has to be mended first.
            Err(if failure.is_usage() || has_rolled_back {
                failure
            } else {
                failure.with_hint("run the same command again; it finishes what is missing".to_owned())
            })
        }
    }
}

/// The regions that gave no answer to a command that only reads; none, if all did.
pub(crate) fn unavailable<T>(outcomes: &[Outcome<T>]) -> Result<(), Failure> {
    let places = Places::default();
    match failures(outcomes).as_slice() {
        [] => Ok(()),
        [one] => Err(one_failed(*one, outcomes.len(), &places)),
        failed => Err(several_failed(failed, &places)),
    }
}

fn failures<T>(outcomes: &[Outcome<T>]) -> Vec<(&str, &Error)> {
    let failed = outcomes.iter().filter_map(|outcome| match &outcome.result {
        Some(Err(error)) => Some((outcome.region.as_str(), error)),
        _ => None,
    });
    failed.collect()
}

/// The failure of one of so many regions.
fn one_failed((region, error): (&str, &Error), regions: usize, places: &Places) -> Failure {
    described(error, (regions > 1).then_some(region), places.of(region).position())
}

fn row(outcome: &Outcome<Done>, aws: &Aws) -> Row {
    let region = outcome.region.clone();
    match &outcome.result {
        Some(Ok(done)) => Row {
            outcome: if done.changed { Word::Deployed } else { Word::Unchanged },
            url: done
                .stack
                .outputs
                .get(output::URL)
                .map(|url| address::reachable(url, aws.in_region(&region).endpoint_url())),
            release: Some(done.release.to_string()),
            version: Some(done.version.clone()),
            error: None,
            region,
        },
        Some(Err(error)) => Row {
            region,
            outcome: if matches!(error, Error::WentBack { .. }) { Word::RolledBack } else { Word::Failed },
            url: None,
            release: None,
            version: None,
            error: Some(error.to_string()),
        },
        None => Row { region, outcome: Word::NotStarted, url: None, release: None, version: None, error: None },
    }
}

fn several_failed(failed: &[(&str, &Error)], places: &Places) -> Failure {
    let back = failed.iter().filter(|(_, error)| matches!(error, Error::WentBack { .. })).count();
    let count = |number: usize| format!("{number} {}", if number == 1 { "region" } else { "regions" });
    let sentence = match back {
        0 => format!("{} failed", count(failed.len())),
        back => format!("{} failed, {} rolled back", count(failed.len() - back), count(back)),
    };
    let is_usage = failed.iter().all(|(_, error)| error.is_usage());
    let error = anyhow::anyhow!(sentence);
    let mut failure = if is_usage { Failure::usage(error, None) } else { Failure::failed(error, None) };
    for (region, error) in failed {
        let stands = error.stands(places.of(region).position());
        let facts =
            [Some(format!("{:#}", chain(error, Some(region)))), stands.map(|stands| format!("{region}: {stands}"))];
        failure = failure.with_facts(facts.into_iter().flatten().chain(error.losses().iter().cloned()));
        if let Some(log) = error.log() {
            failure = failure.with_block(&format!("log of the trial in {region}"), log);
        }
        if let Some(hint) = error.hint() {
            failure = failure.with_hint(hint);
        }
    }
    failure
}

/// A failure of one region, with all that helps.
pub(crate) fn failure(error: &Error) -> Failure {
    failure_in(error, None)
}

/// A failure that is told with its region where there are several.
pub(crate) fn failure_in(error: &Error, region: Option<&str>) -> Failure {
    described(error, region, Position::Untouched)
}

fn described(error: &Error, region: Option<&str>, position: Position) -> Failure {
    let chain = chain(error, region);
    let mut failure =
        if error.is_usage() { Failure::usage(chain, error.hint()) } else { Failure::failed(chain, error.hint()) };
    failure = failure.with_facts(error.losses().iter().cloned());
    if let Some(log) = error.log() {
        failure = failure.with_block("log of the trial", log);
    }
    if let Some(stands) = error.stands(position) {
        failure = failure.with_facts(vec![stands.to_owned()]);
    }
    failure
}

/// The error with its causes, owned: what it was made of is still needed for the answer.
fn chain(error: &Error, region: Option<&str>) -> anyhow::Error {
    let mut levels = vec![match region {
        Some(region) => format!("{region}: {error}"),
        None => error.to_string(),
    }];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        levels.push(cause.to_string());
        source = cause.source();
    }
    let innermost = levels.pop().unwrap_or_default();
    levels.into_iter().rev().fold(anyhow::anyhow!(innermost), |chain, level| chain.context(level))
}
