//! Rules of `routes`: paths that a gateway can have beside each other, and what it can check of each.

use std::collections::{BTreeMap, BTreeSet};

use zappa_rs_adapter::contract::route_table::PUBLIC;

use super::{
    super::{
        Api, Stage,
        authorizer::Access,
        route::{Route, is_greedy, is_variable},
    },
    Rules, authorizer,
};
use crate::suggestion::nearest;

/// The one path that API Gateway keeps for itself below the root of a REST API.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const RESERVED: [&str; 2] = ["/ping", "/sping"];
/// The methods that API Gateway has, which are those of HTTP but CONNECT and TRACE.
pub(super) const GATEWAY_METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

impl Rules<'_> {
    pub(super) fn routes(&mut self) {
        let stage = self.stage;
        if stage.routes.is_empty() || self.is_faulty(&["routes"]) {
            return;
        }
        if stage.api == Api::FunctionUrl {
            self.fault(["routes"], "a Function URL has no routes; `api = \"http\"` and `api = \"rest\"` have");
            return;
        }
        for (index, route) in stage.routes.iter().enumerate() {
            let index = index.to_string();
            if let Some(sentence) = path_fault(stage, &route.path) {
                self.fault(["routes", &index, "path"], sentence);
            }
            for (number, method) in route.methods.iter().enumerate() {
                if let Some(sentence) = method_fault(stage, &route.methods[..number], method) {
                    self.fault(["routes", &index, "methods", &number.to_string()], sentence);
                }
            }
            let name = route.authorizer.as_deref().filter(|_| !self.is_faulty(&["authorizers", "authorizer"]));
            if let Some(sentence) = name.and_then(|name| authorizer::choice_fault(stage, name)) {
                self.fault(["routes", &index, "authorizer"], sentence);
            }
        }
        for (index, route) in stage.routes.iter().enumerate() {
            if let Some((key, sentence)) = overlap(&stage.routes[..index], route) {
                self.fault(["routes", &index.to_string(), key], sentence);
            }
        }
        if let Some((index, sentence)) = unlisted_methods_fault(stage) {
            self.fault(["routes", &index.to_string(), "authorizer"], sentence);
        }
        for (path, other) in confused_paths(stage) {
            let index = stage.routes.iter().position(|route| route.path == path).unwrap_or(0).to_string();
            let difference = match path.eq_ignore_ascii_case(&other) {
                true => format!("`{path}` and `{other}` differ in case alone and ask for different things"),
                false => {
                    format!("a request for `{path}` in other case is one for `{other}`, which asks for something else")
                }
            };
            let sentence = format!("{difference}; a router that ignores case would confuse them");
            self.fault(["routes", &index, "path"], sentence);
        }
    }
}

/// What is wrong with a path by itself.
fn path_fault(stage: &Stage, path: &str) -> Option<String> {
    let Some(rest) = path.strip_prefix('/') else {
        return Some(format!("a path begins with `/`: `/{path}`"));
    };
    if rest.is_empty() {
        return None;
    }
    let segments: Vec<&str> = rest.split('/').collect();
    let mut names = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        let is_last = index + 1 == segments.len();
        if segment.is_empty() {
            return Some(match is_last {
                true => format!("`{path}` ends with `/`; leave it out"),
                false => format!("`{path}` has an empty segment"),
            });
        }
        if let Some(sentence) = segment_fault(path, segment, is_last, &mut names) {
            return Some(sentence);
        }
    }
    let base_path = stage.base_path.as_deref().map(|base| format!("/{}", base.trim_matches('/')));
    if let Some(base) = base_path.filter(|base| path == base || path.starts_with(&format!("{base}/"))) {
        return Some(format!("`{path}` begins with the base path `{base}`, which paths of `routes` are without"));
    }
    if stage.api == Api::Rest && RESERVED.contains(&path) {
        return Some(format!("`{path}` is API Gateway's own in a REST API"));
    }
    if matches!(segments[..], [segment] if is_greedy(segment)) {
        return Some(format!(
            "`{path}` is every path, as the stage is: `authorizer` and `throttle` of the stage are for it"
        ));
    }
    let takes_all = is_variable(segments.first()?) && (stage.api == Api::Rest || stage.websocket.is_some());
    takes_all.then(|| match stage.api {
        Api::Rest => {
            format!("`{path}` has a variable where the catch-all `/{{proxy+}}` of a REST API has its own; begin it with a text")
        }
        _ => format!("`{path}` has a variable where the WebSocket API has its routes; begin it with a text"),
    })
}

