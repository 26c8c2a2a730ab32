//! Names of a template's resources, as far as they are known before CloudFormation has made them.

use serde_json::Value;

use crate::settings::{NAME_LIMIT, pattern::is_pattern};

/// How many random letters CloudFormation puts behind a name, with the `-` before them.
const RANDOM: usize = 14;
/// What is left of a stack's name in the names that it had to shorten. How it shortens is written nowhere; names have been
/// seen to keep this many letters and more.
const KEPT: usize = 20;

/// How the resources of a type are named.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    /// The property that names one.
    pub(super) property: &'static str,
    /// What CloudFormation makes without it, with `{stack}` and `{id}`.
    pub(super) made: &'static str,
    /// How long a name may be.
    pub(super) longest: usize,
    /// The ARNs behind `arn:<partition>:`, with `{region}` and `{name}`.
    pub(super) arns: &'static [&'static str],
}

impl Name {
    /// The ARNs of every resource of a type, with `{region}` still in them.
    pub(super) fn arns(&self, template: &Value, kind: &str, stack: &str) -> Vec<String> {
        let resources = template["Resources"].as_object().into_iter().flatten();
        resources
            .filter(|(_, resource)| resource["Type"] == kind)
            .map(|(id, resource)| self.of(id, &resource["Properties"][self.property], stack))
            .flat_map(|name| self.arns.iter().map(move |arn| arn.replace("{name}", &name)))
            .collect()
    }

    /// One resource's name, or a pattern for it.
    fn of(&self, id: &str, given: &Value, stack: &str) -> String {
        match given {
            // A parameter's ARN has one slash where its name begins with another.
            Value::String(name) => name.trim_start_matches('/').to_owned(),
            Value::Null => {
                let made = self.made.replace("{stack}", stack).replace("{id}", id);
                // A bucket's name is the same in small letters.
                let made = if self.property == "BucketName" { made.to_lowercase() } else { made };
                // Behind a pattern, stacks have names of any length.
                let stack_length = if is_pattern(stack) { NAME_LIMIT } else { stack.len() };
                if made.len() - stack.len() + stack_length - 2 + RANDOM <= self.longest {
                    made
                } else {
                    let known = made.split('*').next().unwrap_or_default();
                    format!("{}*", known.get(..KEPT).unwrap_or(known))
                }
            }
            // An expression, which only CloudFormation can read.
            _ => "*".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::handler;

    #[test]
    fn a_name_is_what_the_template_says_or_what_cloudformation_makes_of_it() {
        let long = "a-project-with-a-rather-long-name-production";
        for (given, stack, expected) in [
            (json!(null), "shop-dev", "iam::*:role/shop-dev-Worker-*"),
            (json!("worker"), "shop-dev", "iam::*:role/worker"),
            (json!({ "Ref": "X" }), "shop-dev", "iam::*:role/*"),
            (json!(null), long, "iam::*:role/a-project-with-a-rat*"),
            (json!(null), "shop-pr-*", "iam::*:role/shop-pr-*"),
            (json!(null), "a-project-with-a-rather-long-name-pr-*", "iam::*:role/a-project-with-a-rat*"),
            (json!("worker-pr-*"), "shop-pr-*", "iam::*:role/worker-pr-*"),
        ] {
            let template = json!({ "Resources": {
                "Worker": { "Type": "AWS::IAM::Role", "Properties": { "RoleName": given } },
                "Other": { "Type": "AWS::SQS::Queue" }
            } });
            assert_eq!(handler::ROLE.arns(&template, "AWS::IAM::Role", stack), [expected]);
        }
    }
}
