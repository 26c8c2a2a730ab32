//! Rules of receipt rules of SES and of rules of AWS IoT.

use super::{
    super::{EventSource, ReceiptRule, SourceKind, Stage, iot},
    Rules,
};

/// <https://docs.aws.amazon.com/ses/latest/dg/quotas.html>
const MAX_RECIPIENTS: usize = 500;
const RULE_SET: &str = "AWS::SES::ReceiptRuleSet";
/// The regions in which SES receives emails.
/// <https://docs.aws.amazon.com/general/latest/gr/ses.html#ses_inbound_endpoints>
const RECEIVING: [&str; 16] = [
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
];

impl Rules<'_> {
    /// Faults of a rule of SES or IoT; none of another source.
    pub(super) fn named_rule_faults(&self, source: &EventSource, kind: SourceKind<'_>) -> Vec<(&'static str, String)> {
        match kind {
            SourceKind::Iot(sql) => {
                iot::with_name(sql, &source.name).err().map(|sentence| ("iot", sentence)).into_iter().collect()
            }
            SourceKind::Ses(rule) => {
                let sentences = self.rule_set_fault(&rule.rule_set).into_iter().chain(recipient_faults(rule));
                let sentences = sentences.chain(self.overlap_fault(source, rule));
                sentences.map(|sentence| ("ses", sentence)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn rule_set_fault(&self, name: &str) -> Option<String> {
        if let Some(resource) = self.stage.resources.get(name) {
            let found = resource["Type"].as_str().unwrap_or("no type");
            return (found != RULE_SET)
                .then(|| format!("resource `{name}` is `{found}`, and a rule set is `{RULE_SET}`"));
        }
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        match name {
            "" => Some("`rule_set` is missing here".to_owned()),
            _ if name.len() > 64 || !name.bytes().all(fits) => {
                Some(format!("`{name}` is not a rule set: 1 to 64 letters, digits and `-_.`"))
            }
            _ => None,
        }
    }

    /// The fault of recipients that two events of a function share: an email names its recipients, and not its rule.
    fn overlap_fault(&self, source: &EventSource, rule: &ReceiptRule) -> Option<String> {
        let other = self.stage.events.iter().find(|other| {
            let is_other = other.name != source.name && other.further() == source.further();
            is_other && other.ses.as_ref().is_some_and(|other| overlap(rule, other))
        })?;
        Some(format!(
            "event `{}` has recipients of this one too, and an email does not tell the rules apart; give one of \
                 them a `function` of its own",
            other.name
        ))
    }
}

/// Warnings of rules of SES that may receive nothing.
pub(super) fn warnings<'a>(stage: &'a Stage, name: &'a str, region: &'a str) -> impl Iterator<Item = String> + 'a {
    let rules = stage.events.iter().filter_map(|source| Some((&source.name, source.ses.as_ref()?)));
    rules.flat_map(move |(event, rule)| {
        let place = (!RECEIVING.contains(&region)).then(|| {
            format!("stage `{name}`: event `{event}`: `{region}` is not known as a region in which SES receives emails")
        });
        let set = stage.resources.contains_key(&rule.rule_set).then(|| {
            format!(
                "stage `{name}`: event `{event}`: CloudFormation does not activate a rule set; `aws ses \
                 set-active-receipt-rule-set` does, and emails go to the active one alone"
            )
        });
        place.into_iter().chain(set)
    })
}

fn recipient_faults(rule: &ReceiptRule) -> Vec<String> {
    if rule.recipients.len() > MAX_RECIPIENTS {
        return vec![format!("a rule has {MAX_RECIPIENTS} recipients at most, not {}", rule.recipients.len())];
    }
    let wrong = rule.recipients.iter().filter(|recipient| !is_recipient(recipient));
    wrong
        .map(|recipient| {
            format!("`{recipient}` is not a recipient, such as `support@example.com`, `example.com` or `.example.com`")
        })
        .collect()
}

/// An address, a domain, or a dot and a domain.
fn is_recipient(recipient: &str) -> bool {
    let (local, domain) = match recipient.rsplit_once('@') {
        Some((local, domain)) => (Some(local), domain),
        None => (None, recipient.strip_prefix('.').unwrap_or(recipient)),
    };
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_local = |byte: u8| byte.is_ascii_graphic() && !b",$@".contains(&byte);
    local.is_none_or(|local| !local.is_empty() && local.bytes().all(is_local))
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

fn overlap(one: &ReceiptRule, other: &ReceiptRule) -> bool {
    let covers = |condition: &str, other: &str| {
        let domain = other.rsplit('@').next().unwrap_or(other);
        condition.eq_ignore_ascii_case(other)
            || condition.eq_ignore_ascii_case(domain)
            || (condition.starts_with('.') && domain.to_ascii_lowercase().ends_with(&condition.to_ascii_lowercase()))
    };
    one.recipients.is_empty()
        || other.recipients.is_empty()
        || one.recipients.iter().any(|a| other.recipients.iter().any(|b| covers(a, b) || covers(b, a)))
}
