//! Errors of the command line: clap's findings in this tool's wording.

use std::{ffi::OsString, num::ParseIntError};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Context;
use crate::{args, external, report::Failure, suggestion};

/// Turns clap's error into text for stdout (`--help`, `--version`) or a failure with exit code 2.
pub(crate) fn outcome(error: &clap::Error, words: &[OsString], cx: &Context) -> Result<String, Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(error.render().to_string().trim_end().to_owned()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => Err(Failure::usage(
            anyhow::anyhow!("no command given"),
            Some("`zappa-rs init` writes the settings, `zappa-rs local` serves the app on this machine; `zappa-rs --help` lists the commands".to_owned()),
        )),
        _ => Err(Failure::usage(anyhow::anyhow!(sentence(error)), Some(hint(error, words, cx)))),
    }
}

fn sentence(error: &clap::Error) -> String {
    let argument = text(error, ContextKind::InvalidArg);
    let value = text(error, ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument => format!("unknown flag or argument `{argument}`"),
        ErrorKind::InvalidSubcommand => format!("`{}` is not a command", text(error, ContextKind::InvalidSubcommand)),
        ErrorKind::InvalidValue if value.is_empty() => format!("`{argument}` needs a value"),
        ErrorKind::InvalidValue => format!("`{value}` is not a value of `{argument}`"),
        ErrorKind::ValueValidation => match std::error::Error::source(error) {
            Some(source) => format!("`{value}` is not a value of `{argument}`: {}", reason(source)),
            None => format!("`{value}` is not a value of `{argument}`"),
        },
        ErrorKind::ArgumentConflict if text(error, ContextKind::PriorArg) == argument => {
            format!("`{argument}` is given twice")
        }
        ErrorKind::ArgumentConflict => {
            format!("`{argument}` cannot be used with `{}`", text(error, ContextKind::PriorArg))
        }
        ErrorKind::MissingRequiredArgument => format!("`{argument}` is missing"),
        ErrorKind::TooManyValues => format!("`{argument}` takes no value such as `{value}`"),
        _ => {
            let rendered = error.render().to_string();
            let first = rendered.lines().next().unwrap_or_default();
            first.trim_start_matches("error: ").to_owned()
        }
    }
}

/// The reason why a value is invalid, without Rust's notation of ranges and the messages of its parsers.
fn reason(source: &(dyn std::error::Error + 'static)) -> String {
    if source.is::<ParseIntError>() {
        return "not a number that it takes".to_owned();
    }
    let text = source.to_string();
    let bounds = text.split_once(" is not in ").and_then(|(_, range)| range.split_once("..="));
    // The largest number of the type is no bound of the flag.
    let is_open = |most: &str| most.parse::<u64>().is_ok_and(|most| most >= u64::from(u32::MAX));
    match bounds {
        Some((least, most)) if is_open(most) => format!("it takes {least} and more"),
        Some((least, most)) => format!("it takes {least} to {most}"),
        None => text,
    }
}

fn hint(error: &clap::Error, words: &[OsString], cx: &Context) -> String {
    let command = args::named_in(words.iter().skip(1).filter_map(|word| word.to_str()));
    let argument = text(error, ContextKind::InvalidArg);
    let meant = match error.kind() {
        ErrorKind::UnknownArgument if command.as_deref() == Some("event") && argument == "--list" => {
            return "`zappa-rs event` alone lists the kinds".to_owned();
        }
        ErrorKind::UnknownArgument => {
            let typed = argument.split('=').next().unwrap_or_default();
            let flags = args::flags_of(command.as_deref().unwrap_or_default());
            match args::commands_with(typed).as_slice() {
                [] => suggestion::nearest(typed, flags.iter().map(String::as_str)).map(str::to_owned),
                others => {
                    let others: Vec<String> = others.iter().map(|name| format!("zappa-rs {name}")).collect();
                    let verb = if others.len() == 1 { "takes" } else { "take" };
                    return format!("{} {verb} it", suggestion::quote_list(others.iter().map(String::as_str)));
                }
            }
        }
        ErrorKind::InvalidSubcommand => {
            return subcommand_hint(&text(error, ContextKind::InvalidSubcommand), cx);
        }
        ErrorKind::InvalidValue => {
            let known = all(error, ContextKind::ValidValue);
            let meant = suggestion::nearest(&text(error, ContextKind::InvalidValue), known.iter().map(String::as_str));
            if known.is_empty() {
                None
            } else {
                let mut hint = format!("it takes {}", suggestion::quote_list(known.iter().map(String::as_str)));
                if let Some(meant) = meant {
                    hint.push_str(&format!("; did you mean `{meant}`?"));
                }
                return hint;
            }
        }
        _ => None,
    };
    match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => match command {
            Some(command) => format!("`zappa-rs {command} --help` lists what it takes"),
            None => "`zappa-rs <command> --help` lists what a command takes".to_owned(),
        },
    }
}

/// The hint for a word that is neither a command of the tool nor a program of `PATH`.
fn subcommand_hint(typed: &str, cx: &Context) -> String {
    let programs = external::names(&cx.environment);
    let commands = args::commands();
    // Behind `--`, a name is none of a command.
    let known = commands.iter().chain(&programs).map(String::as_str).filter(|known| *known != typed);
    if let Some(meant) = suggestion::nearest(typed, known) {
        return format!("did you mean `{meant}`?");
    }
    let others = match programs.len() {
        0 => String::new(),
        _ => format!(", and `PATH` has {}", suggestion::quote_list(programs.iter().map(String::as_str))),
    };
    let program = match external::is_name(typed) {
        true => format!("; a program `zappa-rs-{typed}` in `PATH` would be one, too"),
        false => String::new(),
    };
    format!("`zappa-rs --help` lists the commands{others}{program}")
}

fn text(error: &clap::Error, kind: ContextKind) -> String {
    all(error, kind).join("`, `")
}

fn all(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(one)) => vec![one.clone()],
        Some(ContextValue::Strings(many)) => many.clone(),
        _ => Vec::new(),
    }
}
