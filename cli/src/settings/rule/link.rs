//! Rules of the links.

use std::collections::BTreeSet;

use super::{
    super::{
        Target,
        link::{Access, LinkError},
        link_kind::{KINDS, arn_parts},
    },
    Rules,
};
use crate::{
    regions,
    suggestion::{nearest, quote_list},
};

/// The longest name of a link.
const MAX_NAME: usize = 64;

impl Rules<'_> {
    pub(super) fn links(&mut self) {
        if self.is_faulty(&["resources"]) {
            return;
        }
        let stage = self.stage;
        let mut names = BTreeSet::new();
        for (key, link) in stage.link.parse(&stage.resources) {
            let place = ["link", key.as_str()];
            match link {
                Err(error) => self.fault(place, self.link_sentence(&error)),
                Ok(link) if !is_name(&link.name) => {
                    let sentence = format!(
                        "`{}` is not a valid name of a link: letters, digits and `_`, at most {MAX_NAME}",
                        link.name
                    );
                    self.fault(place, sentence);
                }
                Ok(link) if !names.insert(link.name.clone()) => {
                    let sentence = format!(
                        "`{0}` is linked twice; without `:read` and `:write` it is read and written",
                        link.name
                    );
                    self.fault(place, sentence);
                }
                Ok(link) => {
                    if let Target::Arn(arn) = link.target
                        && let Some(sentence) = partition_fault(arn, self.region)
                    {
                        self.fault(place, sentence);
                    }
                }
            }
        }
    }

    fn link_sentence(&self, error: &LinkError<'_>) -> String {
        match *error {
            LinkError::Unnamed(arn) => {
                let name = arn.rsplit(['/', ':']).next().unwrap_or_default();
                let name: String = name.split(['-', '.', '$']).next().unwrap_or_default().to_owned();
                let name = if is_name(&name) { name } else { "name".to_owned() };
                format!("a link to an ARN needs a name for the app: `link = {{ {name} = \"{arn}\" }}`")
            }
            LinkError::Arn(arn) => arn_sentence(arn),
            LinkError::Word(word) => {
                format!("`:{word}` is no access: it is `:read`, `:write`, or nothing for both")
            }
            LinkError::Missing(id) => {
                let meant = nearest(id, self.stage.resources.keys().map(String::as_str));
                let meant = meant.map(|meant| format!("did you mean `{meant}`?"));
                let more = meant.unwrap_or_else(|| "what is elsewhere is linked by its ARN".to_owned());
                format!("`{id}` is not a logical id of `resources`; {more}")
            }
            LinkError::Type(id, kind) => {
                let types: Vec<String> = KINDS.iter().map(|kind| format!("`{}`", kind.resource_type)).collect();
                format!(
                    "`{id}` is a `{kind}`, which cannot be linked; use `permissions` and `environment`. The types are {}",
                    types.join(", ")
                )
            }
            LinkError::Access(kind, Access::Read) => {
                format!("{} cannot be read by a link: leave `:read` out", kind.noun)
            }
            LinkError::Access(kind, _) => format!("{} cannot be written by a link: leave `:write` out", kind.noun),
        }
    }
}

/// What is wrong with an ARN: its service, or what of the service it names.
fn arn_sentence(arn: &str) -> String {
    let service = arn_parts(arn).map(|parts| parts.service).unwrap_or_default();
    let Some(kind) = KINDS.iter().find(|kind| kind.service == service) else {
        let mut services: Vec<&str> = KINDS.iter().map(|kind| kind.service).collect();
        services.dedup();
        return format!(
            "`{arn}` cannot be linked; use `permissions` and `environment`. The services are {}",
            quote_list(services)
        );
    };
    let place = if kind.service == "s3" { ":" } else { "REGION:ACCOUNT" };
    let end = if kind.service == "secretsmanager" { "NAME-XXXXXX" } else { "NAME" };
    format!("`{arn}` is not the ARN of {}: `arn:aws:{service}:{place}:{}{end}`", kind.noun, kind.prefix)
}

/// Whether the variable of a link can have this name.
fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// An ARN of another partition, with which the function's role can do nothing.
fn partition_fault(arn: &str, region: &str) -> Option<String> {
    let (found, expected) = (arn_parts(arn)?.partition, regions::partition(region).name);
    (found != expected && found != "${AWS::Partition}")
        .then(|| format!("`{arn}` is of the partition `{found}`, and `{region}` of `{expected}`"))
}
