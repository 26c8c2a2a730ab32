//! Substitution of `${VAR}` in texts: from the environment of the deploy, and `${stage}` and `${region}`.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    fault::Fault,
    function_reference::PREFIX,
    tree::{Entry, Kind, Node},
};

/// Keys below which `${...}` is CloudFormation's own.
const CLOUDFORMATION: &str = "Fn::Sub";

/// What a text becomes.
#[derive(Debug, PartialEq)]
enum Replaced {
    Text(String),
    /// The text of an `Fn::Sub`, since it refers to a function.
    Expression(String),
}

/// Whether a text has a variable.
pub(super) fn has_variable(text: &str) -> bool {
    text.contains("${")
}

/// Whether every variable of a text ends.
pub(super) fn is_closed(text: &str) -> bool {
    text.split("${").skip(1).all(|rest| rest.contains('}'))
}

/// Puts the values in. Names that are not known are faults; `$${` is a `${` that stays. A text that refers to a function
/// becomes an expression of CloudFormation, where the setting takes one.
pub(super) fn substitute(
    node: &mut Node,
    known: &BTreeMap<String, String>,
    takes_expressions: bool,
    faults: &mut Vec<Fault>,
) {
    let at = node.at;
    match &mut node.kind {
        Kind::Text(text) => {
            if text.contains("${") {
                match substitute_text(text, known) {
                    Ok(Replaced::Text(whole)) => *text = whole,
                    Ok(Replaced::Expression(whole)) if takes_expressions => {
                        let node_of = |kind| Node { at, kind };
                        let text = Entry { at, node: node_of(Kind::Text(whole)) };
                        node.kind = Kind::Table([(CLOUDFORMATION.to_owned(), text)].into());
                    }
                    Ok(Replaced::Expression(_)) => faults.push(Fault::new(
                        at,
                        "`${fn:…}` is only for texts in `environment`, `permissions`, `resources` and `outputs`",
                    )),
                    Err(sentence) => faults.push(Fault::new(at, sentence)),
                }
            }
        }
        Kind::List(items) => items.iter_mut().for_each(|item| substitute(item, known, takes_expressions, faults)),
        Kind::Table(table) => {
            for (key, entry) in table {
                if key != CLOUDFORMATION {
                    substitute(&mut entry.node, known, takes_expressions || key == "environment", faults);
                }
            }
        }
        Kind::Integer(_) | Kind::Float(_) | Kind::Boolean(_) | Kind::Time(_) => {}
    }
}

/// The places of the texts of a table that were not substituted, and of the settings around them: no rule can judge what
/// has no value. `unset` has the places of those texts.
pub(super) fn unresolved_places(table: &Node, unset: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut places = BTreeSet::new();
    add_unresolved(table, unset, &mut places);
    // Its other settings are judged all the same.
    places.remove(&table.at);
    places
}

/// Adds the places in a node; whether there are any.
fn add_unresolved(node: &Node, unset: &BTreeSet<usize>, places: &mut BTreeSet<usize>) -> bool {
    let mut is_unresolved = false;
    match &node.kind {
        Kind::Text(_) => is_unresolved = unset.contains(&node.at),
        Kind::List(items) => items.iter().for_each(|item| is_unresolved |= add_unresolved(item, unset, places)),
        Kind::Table(table) => {
            for entry in table.values() {
                if add_unresolved(&entry.node, unset, places) {
                    places.insert(entry.at);
                    is_unresolved = true;
                }
            }
        }
        Kind::Integer(_) | Kind::Float(_) | Kind::Boolean(_) | Kind::Time(_) => {}
    }
    if is_unresolved {
        places.insert(node.at);
    }
    is_unresolved
}

fn substitute_text(text: &str, known: &BTreeMap<String, String>) -> Result<Replaced, String> {
    let mut whole = String::with_capacity(text.len());
    // The same for `Fn::Sub`, where a `${` that stays is written `${!`.
    let mut expression = String::new();
    let mut refers = false;
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if let Some(before) = rest[..start].strip_suffix('$') {
            for (target, stays) in [(&mut whole, "${"), (&mut expression, "${!")] {
                target.push_str(before);
                target.push_str(stays);
            }
            rest = &rest[start + 2..];
            continue;
        }
        whole.push_str(&rest[..start]);
        expression.push_str(&rest[..start]);
        let inner = &rest[start + 2..];
        let Some(end) = inner.find('}') else {
            // The text is not repeated: it may hold a secret.
            return Err("a `${` has no `}`; `$${` writes one that stays".to_owned());
        };
        let name = &inner[..end];
        if name.contains("::") || name.starts_with(PREFIX) {
            // `${AWS::Region}` is CloudFormation's, and `${fn:mail}` the template's.
            refers |= name.starts_with(PREFIX);
            whole.push_str(&rest[start..start + 2 + end + 1]);
            expression.push_str(&rest[start..start + 2 + end + 1]);
        } else if let Some(value) = known.get(name) {
            whole.push_str(value);
            expression.push_str(&value.replace("${", "${!"));
        } else {
            return Err(format!("`${{{name}}}` is not set in the environment; `$${{` writes a `${{` that stays"));
        }
        rest = &inner[end + 1..];
    }
    whole.push_str(rest);
    expression.push_str(rest);
    Ok(if refers { Replaced::Expression(expression) } else { Replaced::Text(whole) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_put_in_and_unknown_ones_are_reported() {
        let known = [("stage", "dev"), ("EMPTY", ""), ("ODD", "a${b}")];
        let known = known.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        for (text, expected) in [
            ("plain $5", Ok("plain $5")),
            ("/${stage}/x", Ok("/dev/x")),
            ("${EMPTY}", Ok("")),
            ("$${stage} ${stage}", Ok("${stage} dev")),
            ("${AWS::Region}-${stage}", Ok("${AWS::Region}-dev")),
            ("${HOME_OF}", Err("`${HOME_OF}` is not set in the environment; `$${` writes a `${` that stays")),
            ("${stage", Err("a `${` has no `}`; `$${` writes one that stays")),
        ] {
            let expected = expected.map(|text| Replaced::Text(text.to_owned())).map_err(str::to_owned);
            assert_eq!(substitute_text(text, &known), expected, "{text}");
        }
        for (text, expected) in [
            ("${fn:mail}", "${fn:mail}"),
            ("$${a} ${ODD} ${AWS::Region} ${stage}-${fn:mail}", "${!a} a${!b} ${AWS::Region} dev-${fn:mail}"),
        ] {
            assert_eq!(substitute_text(text, &known), Ok(Replaced::Expression(expected.to_owned())), "{text}");
        }
    }
}
