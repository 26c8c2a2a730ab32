//! The settings of emails that SES receives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A receipt rule of SES.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ReceiptRule {
    /// The rule set, which must be the active one of the account and region: a logical id of `resources` or a name.
    pub(crate) rule_set: String,
    /// Whose emails are delivered: addresses, domains such as `example.com`, and `.example.com` for subdomains. Default: all
    /// that the account receives.
    pub(crate) recipients: Vec<String>,
    /// The name of the rule of the set that comes before it. Default: it is the first.
    pub(crate) after: Option<String>,
    /// Whether SES looks for spam and viruses, whose verdicts are in the receipt.
    pub(crate) scan: bool,
    /// Whether emails that come without TLS are refused.
    pub(crate) require_tls: bool,
}

impl ReceiptRule {
    /// Whether the rule takes emails to an address.
    pub(crate) fn takes(&self, address: &str) -> bool {
        let domain = address.rsplit('@').next().unwrap_or(address).to_ascii_lowercase();
        let is_met = |condition: &String| {
            let condition = condition.to_ascii_lowercase();
            condition == address.to_ascii_lowercase()
                || condition == domain
                || (condition.starts_with('.') && domain.ends_with(&condition))
        };
        self.recipients.is_empty() || self.recipients.iter().any(is_met)
    }

    /// The recipients as the function's environment has them.
    pub(crate) fn conditions(&self) -> String {
        match self.recipients.as_slice() {
            [] => zappa_rs_adapter::contract::ALL_RESOURCES.to_owned(),
            recipients => recipients.join(" "),
        }
    }
}
