//! Rules of the VPC, and the warning about what cannot be reached from it.

use zappa_rs_adapter::contract::secret::{Reference, Store};

use super::{
    super::{ByRegion, Stage, function_reference},
    Rules,
};
use crate::suggestion::quote_list;

/// <https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html>
const MAX_SUBNETS: usize = 16;
const MAX_SECURITY_GROUPS: usize = 5;

impl Rules<'_> {
    pub(super) fn vpc(&mut self) {
        let Some(vpc) = &self.stage.vpc else { return };
        let lists = [
            ("subnets", &vpc.subnets, "subnet-", "AWS::EC2::Subnet", MAX_SUBNETS),
            ("security_groups", &vpc.security_groups, "sg-", "AWS::EC2::SecurityGroup", MAX_SECURITY_GROUPS),
        ];
        for (setting, value, prefix, kind, most) in lists {
            let Some(names) = self.in_region(&["vpc", setting], value) else { continue };
            if names.is_empty() {
                if !self.is_faulty(&[setting]) {
                    self.fault(
                        ["vpc"],
                        format!("`vpc` needs `{setting}`: subnets and security groups belong together"),
                    );
                }
                continue;
            }
            if names.len() > most {
                let sentence = format!("there are {} `{setting}`, and {most} is the most", names.len());
                self.fault(["vpc", setting], sentence);
            }
            for (index, name) in names.iter().enumerate() {
                if names[..index].contains(name) {
                    self.fault(["vpc", setting], format!("`{name}` is listed twice in `{setting}`"));
                } else if let Some(sentence) = self.id_fault(name, prefix, kind) {
                    self.fault(["vpc", setting], sentence);
                }
            }
        }
    }

    /// The value of a setting in this region; none, and a fault, where a table does not have the region.
    pub(super) fn in_region<'v, T>(&mut self, path: &[&str], value: &'v ByRegion<T>) -> Option<&'v T> {
        let found = value.of(self.region);
        if found.is_none() {
            let setting = path.last().copied().unwrap_or_default();
            let known = match value.regions().collect::<Vec<_>>() {
                regions if regions.is_empty() => "none".to_owned(),
                regions => quote_list(regions),
            };
            let sentence = format!("`{setting}` has no value for `{}`; it has one for {known}", self.region);
            self.fault_at(path, sentence);
        }
        found
    }

    /// The fault of an id of EC2 or of the logical id of a resource.
    fn id_fault(&self, name: &str, prefix: &str, kind: &str) -> Option<String> {
        let is_known = match self.stage.resources.get(name) {
            Some(resource) => resource["Type"] == kind,
            None => name.strip_prefix(prefix).is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
            }),
        };
        (!is_known).then(|| format!("`{name}` is neither an id `{prefix}…` nor an `{kind}` of `resources`"))
    }
}

/// The warning about the routes of a stage in a VPC.
pub(super) fn warnings<'a>(stage: &'a Stage, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let services = stage.vpc.as_ref().map(|_| services(stage)).filter(|services| !services.is_empty());
    services.into_iter().map(move |services| {
        let fails =
            if stage.secrets.is_empty() { "" } else { "; without a route to them, `secrets()` fails at the start" };
        format!(
            "stage `{name}`: from its VPC the function reaches {} by a NAT gateway or VPC endpoints only{fails}",
            quote_list(services.into_iter())
        )
    })
}

/// AWS's services that the function calls itself by what the settings say, as they are named in endpoints. Lambda sends logs,
/// traces and failures, and polls sources, by ways of its own.
fn services(stage: &Stage) -> Vec<&str> {
    let secrets = stage.secrets.values().filter_map(|text| Reference::parse(text).ok());
    let mut services: Vec<&str> = secrets
        .map(|reference| match reference.store {
            Store::Parameter | Store::Path => "ssm",
            Store::Secret { .. } => "secretsmanager",
        })
        .collect();
    services.extend(stage.link.valid(&stage.resources).map(|link| link.kind.service));
    services.extend(stage.idempotency.then_some("dynamodb"));
    services.extend(stage.websocket.as_ref().map(|_| "execute-api"));
    let own = stage.functions.iter().map(|function| &function.environment);
    let calls = [&stage.environment].into_iter().chain(own).any(|variables| {
        let variables = serde_json::json!(variables);
        !function_reference::references(&variables).is_empty()
    });
    services.extend(calls.then_some("lambda"));
    services.sort_unstable();
    services.dedup();
    services
}
