//! Values from a file, from stdin or from a question.

use std::{io::Read as _, path::Path};

use super::{Context, Failure, Report, Resolved, place};
use crate::{local::env_file, progress::Progress as _};

/// Reads the values of the stage's secrets from an env file. The file may have other variables, which are named.
pub(super) fn from_file(
    path: &Path,
    cx: &Context,
    report: &Report,
    resolved: &Resolved,
) -> Result<Vec<(String, String)>, Failure> {
    let variables = env_file::read(&cx.directory.join(path)).map_err(|error| {
        let hint = error.hint();
        Failure::usage(error, Some(hint))
    })?;
    let secrets = &resolved.selection.primary().secrets;
    let (values, others): (Vec<_>, Vec<_>) = variables.into_iter().partition(|(name, _)| secrets.contains_key(name));
    if values.is_empty() {
        let error = anyhow::anyhow!("`{}` has no secret of the stage `{}`", path.display(), resolved.selection.name);
        return Err(Failure::usage(error, Some("name them in `secrets` of the settings first".to_owned())));
    }
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|(name, _)| name.as_str()).collect();
        let sentence = format!("left out, since the stage has no secrets of these names: {}", names.join(", "));
        report.warning(&sentence, None);
    }
    for (name, value) in &values {
        place::find(resolved, &resolved.selection.regions[0], name)?;
        refuse_empty(name, value)?;
    }
    Ok(values)
}

/// Reads one value: by a question that does not show it, or from stdin where nothing can be asked.
pub(super) async fn ask(name: &str, report: &Report) -> Result<String, Failure> {
    let value = if report.can_ask() { report.ask_hidden(name).await? } else { from_stdin()? };
    refuse_empty(name, &value)?;
    Ok(value)
}

/// All of stdin but the newline at its end, which `echo` and most programs write.
fn from_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| {
        let hint = "a value is a text in UTF-8; of other bytes, store the base64".to_owned();
        Failure::usage(anyhow::Error::new(error).context("cannot read the value from stdin"), Some(hint))
    })?;
    let end = text.strip_suffix('\n').map_or(text.len(), |line| line.strip_suffix('\r').unwrap_or(line).len());
    text.truncate(end);
    Ok(text)
}

fn refuse_empty(name: &str, value: &str) -> Result<(), Failure> {
    if !value.is_empty() {
        return Ok(());
    }
    let error = anyhow::anyhow!("the value of `{name}` is empty, which neither service stores");
    Err(Failure::usage(error, Some("`zappa-rs secrets remove` removes a value".to_owned())))
}
