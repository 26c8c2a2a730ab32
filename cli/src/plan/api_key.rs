//! What a deploy changes of the values and plans of API keys. Values are in no template: those of the settings are compared
//! with those that the account has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::template;

/// The changes of API keys that two templates do not show, or not alone.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct KeyChanges {
    /// The parameters whose value is sent again; all others keep it.
    pub(crate) parameters: BTreeSet<String>,
    /// The keys that get another value, by their names in the account: requests with the old one are refused.
    pub(crate) replaced: BTreeSet<String>,
    /// The keys that can only be made when an update has deleted another one: that has their value, or it is the one before
    /// them under their name. CloudFormation does not replace what has a name of its own.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-apikey.html>
    pub(crate) blocked: BTreeSet<String>,
}

impl KeyChanges {
    /// The changes from the keys of the live template, with their values in the account, to the wanted template with the
    /// values of the settings, which are by parameter. `found` has the values by the names of keys; `None` is one that AWS
    /// did not tell, which is taken for unchanged.
    pub(crate) fn new(
        live: &Value,
        wanted: &Value,
        given: &BTreeMap<String, &str>,
        found: &[(&str, Option<&str>)],
    ) -> Self {
        let mut changes = Self::default();
        let before: BTreeMap<&str, Option<&str>> = keys(live).collect();
        for (name, parameter) in keys(wanted) {
            let was = before.get(name);
            let value = parameter.and_then(|parameter| given.get(parameter)).copied();
            let own: Vec<Option<&str>> =
                found.iter().filter(|(other, _)| *other == name).map(|(_, own)| *own).collect();
            let is_same = own.is_empty() || own.iter().any(|own| own.is_none() || *own == value);
            if was == Some(&parameter) && (value.is_none() || is_same) {
                continue;
            }
            if was.is_some() {
                changes.replaced.insert(name.to_owned());
                changes.blocked.insert(name.to_owned());
            }
            let Some((value, parameter)) = value.zip(parameter) else { continue };
            if was == Some(&Some(parameter)) {
                changes.parameters.insert(parameter.to_owned());
            }
            if found.iter().any(|(holder, held)| before.contains_key(holder) && *held == Some(value)) {
                changes.blocked.insert(name.to_owned());
            }
        }
        changes
    }

    /// Whether no key gets another value.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is lost, a line each.
    pub(super) fn losses(&self) -> impl Iterator<Item = String> {
        self.replaced
            .iter()
            .map(|name| format!("replace the value of API key {name}: requests with the old one are refused"))
    }

    /// The keys that do not work while the stack has a template on the way from the live one to the wanted one: it does not have
    /// them, or has them in no plan.
    pub(crate) fn missing_in(&self, template: &Value, live: &Value, wanted: &Value) -> Vec<String> {
        let members = template::keys_in_plans(template);
        let affected: BTreeSet<String> =
            self.blocked.iter().cloned().chain(template::moved_keys(live, wanted)).collect();
        affected.into_iter().filter(|name| !members.contains(name)).collect()
    }

    /// What happens in two updates, a line each.
    pub(crate) fn interruptions(&self, live: &Value, wanted: &Value) -> Vec<String> {
        let moved = template::moved_keys(live, wanted).into_iter().map(|name| {
            format!("API key {name} moves to another plan in two updates of the stack: requests with it are refused in between")
        });
        let waits = self.blocked.iter().map(|name| {
            format!(
                "API key {name} is made in a second update of the stack, after the key that has its name or value is deleted: \
                 requests with that one are refused from the first update on"
            )
        });
        moved.chain(waits).collect()
    }
}

/// The API keys of ours in a template: their names in the account, and the parameters that carry their values.
fn keys(template: &Value) -> impl Iterator<Item = (&str, Option<&str>)> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    let keys = resources.filter(|(_, key)| key["Type"] == template::API_KEY_TYPE);
    keys.filter_map(|(_, key)| {
        let parameter = key["Properties"]["Value"]["Ref"].as_str().filter(|name| template::is_key_value(name));
        Some((key["Properties"]["Name"].as_str()?, parameter))
    })
}

