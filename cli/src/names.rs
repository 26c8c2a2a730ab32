//! Names of AWS resources, derived from project and stage and checked against each service's rules.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    digest::{hexadecimal, is_digest},
    regions,
};

/// The alias that all traffic goes through.
pub(crate) const ALIAS: &str = "live";

/// What names are derived from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Identity {
    /// The project's name.
    pub(crate) project: String,
    /// The stage's name.
    pub(crate) stage: String,
    /// `function_name` of the settings.
    pub(crate) function_name: Option<String>,
}

impl Identity {
    /// The stack's name, and the function's.
    pub(crate) fn stack(&self) -> String {
        self.function_name.clone().unwrap_or_else(|| self.derived())
    }

    /// The name of a further function, or of the main one.
    pub(crate) fn function(&self, name: Option<&str>) -> String {
        match name {
            Some(name) => format!("{}-{name}", self.stack()),
            None => self.stack(),
        }
    }

    /// The stack's name where the settings give none.
    pub(crate) fn derived(&self) -> String {
        format!("{}-{}", self.project, self.stage)
    }

    /// Where everything of the stage lies in the bucket: `<project>/<stage>/`, and below that a folder of its own for a
    /// stack of another name.
    pub(crate) fn prefix(&self) -> String {
        let Self { project, stage, .. } = self;
        match &self.function_name {
            Some(name) if *name != self.derived() => format!("{project}/{stage}/{name}/"),
            _ => format!("{project}/{stage}/"),
        }
    }

    /// The prefix of templates that are too long to be sent inline, while they are sent.
    pub(crate) fn templates(&self) -> String {
        format!("{}templates/", self.prefix())
    }

    /// The key of the marker that the stage was deployed to another region too: an empty object in the bucket of each of
    /// its regions for each of the others, so that a region that leaves the settings is not forgotten.
    pub(crate) fn region_marker(&self, region: &str) -> String {
        format!("{}regions/{region}", self.prefix())
    }

    /// The region that a marker is of; `None` if the key is no marker's.
    pub(crate) fn marked_region<'a>(&self, key: &'a str) -> Option<&'a str> {
        let region = key.strip_prefix(&self.prefix())?.strip_prefix("regions/")?;
        let is_word = |letter: u8| matches!(letter, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let is_region = region.contains('-') && region.ends_with(|last: char| last.is_ascii_digit());
        (is_region && region.bytes().all(is_word)).then_some(region)
    }

    /// Where the release records lie.
    pub(crate) fn records(&self) -> String {
        format!("{}releases/", self.prefix())
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.project, self.stage)
    }
}

/// The key of an artifact: `<project>/<stage>/<sha256>.zip`, so that the same content is never sent twice.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub(crate) struct ArtifactKey(pub(crate) String);

impl ArtifactKey {
    /// The key of content with this SHA-256, in hexadecimal digits.
    pub(crate) fn new(identity: &Identity, sha256: &str) -> Self {
        Self(format!("{}{sha256}.zip", identity.prefix()))
    }

    /// Reads a key of a listing; `None` if it is no artifact's of the stage.
    pub(crate) fn parse(identity: &Identity, key: &str) -> Option<Self> {
        let name = key.strip_prefix(&identity.prefix())?.strip_suffix(".zip")?;
        is_digest(name).then(|| Self(key.to_owned()))
    }
}

impl fmt::Display for ArtifactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The S3 namespace of a bucket.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Namespace {
    /// The account's own in a region: nobody else can create a bucket of such a name.
    AccountRegional,
    /// The one that all accounts share: buckets of users, of earlier versions, and of regions that know no other.
    Global,
}

impl Namespace {
    /// The namespace of a new bucket of the tool's in a region.
    pub(crate) fn of_region(region: &str) -> Self {
        if regions::has_account_regional_namespace(region) { Self::AccountRegional } else { Self::Global }
    }

    /// The name of the tool's bucket of one account in one region.
    pub(crate) fn bucket(self, account: &str, region: &str) -> String {
        match self {
            Self::AccountRegional => format!("zappa-rs-{account}-{region}-an"),
            Self::Global => format!("zappa-rs-{account}-{region}"),
        }
    }
}

/// The longest name of a domain's stack; CloudFormation takes 128 characters.
const DOMAIN_STACK_LIMIT: usize = 100;
/// How many digits tell domains apart whose names make the same words.
const DOMAIN_DIGITS: usize = 8;

/// The name of the stack of a custom domain. The digits are of the whole name: `a.b-c.example` and `a-b.c.example` are two
/// domains.
pub(crate) fn domain_stack(domain: &str) -> String {
    let digits = hexadecimal(&Sha256::digest(domain));
    let mut name = format!("zappa-rs-domain-{}", domain.replace('.', "-"));
    name.truncate(DOMAIN_STACK_LIMIT);
    format!("{}-{}", name.trim_end_matches('-'), &digits[..DOMAIN_DIGITS])
}

/// The project's name where the settings give none: what is built, as stacks can be named.
pub(crate) fn project_of_package(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(function_name: Option<&str>) -> Identity {
        let function_name = function_name.map(str::to_owned);
        Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name }
    }

    #[test]
    fn a_stack_of_another_name_has_a_folder_of_its_own() {
        assert_eq!(identity(None).prefix(), "shop/dev/");
        assert_eq!(identity(Some("shop-dev")).prefix(), "shop/dev/");
        assert_eq!(identity(Some("other")).prefix(), "shop/dev/other/");
        let key = ArtifactKey::new(&identity(Some("other")), &"0".repeat(64));
        assert!(ArtifactKey::parse(&identity(Some("other")), &key.0).is_some());
        assert!(ArtifactKey::parse(&identity(None), &key.0).is_none());
    }

    #[test]
    fn the_stacks_of_two_domains_have_two_names() {
        assert!(domain_stack("api.example.com").starts_with("zappa-rs-domain-api-example-com-"));
        assert_ne!(domain_stack("a.b-c.example"), domain_stack("a-b.c.example"));
        let long = format!("{}.example", "a".repeat(200));
        assert!(domain_stack(&long).len() <= 128);
        assert_ne!(domain_stack(&long), domain_stack(&long.replace("example", "example.org")));
    }

    #[test]
    fn a_bucket_of_the_account_regional_namespace_ends_as_s3_wants_it_and_fits() {
        for (region, expected) in [
            ("ap-southeast-1", "zappa-rs-123456789012-ap-southeast-1-an"),
            ("us-isob-east-1", "zappa-rs-123456789012-us-isob-east-1-an"),
            ("me-south-1", "zappa-rs-123456789012-me-south-1"),
        ] {
            let name = Namespace::of_region(region).bucket("123456789012", region);
            assert_eq!(name, expected);
            assert!(name.len() <= 63, "{name}");
        }
    }
}
