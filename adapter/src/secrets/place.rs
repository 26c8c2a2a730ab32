//! The place where the process finds its secrets.

use std::{collections::BTreeMap, env};

use super::{Secret, SecretsError, endpoint::Variables, fetch, plan, references, values::Values};
use crate::contract::variable;

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
        let found = fetch::all(plan::calls(references.values().copied()), &*self.variables).await?;
        let mut values = plan::values(&references, &found)?;
        values.0.extend(own);
        Ok(values)
    }

    /// A variable of the environment, where it stands in for the stage's secrets: outside Lambda and without references.
    pub(super) fn find_variable(&self, name: &str) -> Option<Secret> {
        let is_declared = self.references.is_some() || self.is_lambda;
        if is_declared { None } else { (self.variables)(name).map(Secret::new) }
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
