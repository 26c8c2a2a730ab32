use std::{error, fmt};

/// The error of reading secrets. It names secrets and where they are stored, and never has a value.
pub struct SecretsError {
    kind: Kind,
    messages: Vec<String>,
    hint: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// Secrets have no value.
    Missing,
    /// A value does not fit the type of its field.
    Type,
    /// The environment is not as it must be.
    Environment,
    /// AWS refused or did not respond.
    Read,
}

impl SecretsError {
    pub(super) fn missing(messages: Vec<String>, hint: impl Into<Option<String>>) -> Self {
        Self { kind: Kind::Missing, messages, hint: hint.into() }
    }

    pub(super) fn type_of(message: String) -> Self {
        Self { kind: Kind::Type, messages: vec![message], hint: None }
    }

    pub(super) fn environment(message: String) -> Self {
        Self { kind: Kind::Environment, messages: vec![message], hint: None }
    }

    pub(super) fn read(messages: Vec<String>, hint: impl Into<Option<String>>) -> Self {
        Self { kind: Kind::Read, messages, hint: hint.into() }
    }

    /// Whether secrets have no value: the stores answered, and do not have them.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.kind == Kind::Missing
    }
}

impl fmt::Display for SecretsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = match self.kind {
            Kind::Missing if self.messages.len() == 1 => "a secret has no value: ",
            Kind::Missing => "secrets have no value: ",
            Kind::Type => "a secret does not fit its type: ",
            Kind::Environment => "",
            Kind::Read => "secrets were not read: ",
        };
        write!(f, "{start}{}", self.messages.join("; "))?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}

/// As `Display`, since it is what `main` prints of an error that it returns.
impl fmt::Debug for SecretsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl error::Error for SecretsError {}
