//! Rules of the user's additions to the stack: resources, outputs, tags.

use super::{Rules, is_intrinsic};
use crate::logical_id::{is_own_resource, output};

/// How many tags a resource can have; CloudFormation and this tool bring five of their own.
const MOST_TAGS: usize = 45;
impl Rules<'_> {
    pub(super) fn resources(&mut self) {
        for (id, resource) in &self.stage.resources {
            if is_own_resource(id) {
                self.fault(["resources", id], format!("`{id}` is a resource of the stack's own"));
            } else if !is_logical_id(id) {
                self.fault(["resources", id], format!("`{id}` is not a logical id: letters and digits"));
            }
            if !resource["Type"].as_str().is_some_and(|kind| kind.contains("::")) {
                let sentence = format!("resource `{id}` has no `Type`, such as `AWS::DynamoDB::Table`");
                self.fault(["resources", id], sentence);
            }
        }
    }

    pub(super) fn outputs(&mut self) {
        for (name, output) in &self.stage.outputs {
            if output::is_own(name) {
                self.fault(["outputs", name], format!("`{name}` is an output of the stack's own"));
            } else if !is_logical_id(name) {
                self.fault(["outputs", name], format!("`{name}` is not a valid output name: letters and digits"));
            }
            let is_output = match output {
                serde_json::Value::Object(fields) => fields.contains_key("Value") || is_intrinsic(fields),
                serde_json::Value::String(_) => true,
                _ => false,
            };
            if !is_output {
                let sentence = format!(
                    "output `{name}` is a text, an expression such as `{{ Ref = \"Table\" }}`, or a table with `Value`"
                );
                self.fault(["outputs", name], sentence);
            }
        }
    }

    pub(super) fn tags(&mut self) {
        let tags = &self.stage.tags;
        // The lifetime is a tag of the stack, too.
        let most = MOST_TAGS - usize::from(self.stage.expires.is_some());
        if tags.len() > most {
            self.fault(["tags"], format!("there are {} tags, and {most} is the most", tags.len()));
        }
        for (key, value) in tags {
            if ["aws:", "zappa-rs:"].iter().any(|prefix| key.to_ascii_lowercase().starts_with(prefix)) {
                self.fault(["tags", key], format!("a tag of yours cannot begin as `{key}` does"));
            }
            if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
                let sentence =
                    format!("tag `{key}` does not fit: 1 to 128 letters for the key, 256 for the value at most");
                self.fault(["tags", key], sentence);
            }
            let is_letter = |letter: char| letter.is_alphanumeric() || letter == ' ' || "_.:/=+-@".contains(letter);
            if !key.chars().chain(value.chars()).all(is_letter) {
                let sentence =
                    format!("tag `{key}` has a letter that AWS does not take: letters, digits, spaces and `_.:/=+-@`");
                self.fault(["tags", key], sentence);
            }
        }
    }
}

fn is_logical_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 255 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
