//! Holds a tree against a JSON Schema: unknown keys, wrong types, unknown words, numbers out of range.
//!
//! It knows the part of JSON Schema that the types of this room make, no more.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    fault::Fault,
    remedy::remedy,
    tree::{Kind, Node, Table},
    zappa,
};
use crate::suggestion::nearest;

/// Collects the faults of the whole tree.
pub(super) fn check(root: &Node, schema: &Value, faults: &mut Vec<Fault>) {
    Shape { definitions: &schema["$defs"] }.node(root, schema, "the file", faults);
    without_nul(root, "the file", faults);
}

/// Takes out what is faulty, so that the rest can be checked further in the same run; the names of what was taken out.
pub(super) fn without_faulty(root: &mut Node, schema: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    Shape { definitions: &schema["$defs"] }.keep(root, schema, "", &mut names);
    names
}

/// Refuses a NUL in any text or key: variables, arguments, file names and templates all end at one or refuse it.
fn without_nul(node: &Node, name: &str, faults: &mut Vec<Fault>) {
    let fault = |at| Fault::new(at, format!("`{name}` has a NUL character, which AWS and the system do not take"));
    match &node.kind {
        Kind::Text(text) if text.contains('\0') => faults.push(fault(node.at)),
        Kind::List(items) => items.iter().for_each(|item| without_nul(item, name, faults)),
        Kind::Table(table) => {
            for (key, entry) in table {
                if key.contains('\0') {
                    let sentence = format!("`{key}` has a NUL character, which no name can have");
                    faults.push(Fault::new(entry.at, sentence));
                }
                without_nul(&entry.node, key, faults);
            }
        }
        _ => {}
    }
}

struct Shape<'a> {
    definitions: &'a Value,
}

impl<'a> Shape<'a> {
    fn node(&self, node: &Node, schema: &'a Value, name: &str, faults: &mut Vec<Fault>) {
        let schema = self.deref(schema);
        if let Some(words) = self.words(schema) {
            return word(node, &words, name, faults);
        }
        let forms = ["anyOf", "oneOf"].iter().find_map(|key| schema[*key].as_array());
        if let Some(forms) = forms {
            return self.forms(node, forms, name, faults);
        }
        if !has_type(node, schema) {
            let sentence = format!("`{name}` is {}, not {}", expected(schema), node.noun());
            let hint = remedy(node, schema, name);
            faults.push(Fault::new(node.at, format!("{sentence}{hint}")));
            return;
        }
        match &node.kind {
            Kind::Table(table) => self.table(node.at, table, schema, faults),
            Kind::List(items) => {
                if items.is_empty() && schema["minItems"].as_u64().is_some_and(|least| least > 0) {
                    let sentence = format!(
                        "`{name}` is empty, which is not the same as left out; leave it out, or list something"
                    );
                    faults.push(Fault::new(node.at, sentence));
                }
                for item in items {
                    self.node(item, &schema["items"], name, faults);
                }
            }
            Kind::Integer(number) => range(node, *number as f64, schema, name, faults),
            Kind::Float(number) => range(node, *number, schema, name, faults),
            _ => {}
        }
    }

    /// Whether something of the node can stay. Tables of settings and lists lose what is faulty, all else goes as a
    /// whole.
    fn keep(&self, node: &mut Node, schema: &'a Value, name: &str, names: &mut BTreeSet<String>) -> bool {
        let mut faults = Vec::new();
        self.node(node, schema, name, &mut faults);
        if faults.is_empty() {
            return true;
        }
        names.insert(name.to_owned());
        let schema = self.deref(schema);
        match &mut node.kind {
            Kind::Table(table) if schema["type"] == "object" && schema["required"].is_null() => {
                table.retain(|key, entry| {
                    let schema = schema["properties"].get(key).unwrap_or(&schema["additionalProperties"]);
                    schema.is_object() && self.keep(&mut entry.node, schema, key, names)
                });
                true
            }
            Kind::List(items) if schema["type"] == "array" => {
                items.retain_mut(|item| self.keep(item, &schema["items"], name, names));
                true
            }
            _ => false,
        }
    }

    fn table(&self, begin: usize, table: &Table, schema: &'a Value, faults: &mut Vec<Fault>) {
        let empty = Map::new();
        let known = schema["properties"].as_object().unwrap_or(&empty);
        for (key, entry) in table {
            match (known.get(key), &schema["additionalProperties"]) {
                (Some(schema), _) => self.node(&entry.node, schema, key, faults),
                (None, Value::Bool(false)) => {
                    faults.push(Fault::new(entry.at, self.unknown(key, &entry.node, known)));
                }
                // `[stage]` itself has no settings, only stages.
                (None, Value::Object(_)) if !matches!(entry.node.kind, Kind::Table(_)) && self.is_stages(schema) => {
                    faults.push(Fault::new(entry.at, self.unknown(key, &entry.node, known)));
                }
                (None, schema @ Value::Object(_)) => self.node(&entry.node, schema, key, faults),
                (None, _) => self.node(&entry.node, &Value::Null, key, faults),
            }
        }
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let at = table.values().map(|entry| entry.at).min().unwrap_or(begin);
        for key in required.filter(|key| !table.contains_key(*key)) {
            faults.push(Fault::new(at, format!("`{key}` is missing here")));
        }
    }

    fn is_stages(&self, schema: &Value) -> bool {
        schema["additionalProperties"]["$ref"] == "#/$defs/Stage"
    }

