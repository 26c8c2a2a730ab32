//! Warnings of `extends`: rules of access that a stage loses, since its own list is in place of the inherited one.

use super::super::{
    Stage,
    authorizer::NONE,
    merge,
    tree::{Kind, Node, Table},
};

/// The key of an API's routes, and of its resource policy.
const ROUTES: &str = "routes";
const POLICY: &str = "resource_policy";

/// What a stage asks for less, or refuses less, than one that it extends, because of a list of its own.
pub(in super::super) fn dropped_rules(stages: &Table, table: &str, name: &str, stage: &Stage) -> Vec<String> {
    let layers = merge::layers(stages, table);
    let mut warnings = Vec::new();
    if let Some((owner, base, _, lost)) = replaced(&layers, ROUTES) {
        warnings.extend(lost.iter().filter_map(|route| {
            let (path, word) = lost_protection(route, stage)?;
            Some(format!(
                "stage `{name}`: `{ROUTES}` of stage `{owner}` are in place of those of `{base}`, so that `{path}` no longer asks \
                 for `{word}`; write that route here too"
            ))
        }));
    }
    if let Some((owner, base, kept, lost)) = replaced(&layers, POLICY) {
        let is_lost =
            |statement: &&Node| is_deny(statement) && !kept.iter().any(|kept| kept.json() == statement.json());
        let count = lost.iter().filter(is_lost).count();
        warnings.extend((count > 0).then(|| {
            let lost = if count == 1 { "a `deny` statement".to_owned() } else { format!("{count} `deny` statements") };
            format!(
                "stage `{name}`: `{POLICY}` of stage `{owner}` is in place of that of `{base}`, so that {lost} of that one no longer \
                 counts; write all statements here too"
            )
        }));
    }
    warnings
}

/// The list of the first layer that has one, and the one below that it is in place of: both layers, and what they list.
fn replaced<'a>(layers: &[(&'a str, &'a Node)], key: &str) -> Option<(&'a str, &'a str, &'a [Node], &'a [Node])> {
    let mut lists = layers.iter().filter_map(|(name, node)| {
        let entry = node.table()?.get(key)?;
        match &entry.node.kind {
            Kind::List(items) => Some((*name, items.as_slice())),
            _ => None,
        }
    });
    let (owner, kept) = lists.next()?;
    let (base, lost) = lists.next()?;
    Some((owner, base, kept, lost))
}

/// The path of an inherited route and what it asked for, if the stage asks for something else there.
fn lost_protection<'a>(route: &'a Node, stage: &Stage) -> Option<(&'a str, String)> {
    let table = route.table()?;
    let text = |key: &str| table.get(key).and_then(|entry| entry.node.text());
    let path = text("path")?;
    let authorizer = text("authorizer").filter(|authorizer| *authorizer != NONE);
    let needs_key = table.get("api_key_required").is_some_and(|entry| entry.node.kind == Kind::Boolean(true));
    if (authorizer.is_none() && !needs_key) || stage.routes.iter().any(|own| own.path == path) {
        return None;
    }
    let paths = stage.paths();
    let rules = stage.route_table(&paths).index_of_route(path).and_then(|index| paths.get(index));
    let asked = rules.map_or_else(|| stage.catch_all(), |rules| rules.others);
    match authorizer {
        Some(authorizer) if asked.access.word() != authorizer => Some((path, authorizer.to_owned())),
        _ if needs_key && !asked.is_key_required => Some((path, "api_key_required".to_owned())),
        _ => None,
    }
}

fn is_deny(statement: &Node) -> bool {
    statement.table().and_then(|table| table.get("effect")?.node.text()) == Some("deny")
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use super::super::super::Settings;

    fn warnings(base: &str, child: &str) -> Vec<String> {
        let keys = "usage_plans = { free = { keys = [\"app\"] } }";
        let text = format!(
            "[stage.base]\naws_region = \"eu-west-1\"\n{keys}\n{base}\n[stage.base.authorizers]\nusers = {{ function = \"users\" }}\n\
             [stage.dev]\nextends = \"base\"\n{child}\n"
        );
        let settings = Settings::parse(Path::new("x.toml"), text, &BTreeMap::new()).unwrap();
        let mut warnings = settings.choose(Some("dev")).unwrap().warnings;
        warnings.retain(|warning| warning.contains("in place of"));
        warnings
    }

    #[test]
    fn a_list_of_its_own_that_asks_for_less_is_a_warning() {
        let routes = "routes = [{ path = \"/admin\", authorizer = \"users\" }, { path = \"/a/b\", api_key_required = true }, { path = \"/free\" }]";
        let own = "routes = [{ path = \"/c\" }]";
        let deny = "{ effect = \"deny\", conditions = { IpAddress = { \"aws:SourceIp\" = \"10.0.0.1\" } } }";
        for (base, child, expected) in [
            (routes, "", &[][..]),
            (routes, own, &["`/admin` no longer asks for `users`", "`/a/b` no longer asks for `api_key_required`"]),
            (own, routes, &[]),
            (routes, &format!("{own}\nauthorizer = \"users\"\napi_key_required = true"), &[]),
            (
                routes,
                "routes = [{ path = \"/admin\", authorizer = \"none\" }, { path = \"/a/{proxy+}\", api_key_required = true }]",
                &[],
            ),
            (routes, &format!("{own}\nauthorizer = \"iam\""), &["`/admin` no longer", "`/a/b` no longer"]),
            (
                &format!("resource_policy = [{{}}, {deny}]"),
                "resource_policy = [{}]",
                &["a `deny` statement of that one"],
            ),
            (&format!("resource_policy = [{{}}, {deny}]"), &format!("resource_policy = [{deny}, {{}}]"), &[]),
            ("resource_policy = [{}]", "resource_policy = [{}]", &[]),
        ] {
            let found = warnings(base, child);
            assert_eq!(found.len(), expected.len(), "{base}\n{child}: {found:?}");
            let both = found.iter().all(|found| expected.iter().any(|expected| found.contains(expected)));
            assert!(both, "{base}\n{child}: {found:?}");
        }
    }
}
