//! Warnings of `extends`: rules of access that a stage loses, since what it says itself is in place of what it would inherit.

use serde_json::Value;

use super::super::{
    Stage, anonymous_access,
    authorizer::NONE,
    merge,
    resource_policy::{Effect, ResourceStatement},
    tree::{Kind, Node, Table},
};

/// The key of an API's routes, and of its resource policy.
const ROUTES: &str = "routes";
const POLICY: &str = "resource_policy";

/// A stage and those that it extends, from the upper to the lower.
type Layers<'a> = [(&'a str, &'a Node)];

/// What a stage asks for less, or refuses less, than one that it extends, because of settings of its own.
pub(in super::super) fn dropped_rules(stages: &Table, table: &str, name: &str, stage: &Stage) -> Vec<String> {
    let layers = merge::layers(stages, table);
    let sentences = dropped_routes(&layers, stage)
        .into_iter()
        .chain(dropped_statements(&layers, name))
        .chain(dropped_scopes(&layers, stage))
        .chain(dropped_mutual_tls(&layers, stage));
    sentences.map(|sentence| format!("stage `{name}`: {sentence}")).collect()
}

fn dropped_routes(layers: &Layers<'_>, stage: &Stage) -> Vec<String> {
    let Some((owner, base, _, lost)) = replaced(layers, ROUTES) else { return Vec::new() };
    let lost = lost.iter().filter_map(|route| lost_protection(route, stage));
    let sentence = |(path, word)| {
        format!(
            "`{ROUTES}` of stage `{owner}` are in place of those of `{base}`, so that `{path}` no longer asks for `{word}`; write that \
             route here too"
        )
    };
    lost.map(sentence).collect()
}

/// Statements that deny, and a policy that refuses anonymous callers, in whose place is one that does not.
fn dropped_statements(layers: &Layers<'_>, name: &str) -> Vec<String> {
    let Some((owner, base, kept, lost)) = replaced(layers, POLICY) else { return Vec::new() };
    let place = format!("`{POLICY}` of stage `{owner}` is in place of that of `{base}`");
    let (kept, lost) = (statements(kept, name), statements(lost, name));
    let denies = |statement: &&ResourceStatement| statement.effect == Effect::Deny;
    let is_lost = |statement: &&ResourceStatement| !kept.iter().any(|kept| form(kept) == form(statement));
    let count = lost.iter().filter(denies).filter(is_lost).count();
    let denials = (count > 0).then(|| {
        let lost = if count == 1 { "a `deny` statement".to_owned() } else { format!("{count} `deny` statements") };
        format!("{place}, so that {lost} of that one no longer counts; write all statements here too")
    });
    let refuses_anonymous = |policy: &[ResourceStatement]| {
        let statements: Vec<_> = policy.iter().map(|statement| statement.for_anonymous(name)).collect();
        !policy.is_empty() && anonymous_access::is_refused(&statements)
    };
    let everybody = (denials.is_none() && refuses_anonymous(&lost) && !refuses_anonymous(&kept)).then(|| {
        format!("{place}, which names whom it lets in, and this one lets in everybody; write its statements here too")
    });
    denials.into_iter().chain(everybody).collect()
}

/// The statements of a layer for this stage; one that is none is a fault elsewhere.
fn statements(policy: &[Node], stage: &str) -> Vec<ResourceStatement> {
    let read = |node: &Node| {
        let mut statement: ResourceStatement = serde_json::from_value(node.json()).ok()?;
        for path in &mut statement.paths {
            *path = path.replace("${stage}", stage);
        }
        Some(statement)
    };
    policy.iter().filter_map(read).collect()
}

/// A statement without the values that it compares with: one that names other addresses is not lost but changed.
fn form(statement: &ResourceStatement) -> ResourceStatement {
    let mut form = statement.clone();
    let keys = form.conditions.iter_mut().flat_map(serde_json::Map::values_mut).filter_map(Value::as_object_mut);
    for value in keys.flat_map(serde_json::Map::values_mut) {
        *value = Value::Null;
    }
    form
}

/// Scopes that an authorizer of another kind lacks, since nothing of the inherited one is left.
fn dropped_scopes(layers: &Layers<'_>, stage: &Stage) -> Vec<String> {
    let has_scopes = |node: &Node, authorizer: &str| {
        let scopes = node
            .table()
            .and_then(|stage| stage.get("authorizers")?.node.table()?.get(authorizer)?.node.table()?.get("scopes"));
        scopes.is_some_and(|scopes| matches!(&scopes.node.kind, Kind::List(scopes) if !scopes.is_empty()))
    };
    let without = stage.used_authorizers().filter(|(_, own)| own.scopes.is_empty() && !own.is_function());
    let lost = without.filter_map(|(authorizer, _)| {
        let (base, _) = layers.iter().find(|(_, node)| has_scopes(node, authorizer))?;
        Some(format!(
            "the authorizer `{authorizer}` is of another kind than that of stage `{base}` and in place of it, whose `scopes` it \
             lacks, so that every token of the issuer is let in; write `scopes` here too"
        ))
    });
    lost.collect()
}

