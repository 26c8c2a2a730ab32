//! Links: the resources that the app works with, by logical id or ARN.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::link_kind::{self, LinkKind};

/// Links: a list of logical ids, or a table of names and targets.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Links {
    /// Logical ids of `resources`, each also the name in the app: `["Table", "Queue:write"]`.
    List(Vec<String>),
    /// Names in the app, each with a logical id or an ARN: `{ orders = "arn:aws:dynamodb:…:table/orders:read" }`.
    Table(BTreeMap<String, String>),
}

impl Default for Links {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Links {
    /// The entries of a list by their index, those of a table by their name: key, and text.
    pub(crate) fn entries(&self) -> Vec<(String, &str)> {
        match self {
            Self::List(texts) => {
                texts.iter().enumerate().map(|(index, text)| (index.to_string(), text.as_str())).collect()
            }
            Self::Table(texts) => texts.iter().map(|(name, text)| (name.clone(), text.as_str())).collect(),
        }
    }

    /// Parses every entry: its key, and the link or what is wrong with it.
    pub(crate) fn parse<'a>(
        &'a self,
        resources: &'a BTreeMap<String, Value>,
    ) -> impl Iterator<Item = (String, Result<Link<'a>, LinkError<'a>>)> {
        let is_table = matches!(self, Self::Table(_));
        self.entries().into_iter().map(move |(key, text)| {
            let link = Link::parse(is_table.then(|| key.clone()), text, resources);
            (key, link)
        })
    }

    /// The links that passed the rules.
    pub(crate) fn valid<'a>(&'a self, resources: &'a BTreeMap<String, Value>) -> impl Iterator<Item = Link<'a>> {
        self.parse(resources).filter_map(|(_, link)| link.ok())
    }
}

/// What the app does with a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Access {
    /// Whatever the type has of both.
    All,
    Read,
    Write,
}

/// A link.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Link<'a> {
    /// The name that the app asks for.
    pub(crate) name: String,
    pub(crate) target: Target<'a>,
    pub(crate) kind: &'static LinkKind,
    pub(crate) access: Access,
}

/// The resource of a link.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Target<'a> {
    /// One of `resources`, by its logical id.
    Resource(&'a str, &'a Value),
    /// Another, by its ARN.
    Arn(&'a str),
}

/// What is wrong with the text of a link.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum LinkError<'a> {
    /// An ARN in a list, with a name that it could have.
    Unnamed(&'a str),
    /// An ARN of nothing that can be linked.
    Arn(&'a str),
    /// A word behind the colon that is none of the two.
    Word(&'a str),
    /// No resource has this logical id.
    Missing(&'a str),
    /// A resource of another type.
    Type(&'a str, &'a str),
    /// An access that the type does not have.
    Access(&'static LinkKind, Access),
}

impl<'a> Link<'a> {
    fn parse(
        name: Option<String>,
        text: &'a str,
        resources: &'a BTreeMap<String, Value>,
    ) -> Result<Self, LinkError<'a>> {
        let (target, kind, access) =
            if text.starts_with("arn:") { parse_arn(text)? } else { parse_resource(text, resources)? };
        let name = match (name, target) {
            (Some(name), _) => name,
            (None, Target::Resource(id, _)) => id.to_owned(),
            (None, Target::Arn(arn)) => return Err(LinkError::Unnamed(arn)),
        };
        let is_empty = match access {
            Access::Read => kind.read.is_empty(),
            Access::Write => kind.write.is_empty(),
            Access::All => false,
        };
        if is_empty { Err(LinkError::Access(kind, access)) } else { Ok(Self { name, target, kind, access }) }
    }

    /// The ARN of the resource.
    pub(crate) fn arn(&self) -> Value {
        match self.target {
            Target::Resource(id, resource) => self.kind.arn_of(id, resource),
            Target::Arn(arn) => link_kind::text(arn),
        }
    }

    /// The text of the function's variable.
    pub(crate) fn value(&self) -> Value {
        match self.target {
            Target::Resource(id, resource) => self.kind.value_of(id, resource),
            Target::Arn(arn) => self.kind.value_of_arn(arn),
        }
    }

    /// Whether the app reads.
    pub(crate) fn reads(&self) -> bool {
        self.access != Access::Write && !self.kind.read.is_empty()
    }

    /// Whether the app writes.
    pub(crate) fn writes(&self) -> bool {
        self.access != Access::Read
    }
}

/// An ARN ends with an access, unless it names no resource without that: a topic may be called `read`.
fn parse_arn(text: &str) -> Result<(Target<'_>, &'static LinkKind, Access), LinkError<'_>> {
    if let Some((arn, word)) = text.rsplit_once(':')
        && let Some(access) = access(word)
        && let Some(kind) = LinkKind::of_arn(arn)
    {
        return Ok((Target::Arn(arn), kind, access));
    }
    LinkKind::of_arn(text).map(|kind| (Target::Arn(text), kind, Access::All)).ok_or(LinkError::Arn(text))
}

fn parse_resource<'a>(
    text: &'a str,
    resources: &'a BTreeMap<String, Value>,
) -> Result<(Target<'a>, &'static LinkKind, Access), LinkError<'a>> {
    let (id, access) = match text.split_once(':') {
        Some((id, word)) => (id, access(word).ok_or(LinkError::Word(word))?),
        None => (text, Access::All),
    };
    let resource = resources.get(id).ok_or(LinkError::Missing(id))?;
    let resource_type = resource["Type"].as_str().unwrap_or_default();
    let kind = LinkKind::of_type(resource_type).ok_or(LinkError::Type(id, resource_type))?;
    Ok((Target::Resource(id, resource), kind, access))
}

