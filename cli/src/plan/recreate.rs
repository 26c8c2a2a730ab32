//! Templates without the resources that were deleted by hand, so that the next template recreates them.
//!
//! CloudFormation does not see that a resource is gone: an update of it fails, and so does the rollback. A template
//! that lacks it is accepted, since deleting what is not there succeeds. All other resources stay as they are: their
//! references become the names that they resolve to, so that the gateway keeps its URL and nobody's data is touched.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    logical_id::FunctionIds,
    template::{refers_to, without_candidates},
};

/// What a qualifier or a function takes with it when it is deleted.
const BOUND: [&str; 4] =
    ["AWS::Lambda::Alias", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Permission", "AWS::Lambda::Url"];
/// Stands where a URL was that went with the function.
const NO_URL: &str = "https://deleted.invalid/";

/// What was deleted by hand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Missing {
    /// The function with all that is bound to it.
    Function,
    /// The alias with all that is bound to it.
    Alias,
}

/// The template without what is missing of a function and what went with it.
pub(crate) fn without_missing(live: &Value, ids: &FunctionIds, missing: Missing) -> Value {
    let mut template = without_candidates(live);
    let gone = gone(&template, ids, missing);
    let function = template["Resources"][&ids.function]["Properties"]["FunctionName"].as_str().unwrap_or_default();
    let names = Names { function: function.to_owned(), ids, gone: &gone };
    if let Some(resources) = template["Resources"].as_object_mut() {
        resources.retain(|id, _| !gone.contains(id));
        resources.values_mut().for_each(|resource| names.put_into(resource));
    }
    if let Some(outputs) = template["Outputs"].as_object_mut() {
        outputs.retain(|_, output| !refers_to_what_has_no_name(output, ids, &gone));
        outputs.values_mut().for_each(|output| names.put_into(output));
    }
    template
}

/// The logical ids of what does not exist any more.
fn gone(template: &Value, ids: &FunctionIds, missing: Missing) -> BTreeSet<String> {
    let first = match missing {
        Missing::Function => &ids.function,
        Missing::Alias => &ids.live,
    };
    let mut gone = BTreeSet::from([first.clone()]);
    let Some(resources) = template["Resources"].as_object() else { return gone };
    loop {
        let is_bound = |resource: &Value| {
            let kind = resource["Type"].as_str().unwrap_or_default();
            BOUND.contains(&kind) || missing == Missing::Function && kind == "AWS::Lambda::Version"
        };
        let found: Vec<String> = resources
            .iter()
            .filter(|(id, resource)| !gone.contains(*id) && is_bound(resource))
            .filter(|(_, resource)| gone.iter().any(|id| refers_to(resource, id)))
            .map(|(id, _)| id.clone())
            .collect();
        if found.is_empty() {
            return gone;
        }
        gone.extend(found);
    }
}

/// A version's number or a URL: nothing that a name could stand for.
fn refers_to_what_has_no_name(output: &Value, ids: &FunctionIds, gone: &BTreeSet<String>) -> bool {
    gone.iter().any(|id| *id != ids.function && *id != ids.live && refers_to(output, id))
}

/// The names that references to what is gone resolved to.
struct Names<'a> {
    function: String,
    ids: &'a FunctionIds,
    gone: &'a BTreeSet<String>,
}

