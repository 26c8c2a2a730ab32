//! What to write in place of a value of a wrong type: the end of the fault's sentence.

use serde_json::Value;

use super::{
    shape::has_type,
    tree::{Kind, Node},
};

/// The remedy of a value that does not have the type of its schema; empty where the type says it all.
pub(super) fn remedy(node: &Node, schema: &Value, name: &str) -> String {
    let takes_text = || has_type(&Node { at: 0, kind: Kind::Text(String::new()) }, schema);
    match &node.kind {
        Kind::Integer(_) | Kind::Float(_) | Kind::Boolean(_) if takes_text() => "; put it in quotes".to_owned(),
        Kind::Table(_) if schema["type"] == "array" => {
            "; a table of the list has `[[` and `]]` around its name".to_owned()
        }
        Kind::Text(text) if name == "project" => format!("; write `[project]`, and below it `name = {text:?}`"),
        Kind::Text(text) if name == "stage" => format!("; write `[stage.{text}]`, and its settings below it"),
        _ if schema["type"] == "object" => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let required: Vec<String> = required.map(|key| format!("{key} = …")).collect();
            let keys = if required.is_empty() { "KEY = …".to_owned() } else { required.join(", ") };
            format!("; a table is `{{ {keys} }}`")
        }
        _ => String::new(),
    }
}
