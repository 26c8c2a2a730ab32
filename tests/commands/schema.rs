//! `zappa-rs schema`.

use crate::tool::Tool;

#[test]
fn the_schema_is_one_json_document_that_knows_every_setting() {
    let output = Tool::with_files(&[]).command(&["schema"]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let stage = &schema["$defs"]["Stage"];
    assert_eq!(stage["additionalProperties"], false);
    for (setting, key, expected) in [
        ("memory_size", "minimum", serde_json::json!(128)),
        ("timeout_seconds", "default", serde_json::json!(29)),
        ("aws_region", "type", serde_json::json!("string")),
        ("extends", "type", serde_json::json!("string")),
    ] {
        assert_eq!(stage["properties"][setting][key], expected, "{setting}");
    }
    for (name, property) in stage["properties"].as_object().unwrap() {
        assert!(property["description"].is_string(), "{name}");
    }
}
