//! Rules of stages that expire, and of stages of a pattern.

use super::{
    super::{fault::Fault, lifetime::Lifetime, tree::Node},
    Rules,
};

impl Rules<'_> {
    pub(super) fn expires(&mut self) {
        let Some(expires) = &self.stage.expires else { return };
        if Lifetime::parse(expires).is_none() {
            let sentence = format!(
                "`expires` is a number of hours, days or weeks up to a year, such as `12h`, `3d` or `2w`, not `{expires}`"
            );
            self.fault(["expires"], sentence);
        }
        if self.stage.protected {
            self.fault(["expires"], "a `protected` stage cannot expire: take out one of the two");
        }
    }
}

/// Refuses an `expires` that came by `extends` to a stage with a name of its own: a long-lived stage that is laid over a
/// preview would be swept.
pub(in super::super) fn inherited_expiry(name: &str, own: &Node, whole: &Node, faults: &mut Vec<Fault>) {
    let has = |node: &Node| node.table().is_some_and(|table| table.contains_key("expires"));
    if has(own) || !has(whole) {
        return;
    }
    let sentence = format!(
        "stage `{name}` would expire, since it extends a stage with `expires`: write `expires` here too if it may be removed, or \
         take it out there"
    );
    faults.push(Fault::new(own.place(&["extends"]), sentence));
}

/// Refuses a name that all stages of a pattern would have: they would be one stack.
pub(in super::super) fn shared_name(pattern: &str, whole: &Node, faults: &mut Vec<Fault>) {
    let name = whole.table().and_then(|table| table.get("function_name")).and_then(|entry| entry.node.text());
    if let Some(name) = name.filter(|name| !name.contains("${stage}")) {
        let sentence = format!(
            "every stage of `{pattern}` would be the stack `{name}`: `function_name` needs `${{stage}}` there, such as \
             `{name}-${{stage}}`"
        );
        faults.push(Fault::new(whole.place(&["function_name"]), sentence));
    }
}

/// Refuses a domain that all stages of a pattern would have at one path: each deploy would take it from the stage before, and
/// from the stage that they extend.
pub(in super::super) fn shared_domain(pattern: &str, whole: &Node, faults: &mut Vec<Fault>) {
    let text_at = |path: &[&str]| {
        let node = path.iter().try_fold(whole, |node, key| Some(&node.table()?.get(*key)?.node));
        node.and_then(Node::text)
    };
    let names = [text_at(&["domain"]), text_at(&["domain", "name"])];
    let Some(name) = names.into_iter().flatten().next() else { return };
    let paths = [text_at(&["domain", "base_path"]), text_at(&["base_path"])];
    if [Some(name)].into_iter().chain(paths).flatten().any(|text| text.contains("${stage}")) {
        return;
    }
    let sentence = format!(
        "every stage of `{pattern}` would take the domain `{name}` from the one before: `domain` or `base_path` needs `${{stage}}` \
         there, such as `${{stage}}.{name}`; or extend a stage without a domain"
    );
    faults.push(Fault::new(whole.place(&["domain"]), sentence));
}
