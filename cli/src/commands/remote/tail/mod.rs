//! `zappa-rs tail`: the logs of all functions and regions of a stage as one stream.

mod board;
mod groups;
mod live;
mod notes;
mod printer;
mod reader;

use std::{
    collections::BTreeSet,
    pin::pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use futures_util::future::{Either, LocalBoxFuture, join_all, select};
use tokio::sync::mpsc;

use self::{
    board::Board,
    groups::LogGroup,
    live::LiveReader,
    printer::{Form, Printer},
    reader::{Reader, Wanted},
};
use super::{Context, failure, fleet::Outcome, interruptible::run_interruptible, stage, stage::Resolved};
use crate::{
    args::{LineArgs, SharedArgs, TailArgs},
    aws::Aws,
    logs::{Moment, Pattern, PatternError, Selection, Trigger},
    progress::Progress as _,
    report::{Failure, Gone, Report},
    rollout::Error,
};

/// Where the lines begin without `--since` and `-n`.
const SINCE: Moment = Moment::Ago(std::time::Duration::from_secs(600));
/// The number of messages between readers and printer: who reads is not far ahead of who prints.
const AHEAD: usize = 2;

/// Runs `zappa-rs tail`.
pub(crate) async fn run(
    args: &TailArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let wanted = wanted(&args.lines, shared, report)?;
    let resolved = stage::resolve_for_inspection(&args.stage, cx).await?;
    let aws = resolved.aws(&args.stage, cx, report).await?;
    let board = OnceLock::new();
    let interruption = || {
        // The statistics until now are what was asked for.
        let _ = finish(&board, shared, report);
        Failure::interrupted()
    };
    run_interruptible(interruption, async {
        let found = find(&resolved, &aws).await;
        if found.iter().all(|outcome| outcome.value().is_none()) {
            return failure::of_reading(&found);
        }
        warn_of_missing(&found, report);
        let groups = choose(&found, &args.lines.function, &resolved.identity.stack())?;
        let form = form(&groups, &args.lines, shared);
        if let Some(counted) = &form.board {
            board.get_or_init(|| Arc::clone(counted));
        }
        match follow(&groups, &wanted, form, report).await {
            Ok(failed) => {
                let _ = finish(&board, shared, report);
                failure::of_reading(&outcomes(found, failed))
            }
            // Whoever read the lines wants no more.
            Err(Gone) => Ok(()),
        }
    })
    .await
}

/// Prints the statistics, where they are counted.
fn finish(board: &OnceLock<Arc<Mutex<Board>>>, shared: &SharedArgs, report: &Report) -> Result<(), Gone> {
    let Some(board) = board.get() else { return Ok(()) };
    board.lock().unwrap_or_else(PoisonError::into_inner).finish(report, shared.json)
}

/// What the flags ask for.
fn wanted(args: &LineArgs, shared: &SharedArgs, report: &Report) -> Result<Wanted, Failure> {
    if args.live {
        refuse_past(args)?;
    }
    let now = reader::now();
    // How far back so many lines of a selection lie cannot be known before they are read.
    let number = args.number.filter(|_| selection(args).is_all());
    let since = args.since.or_else(|| number.is_none().then_some(SINCE));
    let since = since.map(|since| since.milliseconds(now));
    let until = args.until.map(|until| until.milliseconds(now));
    if let (Some(since), Some(until)) = (since, until)
        && until < since
    {
        let error = anyhow::anyhow!("`--until` is before `--since`, which is ten minutes ago where it is not given");
        return Err(Failure::usage(error, Some("`--since` is the earlier of the two".to_owned())));
    }
    let pattern = args.filter.as_deref().map(Pattern::parse).transpose().map_err(|error| invalid_pattern(&error))?;
    let pattern = pattern.map(Arc::new);
    Ok(Wanted {
        since,
        until,
        number,
        // What is selected here needs the lines before and after.
        is_whole: pattern.is_some() && !selection(args).is_all(),
        pattern,
        is_live: args.live,
        follows: args.live || args.follow || (!args.no_follow && until.is_none() && report.is_watched()),
        counts_brackets: prints_brackets(shared),
    })
}

/// A live session begins now, and ends when the command does.
fn refuse_past(args: &LineArgs) -> Result<(), Failure> {
    let past = [
        ("--since", args.since.is_some()),
        ("--until", args.until.is_some()),
        ("--lines", args.number.is_some()),
        ("--no-follow", args.no_follow),
    ];
    let Some((flag, _)) = past.into_iter().find(|(_, is_given)| *is_given) else { return Ok(()) };
    let error =
        anyhow::anyhow!("`--live` cannot be used with `{flag}`: a live session has the lines of now, until Ctrl-C");
    Err(Failure::usage(
        error,
        Some(format!("leave out `--live`, and the command reads the past; or leave out `{flag}`")),
    ))
}

fn invalid_pattern(error: &PatternError) -> Failure {
    let hint = error.hint();
    Failure::usage(anyhow::anyhow!("the pattern of `--filter` is invalid: {error}"), Some(hint))
}

/// Whether lines that only bracket an invocation are printed.
fn prints_brackets(shared: &SharedArgs) -> bool {
    shared.json || shared.verbose > 0
}

fn selection(args: &LineArgs) -> Selection {
    let trigger = args.http.then_some(Trigger::Http).or(args.non_http.then_some(Trigger::Other));
    Selection { errors: args.errors, request: args.request.clone(), trigger }
}

fn form(groups: &[LogGroup], args: &LineArgs, shared: &SharedArgs) -> Form {
    let regions: BTreeSet<&str> = groups.iter().map(|group| group.region.name()).collect();
    let functions: BTreeSet<&String> = groups.iter().flat_map(LogGroup::shown).collect();
    let all = groups.iter().flat_map(|group| group.shown().map(|function| (group.region.name(), function.as_str())));
    Form {
        selection: selection(args),
        number: args.number,
        board: args.stats.then(|| Arc::new(Mutex::new(Board::new(all)))),
        json: shared.json,
        brackets: prints_brackets(shared),
        names_region: regions.len() > 1,
        names_function: functions.len() > 1,
    }
}

/// Finds the log groups in every region.
async fn find(resolved: &Resolved, aws: &Aws) -> Vec<Outcome<Vec<LogGroup>>> {
    let find = async |region: &String| Outcome {
        region: region.clone(),
        result: Some(groups::find(resolved, &aws.in_region(region)).await),
    };
    join_all(resolved.selection.regions.iter().map(find)).await
}

/// A region that fails stops no other, and is mentioned before their lines.
fn warn_of_missing(found: &[Outcome<Vec<LogGroup>>], report: &Report) {
    for outcome in found {
        if let Some(Err(error)) = &outcome.result {
            let sentence = format!("{}: {error}; there are no logs of this region", outcome.region);
            report.warning(&sentence, error.hint().as_deref());
        }
    }
}

/// The log groups of the functions that are wanted.
fn choose(found: &[Outcome<Vec<LogGroup>>], wanted: &[String], stack: &str) -> Result<Vec<LogGroup>, Failure> {
    let all: Vec<LogGroup> = found.iter().filter_map(Outcome::value).flatten().cloned().collect();
    let known: BTreeSet<String> = all.iter().flat_map(LogGroup::shown).cloned().collect();
    if known.is_empty() {
        return Err(Failure::failed(anyhow::anyhow!("stack `{stack}` has no function"), None));
    }
    for name in wanted {
        if !known.iter().any(|known| groups::is_named(known, name, stack)) {
            let error = anyhow::anyhow!("stack `{stack}` has no function `{name}`");
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            return Err(Failure::usage(error, Some(groups::hint(name, &known, stack))));
        }
    }
    Ok(groups::choose(all, wanted, stack))
}

/// Prints the lines of all groups, and returns the groups that failed.
async fn follow(
    groups: &[LogGroup],
    wanted: &Wanted,
    form: Form,
    report: &Arc<Report>,
) -> Result<Vec<(String, Error)>, Gone> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let mut readers: Vec<LocalBoxFuture<'_, ()>> = Vec::with_capacity(groups.len());
    if wanted.is_live {
        let sessions = LiveReader::all(groups, wanted, &sender);
        announce(&sessions, report);
        for session in sessions {
            readers.push(Box::pin(session.run()));
        }
    } else {
        for (number, group) in groups.iter().enumerate() {
            let beside = groups.iter().filter(|other| other.region.name() == group.region.name()).count();
            readers.push(Box::pin(Reader::new(number, group, wanted, beside, sender.clone()).run()));
        }
    }
    drop(sender);
    let print = Printer::new(groups, wanted, form, report).run(receiver);
    let failed = match select(pin!(print), pin!(join_all(readers))).await {
        // The reader of stdout has closed it, which a session without a line would not notice.
        Either::Left((failed, _)) => failed,
        Either::Right((_, print)) => print.await,
    };
    let region = |number: usize| groups[number].region.name().to_owned();
    Ok(failed?.into_iter().map(|(number, error)| (region(number), Error::Aws(error))).collect())
}

/// Says what a live session is before it shows its first line.
fn announce(sessions: &[LiveReader<'_>], report: &Report) {
    let number = match sessions.len() {
        1 => "a live session".to_owned(),
        several => format!("{several} live sessions"),
    };
    report.step("Following", &format!("{number}, each with a sample where there are more than 500 lines a second"));
}

/// The outcome of each region, for the failure at the end.
fn outcomes(found: Vec<Outcome<Vec<LogGroup>>>, failed: Vec<(String, Error)>) -> Vec<Outcome<()>> {
    let has_failed = |region: &str| failed.iter().any(|(failed, _)| failed == region);
    let found: Vec<_> = found
        .into_iter()
        .filter(|outcome| !has_failed(&outcome.region))
        .map(|outcome| Outcome { region: outcome.region, result: outcome.result.map(|result| result.map(|_| ())) })
        .collect();
    let failed = failed.into_iter().map(|(region, error)| Outcome { region, result: Some(Err(error)) });
    found.into_iter().chain(failed).collect()
}
