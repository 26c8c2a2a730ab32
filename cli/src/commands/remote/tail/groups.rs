//! The log groups of a stage's functions in one region, by the stack's live template.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::stage::Resolved;
use crate::{
    aws::{self, StackResource},
    rollout::{self, Error},
    settings::MAIN,
    suggestion, template,
};

/// A log group, and the functions that write to it.
#[derive(Clone, Debug)]
pub(super) struct LogGroup {
    pub(super) region: aws::Region,
    pub(super) name: String,
    pub(super) arn: String,
    /// Whether the stack made it. Others are made by Lambda when the function is first invoked.
    pub(super) is_in_stack: bool,
    /// Names of functions, at least one.
    functions: Vec<String>,
    /// Those of them that are not wanted.
    hidden: Vec<String>,
}

impl LogGroup {
    /// The functions whose lines are wanted.
    pub(super) fn shown(&self) -> impl Iterator<Item = &String> {
        self.functions.iter().filter(|function| !self.hidden.contains(function))
    }

    /// Whether the lines of a function are not wanted.
    pub(super) fn hides(&self, function: &str) -> bool {
        self.hidden.iter().any(|hidden| hidden == function)
    }

    /// The function that writes to a stream. Where several share the group, the stream's name has the function's:
    /// `2026/11/29/NAME[7]0123...`.
    pub(super) fn function_of(&self, stream: &str) -> &str {
        let (first, others) =
            self.functions.split_first().map_or(("", &[][..]), |(first, others)| (first.as_str(), others));
        if others.is_empty() {
            return first;
        }
        let name = stream.rsplit('/').next().and_then(|rest| rest.split('[').next()).unwrap_or_default();
        self.functions.iter().find(|function| *function == name).map_or("", String::as_str)
    }
}

/// Finds the log groups of all functions of the stack, in three calls.
pub(super) async fn find(resolved: &Resolved, region: &aws::Region) -> Result<Vec<LogGroup>, Error> {
    let name = resolved.identity.stack();
    let not_deployed = || Error::NotDeployed { stack: name.clone(), region: region.name().to_owned() };
    let stack = region.find_stack(&name).await?.filter(|stack| !stack.status.is_review()).ok_or_else(not_deployed)?;
    rollout::verify_ownership(region, &stack, &resolved.identity).await?;
    let (text, resources) = tokio::try_join!(region.template(&stack.name), region.stack_resources(&stack.name))?;
    let template = template::read(&text).map_err(|source| Error::LiveTemplate { stack: stack.name.clone(), source })?;
    let group = |(name, functions): (String, Vec<String>)| LogGroup {
        region: region.clone(),
        arn: arn(&stack.id, &name),
        is_in_stack: is_in_stack(&resources, &name),
        name,
        functions,
        hidden: Vec::new(),
    };
    Ok(groups(&template, &resources).into_iter().map(group).collect())
}

/// The ARN of a log group in the account, the region and the partition of the stack.
fn arn(stack_id: &str, name: &str) -> String {
    let mut parts = stack_id.split(':').skip(1);
    let (partition, _, region, account) = (parts.next(), parts.next(), parts.next(), parts.next());
    let [partition, region, account] = [partition, region, account].map(Option::unwrap_or_default);
    format!("arn:{partition}:logs:{region}:{account}:log-group:{name}")
}

/// Whether a log group is a resource of the stack.
fn is_in_stack(resources: &[StackResource], name: &str) -> bool {
    resources.iter().any(|resource| resource.kind == "AWS::Logs::LogGroup" && resource.physical_id == name)
}

/// The log groups by name, with the names of their functions.
fn groups(template: &Value, resources: &[StackResource]) -> BTreeMap<String, Vec<String>> {
    let physical = |logical_id: &str| {
        let resource = resources.iter().find(|resource| resource.logical_id == logical_id)?;
        Some(resource.physical_id.as_str())
    };
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for function in resources.iter().filter(|resource| resource.kind == "AWS::Lambda::Function") {
        let configured = &template["Resources"][&function.logical_id]["Properties"]["LoggingConfig"]["LogGroup"];
        let group = match (configured, configured["Ref"].as_str()) {
            (Value::String(name), _) => name.clone(),
            (_, Some(logical_id)) => match physical(logical_id) {
                Some(name) => name.to_owned(),
                None => continue,
            },
            // Where Lambda writes without a configuration.
            _ => format!("/aws/lambda/{}", function.physical_id),
        };
        groups.entry(group).or_default().push(function.physical_id.clone());
    }
    groups
}

/// Whether a function has this name, with or without the stack's in front. The main function has the stack's own name, and is
/// `main` in the settings and to `invoke --function`.
pub(super) fn is_named(function: &str, name: &str, stack: &str) -> bool {
    function == name
        || (name == MAIN && function == stack)
        || function.strip_prefix(stack).and_then(|rest| rest.strip_prefix('-')) == Some(name)
}

/// The hint for a name that no function has: all, and the nearest one, of the settings or of the account.
pub(super) fn hint(name: &str, functions: &[&str], stack: &str) -> String {
    let short = functions.iter().filter_map(|function| function.strip_prefix(stack)?.strip_prefix('-'));
    let of_settings = short.chain(functions.contains(&stack).then_some(MAIN));
    let mut hint = format!("its functions are {}", suggestion::quote_list(functions.iter().copied()));
    if let Some(meant) = suggestion::nearest(name, of_settings.chain(functions.iter().copied())) {
        hint.push_str(&format!("; did you mean `{meant}`?"));
    }
    hint
}