/// Mutual TLS that a domain by its name alone lacks.
fn dropped_mutual_tls(layers: &Layers<'_>, stage: &Stage) -> Option<String> {
    let domain = stage.domain().filter(|domain| domain.mutual_tls.is_none())?;
    let (owner, _) = layers.iter().find(|(_, node)| domain_of(node).is_some_and(|domain| domain.text().is_some()))?;
    let has_mutual = |node: &Node| {
        domain_of(node).is_some_and(|domain| domain.table().is_some_and(|table| table.contains_key("mutual_tls")))
    };
    let (base, _) = layers.iter().find(|(_, node)| has_mutual(node))?;
    Some(format!(
        "`domain` of stage `{owner}` is in place of that of `{base}`, so that `mutual_tls` of that one is gone and clients need no \
         certificate; a table, `domain = {{ name = \"{}\" }}`, keeps it",
        domain.name
    ))
}

fn domain_of(layer: &Node) -> Option<&Node> {
    Some(&layer.table()?.get("domain")?.node)
}

/// The list of the first layer that has one, and the one below that it is in place of: both layers, and what they list.
fn replaced<'a>(layers: &Layers<'a>, key: &str) -> Option<(&'a str, &'a str, &'a [Node], &'a [Node])> {
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
        let office =
            "resource_policy = [{ conditions = { IpAddress = { \"aws:SourceIp\" = \"203.0.113.1\" } } }]".to_owned();
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
            (routes, "routes = []", &["`/admin` no longer", "`/a/b` no longer"]),
            (&office, "resource_policy = []", &["lets in everybody"]),
            (&office, "resource_policy = [{}]", &["lets in everybody"]),
            (&office, "resource_policy = [{ principals = [\"*\"], paths = [\"${stage}/*\"] }]", &["lets in everybody"]),
            (&office, "resource_policy = [{ paths = [\"dev/GET/free\"] }]", &[]),
            (&office, &office.replace("203.0.113.1", "0.0.0.0/0"), &["lets in everybody"]),
            (&office, &office.replace("203.0.113.1", "198.51.100.0/24"), &[]),
            (
                &format!("resource_policy = [{{}}, {deny}]"),
                &format!("resource_policy = [{{}}, {}]", deny.replace("10.0.0.1", "10.0.0.2")),
                &[],
            ),
            (&office, &format!("resource_policy = [{{}}, {deny}]"), &["lets in everybody"]),
            (&office, &office, &[]),
            ("resource_policy = [{}]", "resource_policy = []", &[]),
            (&format!("resource_policy = [{{}}, {deny}]"), "resource_policy = []", &["a `deny` statement of that one"]),
        ] {
            let found = warnings(base, child);
            assert_eq!(found.len(), expected.len(), "{base}\n{child}: {found:?}");
            let both = found.iter().all(|found| expected.iter().any(|expected| found.contains(expected)));
            assert!(both, "{base}\n{child}: {found:?}");
        }
    }

    /// The warnings of a stage that extends another with an authorizer of scopes.
    fn with_scopes(lower: &str, upper: &str, stage: &str) -> Vec<String> {
        let text = format!(
            "[stage.base]\naws_region = \"eu-west-1\"\n{stage}\n[stage.base.authorizers]\nusers = {lower}\n\
             [stage.dev]\nextends = \"base\"\n[stage.dev.authorizers]\nusers = {upper}\n"
        );
        let settings = Settings::parse(Path::new("x.toml"), text, &BTreeMap::new()).unwrap();
        let mut warnings = settings.choose(Some("dev")).unwrap().warnings;
        warnings.retain(|warning| warning.contains("in place of"));
        warnings
    }

    #[test]
    fn scopes_that_an_authorizer_of_another_kind_lacks_are_a_warning() {
        let pool = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abcdefghi";
        let cognito = format!("{{ cognito = [\"{pool}\"], scopes = [\"read\"] }}");
        let jwt =
            |more: &str| format!("{{ jwt = {{ issuer = \"https://id.example.com\", audience = [\"a\"] }}{more} }}");
        let used = "authorizer = \"users\"";
        let found = with_scopes(&cognito, &jwt(""), used);
        assert!(found.len() == 1 && found[0].contains("whose `scopes` it lacks"), "{found:?}");
        assert_eq!(with_scopes(&cognito, &jwt(", scopes = [\"read\"]"), used), [] as [&str; 0]);
        assert_eq!(with_scopes(&cognito, &jwt(""), ""), [] as [&str; 0]);
        assert_eq!(with_scopes(&cognito, "{ function = \"s\" }", used), [] as [&str; 0]);
        assert_eq!(with_scopes(&jwt(", scopes = [\"read\"]"), &jwt(""), used), [] as [&str; 0]);
        assert_eq!(with_scopes(&jwt(""), &format!("{{ cognito = [\"{pool}\"] }}"), used), [] as [&str; 0]);
    }

    #[test]
    fn mutual_tls_that_a_domain_by_its_name_lacks_is_a_warning() {
        let mutual = "domain = { name = \"a.example.com\", mutual_tls = { truststore_uri = \"s3://a/b.pem\" } }";
        for (base, child, expected) in [
            (mutual, "domain = \"b.example.com\"", Some("`mutual_tls` of that one is gone")),
            (mutual, "domain = { name = \"b.example.com\" }", None),
            (mutual, "", None),
            ("domain = { name = \"a.example.com\" }", "domain = \"b.example.com\"", None),
        ] {
            let found = warnings(base, child);
            assert_eq!(found.len(), usize::from(expected.is_some()), "{base}\n{child}: {found:?}");
            assert!(expected.is_none_or(|expected| found[0].contains(expected)), "{base}\n{child}: {found:?}");
        }
    }
}
