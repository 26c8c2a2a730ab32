//! `zappa-rs event`: a sample event of a source, as JSON.

use serde::Serialize;
use zappa_rs_adapter::sample::{Sample, SetError};

use crate::{
    args::{EventArgs, SharedArgs},
    report::{Failure, Report},
    suggestion,
};

/// One kind of event in the list.
#[derive(Serialize)]
struct Kind {
    kind: &'static str,
    about: &'static str,
    keys: Vec<&'static str>,
}

/// Prints the event, or the list of kinds.
pub(crate) fn run(args: &EventArgs, shared: &SharedArgs, report: &Report) -> Result<(), Failure> {
    let Some(sample) = args.kind.as_deref().and_then(Sample::find) else {
        list(shared, report);
        return Ok(());
    };
    let mut event = sample.event();
    for pair in &args.set {
        event.set(&pair.name, &pair.value).map_err(|error| {
            let hint = match pair.value.is_empty() && sample.keys().any(|key| key == pair.name) {
                true => format!("such as `--set {}=orders`", pair.name),
                false => hint(sample, &error),
            };
            Failure::usage(error, Some(hint))
        })?;
    }
    report.document(&event);
    Ok(())
}

fn list(shared: &SharedArgs, report: &Report) {
    let kinds = Sample::all().iter();
    if shared.json {
        let kind = |sample: &Sample| Kind { kind: sample.name(), about: sample.about(), keys: sample.keys().collect() };
        report.document(&kinds.map(kind).collect::<Vec<_>>());
        return;
    }
    let row = |sample: &Sample| {
        let keys: Vec<_> = sample.keys().collect();
        vec![sample.name().to_owned(), sample.about().to_owned(), keys.join(", ")]
    };
    report.table(&["kind", "is", "keys"], &kinds.map(row).collect::<Vec<_>>());
}

/// The hint after an unknown key: the nearest one, or else the keys of the sample and the way to the paths.
fn hint(sample: &Sample, error: &SetError) -> String {
    if let Some(meant) = suggestion::nearest(error.key(), error.known().iter().map(String::as_str)) {
        return format!("did you mean `{meant}`?");
    }
    let kind = sample.name();
    let keys: Vec<_> = sample.keys().collect();
    if keys.is_empty() {
        return format!("`zappa-rs event {kind}` prints what it has; a path is such as `Records.0.body`");
    }
    let keys = suggestion::quote_list(keys);
    format!("its keys are {keys}; any other value is set by its path in what `zappa-rs event {kind}` prints")
}