impl Names<'_> {
    /// The text that stands for a reference in `Fn::Sub`; `None` if the reference is to something that exists.
    fn text(&self, id: &str, attribute: Option<&str>) -> Option<String> {
        if !self.gone.contains(id) {
            return None;
        }
        let Self { function, ids, .. } = self;
        let arn = format!("arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{function}");
        Some(match attribute {
            None if id == ids.function => function.clone(),
            Some(_) if id == ids.function => arn,
            _ if id == ids.live => format!("{arn}:live"),
            _ => NO_URL.to_owned(),
        })
    }

    fn value(&self, id: &str, attribute: Option<&str>) -> Option<Value> {
        let text = self.text(id, attribute)?;
        Some(if text.contains("${") { json!({ "Fn::Sub": text }) } else { json!(text) })
    }

    /// Replaces references everywhere in a value.
    fn put_into(&self, value: &mut Value) {
        if let Some(named) = self.of_reference(value) {
            *value = named;
            return;
        }
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.put_into(item)),
            Value::Object(fields) => {
                if let Some(depends) = fields.get_mut("DependsOn") {
                    self.leave_out(depends);
                }
                fields.retain(|key, value| key != "DependsOn" || !value.is_null());
                for (key, value) in fields.iter_mut() {
                    match (key.as_str(), &mut *value) {
                        ("Fn::Sub", Value::String(text)) => *text = self.in_text(text, &Value::Null),
                        ("Fn::Sub", Value::Array(parts)) => {
                            let defined = parts.get(1).cloned().unwrap_or_default();
                            if let Some(Value::String(text)) = parts.first_mut() {
                                *text = self.in_text(text, &defined);
                            }
                            parts.iter_mut().skip(1).for_each(|part| self.put_into(part));
                        }
                        _ => self.put_into(value),
                    }
                }
            }
            _ => {}
        }
    }

    /// What stands for `Ref` and `Fn::GetAtt` of something that is gone.
    fn of_reference(&self, value: &Value) -> Option<Value> {
        let fields = value.as_object().filter(|fields| fields.len() == 1)?;
        let (key, of) = fields.iter().next()?;
        match (key.as_str(), of) {
            ("Ref", Value::String(id)) => self.value(id, None),
            ("Fn::GetAtt", Value::String(path)) => {
                let (id, attribute) = path.split_once('.').unwrap_or((path, ""));
                self.value(id, Some(attribute))
            }
            ("Fn::GetAtt", Value::Array(path)) => {
                self.value(path.first()?.as_str()?, Some(path.get(1).and_then(Value::as_str).unwrap_or_default()))
            }
            _ => None,
        }
    }

    /// `${Live}` and its like in a text; `defined` are names of its own.
    fn in_text(&self, text: &str, defined: &Value) -> String {
        let mut parts = text.split("${");
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let named = part.split_once('}').and_then(|(name, rest)| {
                let trimmed = name.trim();
                let (id, attribute) = trimmed.split_once('.').map_or((trimmed, None), |(id, of)| (id, Some(of)));
                let text = self.text(id, attribute).filter(|_| defined.get(trimmed).is_none())?;
                Some(format!("{text}{rest}"))
            });
            whole.push_str(&named.unwrap_or_else(|| format!("${{{part}")));
        }
        whole
    }

    fn leave_out(&self, depends: &mut Value) {
        match depends {
            Value::String(id) if self.gone.contains(id) => *depends = Value::Null,
            Value::Array(ids) => ids.retain(|id| id.as_str().is_none_or(|id| !self.gone.contains(id))),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:shop-dev";

    fn template() -> Value {
        json!({
            "Metadata": { "zappa-rs": { "Release": "r" } },
            "Resources": {
                "Function": { "Type": "AWS::Lambda::Function", "Properties": { "FunctionName": "shop-dev" } },
                "Version1": {
                    "Type": "AWS::Lambda::Version",
                    "DeletionPolicy": "RetainExceptOnCreate",
                    "Properties": { "FunctionName": { "Ref": "Function" } }
                },
                "Live": { "Type": "AWS::Lambda::Alias", "Properties": {
                    "FunctionName": { "Ref": "Function" },
                    "FunctionVersion": { "Fn::GetAtt": ["Version1", "Version"] }
                } },
                "FunctionUrl": { "Type": "AWS::Lambda::Url", "DependsOn": "Live", "Properties": {
                    "TargetFunctionArn": { "Ref": "Function" } } },
                "OfFunction": { "Type": "AWS::Lambda::Permission", "Properties": {
                    "FunctionName": { "Ref": "Function" } } },
                "OfLive": { "Type": "AWS::Lambda::Permission", "Properties": { "FunctionName": { "Ref": "Live" } } },
                "Method": { "Type": "AWS::ApiGateway::Method", "DependsOn": ["Live", "Other"], "Properties": {
                    "Uri": { "Fn::Sub": "arn:x/${Live}/invocations/${!Live}" } } },
                "Bucket": { "Type": "AWS::S3::Bucket", "DependsOn": "OfLive", "Properties": {
                    "Notify": { "Fn::GetAtt": ["Function", "Arn"] },
                    "Text": { "Fn::Sub": ["${Live}/${Function}/${Other}", { "Live": { "Ref": "Live" } }] } } },
                "Other": { "Type": "AWS::SNS::Topic" }
            },
            "Outputs": {
                "Version": { "Value": { "Fn::GetAtt": ["Version1", "Version"] } },
                "Url": { "Value": { "Fn::GetAtt": ["FunctionUrl", "FunctionUrl"] } },
                "LiveArn": { "Value": { "Ref": "Live" } },
                "Topic": { "Value": { "Ref": "Other" } }
            }
        })
    }

    fn ids(section: &Value) -> Vec<&String> {
        section.as_object().unwrap().keys().collect()
    }

    #[test]
    fn a_function_goes_with_all_that_is_bound_to_it_and_nothing_else() {
        let without = without_missing(&template(), &FunctionIds::main(), Missing::Function);
        assert_eq!(ids(&without["Resources"]), ["Bucket", "Method", "Other"]);
        assert_eq!(ids(&without["Outputs"]), ["LiveArn", "Topic"]);
        assert_eq!(without["Metadata"], template()["Metadata"]);
    }

    #[test]
    fn an_alias_goes_alone_and_its_version_stays() {
        let without = without_missing(&template(), &FunctionIds::main(), Missing::Alias);
        assert_eq!(ids(&without["Resources"]), ["Bucket", "Function", "Method", "OfFunction", "Other", "Version1"]);
        assert_eq!(without["Resources"]["Version1"], template()["Resources"]["Version1"]);
        assert_eq!(ids(&without["Outputs"]), ["LiveArn", "Topic", "Version"]);
    }

    #[test]
    fn references_to_what_is_gone_become_the_names_that_they_resolved_to() {
        let without = without_missing(&template(), &FunctionIds::main(), Missing::Function);
        let resources = &without["Resources"];
        assert_eq!(resources["Method"]["DependsOn"], json!(["Other"]));
        assert_eq!(
            resources["Method"]["Properties"]["Uri"]["Fn::Sub"],
            format!("arn:x/{ARN}:live/invocations/${{!Live}}")
        );
        assert!(resources["Bucket"]["DependsOn"].is_null());
        assert_eq!(resources["Bucket"]["Properties"]["Notify"], json!({ "Fn::Sub": ARN }));
        let text = &resources["Bucket"]["Properties"]["Text"]["Fn::Sub"];
        assert_eq!(text[0], "${Live}/shop-dev/${Other}");
        assert_eq!(text[1]["Live"], json!({ "Fn::Sub": format!("{ARN}:live") }));
        assert_eq!(without["Outputs"]["LiveArn"]["Value"], json!({ "Fn::Sub": format!("{ARN}:live") }));
    }

    #[test]
    fn what_is_missing_is_left_out_once() {
        let once = without_missing(&template(), &FunctionIds::main(), Missing::Function);
        assert_eq!(without_missing(&once, &FunctionIds::main(), Missing::Alias)["Resources"], once["Resources"]);
    }
}
