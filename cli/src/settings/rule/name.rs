//! Rules of the names that AWS has to take.

use super::super::{Project, Stage, fault::Fault, tree::Node};

/// What Lambda takes of a function's name. A stack's may be twice as long and is the same name.
pub(crate) const LIMIT: usize = 64;

/// A stage's name, and the table that it is from.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct StageName<'a> {
    pub(in super::super) name: &'a str,
    pub(in super::super) table: &'a str,
    /// A shorter name that the same pattern matches.
    pub(in super::super) shorter: Option<&'a str>,
}

/// Checks the project's and the stage's names.
pub(in super::super) fn names(
    project: &Project,
    StageName { name, table, shorter }: StageName<'_>,
    stage: Option<&Stage>,
    root: &Node,
    faults: &mut Vec<Fault>,
) {
    if let Some(sentence) = stage_name_fault(name) {
        faults.push(Fault::new(root.place(&["stage", table]), sentence));
    }
    let Some(first) = &project.name else {
        return;
    };
    let at = root.place(&["project", "name"]);
    if !is_name(first) {
        faults.push(Fault::new(at, format!("`name` is `{first}`: letters, digits and `-`, a letter first")));
    }
    let whole = first.len() + 1 + name.len();
    let is_derived = stage.is_none_or(|stage| stage.function_name.is_none());
    if is_derived && whole > LIMIT {
        let remedy = match shorter {
            Some(shorter) => format!("the stage `{shorter}` is short enough"),
            None => "set `function_name`".to_owned(),
        };
        let sentence = format!("`{first}-{name}` has {whole} letters, a function's name has {LIMIT} at most; {remedy}");
        faults.push(Fault::new(at, sentence));
    }
}

/// The rule that a stage's name breaks.
pub(crate) fn stage_name_fault(name: &str) -> Option<String> {
    (!is_name(name) || name.len() > LIMIT).then(|| {
        format!(
            "a stage cannot be named `{name}`: letters, digits and `-`, a letter first, and {LIMIT} of them at most"
        )
    })
}

/// Whether a stack, a function or a stage can be named so.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
