//! Which calls read the references, and which values they give; pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Secret, SecretsError, endpoint::Service, values::Values};
use crate::contract::secret::{ALL_NAMES, Reference, ReferenceError, Store};

/// The most names in one call of `GetParameters`.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>
const PARAMETERS_A_CALL: usize = 10;
/// The most ids in one call of `BatchGetSecretValue`.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html>
const SECRETS_A_CALL: usize = 20;

/// One call of a service; a path or a large batch may need further pages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Call {
    /// The region of an ARN; the process's own for names.
    pub(super) region: Option<String>,
    pub(super) read: Read,
}

/// What a call reads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Read {
    Parameters(Vec<String>),
    Path(String),
    Secrets(Vec<String>),
}

impl Read {
    pub(super) fn service(&self) -> Service {
        match self {
            Self::Parameters(_) | Self::Path(_) => Service::Ssm,
            Self::Secrets(_) => Service::SecretsManager,
        }
    }
}

/// What the calls found, by each name and ARN under which it can be asked for.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) secrets: BTreeMap<String, String>,
    /// The parameters below paths: path, rest of the name, value.
    pub(super) below: Vec<(String, String, String)>,
}

impl Found {
    pub(super) fn extend(&mut self, other: Self) {
        self.parameters.extend(other.parameters);
        self.secrets.extend(other.secrets);
        self.below.extend(other.below);
    }
}

/// The calls that read all references, each value once.
pub(super) fn calls<'a>(references: impl Iterator<Item = Reference<'a>>) -> Vec<Call> {
    let mut parameters = BTreeMap::<_, BTreeSet<&str>>::new();
    let mut secrets = BTreeMap::<_, BTreeSet<&str>>::new();
    let mut calls = Vec::new();
    for reference in references {
        let region = reference.arn().map(|arn| arn.region.to_owned());
        match reference.store {
            Store::Parameter => _ = parameters.entry(region).or_default().insert(reference.name),
            Store::Secret { .. } => _ = secrets.entry(region).or_default().insert(reference.name),
            Store::Path => calls.push(Call { region, read: Read::Path(reference.name.to_owned()) }),
        }
    }
    let batches = |names: BTreeSet<&str>, size| {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        names.chunks(size).map(<[String]>::to_vec).collect::<Vec<_>>()
    };
    for (region, names) in parameters {
        let batches = batches(names, PARAMETERS_A_CALL).into_iter();
        calls.extend(batches.map(|names| Call { region: region.clone(), read: Read::Parameters(names) }));
    }
    for (region, names) in secrets {
        let batches = batches(names, SECRETS_A_CALL).into_iter();
        calls.extend(batches.map(|names| Call { region: region.clone(), read: Read::Secrets(names) }));
    }
    calls
}

/// Parses the references; an error names its secret.
pub(super) fn parse(texts: &BTreeMap<String, String>) -> Result<BTreeMap<&str, Reference<'_>>, SecretsError> {
    let mut references = BTreeMap::new();
    for (name, text) in texts {
        let error = |error: ReferenceError| SecretsError::environment(format!("the secret `{name}`: {error}"));
        references.insert(name.as_str(), Reference::parse(text).map_err(error)?);
    }
    Ok(references)
}

/// The value of each name.
///
/// # Errors
/// Names all secrets without a value that are not optional.
pub(super) fn values(references: &BTreeMap<&str, Reference<'_>>, found: &Found) -> Result<Values, SecretsError> {
    let mut values = BTreeMap::new();
    // A name of its own wins over the same name below a path.
    for (path, rest, value) in &found.below {
        if references.get(ALL_NAMES).is_some_and(|reference| reference.name == path) {
            values.insert(rest.clone(), Secret::new(value.as_str()));
        }
    }
    let mut missing = Vec::new();
    for (name, reference) in references.iter().filter(|(_, reference)| reference.store != Store::Path) {
        match value(reference, found) {
            Ok(value) => _ = values.insert((*name).to_owned(), Secret::new(value)),
            Err(_) if reference.is_optional => _ = values.remove(*name),
            Err(reason) => missing.push(format!("`{name}`: {reason}")),
        }
    }
    if missing.is_empty() { Ok(Values(values)) } else { Err(SecretsError::missing(missing, None)) }
}

