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
    let text = secrets.get(name).filter(|_| name != ALL_NAMES).or_else(|| secrets.get(ALL_NAMES));
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
