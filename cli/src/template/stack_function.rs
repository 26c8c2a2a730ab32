//! The functions of a template: the main one and the further ones.
//!
//! A template is read here that was sent before, perhaps by another version of the settings: what it has is what its
//! resources say.

use serde_json::{Value, json};
use zappa_rs_adapter::contract;

use super::Input;
use crate::{
    logical_id::FunctionIds,
    names::{ALIAS, Identity},
    settings::{Function, MAIN, function_reference},
};

/// The functions of a template: the main one first, whether it is there or not, then the further ones.
pub(crate) fn functions(template: &Value) -> Vec<FunctionIds> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    let further = resources.filter_map(|(id, resource)| {
        let name = resource["Properties"]["Environment"]["Variables"][contract::variable::FUNCTION].as_str()?;
        // A function of the user's own may have the same variable.
        Some(FunctionIds::of(Some(name))).filter(|ids| ids.function == *id)
    });
    [FunctionIds::main()].into_iter().chain(further).collect()
}

/// The functions of the settings: `None` is the main one.
pub(super) fn wanted<'a>(input: &Input<'a>) -> impl Iterator<Item = Option<&'a Function>> {
    [None].into_iter().chain(input.stage.functions.iter().map(Some))
}

/// The ARN of a function's alias as the text of an `Fn::Sub`, by the function's name in the settings. It is made of the
/// name: a reference would move that alias before its trial, and two functions that name each other would be a circle.
pub(crate) fn alias_arn(identity: &Identity, name: &str) -> String {
    let function = identity.function(Some(name).filter(|name| *name != MAIN));
    format!("arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{function}:{ALIAS}")
}

/// Replaces the references to functions in the whole template.
pub(super) fn resolve_references(input: &Input<'_>, template: &mut Value) {
    for section in ["Resources", "Outputs"] {
        function_reference::resolve(&mut template[section], &|name| alias_arn(input.identity, name));
    }
}

/// What the function's role may do with the functions that the environments name.
pub(super) fn statement(input: &Input<'_>) -> Option<Value> {
    let stage = input.stage;
    let own = stage.functions.iter().map(|function| &function.environment);
    let environments: Vec<Value> =
        [&stage.environment].into_iter().chain(own).map(|variables| json!(variables)).collect();
    let mut names: Vec<&str> = environments.iter().flat_map(function_reference::references).collect();
    names.sort_unstable();
    names.dedup();
    let arns: Vec<Value> = names.iter().map(|name| json!({ "Fn::Sub": alias_arn(input.identity, name) })).collect();
    (!arns.is_empty()).then(|| json!({ "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arns }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_of_a_template_are_the_stacks_own() {
        let function = |name: &str| json!({ "Type": "AWS::Lambda::Function", "Properties": { "Environment": { "Variables": { "ZAPPA_FUNCTION": name } } } });
        let mail = FunctionIds::of(Some("mail"));
        let template = json!({ "Resources": { mail.function.clone(): function("mail"), "Own": function("other") } });
        assert_eq!(functions(&template), [FunctionIds::main(), mail]);
        assert_eq!(functions(&json!({ "Resources": {} })), [FunctionIds::main()]);
    }
}
