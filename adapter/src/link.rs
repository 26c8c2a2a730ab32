//! Links: the resources of the setting `link`, as the environment has them.

use std::{env, error, fmt};

use crate::contract;

/// A resource that the app works with: an entry of the setting `link`.
///
/// | resource | [`name`](Self::name) | [`url`](Self::url) |
/// |---|---|---|
/// | DynamoDB table, SNS topic, S3 bucket, event bus, Kinesis stream, delivery stream, state machine | its name | |
/// | SQS queue | its name | the queue's URL |
/// | Secrets Manager secret | its name, without the six characters that its ARN ends with | |
/// | Systems Manager parameter | its name | |
/// | Lambda function, version or alias | its name, with `:QUALIFIER` if it has one | |
///
/// [`arn`](Self::arn) is there for all of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// The name of the link itself, for errors.
    link: String,
    name: String,
    arn: Option<String>,
    url: Option<String>,
}

/// Looks up a link by its name in the setting `link`; names are compared exactly.
///
/// The setting `link = ["Orders", "Jobs:write"]` gives the app two links. A deploy hands them to every function of the
/// stage as the variables `ZAPPA_LINK_Orders` and `ZAPPA_LINK_Jobs`, and gives the functions' role the permissions.
/// `zappa-rs local` and the plain server take the same variables from the env file and the environment: a name, an ARN, a
/// URL, or several of them with spaces between.
///
/// # Errors
/// There is no link of this name. The error lists those that there are.
///
/// # Examples
///
/// ```no_run
/// # fn main() -> Result<(), zappa_rs_adapter::LinkError> {
/// # use zappa_rs_adapter as zappa_rs;
/// let orders = zappa_rs::link("Orders")?;
/// let jobs = zappa_rs::link("Jobs")?;
/// // With the AWS SDK: `dynamodb.get_item().table_name(orders.name())`, `sqs.send_message().queue_url(jobs.url()?)`.
/// println!("{} {} {}", orders.name(), orders.arn()?, jobs.url()?);
/// # Ok(())
/// # }
/// ```
pub fn link(name: &str) -> Result<Link, LinkError> {
    let names = || {
        let variables = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        variables.filter_map(|name| Some(name.strip_prefix(contract::variable::LINK)?.to_owned())).collect()
    };
    let is_deployed = env::var_os(contract::variable::RUNTIME_API).is_some();
    match env::var(format!("{}{name}", contract::variable::LINK)) {
        Ok(value) if !value.trim().is_empty() => Link::new(name, &value),
        _ => Err(LinkError::missing(name, names(), is_deployed)),
    }
}

impl Link {
    /// Makes a link of its value: ARN, URL and name of the resource, or some of them, with spaces between. For tests, which
    /// have no environment of a stage.
    ///
    /// # Errors
    /// The value has none of the three, or one of them twice.
    ///
    /// # Examples
    ///
    /// ```
    /// # use zappa_rs_adapter::Link;
    /// let orders = Link::new("Orders", "orders-test")?;
    /// assert_eq!(orders.name(), "orders-test");
    /// assert!(orders.arn().is_err());
    ///
    /// let jobs = Link::new("Jobs", "http://127.0.0.1:4566/000000000000/jobs")?;
    /// assert_eq!((jobs.name(), jobs.url()?), ("jobs", "http://127.0.0.1:4566/000000000000/jobs"));
    /// # Ok::<(), zappa_rs_adapter::LinkError>(())
    /// ```
    pub fn new(link: &str, value: &str) -> Result<Self, LinkError> {
        let (mut name, mut arn, mut url) = (None, None, None);
        for part in value.split_whitespace() {
            let place = match part {
                _ if part.starts_with("arn:") => &mut arn,
                _ if part.contains("://") => &mut url,
                _ => &mut name,
            };
            if place.replace(part).is_some() {
                return Err(LinkError::new(Kind::Value, link));
            }
        }
        let of_url = || url.and_then(|url| url.trim_end_matches('/').rsplit('/').next());
        let name = name.map(str::to_owned).or_else(|| arn.and_then(name_in)).or_else(|| of_url().map(str::to_owned));
        let name = name.filter(|name| !name.is_empty()).ok_or_else(|| LinkError::new(Kind::Value, link))?;
        Ok(Self { link: link.to_owned(), name, arn: arn.map(str::to_owned), url: url.map(str::to_owned) })
    }