/// What is wrong with a segment; `names` are the variables before it.
fn segment_fault<'a>(path: &str, segment: &'a str, is_last: bool, names: &mut Vec<&'a str>) -> Option<String> {
    if let Some(here) = spelling_here(segment, is_last) {
        return Some(format!(
            "`{segment}` of `{path}` is how other frameworks write a variable, and would be a text here; write `{here}`"
        ));
    }
    if !is_variable(segment) {
        let is_taken = |letter: char| letter.is_ascii_alphanumeric() || "-._:".contains(letter);
        let is_dots = matches!(segment, "." | "..");
        return (is_dots || !segment.chars().all(is_taken)).then(|| {
            format!(
                "`{segment}` of `{path}` is neither a text of letters, digits, `-`, `.`, `_` and `:`, nor a variable such as `{{id}}`"
            )
        });
    }
    if is_greedy(segment) && !is_last {
        return Some(format!("`{segment}` stands for the rest of a path, and `{path}` goes on after it"));
    }
    let name = segment.trim_start_matches('{').trim_end_matches('}').trim_end_matches('+');
    if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._".contains(letter)) {
        return Some(format!(
            "`{segment}` of `{path}` is no variable: `{{id}}` has a name of letters, digits, `-`, `.` and `_`"
        ));
    }
    if names.contains(&name) {
        return Some(format!("`{path}` has the variable `{name}` twice"));
    }
    names.push(name);
    None
}

/// A variable in the spelling of another framework (`:id`, `*`, `*rest`, `{*rest}`, `{rest...}`, `<id>`, `{id:[0-9]+}`), as it is
/// written here.
fn spelling_here(segment: &str, is_last: bool) -> Option<String> {
    let within = |open: char, close: char| segment.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    let (name, is_rest) = if let Some(name) = segment.strip_prefix(':') {
        (name, false)
    } else if let Some(name) = segment.strip_prefix('*') {
        (name.trim_start_matches('*'), true)
    } else if let Some(name) = within('<', '>') {
        let (kind, name) = name.split_once(':').unwrap_or(("", name));
        (name, kind == "path")
    } else {
        let inner = within('{', '}')?;
        match (inner.strip_prefix('*'), inner.strip_suffix("..."), inner.split_once(':')) {
            (Some(name), ..) | (_, Some(name), _) => (name, true),
            (.., Some((name, pattern))) => (name, pattern == "path" || pattern.starts_with(".*")),
            _ => return None,
        }
    };
    let is_rest = is_rest && is_last;
    let name = name.trim_end_matches(['*', '+', '?']);
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let name = if is_name {
        name
    } else if is_rest {
        "proxy"
    } else {
        "id"
    };
    Some(format!("{{{name}{}}}", if is_rest { "+" } else { "" }))
}

/// Warnings of routes that begin with the stage's name, which the path of a request does not have.
pub(super) fn warnings<'a>(stage: &'a Stage, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let prefix = format!("/{name}");
    let paths: BTreeSet<&str> = stage.routes.iter().map(|route| route.path.as_str()).collect();
    paths.into_iter().filter_map(move |path| {
        let rest = path.strip_prefix(&prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
        let meant = if rest.is_empty() { "/" } else { rest };
        Some(format!(
            "stage `{name}`: the route `{path}` begins with the stage's name, which is no part of the path that the app sees, so that \
             it is not for `{meant}`; write `{meant}` if that is meant"
        ))
    })
}

/// What is wrong with a method; `before` are those before it.
fn method_fault(stage: &Stage, before: &[String], method: &str) -> Option<String> {
    if before.iter().any(|known| known == method) {
        return Some(format!("method `{method}` is listed twice"));
    }
    if method == "OPTIONS" && stage.cors().is_some() {
        return Some("with `cors` the gateway answers `OPTIONS` itself; leave it out".to_owned());
    }
    if matches!(method, "ANY" | "*") {
        return Some("a route without `methods` is for all of them".to_owned());
    }
    (!GATEWAY_METHODS.contains(&method)).then(|| {
        let meant =
            nearest(&method.to_ascii_uppercase(), GATEWAY_METHODS).map(|meant| format!("; did you mean `{meant}`?"));
        let meant = meant.unwrap_or_default();
        format!("`{method}` is not a method of API Gateway's routes, which are in capital letters{meant}")
    })
}