/// The keys of a template whose value it takes from a parameter that has none: neither the live template has the parameter
/// nor the settings a value.
pub(crate) fn keys_without_value(live: Option<&Value>, wanted: &Value, given: &BTreeMap<String, &str>) -> Vec<String> {
    let has = |parameter: &str| live.is_some_and(|live| live["Parameters"][parameter].is_object());
    let lacking = keys(wanted)
        .filter(|(_, parameter)| parameter.is_some_and(|parameter| !has(parameter) && !given.contains_key(parameter)));
    lacking.map(|(name, _)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PARAMETER: [&str; 2] = ["ApiKeyValueA012345", "ApiKeyValueB012345"];

    /// A template with the keys `a` and `b`: none, one whose value AWS makes, or one with a parameter.
    fn template(keys: [Option<bool>; 2]) -> Value {
        let (mut resources, mut parameters) = (json!({}), json!({}));
        for ((name, key), parameter) in ["a", "b"].into_iter().zip(keys).zip(PARAMETER) {
            let Some(is_given) = key else { continue };
            let mut properties = json!({ "Name": name });
            if is_given {
                properties["Value"] = json!({ "Ref": parameter });
                parameters[parameter] = json!({ "NoEcho": true });
            }
            resources[name] = json!({ "Type": template::API_KEY_TYPE, "Properties": properties });
        }
        json!({ "Resources": resources, "Parameters": parameters })
    }

    fn changes(
        live: [Option<bool>; 2],
        wanted: [Option<bool>; 2],
        given: [&str; 2],
        found: &[(&str, Option<&str>)],
    ) -> (String, String, String) {
        let given =
            PARAMETER.into_iter().map(str::to_owned).zip(given).filter(|(_, value)| !value.is_empty()).collect();
        let KeyChanges { parameters, replaced, blocked } =
            KeyChanges::new(&template(live), &template(wanted), &given, found);
        let text = |names: BTreeSet<String>| names.into_iter().map(|name| name.replace("012345", "")).collect();
        (text(parameters), text(replaced), text(blocked))
    }

    #[test]
    fn a_value_is_sent_again_only_where_it_is_another_one() {
        let (one, both, made) = ([Some(true), None], [Some(true); 2], [Some(false), None]);
        let is = |parameters: &str, replaced: &str, blocked: &str| {
            (parameters.to_owned(), replaced.to_owned(), blocked.to_owned())
        };
        // Unchanged, and unknown.
        assert_eq!(changes(one, one, ["x", ""], &[("a", Some("x"))]), is("", "", ""));
        assert_eq!(changes(one, one, ["x", ""], &[("a", None)]), is("", "", ""));
        assert_eq!(changes(one, one, ["", ""], &[("a", Some("x"))]), is("", "", ""));
        assert_eq!(changes(one, one, ["x", ""], &[]), is("", "", ""));
        // Another value.
        assert_eq!(changes(one, one, ["y", ""], &[("a", Some("x"))]), is("ApiKeyValueA", "a", "a"));
        // A new key; another with the value of one that goes or that changes, too.
        assert_eq!(changes(one, both, ["x", "y"], &[("a", Some("x"))]), is("", "", ""));
        assert_eq!(changes(one, [None, Some(true)], ["", "x"], &[("a", Some("x"))]), is("", "", "b"));
        let swapped = changes(both, both, ["y", "x"], &[("a", Some("x")), ("b", Some("y"))]);
        assert_eq!(swapped, is("ApiKeyValueAApiKeyValueB", "ab", "ab"));
        // From a value that AWS made to the same one of the settings, and back.
        assert_eq!(changes(made, one, ["x", ""], &[("a", Some("x"))]), is("", "a", "a"));
        assert_eq!(changes(one, made, ["", ""], &[("a", Some("x"))]), is("", "a", "a"));
        assert_eq!(changes(made, made, ["", ""], &[("a", Some("x"))]), is("", "", ""));
        // A key outside of the stack is not deleted, and CloudFormation says so.
        assert_eq!(changes([None; 2], one, ["x", ""], &[("z", Some("x"))]), is("", "", ""));
    }

    #[test]
    fn keys_are_missing_in_a_template_without_them_or_their_membership() {
        let with_members = |plan: &str| {
            let mut template = template([Some(true), Some(true)]);
            for (name, key) in [("UsagePlanKeyA012345", "a"), ("UsagePlanKeyB012345", "b")] {
                let properties = json!({ "KeyId": { "Ref": key }, "UsagePlanId": { "Ref": plan } });
                template["Resources"][name] =
                    json!({ "Type": "AWS::ApiGateway::UsagePlanKey", "Properties": properties });
            }
            template
        };
        let (live, wanted) = (with_members("free"), with_members("gold"));
        let replaced = KeyChanges { blocked: BTreeSet::from(["a".to_owned()]), ..KeyChanges::default() };
        let without = template([None, Some(true)]);
        for (changes, wanted, expected) in [
            (&replaced, &live, &["a"][..]),
            (&KeyChanges::default(), &wanted, &["a", "b"]),
            (&KeyChanges::default(), &live, &[]),
        ] {
            assert_eq!(changes.missing_in(&without, &live, wanted), expected);
            assert_eq!(changes.missing_in(wanted, &live, wanted), [] as [&str; 0]);
        }
    }

    #[test]
    fn a_key_whose_value_nobody_knows_is_named() {
        let wanted = template([Some(true), Some(true)]);
        let given = BTreeMap::from([(PARAMETER[0].to_owned(), "x")]);
        assert_eq!(keys_without_value(None, &wanted, &given), ["b"]);
        assert_eq!(keys_without_value(Some(&wanted), &wanted, &BTreeMap::new()), [] as [&str; 0]);
        assert_eq!(keys_without_value(None, &template([Some(false), None]), &BTreeMap::new()), [] as [&str; 0]);
    }
}