/// The groups of the functions of these names; all without any.
pub(super) fn choose(mut groups: Vec<LogGroup>, names: &[String], stack: &str) -> Vec<LogGroup> {
    let is_wanted = |function: &&String| names.iter().any(|name| is_named(function, name, stack));
    if !names.is_empty() {
        for group in &mut groups {
            group.hidden = group.functions.iter().filter(|function| !is_wanted(function)).cloned().collect();
        }
    }
    groups.into_iter().filter(|group| group.shown().next().is_some()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource(logical_id: &str, physical_id: &str, kind: &str) -> StackResource {
        StackResource {
            logical_id: logical_id.to_owned(),
            physical_id: physical_id.to_owned(),
            kind: format!("AWS::{kind}"),
        }
    }

    #[test]
    fn every_function_of_the_stack_has_its_group() {
        let logging = |group: Value| json!({ "Properties": { "LoggingConfig": { "LogGroup": group } } });
        let template = json!({ "Resources": {
            "Function": logging(json!({ "Ref": "LogGroup" })),
            "Other": logging(json!({ "Ref": "LogGroup" })),
            "Named": logging(json!("own-logs")),
            "Plain": {},
        } });
        let resources = [
            resource("Function", "shop-dev", "Lambda::Function"),
            resource("LogGroup", "shop-dev-LogGroup-1", "Logs::LogGroup"),
            resource("Other", "shop-dev-other", "Lambda::Function"),
            resource("Named", "shop-dev-named", "Lambda::Function"),
            resource("Plain", "plain", "Lambda::Function"),
            resource("Queue", "queue", "SQS::Queue"),
        ];
        let groups = groups(&template, &resources);
        let expected = [
            ("/aws/lambda/plain", vec!["plain"]),
            ("own-logs", vec!["shop-dev-named"]),
            ("shop-dev-LogGroup-1", vec!["shop-dev", "shop-dev-other"]),
        ];
        let expected =
            expected.map(|(group, functions)| (group.to_owned(), functions.into_iter().map(str::to_owned).collect()));
        assert_eq!(groups, expected.into());
        let is_in_stack = |name: &str| is_in_stack(&resources, name);
        assert!(is_in_stack("shop-dev-LogGroup-1") && !is_in_stack("/aws/lambda/plain") && !is_in_stack("queue"));
    }

    #[test]
    fn a_wrong_name_has_the_nearest_of_the_settings_or_of_the_account() {
        let all = "its functions are `shop-dev`, `shop-dev-mail` and `plain`";
        let hint = |name: &str| hint(name, &["shop-dev", "shop-dev-mail", "plain"], "shop-dev");
        for (name, meant) in
            [("mial", "mail"), ("mian", "main"), ("plian", "plain"), ("shop-dev-mial", "shop-dev-mail")]
        {
            assert_eq!(hint(name), format!("{all}; did you mean `{meant}`?"));
        }
        assert_eq!(hint("zzz"), all);
    }

    #[test]
    fn the_arn_of_a_group_has_the_account_of_the_stack() {
        assert_eq!(
            arn("arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/shop-dev/1", "/aws/lambda/plain"),
            "arn:aws-cn:logs:cn-north-1:123456789012:log-group:/aws/lambda/plain"
        );
    }

    #[tokio::test]
    async fn functions_are_chosen_by_name_and_distinguished_by_the_stream() {
        let (region, _) = crate::aws::canned::region("eu-west-1", Vec::new()).await;
        let group = |name: &str, functions: &[&str]| LogGroup {
            region: region.clone(),
            name: name.to_owned(),
            arn: String::new(),
            is_in_stack: true,
            functions: functions.iter().map(|name| (*name).to_owned()).collect(),
            hidden: Vec::new(),
        };
        let groups = vec![group("a", &["shop-dev", "shop-dev-mail"]), group("b", &["other"])];
        let chosen = |wanted: &[&str]| -> Vec<String> {
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            choose(groups.clone(), &wanted, "shop-dev").into_iter().map(|group| group.name).collect()
        };
        assert_eq!(chosen(&[]), ["a", "b"]);
        assert_eq!(chosen(&["mail"]), ["a"]);
        assert_eq!(chosen(&["shop-dev"]), ["a"]);
        assert_eq!(chosen(&["main"]), ["a"]);
        let main = choose(groups.clone(), &["main".to_owned()], "shop-dev");
        assert!(main[0].hides("shop-dev-mail") && !main[0].hides("shop-dev"));
        assert_eq!(chosen(&["other", "mail"]), ["a", "b"]);
        assert_eq!(chosen(&["dev"]), [""; 0]);
        let mail = choose(groups.clone(), &["mail".to_owned()], "shop-dev");
        assert!(mail[0].hides("shop-dev") && !mail[0].hides("shop-dev-mail"));
        assert_eq!(groups[0].function_of("2026/11/29/shop-dev-mail[7]01"), "shop-dev-mail");
        assert_eq!(groups[1].function_of("2026/11/29/[7]01"), "other");
    }
}