/// What is wrong with a route beside those before it: the key and the sentence.
fn overlap(before: &[Route], route: &Route) -> Option<(&'static str, String)> {
    for other in before {
        if let Some((name, known)) = renamed_variable(&other.path, &route.path) {
            let sentence = format!(
                "`{}` calls a variable `{name}` that is `{known}` in `{}`; one place has one name",
                route.path, other.path
            );
            return Some(("path", sentence));
        }
    }
    let same = || before.iter().filter(|other| other.path == route.path);
    if route.methods.is_empty() && same().any(|other| other.methods.is_empty()) {
        return Some(("path", format!("`{}` is there twice, for all methods each time", route.path)));
    }
    let twice = route.methods.iter().find(|method| same().any(|other| other.methods.contains(method)));
    if let Some(method) = twice {
        return Some(("methods", format!("`{method}` of `{}` is there twice", route.path)));
    }
    None
}

/// Paths that the adapter would refuse, since another one in other case is protected in another way: the path and the other one.
fn confused_paths(stage: &Stage) -> Vec<(String, String)> {
    let paths = stage.paths();
    let table = stage.route_table(&paths);
    let mut confused = Vec::new();
    for rules in paths.iter().filter(|rules| stage.routes.iter().any(|route| route.path == rules.path)) {
        let segments: Vec<&str> = rules.path.split('/').skip(1).filter(|segment| !segment.is_empty()).collect();
        let own = table.of_route(&rules.path);
        table.visit_in_any_case(&segments, &mut |found| {
            let methods = own.methods.iter().chain(&found.methods).map(|(method, _)| method.as_str()).chain([""]);
            let differs = |method: &str| ![PUBLIC, own.of(method)].contains(&found.of(method));
            let known = paths.iter().find(|other| {
                differs_in_case(&other.path, &rules.path) && std::ptr::eq(table.of_route(&other.path), found)
            });
            if let Some(other) = known.filter(|_| methods.into_iter().any(differs)) {
                confused.push((rules.path.clone(), other.path.clone()));
            }
        });
    }
    confused
}

/// Whether two paths, of which one can be read as the other in any case, have a text in different case. Without such a text one is
/// more exact than the other, as a variable is than a greedy one, and nothing is confused.
fn differs_in_case(one: &str, other: &str) -> bool {
    let mut pairs = one.split('/').zip(other.split('/'));
    pairs.any(|(one, other)| one != other && !is_variable(one) && !is_variable(other))
}

/// A variable of the second path that the first one has under another name: both names.
fn renamed_variable<'a>(known: &'a str, path: &'a str) -> Option<(&'a str, &'a str)> {
    for (known, segment) in known.split('/').zip(path.split('/')) {
        if is_variable(known) && is_variable(segment) && is_greedy(known) == is_greedy(segment) && known != segment {
            return Some((segment, known));
        }
        if known != segment {
            return None;
        }
    }
    None
}

