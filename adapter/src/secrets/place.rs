//! The place where the process finds its secrets.

use std::{collections::BTreeMap, env};

use super::{
    Secret, SecretsError,
    endpoint::{self, Variables},
    fetch, plan, references,
    values::Values,
};
use crate::contract::{
    secret::{ALL_NAMES, Reference, Store},
    variable,
};

/// The place of the values, and the environment.
pub(super) struct Place {
    /// The names and references of the stage; `None` without [`variable::SECRETS`].
    references: Option<BTreeMap<String, String>>,
    is_lambda: bool,
    variables: Box<Variables>,
}

impl Place {
    pub(super) fn of_process() -> Result<Self, SecretsError> {
        Self::new(Box::new(|name: &str| env::var(name).ok().filter(|value| !value.is_empty())))
    }

    pub(super) fn new(variables: Box<Variables>) -> Result<Self, SecretsError> {
        let references = variables(variable::SECRETS).map(|json| references(&json)).transpose()?;
        Ok(Self { references, is_lambda: variables(variable::RUNTIME_API).is_some(), variables })
    }

    /// Reads the values: those of the environment, and the others from AWS.
    pub(super) async fn read(&self) -> Result<Values, SecretsError> {
        let Some(texts) = &self.references else { return Ok(Values::default()) };
        let mut references = plan::parse(texts)?;
        let own: BTreeMap<String, Secret> = references
            .keys()
            .filter_map(|name| Some(((*name).to_owned(), Secret::new((self.variables)(name)?))))
            .collect();
        references.retain(|name, _| !own.contains_key(*name));
        if endpoint::credentials(&*self.variables).is_err() {
            // As under `zappa-rs local`, where the env file has what is needed.
            let is_needed = |reference: &Reference<'_>| !reference.is_optional && reference.store != Store::Path;
            let needed: Vec<&str> =
                references.iter().filter(|(_, found)| is_needed(found)).map(|(name, _)| *name).collect();
            return if needed.is_empty() { Ok(Values(own)) } else { Err(no_credentials(&needed)) };
        }
        let found = fetch::all(plan::calls(references.values().copied()), &*self.variables).await?;
        let mut values = plan::values(&references, &found)?;
        values.0.extend(own);
        Ok(values)
    }

    /// A variable of the environment, where it stands in for a secret: outside Lambda and without references, or beside a
    /// path, whose names are not known.
    pub(super) fn find_variable(&self, name: &str) -> Option<Secret> {
        let stands_in = match &self.references {
            Some(references) => references.contains_key(ALL_NAMES),
            None => !self.is_lambda,
        };
        if stands_in { (self.variables)(name).map(Secret::new) } else { None }
    }

    /// The error for names without a value, with the remedy for this place.
    pub(super) fn missing<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> SecretsError {
        let messages = names.into_iter().map(|name| format!("`{name}`")).collect();
        let hint = if self.references.is_none() && !self.is_lambda {
            "set it in the environment, or start the application by `zappa-rs local`"
        } else {
            "name it in `secrets` of the stage's settings, and store its value by `zappa-rs secrets set`"
        };
        SecretsError::missing(messages, hint.to_owned())
    }
}

/// The error for secrets that neither the environment has nor anybody can read.
fn no_credentials(names: &[&str]) -> SecretsError {
    let names = names.iter().map(|name| format!("`{name}`")).collect();
    let hint = "they are not in the environment, which has no AWS credentials to read them with either: put them into the env \
                file of `zappa-rs local`, or start it `--with-credentials`";
    SecretsError::missing(names, hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without credentials, as under `zappa-rs local`.
    fn place(references: &'static str) -> Place {
        let variables = move |name: &str| match name {
            variable::SECRETS => Some(references.to_owned()),
            variable::RUNTIME_API => Some("127.0.0.1:1".to_owned()),
            "A" | "db" => Some("own".to_owned()),
            _ => None,
        };
        Place::new(Box::new(variables)).unwrap()
    }

    #[tokio::test]
    async fn without_credentials_only_what_is_needed_is_an_error() {
        let values = place(r#"{"A": "ssm:/a", "B": "ssm?:/b", "*": "ssm:/shop/*"}"#).read().await.unwrap();
        assert_eq!(values.names().collect::<Vec<_>>(), ["A"]);
        let error = place(r#"{"A": "ssm:/a", "C": "ssm:/c", "D": "secretsmanager:d"}"#).read().await.err().unwrap();
        assert!(error.is_missing() && error.to_string().starts_with("secrets have no value: `C`; `D` ("), "{error}");
    }

    #[test]
    fn a_variable_stands_in_for_a_name_of_a_path() {
        assert_eq!(place(r#"{"*": "ssm:/shop/*"}"#).find_variable("db").as_deref(), Some("own"));
        assert!(place(r#"{"A": "ssm:/a"}"#).find_variable("db").is_none());
    }
}
