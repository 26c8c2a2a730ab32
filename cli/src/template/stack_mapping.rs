//! The event source mappings of a template that was sent: what Lambda should have.

use serde_json::Value;

use super::functions;
use crate::logical_id::FunctionIds;

/// An event source mapping of a template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StackMapping {
    /// Its logical id.
    pub(crate) id: String,
    /// The function whose alias it invokes.
    pub(crate) function: FunctionIds,
    /// Whether it polls; `None` where only CloudFormation knows.
    pub(crate) is_enabled: Option<bool>,
    /// Its properties as the template has them.
    pub(crate) properties: Value,
}

/// The event source mappings to the aliases of the stack's functions, those of the user's own included.
pub(crate) fn mappings(template: &Value) -> Vec<StackMapping> {
    let functions = functions(template);
    let mapping = |(id, resource): (&String, &Value)| {
        let properties = &resource["Properties"];
        if resource["Type"] != "AWS::Lambda::EventSourceMapping" {
            return None;
        }
        Some(StackMapping {
            id: id.clone(),
            function: functions.iter().find(|ids| properties["FunctionName"]["Ref"] == *ids.live)?.clone(),
            is_enabled: match &properties["Enabled"] {
                Value::Null => Some(true),
                enabled => enabled.as_bool(),
            },
            properties: properties.clone(),
        })
    };
    template["Resources"].as_object().into_iter().flatten().filter_map(mapping).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_mappings_of_a_template_are_those_to_its_aliases() {
        let mapping =
            |properties: Value| json!({ "Type": "AWS::Lambda::EventSourceMapping", "Properties": properties });
        let live = json!({ "Ref": "Live" });
        let template = json!({ "Resources": {
            "A": mapping(json!({ "FunctionName": live, "Enabled": false, "BatchSize": 5 })),
            "B": mapping(json!({ "FunctionName": live })),
            "C": mapping(json!({ "FunctionName": live, "Enabled": { "Ref": "Switch" } })),
            "Other": mapping(json!({ "FunctionName": "another" })),
            "Rule": { "Type": "AWS::Events::Rule", "Properties": { "FunctionName": live } },
        } });
        let wanted = |id: &str, is_enabled: Option<bool>| StackMapping {
            id: id.to_owned(),
            function: FunctionIds::main(),
            is_enabled,
            properties: template["Resources"][id]["Properties"].clone(),
        };
        assert_eq!(mappings(&template), [wanted("A", Some(false)), wanted("B", Some(true)), wanted("C", None)]);
    }
}