    /// What to say of a key that there is not: where it belongs, what it is called here, or what is like it.
    fn unknown(&self, key: &str, node: &Node, known: &Map<String, Value>) -> String {
        let stage = &self.definitions["Stage"]["properties"];
        let has = |name: &str| known.contains_key(name);
        let is_project = has("package") && !has("memory_size");
        let is_stage = has("memory_size");
        if !is_stage && stage.get(key).is_some() {
            return format!("`{key}` belongs to a stage, below `[stage.NAME]`");
        }
        if !is_project && ["bin", "example", "package"].contains(&key) {
            return format!("`{key}` belongs to the project, below `[project]`");
        }
        if let Some(sentence) = zappa::answer(key) {
            return sentence;
        }
        if let Some(meant) = nearest(key, known.keys().map(String::as_str)) {
            return format!("unknown setting `{key}`; did you mean `{meant}`?");
        }
        if !is_project && !is_stage && matches!(node.kind, Kind::Table(_)) {
            return format!("unknown table `{key}`; a stage is written `[stage.{key}]`");
        }
        format!("unknown setting `{key}`")
    }

    /// One of several forms fits, or the one of the node's own type says what is wrong.
    fn forms(&self, node: &Node, forms: &'a [Value], name: &str, faults: &mut Vec<Fault>) {
        let forms: Vec<&Value> =
            forms.iter().map(|form| self.deref(form)).filter(|form| form["type"] != "null").collect();
        let mut closest: Option<Vec<Fault>> = None;
        for form in &forms {
            let mut found = Vec::new();
            self.node(node, form, name, &mut found);
            if found.is_empty() {
                return;
            }
            if has_type(node, form) || forms.len() == 1 {
                closest = Some(found);
            }
        }
        faults.extend(closest.unwrap_or_else(|| {
            let wanted: Vec<String> = forms.iter().map(|form| expected(form)).collect();
            let quotes = if forms.iter().any(|form| form["type"] == "string") { "; put it in quotes" } else { "" };
            vec![Fault::new(node.at, format!("`{name}` is {}, not {}{quotes}", either(&wanted), node.noun()))]
        }));
    }

    /// The words of an enumeration, if the schema is one.
    fn words(&self, schema: &'a Value) -> Option<Vec<&'a str>> {
        if let Some(words) = schema["enum"].as_array() {
            return words.iter().map(Value::as_str).collect();
        }
        let forms = schema["oneOf"].as_array()?;
        forms.iter().map(|form| form["const"].as_str()).collect()
    }

    fn deref(&self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
            Some(name) => &self.definitions[name],
            None => schema,
        }
    }
}

fn word(node: &Node, words: &[&str], name: &str, faults: &mut Vec<Fault>) {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match &node.kind {
        Kind::Text(text) if words.contains(&text.as_str()) => {}
        Kind::Text(text) => {
            let meant = nearest(text, words.iter().copied()).map(|word| format!("; did you mean `{word}`?"));
            // https://www.rfc-editor.org/rfc/rfc7518#section-3.2
            let is_secret = name == "algorithms" && text.starts_with("HS");
            let meant = match is_secret {
                true => {
                    "; shared secrets are not supported, since a gateway reads the public keys of the issuer".to_owned()
                }
                false => meant.unwrap_or_default(),
            };
            faults.push(Fault::new(node.at, format!("`{name}` is {}, not `{text}`{meant}", either(&quoted))));
        }
        _ => faults.push(Fault::new(node.at, format!("`{name}` is {}, not {}", either(&quoted), node.noun()))),
    }
}

fn range(node: &Node, number: f64, schema: &Value, name: &str, faults: &mut Vec<Fault>) {
    // JSON has no such number.
    if !number.is_finite() {
        faults.push(Fault::new(node.at, format!("`{name}` is a number and cannot be {number}")));
        return;
    }
    if let Some(least) = schema["minimum"].as_f64().filter(|least| number < *least) {
        faults.push(Fault::new(node.at, format!("`{name}` is at least {least}, not {number}")));
    }
    // A type of 32 bits says so by its format alone.
    let widest = (schema["format"] == "uint32").then_some(f64::from(u32::MAX));
    if let Some(most) = schema["maximum"].as_f64().or(widest).filter(|most| number > *most) {
        let more = if name == "keep_warm" || name == "count" {
            "; `provisioned_concurrency` keeps more instances ready"
        } else {
            ""
        };
        faults.push(Fault::new(node.at, format!("`{name}` is at most {most}, not {number}{more}")));
    }
}

pub(super) fn has_type(node: &Node, schema: &Value) -> bool {
    let fits = |kind: &str| {
        matches!(
            (kind, &node.kind),
            ("string", Kind::Text(_))
                | ("integer", Kind::Integer(_))
                | ("number", Kind::Integer(_) | Kind::Float(_))
                | ("boolean", Kind::Boolean(_))
                | ("array", Kind::List(_))
                | ("object", Kind::Table(_))
        )
    };
    match &schema["type"] {
        Value::String(kind) => fits(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(fits),
        // Anything goes, as for what is CloudFormation's.
        _ => true,
    }
}

fn expected(schema: &Value) -> String {
    let noun = |kind: &str| match kind {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        _ => "something else",
    };
    match &schema["type"] {
        Value::String(kind) => noun(kind).to_owned(),
        Value::Array(kinds) => {
            let kinds: Vec<String> = kinds
                .iter()
                .filter_map(Value::as_str)
                .filter(|kind| *kind != "null")
                .map(|kind| noun(kind).to_owned())
                .collect();
            either(&kinds)
        }
        _ => "something else".to_owned(),
    }
}

/// `a`, `b` or `c`.
fn either(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
