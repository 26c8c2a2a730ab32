//! Rules of the function's permissions.

use super::{Rules, policy_condition};
use crate::regions;

impl Rules<'_> {
    pub(super) fn permission(&mut self) {
        let stage = self.stage;
        for (path, kind, arn) in [
            ("cloudformation_role_arn", "role", &stage.cloudformation_role_arn),
            ("role_arn", "role", &stage.role_arn),
            ("permissions_boundary", "policy", &stage.permissions_boundary),
        ] {
            if let Some(arn) = arn
                && !is_arn(arn, kind, self.region)
            {
                let partition = regions::partition(self.region).name;
                let sentence =
                    format!("`{path}` is an ARN such as `arn:{partition}:iam::123456789012:{kind}/name`, not `{arn}`");
                self.fault([path], sentence);
            }
        }
        if stage.role_arn.is_some() {
            for (path, is_set) in [
                ("permissions", !stage.permissions.is_empty()),
                ("permissions_boundary", stage.permissions_boundary.is_some()),
            ] {
                if is_set {
                    let sentence =
                        format!("`{path}` is only for the role that the stack creates, and `role_arn` names another");
                    self.fault([path], sentence);
                }
            }
        }
        for (index, statement) in stage.permissions.iter().enumerate() {
            let index = index.to_string();
            for action in statement.actions.iter().filter(|action| !is_action(action)) {
                let sentence = format!("`{action}` is not an IAM action, such as `dynamodb:GetItem`");
                self.fault(["permissions", &index, "actions"], sentence);
            }
            if statement.actions.is_empty() || statement.resources.is_empty() {
                self.fault(["permissions", &index], "a permission names `actions` and `resources`");
            }
            for sentence in statement.conditions.iter().flat_map(policy_condition::faults) {
                self.fault(["permissions", &index, "conditions"], sentence);
            }
            let is_resource = |resource: &serde_json::Value| match resource {
                serde_json::Value::String(text) => text == "*" || text.starts_with("arn:"),
                other => other.is_object(),
            };
            for resource in statement.resources.iter().filter(|resource| !is_resource(resource)) {
                let sentence = format!(
                    "{resource} is not an ARN, `*` or expression such as `{{ \"Fn::GetAtt\" = [\"Table\", \"Arn\"] }}`"
                );
                self.fault(["permissions", &index, "resources"], sentence);
            }
        }
    }
}

/// `arn:aws:iam::123456789012:role/path/name`, of the region's partition. AWS's own policies have `aws` for the
/// account.
fn is_arn(arn: &str, kind: &str, region: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, rest] = parts.as_slice() else {
        return false;
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    *partition == regions::partition(region).name
        && (is_account || (*account == "aws" && kind == "policy"))
        && rest.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/')).is_some_and(|name| !name.is_empty())
}

fn is_action(action: &str) -> bool {
    action == "*"
        || action.split_once(':').is_some_and(|(service, name)| {
            !service.is_empty()
                && service.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*?".contains(&byte))
        })
}
