//! References to secrets: where the value of a name in the setting `secrets` is stored.

use std::{error, fmt};

/// The name under which a reference to a path stands, since the path names its secrets itself.
pub const ALL_NAMES: &str = "*";

/// A reference to a stored value.
///
/// | text | value |
/// |---|---|
/// | `ssm:/shop/db` | a parameter of Systems Manager, by name or ARN; also one version, `ssm:/shop/db:3` |
/// | `ssm:/shop/*` | every parameter below the path, each by the rest of its name |
/// | `secretsmanager:shop/stripe` | a secret of Secrets Manager, by name or ARN |
/// | `secretsmanager:shop/stripe#key` | one field of a secret that is a JSON object |
///
/// A `?` behind the service, as in `ssm?:/shop/db`, makes the value optional.
///
/// ```
/// use zappa_rs_adapter::contract::secret::{Reference, Store};
///
/// let reference = Reference::parse("secretsmanager?:shop/stripe#key").unwrap();
/// assert_eq!(reference.store, Store::Secret { field: Some("key") });
/// assert_eq!(reference.name, "shop/stripe");
/// assert!(reference.is_optional);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reference<'a> {
    /// The service that stores the value, and what of it is meant.
    pub store: Store<'a>,
    /// The name or ARN there; of a path, what is before `/*`.
    pub name: &'a str,
    /// Whether a missing value is no error.
    pub is_optional: bool,
}

/// The store of a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Store<'a> {
    /// A parameter of Systems Manager.
    Parameter,
    /// All parameters below a path of Systems Manager.
    Path,
    /// A secret of Secrets Manager.
    Secret {
        /// The field of a secret that is a JSON object; without one the whole text.
        field: Option<&'a str>,
    },
}

/// What is wrong with the text of a reference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReferenceError(String);

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for ReferenceError {}

impl<'a> Reference<'a> {
    /// Parses a reference.
    ///
    /// # Errors
    /// The text names no service, or nothing that the service can have.
    pub fn parse(text: &'a str) -> Result<Self, ReferenceError> {
        let error = |message: String| Err(ReferenceError(message));
        let Some((service, name)) = text.split_once(':') else {
            return error(format!("`{text}` names no service: write `ssm:NAME` or `secretsmanager:NAME`"));
        };
        let (service, is_optional) = service.strip_suffix('?').map_or((service, false), |service| (service, true));
        let (store, name) = match service {
            "ssm" => match name.strip_suffix("/*") {
                Some(path) => (Store::Path, path),
                None => (Store::Parameter, name),
            },
            "secretsmanager" => match name.split_once('#') {
                Some((name, field)) => (Store::Secret { field: Some(field) }, name),
                None => (Store::Secret { field: None }, name),
            },
            _ => return error(format!("`{service}` is no store of secrets: it is `ssm` or `secretsmanager`")),
        };
        match name_error(store, name) {
            Some(message) => error(message),
            None => Ok(Self { store, name, is_optional }),
        }
    }

    /// The parts of a full ARN; `None` for a name.
    #[must_use]
    pub fn arn(&self) -> Option<Arn<'a>> {
        Arn::parse(self.name)
    }
}

/// The parts of an ARN that a reference names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Arn<'a> {
    /// Such as `ssm`.
    pub service: &'a str,
    /// Such as `eu-west-1`.
    pub region: &'a str,
    /// What follows the account, such as `parameter/shop/db`.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        let (_partition, service, region, account, resource) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        (!account.is_empty()).then_some(Self { service, region, resource })
    }
}

/// What is wrong with the name in a store.
fn name_error(store: Store<'_>, name: &str) -> Option<String> {
    let (service, kind, others) = match store {
        Store::Parameter | Store::Path => ("ssm", "parameter/", "_.-/:"),
        Store::Secret { .. } => ("secretsmanager", "secret:", "/_+=.@-!:"),
    };
    if name.is_empty() {
        return Some("the name is empty".to_owned());
    }
    if store == (Store::Secret { field: Some("") }) {
        return Some("the field behind `#` is empty".to_owned());
    }
    if let Some(wrong) =
        name.chars().find(|character| !character.is_ascii_alphanumeric() && !others.contains(*character))
    {
        return Some(format!("`{name}` has {wrong:?}, which no name has there"));
    }
    if name.starts_with("arn:") {
        let is_right = Arn::parse(name).is_some_and(|arn| {
            arn.service == service
                && !arn.region.is_empty()
                && arn.resource.strip_prefix(kind).is_some_and(|rest| !rest.is_empty())
        });
        return (!is_right)
            .then(|| format!("`{name}` is no ARN of `{service}`: `arn:aws:{service}:REGION:ACCOUNT:{kind}NAME`"));
    }
    let has_path = name.contains('/');
    (matches!(store, Store::Parameter | Store::Path) && has_path && !name.starts_with('/'))
        .then(|| format!("`{name}` is a path and must start with `/`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_a_store_and_a_value() {
        let parameter = |name, is_optional| Reference { store: Store::Parameter, name, is_optional };
        let secret = |name, field| Reference { store: Store::Secret { field }, name, is_optional: false };
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/stripe-AbCdEf";
        for (text, expected) in [
            ("ssm:/shop/db", parameter("/shop/db", false)),
            ("ssm?:plain", parameter("plain", true)),
            ("ssm:/shop/db:3", parameter("/shop/db:3", false)),
            (
                "ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/shop/db",
                parameter("arn:aws:ssm:eu-west-1:123456789012:parameter/shop/db", false),
            ),
            ("ssm:/shop/*", Reference { store: Store::Path, name: "/shop", is_optional: false }),
            ("secretsmanager:shop/stripe", secret("shop/stripe", None)),
            ("secretsmanager:shop/stripe#key", secret("shop/stripe", Some("key"))),
            (&format!("secretsmanager:{arn}#key"), secret(arn, Some("key"))),
        ] {
            assert_eq!(Reference::parse(text).as_ref(), Ok(&expected), "{text}");
        }
        let parsed = Reference::parse("ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/shop/db").unwrap();
        assert_eq!(parsed.arn(), Some(Arn { service: "ssm", region: "eu-west-1", resource: "parameter/shop/db" }));
    }

    #[test]
    fn a_wrong_reference_says_what_is_wrong() {
        for (text, expected) in [
            ("/shop/db", "names no service"),
            ("vault:/shop/db", "`vault` is no store of secrets"),
            ("ssm:", "the name is empty"),
            ("ssm:/*", "the name is empty"),
            ("ssm:shop/db", "must start with `/`"),
            ("ssm:/shop/d b", "has ' '"),
            ("secretsmanager:shop#", "the field behind `#` is empty"),
            ("ssm:arn:aws:secretsmanager:eu-west-1:123456789012:secret:x", "is no ARN of `ssm`"),
            ("secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:", "is no ARN of `secretsmanager`"),
        ] {
            let error = Reference::parse(text).expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