/// A path whose routes ask for different things, so that it is open what the other methods ask for: a route and the sentence.
fn unlisted_methods_fault(stage: &Stage) -> Option<(usize, String)> {
    let mut by_path: BTreeMap<&str, Vec<(usize, Access<'_>)>> = BTreeMap::new();
    for (index, route) in stage.routes.iter().enumerate() {
        by_path.entry(&route.path).or_default().push((index, stage.access_of(route)));
    }
    by_path.into_iter().find_map(|(path, found)| {
        let is_open = found.iter().all(|(index, _)| !stage.routes[*index].methods.is_empty());
        let mut protected = found.into_iter().filter(|(_, access)| *access != Access::Public);
        let (_, first) = protected.next().filter(|_| is_open)?;
        let (index, other) = protected.find(|(_, access)| *access != first)?;
        let sentence = format!(
            "some methods of `{path}` ask for `{}` and some for `{}`; say what all others ask for by one more route of this path, \
             without `methods`",
            first.word(),
            other.word()
        );
        Some((index, sentence))
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use super::super::super::{Error, Settings};

    const HEAD: &str = "[stage.dev]\naws_region = \"eu-west-1\"\n";
    const USERS: &str = r#"
        [stage.dev.authorizers]
        users = { jwt = { issuer = "https://id.example.com", audience = ["shop"] } }
    "#;

    fn sentences(stage: &str, routes: &[&str]) -> Vec<String> {
        let routes: String = routes.iter().map(|route| format!("[[stage.dev.routes]]\n{route}\n")).collect();
        let text = format!("{HEAD}{stage}\n{routes}{USERS}");
        let settings = Settings::parse(Path::new("x.toml"), text, &BTreeMap::new());
        let error = settings.and_then(|settings| settings.choose(None)).err();
        error.iter().flat_map(Error::faults).map(|fault| fault.sentence.clone()).collect()
    }

    #[test]
    fn what_a_gateway_cannot_have_is_a_fault() {
        for (stage, routes, expected) in [
            ("api = \"function_url\"", &["path = \"/a\""][..], "a Function URL has no routes"),
            ("", &["path = \"a\""], "begins with `/`: `/a`"),
            ("", &["path = \"/a/\""], "ends with `/`"),
            ("", &["path = \"/a//b\""], "an empty segment"),
            ("", &["path = \"/a b\""], "`a b` of `/a b` is neither"),
            ("", &["path = \"/a/..\""], "`..` of `/a/..` is neither"),
            ("", &["path = \"/%61\""], "is neither"),
            ("", &["path = \"/x{id}\""], "is neither"),
            ("", &["path = \"/a/{}\""], "is no variable"),
            ("", &["path = \"/a/:id\""], "write `{id}`"),
            ("", &["path = \"/a/:id?\""], "write `{id}`"),
            ("", &["path = \"/a/*\""], "write `{proxy+}`"),
            ("", &["path = \"/a/**\""], "write `{proxy+}`"),
            ("", &["path = \"/a/*/b\""], "write `{id}`"),
            ("", &["path = \"/a/*rest\""], "write `{rest+}`"),
            ("", &["path = \"/a/{*rest}\""], "write `{rest+}`"),
            ("", &["path = \"/a/{rest...}\""], "write `{rest+}`"),
            ("", &["path = \"/a/{id:[0-9]+}\""], "write `{id}`"),
            ("", &["path = \"/a/<id>\""], "write `{id}`"),
            ("", &["path = \"/a/<path:rest>\""], "write `{rest+}`"),
            ("", &["path = \"/a/{p+}/b\""], "goes on after it"),
            ("", &["path = \"/a/{id}/{id}\""], "has the variable `id` twice"),
            ("", &["path = \"/{proxy+}\""], "`authorizer` and `throttle` of the stage"),
            ("", &["path = \"/{id}\""], "begin it with a text"),
            ("", &["path = \"/ping\""], "API Gateway's own"),
            ("base_path = \"shop\"", &["path = \"/shop/a\""], "begins with the base path `/shop`"),
            ("api = \"http\"\nwebsocket = {}", &["path = \"/{id}\""], "the WebSocket API"),
            ("", &["path = \"/a/{id}\"", "path = \"/a/{name}/b\""], "`{name}` that is `{id}`"),
            ("", &["path = \"/a/{p+}\"", "path = \"/a/{q+}\""], "`{q+}` that is `{p+}`"),
            ("", &["path = \"/a\"", "path = \"/a\""], "is there twice, for all methods"),
            (
                "",
                &["path = \"/a\"\nmethods = [\"GET\"]", "path = \"/a\"\nmethods = [\"PUT\", \"GET\"]"],
                "`GET` of `/a` is there twice",
            ),
            ("", &["path = \"/a\"\nmethods = [\"GET\", \"GET\"]"], "listed twice"),
            ("", &["path = \"/a\"\nmethods = [\"get\"]"], "did you mean `GET`?"),
            ("", &["path = \"/a\"\nmethods = [\"ANY\"]"], "without `methods` is for all"),
            ("", &["path = \"/a\"\nmethods = [\"TRACE\"]"], "not a method of API Gateway's"),
            ("cors = true", &["path = \"/a\"\nmethods = [\"OPTIONS\"]"], "the gateway answers `OPTIONS` itself"),
            ("", &["path = \"/a\"\nauthorizer = \"user\""], "did you mean `users`?"),
            ("", &["path = \"/a\"\nauthorizer = \"iam\"", "path = \"/A\""], "differ in case alone"),
            (
                "",
                &["path = \"/a/{id}/b\"\nauthorizer = \"iam\"", "path = \"/a/{id}/B\"\nauthorizer = \"users\""],
                "differ in case alone",
            ),
            ("", &["path = \"/a/{p+}\"\nauthorizer = \"iam\"", "path = \"/A/{p+}\""], "differ in case alone"),
            (
                "",
                &["path = \"/A/b\"\nauthorizer = \"iam\"", "path = \"/a/{p+}\"\nauthorizer = \"users\""],
                "a request for `/A/b` in other case is one for `/a/{p+}`",
            ),
            (
                "",
                &[
                    "path = \"/a\"\nmethods = [\"GET\"]\nauthorizer = \"users\"",
                    "path = \"/a\"\nmethods = [\"PUT\"]\nauthorizer = \"iam\"",
                ],
                "some methods of `/a` ask for `users` and some for `iam`",
            ),
            ("", &["path = \"/a\"\nmethod = \"GET\""], "methods"),
        ] {
            let found = sentences(stage, routes);
            assert!(found.iter().any(|sentence| sentence.contains(expected)), "{stage} {routes:?}: {found:?}");
        }
    }

    #[test]
    fn what_it_can_have_is_none() {
        for (stage, routes) in [
            (
                "",
                &[
                    "path = \"/\"\nauthorizer = \"none\"",
                    "path = \"/a/{proxy+}\"\nauthorizer = \"users\"",
                    "path = \"/a\"",
                ][..],
            ),
            ("api = \"http\"", &["path = \"/{page}\"\nauthorizer = \"iam\"", "path = \"/ping\""]),
            ("", &["path = \"/a/{id}\"", "path = \"/a/{proxy+}\"", "path = \"/a/b/{other}\"", "path = \"/A\""]),
            (
                "",
                &[
                    "path = \"/a\"\nmethods = [\"GET\"]\nauthorizer = \"users\"",
                    "path = \"/a\"\nmethods = [\"PUT\"]\nauthorizer = \"iam\"",
                    "path = \"/a\"\nauthorizer = \"iam\"\nthrottle = { rate = 5, burst = 10 }",
                ],
            ),
        ] {
            assert_eq!(sentences(stage, routes), Vec::<String>::new(), "{routes:?}");
        }
    }

    #[test]
    fn a_variable_beside_a_greedy_one_is_not_another_case_of_it() {
        let plans = "usage_plans = { free = { keys = [\"app\"] } }";
        for (stage, one, other) in [
            ("", "authorizer = \"iam\"", "authorizer = \"none\""),
            ("api = \"http\"", "authorizer = \"iam\"", "authorizer = \"none\""),
            ("", "authorizer = \"iam\"", "authorizer = \"users\""),
            (plans, "api_key_required = true", "api_key_required = false"),
        ] {
            for (first, second) in [(one, other), (other, one)] {
                let id = format!("path = \"/a/{{id}}\"\n{first}");
                let rest = format!("path = \"/a/{{proxy+}}\"\n{second}");
                for routes in [[&*id, &*rest], [&*rest, &*id]] {
                    assert_eq!(sentences(stage, &routes), [] as [&str; 0], "{stage} {routes:?}");
                }
            }
        }
    }

    #[test]
    fn a_route_that_begins_with_the_stages_name_is_a_warning() {
        for (routes, expected) in [
            ("{ path = \"/dev/admin\", authorizer = \"iam\" }", Some("it is not for `/admin`")),
            ("{ path = \"/dev\" }, { path = \"/dev\", methods = [\"GET\"] }", Some("it is not for `/`")),
            ("{ path = \"/developers\" }, { path = \"/a/dev\" }", None),
        ] {
            let found = super::super::warnings_of_lines(&format!("routes = [{routes}]"));
            assert_eq!(found.len(), usize::from(expected.is_some()), "{routes}: {found:?}");
            assert!(expected.is_none_or(|expected| found[0].contains(expected)), "{routes}: {found:?}");
        }
    }

    #[test]
    fn a_fault_is_named_where_it_is() {
        let text = format!("{HEAD}[[stage.dev.routes]]\npath = \"/a\"\n[[stage.dev.routes]]\npath = \"b\"\n");
        let settings = Settings::parse(Path::new("x.toml"), text, &BTreeMap::new());
        let error = settings.and_then(|settings| settings.choose(None)).unwrap_err();
        assert_eq!(error.faults().iter().map(|fault| fault.line).collect::<Vec<_>>(), [6]);
    }
}