    /// The name of the resource, as its service's calls take it. A resource of another account is named by its ARN instead,
    /// where the service takes one.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ARN of the resource.
    ///
    /// # Errors
    /// The variable was set by hand and has no ARN.
    pub fn arn(&self) -> Result<&str, LinkError> {
        self.arn.as_deref().ok_or_else(|| LinkError::new(Kind::Arn, &self.link))
    }

    /// The URL of a queue.
    ///
    /// # Errors
    /// The resource is no queue, or the variable was set by hand and has no URL.
    pub fn url(&self) -> Result<&str, LinkError> {
        let kind = match self.service() {
            None | Some("sqs") => Kind::Url,
            Some(_) => Kind::NoQueue,
        };
        self.url.as_deref().ok_or_else(|| LinkError::new(kind, &self.link))
    }

    /// The region in the resource's ARN; `None` without an ARN, and for a bucket, whose ARN has none.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.arn_part(3)
    }

    fn service(&self) -> Option<&str> {
        self.arn_part(2)
    }

    fn arn_part(&self, index: usize) -> Option<&str> {
        self.arn.as_deref()?.split(':').nth(index).filter(|part| !part.is_empty())
    }
}

/// The name in an ARN.
fn name_in(arn: &str) -> Option<String> {
    let mut parts = arn.splitn(6, ':').skip(2);
    let (service, resource) = (parts.next()?, parts.nth(2)?);
    let name = match resource.find([':', '/']) {
        Some(separator) if !matches!(service, "s3" | "sns" | "sqs") => &resource[separator + 1..],
        _ => resource,
    };
    Some(match service {
        // `shop/db-AbCdEf`
        "secretsmanager" => match name.rsplit_once('-') {
            Some((name, end)) if end.len() == 6 => name.to_owned(),
            _ => name.to_owned(),
        },
        // The slash of a path is the ARN's own, too.
        "ssm" if name.contains('/') => format!("/{name}"),
        _ => name.to_owned(),
    })
}

/// The error of a link: it is missing, or has not what was asked for.
#[derive(Clone, Eq, PartialEq)]
pub struct LinkError {
    kind: Kind,
    /// The name of the link.
    link: String,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Kind {
    /// There is no such link; with the names of those that there are, and whether Lambda or its emulation runs the process.
    Missing {
        known: Vec<String>,
        is_deployed: bool,
    },
    /// The variable's value is none.
    Value,
    Arn,
    Url,
    NoQueue,
}

impl LinkError {
    fn new(kind: Kind, link: &str) -> Self {
        Self { kind, link: link.to_owned() }
    }

    fn missing(link: &str, mut known: Vec<String>, is_deployed: bool) -> Self {
        known.sort();
        Self::new(Kind::Missing { known, is_deployed }, link)
    }

    /// Whether there is no link of this name.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self.kind, Kind::Missing { .. })
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (link, prefix) = (&self.link, contract::variable::LINK);
        match &self.kind {
            Kind::Missing { known, is_deployed } => {
                write!(f, "there is no link `{link}`; ")?;
                match known.as_slice() {
                    [] => f.write_str("there are no links")?,
                    [one] => write!(f, "there is only `{one}`")?,
                    several => write!(f, "the links are `{}`", several.join("`, `"))?,
                }
                if *is_deployed {
                    write!(f, " (add `link = [\"{link}\"]` to the settings of the stage)")
                } else {
                    write!(
                        f,
                        " (set `{prefix}{link}` to the name, ARN or URL of the resource; on Lambda, `link = [\"{link}\"]` \
                               in the settings of the stage does)"
                    )
                }
            }
            Kind::Value => write!(f, "`{prefix}{link}` is no name, ARN or URL of a resource, or more than one of each"),
            Kind::Arn => write!(f, "`{prefix}{link}` has no ARN: add it, with a space before it"),
            Kind::Url => write!(f, "`{prefix}{link}` has no URL: add it, with a space before it"),
            Kind::NoQueue => write!(f, "the link `{link}` has no URL: it is no queue"),
        }
    }
}