fn access(word: &str) -> Option<Access> {
    match word {
        "read" => Some(Access::Read),
        "write" => Some(Access::Write),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resources() -> BTreeMap<String, Value> {
        let types =
            [("Table", "AWS::DynamoDB::Table"), ("News", "AWS::SNS::Topic"), ("Cache", "AWS::MemoryDB::Cluster")];
        types.map(|(id, kind)| (id.to_owned(), json!({ "Type": kind }))).into()
    }

    #[test]
    fn a_link_has_a_target_and_an_access() {
        let resources = resources();
        for (text, arn, access) in [
            ("Table", json!({ "Fn::GetAtt": ["Table", "Arn"] }), Access::All),
            ("Table:read", json!({ "Fn::GetAtt": ["Table", "Arn"] }), Access::Read),
            ("News:write", json!({ "Ref": "News" }), Access::Write),
            ("arn:aws:sns:eu-west-1:1:read", json!("arn:aws:sns:eu-west-1:1:read"), Access::All),
            ("arn:aws:sns:eu-west-1:1:read:write", json!("arn:aws:sns:eu-west-1:1:read"), Access::Write),
            (
                "arn:aws:s3:::pictures-${AWS::AccountId}:read",
                json!({ "Fn::Sub": "arn:aws:s3:::pictures-${AWS::AccountId}" }),
                Access::Read,
            ),
        ] {
            let link = Link::parse(Some("name".to_owned()), text, &resources).unwrap();
            assert_eq!((link.arn(), link.access), (arn, access), "{text}");
        }
    }

    #[test]
    fn a_wrong_link_says_what_is_wrong() {
        let resources = resources();
        let arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
        let topic = LinkKind::of_type("AWS::SNS::Topic").unwrap();
        for (text, expected) in [
            ("Tabel", LinkError::Missing("Tabel")),
            ("Table:readwrite", LinkError::Word("readwrite")),
            ("Cache", LinkError::Type("Cache", "AWS::MemoryDB::Cluster")),
            ("News:read", LinkError::Access(topic, Access::Read)),
            (arn, LinkError::Unnamed(arn)),
            ("arn:aws:rds:eu-west-1:1:cluster:x", LinkError::Arn("arn:aws:rds:eu-west-1:1:cluster:x")),
        ] {
            assert_eq!(Link::parse(None, text, &resources), Err(expected), "{text}");
        }
    }
}
