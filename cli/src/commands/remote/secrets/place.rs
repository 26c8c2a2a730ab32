//! The place of a secret by its name in the settings.

use std::borrow::Cow;

use zappa_rs_adapter::contract::secret::{ALL_NAMES, Reference, Store};

use super::Resolved;
use crate::{report::Failure, suggestion};

/// The place of a secret's value.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// The reference of the settings.
    pub(super) text: &'a str,
    pub(super) reference: Reference<'a>,
    /// The name in its store: of a path, with the rest of the parameter's name.
    pub(super) name: Cow<'a, str>,
}

impl<'a> Place<'a> {
    pub(super) fn new(text: &'a str, name: &str) -> Option<Self> {
        let reference = Reference::parse(text).ok()?;
        let name = match reference.store {
            Store::Path => Cow::Owned(format!("{}/{name}", reference.name)),
            Store::Parameter | Store::Secret { .. } => Cow::Borrowed(reference.name),
        };
        Some(Self { text, reference, name })
    }

    /// The region of the value: an ARN's own.
    pub(super) fn region<'b>(&'b self, region: &'b str) -> &'b str {
        self.reference.arn().map_or(region, |arn| arn.region)
    }

    /// What removing the value means.
    pub(super) fn loss(&self) -> &'static str {
        match self.reference.store {
            Store::Parameter | Store::Path => "a parameter and its history are deleted at once",
            Store::Secret { field: None } => "a secret can be restored for 30 days",
            Store::Secret { field: Some(_) } => "the secret keeps its other fields, and for a while its version before",
        }
    }
}

/// Finds the place of a secret in a region of the stage.
pub(super) fn find<'a>(resolved: &'a Resolved, region: &str, name: &str) -> Result<Place<'a>, Failure> {
    let secrets = &resolved.selection.stages[region].secrets;
    let below = || secrets.get(ALL_NAMES).filter(|_| is_parameter(name));
    let text = secrets.get(name).filter(|_| name != ALL_NAMES).or_else(below);
    if let Some(place) = text.and_then(|text| Place::new(text, name)) {
        return Ok(place);
    }
    let error = anyhow::anyhow!("the stage `{}` has no secret `{name}`", resolved.selection.name);
    let known: Vec<&str> = secrets.keys().map(String::as_str).collect();
    let hint = match suggestion::nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its secrets are {}; the settings name them", suggestion::quote_list(known.into_iter())),
    };
    Err(Failure::usage(error, Some(hint)))
}

/// Whether a parameter below a path can have this name: letters, digits and `_.-`, in folders.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>
fn is_parameter(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    name.split('/').all(|part| !part.is_empty() && part != ".." && part.bytes().all(is_letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_below_a_path_is_one_that_a_parameter_can_have() {
        assert!(is_parameter("db") && is_parameter("mail/pass.word_1-x"));
        for wrong in ["", "*", "a b", "../plain", "/lead", "trail/", "v:2", "a//b"] {
            assert!(!is_parameter(wrong), "{wrong}");
        }
    }
}
