//! `extends`: a stage on top of another, tables deeply, everything else as a whole; an authorizer of another kind too.

use super::{
    authorizer::KINDS,
    fault::Fault,
    tree::{Entry, Kind, Node, Table},
};
use crate::suggestion::nearest;

/// The key that names the other stage.
pub(super) const KEY: &str = "extends";

/// A stage with all that it extends, and without the key that says so.
pub(super) fn merge(stages: &Table, name: &str, faults: &mut Vec<Fault>) -> Option<Node> {
    let mut chain: Vec<&str> = Vec::new();
    let mut next = Some(name);
    let mut layers = Vec::new();
    while let Some(name) = next {
        let entry = stages.get_key_value(name)?;
        chain.push(entry.0);
        let node = &entry.1.node;
        layers.push(node);
        let Some(parent) = node.table().and_then(|table| table.get(KEY)) else {
            break;
        };
        let Some(text) = parent.node.text() else {
            faults.push(Fault::new(parent.at, format!("`{KEY}` is the name of a stage, not {}", parent.node.noun())));
            break;
        };
        if let Some(start) = chain.iter().position(|name| *name == text) {
            faults.push(circle(stages, &chain[start..]));
            break;
        }
        if !stages.contains_key(text) {
            let meant = nearest(text, stages.keys().map(String::as_str));
            let meant = meant.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
            faults.push(Fault::new(parent.at, format!("`{KEY}` names `{text}`, which is not a stage{meant}")));
            break;
        }
        next = Some(text);
    }
    let mut layers = layers.into_iter().rev().cloned();
    let mut whole = layers.next()?;
    for layer in layers {
        drop_other_kinds(&mut whole, &layer);
        merge_into(&mut whole, layer);
    }
    if let Kind::Table(table) = &mut whole.kind {
        table.remove(KEY);
    }
    Some(whole)
}

/// A stage and those that it extends, from the upper to the lower; up to where there is none, or a circle.
pub(super) fn layers<'a>(stages: &'a Table, name: &str) -> Vec<(&'a str, &'a Node)> {
    let mut layers: Vec<(&str, &Node)> = Vec::new();
    let mut next = stages.get_key_value(name);
    while let Some((name, entry)) = next.filter(|(name, _)| layers.iter().all(|(known, _)| known != name)) {
        layers.push((name, &entry.node));
        let parent = entry.node.table().and_then(|table| table.get(KEY)?.node.text());
        next = parent.and_then(|parent| stages.get_key_value(parent));
    }
    layers
}

/// Takes out authorizers that the upper stage has with another kind: of a user pool below and an issuer above, nothing belongs
/// together.
fn drop_other_kinds(below: &mut Node, above: &Node) {
    let authorizers = |node: &Node| node.table().and_then(|table| table.get("authorizers")?.node.table().cloned());
    let Some(above) = authorizers(above) else { return };
    let kinds = |entry: &Entry| -> Vec<&str> {
        let has = |kind: &&str| entry.node.table().is_some_and(|table| table.contains_key(*kind));
        KINDS.into_iter().filter(has).collect()
    };
    let Kind::Table(below) = &mut below.kind else { return };
    let Some(Kind::Table(below)) = below.get_mut("authorizers").map(|entry| &mut entry.node.kind) else { return };
    below.retain(|name, entry| {
        let (upper, lower) = (above.get(name).map(kinds).unwrap_or_default(), kinds(entry));
        upper.is_empty() || lower.is_empty() || upper.iter().any(|kind| lower.contains(kind))
    });
}

/// The same fault for every stage of the circle, so that it is reported once.
fn circle(stages: &Table, names: &[&str]) -> Fault {
    let first = (0..names.len()).min_by_key(|index| names[*index]).unwrap_or_default();
    let mut names: Vec<&str> = [&names[first..], &names[..first]].concat();
    let at = stages.get(names[0]).and_then(|entry| entry.node.table()?.get(KEY)).map_or(0, |entry| entry.at);
    names.push(names[0]);
    Fault::new(at, format!("`{KEY}` goes in a circle: {}", names.join(" → ")))
}

fn merge_into(below: &mut Node, above: Node) {
    match (&mut below.kind, above.kind) {
        (Kind::Table(below_table), Kind::Table(above_table)) => {
            // A region is said in two spellings; the upper one counts.
            for (one, other) in [("regions", "aws_region"), ("aws_region", "regions")] {
                if above_table.contains_key(one) {
                    below_table.remove(other);
                }
            }
            for (key, entry) in above_table {
                match below_table.get_mut(&key) {
                    Some(known) => {
                        known.at = entry.at;
                        merge_into(&mut known.node, entry.node);
                    }
                    None => {
                        below_table.insert(key, entry);
                    }
                }
            }
            below.at = above.at;
        }
        (kind, above_kind) => {
            *kind = above_kind;
            below.at = above.at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tree::parse, *};

    fn merged_json(text: &str, name: &str) -> (serde_json::Value, Vec<String>) {
        let node = parse(text).unwrap();
        let mut faults = Vec::new();
        let whole = merge(node.table().unwrap(), name, &mut faults).unwrap();
        (whole.json(), faults.into_iter().map(|fault| fault.sentence).collect())
    }

    #[test]
    fn tables_merge_deeply_and_lists_are_replaced() {
        let text = "
            [base]
            list = [1, 2]
            environment = { A = \"a\", B = \"b\" }
            [middle]
            extends = \"base\"
            environment = { B = \"x\" }
            [top]
            extends = \"middle\"
            list = [3]
        ";
        let (whole, faults) = merged_json(text, "top");
        assert_eq!(whole, serde_json::json!({ "list": [3], "environment": { "A": "a", "B": "x" } }));
        assert!(faults.is_empty());
    }

    #[test]
    fn an_authorizer_of_another_kind_replaces_the_one_below() {
        let base = "[base.authorizers]\nusers = { cognito = [\"Pool\"], clients = [\"App\"], scopes = [\"read\"] }\n\
                    s = { function = \"s\", ttl_seconds = 60 }\n";
        for (above, expected) in [
            (
                "users = { jwt = { issuer = \"i\" } }",
                serde_json::json!({ "users": { "jwt": { "issuer": "i" } }, "s": { "function": "s", "ttl_seconds": 60 } }),
            ),
            (
                "users = { cognito = [\"Other\"] }\ns = { ttl_seconds = 0 }",
                serde_json::json!({
                    "users": { "cognito": ["Other"], "clients": ["App"], "scopes": ["read"] },
                    "s": { "function": "s", "ttl_seconds": 0 },
                }),
            ),
            (
                "s = { arn = \"a\" }",
                serde_json::json!({
                    "users": { "cognito": ["Pool"], "clients": ["App"], "scopes": ["read"] },
                    "s": { "arn": "a" },
                }),
            ),
        ] {
            let text = format!("{base}[top]\nextends = \"base\"\n[top.authorizers]\n{above}\n");
            let (whole, faults) = merged_json(&text, "top");
            assert!(faults.is_empty());
            assert_eq!(whole["authorizers"], expected, "{above}");
        }
    }

    #[test]
    fn a_circle_and_a_name_that_is_none_are_faults() {
        let circle = "[a]\nextends = \"b\"\n[b]\nextends = \"a\"";
        assert_eq!(merged_json(circle, "a").1, ["`extends` goes in a circle: a → b → a"]);
        assert_eq!(merged_json(circle, "b").1, merged_json(circle, "a").1);
        let slip = "[base]\n[a]\nextends = \"bas\"";
        assert_eq!(merged_json(slip, "a").1, ["`extends` names `bas`, which is not a stage; did you mean `base`?"]);
    }
}
