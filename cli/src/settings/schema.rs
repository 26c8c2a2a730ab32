//! The JSON Schema of the file, made of the types: what an editor completes and what the file is held against.

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::{Project, Stage, merge};

/// The schema of the whole file.
pub(crate) fn file() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let project: Schema = Project::json_schema(&mut generator);
    let mut stage: Value = Stage::json_schema(&mut generator).into();
    if let Some(properties) = stage["properties"].as_object_mut() {
        properties.insert(
            merge::KEY.to_owned(),
            json!({ "type": "string", "description": "A stage that this one is laid over: tables are merged, and a list is in place of the other one." }),
        );
        properties.insert(
            "aws_region".to_owned(),
            json!({ "type": "string", "description": "The region, where there is only one." }),
        );
    }
    let mut definitions: Value = Value::Object(generator.take_definitions(true));
    definitions["Stage"] = stage;
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "zappa_settings.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "project": project,
            "stage": {
                "description": "The stages by name.",
                "type": "object",
                "additionalProperties": { "$ref": "#/$defs/Stage" },
            },
        },
        "$defs": definitions,
    })
}
