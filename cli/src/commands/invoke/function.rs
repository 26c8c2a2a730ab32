//! The name of a function of the stage, as `--function` takes it.

use crate::{
    report::Failure,
    settings::MAIN,
    suggestion::{nearest, quote_list},
};

/// Checks that a name is `main` or one of the stage's `functions`.
///
/// # Errors
///
/// It is neither.
pub(super) fn check<'a>(name: &str, functions: impl Iterator<Item = &'a str> + Clone) -> Result<(), Failure> {
    let known = functions.chain([MAIN]);
    if known.clone().any(|known| known == name) {
        return Ok(());
    }
    let hint = match nearest(name, known.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the functions are {}", quote_list(known)),
    };
    let error = anyhow::anyhow!("`{name}` is none of the stage's `functions`");
    Err(Failure::usage(error, Some(hint)))
}