/// As `Display`, since it is what `main` prints of an error that it returns.
impl fmt::Debug for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl error::Error for LinkError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_resource_is_in_its_arn() {
        let place = "eu-west-1:123456789012";
        for (arn, expected) in [
            (format!("arn:aws:dynamodb:{place}:table/orders-1"), "orders-1"),
            (format!("arn:aws:sqs:{place}:jobs.fifo"), "jobs.fifo"),
            (format!("arn:aws:sns:{place}:news"), "news"),
            ("arn:aws-cn:s3:::pictures.example".to_owned(), "pictures.example"),
            (format!("arn:aws:events:{place}:event-bus/aws.partner/x/y"), "aws.partner/x/y"),
            (format!("arn:aws:kinesis:{place}:stream/clicks"), "clicks"),
            (format!("arn:aws:firehose:{place}:deliverystream/clicks"), "clicks"),
            (format!("arn:aws:states:{place}:stateMachine:order"), "order"),
            (format!("arn:aws:secretsmanager:{place}:secret:shop/db-AbCdEf"), "shop/db"),
            (format!("arn:aws:ssm:{place}:parameter/shop/db"), "/shop/db"),
            (format!("arn:aws:ssm:{place}:parameter/limit"), "limit"),
            (format!("arn:aws:lambda:{place}:function:mail:live"), "mail:live"),
        ] {
            let link = Link::new("Link", &arn).unwrap();
            assert_eq!((link.name(), link.arn()), (expected, Ok(arn.as_str())));
        }
    }

    #[test]
    fn a_value_has_name_arn_and_url_in_any_order() {
        let (arn, url) =
            ("arn:aws:sqs:eu-west-1:123456789012:jobs", "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs");
        for value in [format!("{arn} {url}"), format!(" {url}  jobs {arn}")] {
            let link = Link::new("Jobs", &value).unwrap();
            assert_eq!(
                (link.name(), link.arn(), link.url(), link.region()),
                ("jobs", Ok(arn), Ok(url), Some("eu-west-1"))
            );
        }
        // The name that is given counts.
        let link = Link::new("Limit", "arn:aws:ssm:eu-west-1:123456789012:parameter/limit /limit").unwrap();
        assert_eq!(link.name(), "/limit");
    }

    #[test]
    fn an_error_names_the_link_and_what_helps() {
        let text = |error: LinkError| error.to_string();
        let named = Link::new("Jobs", "jobs").unwrap();
        assert_eq!(text(named.arn().unwrap_err()), "`ZAPPA_LINK_Jobs` has no ARN: add it, with a space before it");
        assert!(text(named.url().unwrap_err()).starts_with("`ZAPPA_LINK_Jobs` has no URL"));
        let table = Link::new("Table", "arn:aws:dynamodb:eu-west-1:123456789012:table/orders").unwrap();
        assert_eq!(text(table.url().unwrap_err()), "the link `Table` has no URL: it is no queue");
        for value in ["", " ", "a b", "arn:aws:sqs:r:1:a arn:aws:sqs:r:1:b", "arn:aws:sqs:r:1:"] {
            let error = Link::new("Jobs", value).unwrap_err();
            assert!(!error.is_missing() && text(error).starts_with("`ZAPPA_LINK_Jobs` is no name"), "{value}");
        }
        let missing = |known: &[&str], is_deployed| {
            let known = known.iter().map(|name| (*name).to_owned()).collect();
            let error = LinkError::missing("table", known, is_deployed);
            assert!(error.is_missing());
            text(error)
        };
        assert_eq!(
            missing(&["Table", "Queue"], true),
            "there is no link `table`; the links are `Queue`, `Table` (add `link = [\"table\"]` to the settings of the stage)"
        );
        assert!(missing(&["Table"], true).contains("there is only `Table` ("));
        assert!(
            missing(&[], false).starts_with("there is no link `table`; there are no links (set `ZAPPA_LINK_table` to ")
        );
    }
}
