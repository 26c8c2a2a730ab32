//! Substitution of `${VAR}` in texts: from the environment of the deploy, and `${stage}` and `${region}`.

use std::collections::BTreeMap;

use super::{
    fault::Fault,
    tree::{Kind, Node},
};

/// Keys below which `${...}` is CloudFormation's own.
const CLOUDFORMATION: &str = "Fn::Sub";

/// Puts the values in. Names that are not known are faults; `$${` is a `${` that stays.
pub(super) fn substitute(node: &mut Node, known: &BTreeMap<String, String>, faults: &mut Vec<Fault>) {
    let at = node.at;
    match &mut node.kind {
        Kind::Text(text) => {
            if text.contains("${") {
                match substitute_text(text, known) {
                    Ok(whole) => *text = whole,
                    Err(sentence) => faults.push(Fault::new(at, sentence)),
                }
            }
        }
        Kind::List(items) => items.iter_mut().for_each(|item| substitute(item, known, faults)),
        Kind::Table(table) => {
            for (key, entry) in table {
                if key != CLOUDFORMATION {
                    substitute(&mut entry.node, known, faults);
                }
            }
        }
        Kind::Integer(_) | Kind::Float(_) | Kind::Boolean(_) | Kind::Time(_) => {}
    }
}

fn substitute_text(text: &str, known: &BTreeMap<String, String>) -> Result<String, String> {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if let Some(before) = rest[..start].strip_suffix('$') {
            whole.push_str(before);
            whole.push_str("${");
            rest = &rest[start + 2..];
            continue;
        }
        whole.push_str(&rest[..start]);
        let inner = &rest[start + 2..];
        let Some(end) = inner.find('}') else {
            // The text is not repeated: it may hold a secret.
            return Err("a `${` has no `}`; `$${` writes one that stays".to_owned());
        };
        let name = &inner[..end];
        if name.contains("::") {
            // `${AWS::Region}` is CloudFormation's.
            whole.push_str(&rest[start..start + 2 + end + 1]);
        } else if let Some(value) = known.get(name) {
            whole.push_str(value);
        } else {
            return Err(format!("`${{{name}}}` is not set in the environment; `$${{` writes a `${{` that stays"));
        }
        rest = &inner[end + 1..];
    }
    whole.push_str(rest);
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_put_in_and_unknown_ones_are_reported() {
        let known = BTreeMap::from([("stage".to_owned(), "dev".to_owned()), ("EMPTY".to_owned(), String::new())]);
        for (text, expected) in [
            ("plain $5", Ok("plain $5")),
            ("/${stage}/x", Ok("/dev/x")),
            ("${EMPTY}", Ok("")),
            ("$${stage} ${stage}", Ok("${stage} dev")),
            ("${AWS::Region}-${stage}", Ok("${AWS::Region}-dev")),
            ("${HOME_OF}", Err("`${HOME_OF}` is not set in the environment; `$${` writes a `${` that stays")),
            ("${stage", Err("a `${` has no `}`; `$${` writes one that stays")),
        ] {
            assert_eq!(substitute_text(text, &known), expected.map(str::to_owned).map_err(str::to_owned), "{text}");
        }
    }
}