fn value(reference: &Reference<'_>, found: &Found) -> Result<String, String> {
    let Reference { name, .. } = reference;
    let Store::Secret { field } = reference.store else {
        return found.parameters.get(*name).cloned().ok_or_else(|| format!("there is no parameter `{name}`"));
    };
    let text = found.secrets.get(*name).ok_or_else(|| format!("there is no secret `{name}` with a text"))?;
    let Some(field) = field else { return Ok(text.clone()) };
    let Ok(Value::Object(object)) = serde_json::from_str(text) else {
        return Err(format!("the secret `{name}` is no JSON object, so that it has no field `{field}`"));
    };
    match object.get(field) {
        None | Some(Value::Null) => Err(format!("the secret `{name}` has no field `{field}`")),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Ok(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn values_are_read_in_as_few_calls_as_the_services_allow() {
        let mut pairs: Vec<(String, String)> = (0..12).map(|n| (format!("P{n}"), format!("ssm:/p/{n:02}"))).collect();
        pairs.push(("AGAIN".into(), "ssm:/p/00".into()));
        pairs.push(("A".into(), "secretsmanager:s#a".into()));
        pairs.push(("B".into(), "secretsmanager:s#b".into()));
        pairs.push(("FAR".into(), "ssm:arn:aws:ssm:us-east-1:123456789012:parameter/far".into()));
        let texts = pairs.into_iter().collect();
        let references = parse(&texts).unwrap();
        let calls = calls(references.into_values());
        let sizes: Vec<_> = calls
            .iter()
            .map(|call| match &call.read {
                Read::Parameters(names) | Read::Secrets(names) => (call.region.as_deref(), names.len()),
                Read::Path(_) => (None, 0),
            })
            .collect();
        assert_eq!(sizes, [(None, 10), (None, 2), (Some("us-east-1"), 1), (None, 1)]);
    }

    #[test]
    fn all_missing_values_are_in_one_error_and_optional_ones_in_none() {
        let texts = texts(&[
            ("A", "ssm:/a"),
            ("B", "ssm?:/b"),
            ("C", "secretsmanager:c#key"),
            ("D", "secretsmanager:d#key"),
            ("E", "secretsmanager:e#key"),
        ]);
        let secrets = [("d".into(), "{\"other\":1}".into()), ("e".into(), "geheim".into())].into();
        let found = Found { secrets, ..Found::default() };
        let error = values(&parse(&texts).unwrap(), &found).err().unwrap();
        assert!(error.is_missing());
        assert_eq!(
            error.to_string(),
            "secrets have no value: `A`: there is no parameter `/a`; `C`: there is no secret `c` with a text; `D`: the \
             secret `d` has no field `key`; `E`: the secret `e` is no JSON object, so that it has no field `key`"
        );
    }

    #[test]
    fn a_field_is_a_text_and_other_json_is_written_as_json() {
        let texts =
            texts(&[("A", "secretsmanager:s#text"), ("B", "secretsmanager:s#number"), ("C", "secretsmanager:s")]);
        let json = r#"{"text":"a\"b","number":5432}"#;
        let found = Found { secrets: [("s".into(), json.into())].into(), ..Found::default() };
        let values = values(&parse(&texts).unwrap(), &found).unwrap();
        let text = |name| values.find(name).unwrap().to_string();
        assert_eq!((text("A"), text("B"), text("C")), ("a\"b".into(), "5432".into(), json.into()));
    }

    #[test]
    fn a_name_of_its_own_wins_over_a_path() {
        let texts = texts(&[("*", "ssm:/shop/*"), ("KEY", "ssm:/other")]);
        let below = [("KEY", "low"), ("db/URL", "x")];
        let found = Found {
            parameters: [("/other".into(), "high".into())].into(),
            below: below.map(|(rest, value)| ("/shop".into(), rest.into(), value.into())).into(),
            ..Found::default()
        };
        let values = values(&parse(&texts).unwrap(), &found).unwrap();
        assert_eq!(&*values.find("KEY").unwrap(), "high");
        assert_eq!(&*values.find("db/URL").unwrap(), "x");
    }
}
