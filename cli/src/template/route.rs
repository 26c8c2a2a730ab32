//! The routes of a stage's gateway: what it needs for `routes` of the settings, so that no request meets another rule than the
//! one that is most exact for its path.
//!
//! An HTTP API compares whole paths. A REST API walks down a tree of resources, and nothing says that it comes back from a
//! branch without an end: below every resource there is one for every path, with the rules that its path has.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html>

use std::collections::BTreeSet;

use crate::{
    gateway,
    settings::{
        Stage,
        route::{GREEDY, PathRules, is_greedy, is_variable},
    },
};

/// The path of the catch-all of a REST API.
pub(super) const REST_CATCH_ALL: &str = "/{proxy+}";
/// The key of the catch-all of an HTTP API.
pub(super) const HTTP_CATCH_ALL: &str = "$default";

/// The paths of a REST API: the root, the catch-all, and all that `routes` need, parents before their children.
pub(super) fn rest_paths(stage: &Stage) -> Vec<PathRules<'_>> {
    let rules = stage.paths();
    let table = stage.route_table(&rules);
    let patterns: Vec<Vec<&str>> = rules.iter().map(|rules| segments(&rules.path)).collect();
    let patterns: Vec<&[&str]> = patterns.iter().map(Vec::as_slice).filter(|pattern| !pattern.is_empty()).collect();
    let mut paths = vec!["/".to_owned(), REST_CATCH_ALL.to_owned()];
    expand("", &patterns, &mut paths);
    let of = |path: String| {
        let rules = table.index_of_route(&path).and_then(|index| rules.get(index));
        let catch_all = || (Vec::new(), stage.catch_all());
        let (methods, others) = rules.map_or_else(catch_all, |rules| (rules.methods.clone(), rules.others));
        PathRules { path, methods, others }
    };
    paths.into_iter().map(of).collect()
}

/// Adds the resources below a path, where these patterns go on; a pattern goes on below its variable and below every text in its
/// place.
fn expand(path: &str, patterns: &[&[&str]], paths: &mut Vec<String>) {
    let first = |pattern: &&[&str]| pattern.first().map(|first| (*first).to_owned());
    let firsts: Vec<String> = patterns.iter().filter_map(first).collect();
    let texts: BTreeSet<&String> = firsts.iter().filter(|segment| !is_variable(segment)).collect();
    let variable = firsts.iter().find(|segment| is_variable(segment) && !is_greedy(segment));
    let greedy = firsts.iter().find(|segment| is_greedy(segment));
    let child_of = |segment: &str| {
        let go_on = |pattern: &&[&'_ str]| is_greedy(pattern.first().copied().unwrap_or_default());
        let own = patterns.iter().filter(|pattern| pattern.first() == Some(&segment));
        let of_variable = patterns.iter().filter(|pattern| {
            let first = pattern.first().copied().unwrap_or_default();
            first != segment && is_variable(first) && !is_greedy(first)
        });
        let rests = own.chain(of_variable).filter_map(|pattern| pattern.get(1..)).filter(|rest| !rest.is_empty());
        rests.chain(patterns.iter().copied().filter(go_on)).collect::<Vec<_>>()
    };
    for segment in texts.into_iter().chain(variable) {
        let child = format!("{path}/{segment}");
        paths.push(child.clone());
        expand(&child, &child_of(segment), paths);
    }
    // A resource has one variable below it, and each takes what the other one would.
    if variable.is_none() && !path.is_empty() {
        paths.push(format!("{path}/{}", greedy.map_or(GREEDY, String::as_str)));
    }
}

/// The routes of a stage as an event of its gateway names them; none where everything goes to the catch-all.
pub(crate) fn routes(stage: &Stage, kind: gateway::GatewayKind) -> Vec<gateway::Route> {
    if stage.routes.is_empty() {
        return Vec::new();
    }
    let paths = match kind {
        gateway::GatewayKind::Rest => rest_paths(stage),
        gateway::GatewayKind::Http => {
            let catch_all =
                PathRules { path: HTTP_CATCH_ALL.to_owned(), methods: Vec::new(), others: stage.catch_all() };
            stage.paths().into_iter().chain([catch_all]).collect()
        }
        gateway::GatewayKind::FunctionUrl | gateway::GatewayKind::Alb => Vec::new(),
    };
    let of_path = |path: &PathRules<'_>| -> Vec<gateway::Route> {
        let method = |method: &str| (method != "ANY").then(|| method.to_owned());
        path.rules().map(|(name, _)| gateway::Route { method: method(name), path: path.path.clone() }).collect()
    };
    paths.iter().flat_map(of_path).collect()
}

/// The segments of a path of the settings.
fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{authorizer::Access, route::Route};

    fn stage(routes: &[(&str, &str)]) -> Stage {
        let route = |(path, authorizer): &(&str, &str)| Route {
            path: (*path).to_owned(),
            methods: Vec::new(),
            authorizer: Some((*authorizer).to_owned()),
            api_key_required: None,
            throttle: None,
        };
        Stage { routes: routes.iter().map(route).collect(), ..Stage::default() }
    }

    /// Each path with a star where it is protected.
    fn paths(routes: &[(&str, &str)]) -> Vec<String> {
        let stage = stage(routes);
        let paths = rest_paths(&stage);
        let mark = |access| if access == Access::Iam { "*" } else { "" };
        paths.iter().map(|path| format!("{}{}", path.path, mark(path.others.access))).collect()
    }

    #[test]
    fn below_every_resource_there_is_one_for_every_path() {
        assert_eq!(paths(&[]), ["/", "/{proxy+}"]);
        assert_eq!(paths(&[("/", "iam")]), ["/*", "/{proxy+}"]);
        assert_eq!(
            paths(&[("/admin/{proxy+}", "iam"), ("/a/b", "iam")]),
            ["/", "/{proxy+}", "/a", "/a/b*", "/a/b/{proxy+}", "/a/{proxy+}", "/admin*", "/admin/{proxy+}*"]
        );
    }

    #[test]
    fn what_is_added_below_a_path_has_the_rules_of_the_most_exact_path() {
        assert_eq!(
            paths(&[("/admin/{rest+}", "iam"), ("/admin/public/logo", "none")]),
            [
                "/",
                "/{proxy+}",
                "/admin*",
                "/admin/public*",
                "/admin/public/logo",
                "/admin/public/logo/{rest+}*",
                "/admin/public/{rest+}*",
                "/admin/{rest+}*",
            ]
        );
        assert_eq!(
            paths(&[("/users/{id}/orders", "iam"), ("/users/me", "none"), ("/users/{proxy+}", "iam")]),
            [
                "/",
                "/{proxy+}",
                "/users*",
                "/users/me",
                "/users/me/orders*",
                "/users/me/orders/{proxy+}*",
                "/users/me/{proxy+}*",
                "/users/{id}*",
                "/users/{id}/orders*",
                "/users/{id}/orders/{proxy+}*",
                "/users/{id}/{proxy+}*",
            ]
        );
    }

    #[test]
    fn no_resource_has_two_variables_below_it() {
        let stage =
            stage(&[("/a/{id}", "iam"), ("/a/{proxy+}", "none"), ("/a/b/{other}/c", "iam"), ("/a/{id}/{x}", "iam")]);
        let paths = rest_paths(&stage);
        let mut parents: Vec<&str> = paths
            .iter()
            .filter_map(|path| {
                path.path.rsplit_once('/').filter(|(_, last)| is_variable(last)).map(|(parent, _)| parent)
            })
            .collect();
        let count = parents.len();
        parents.sort_unstable();
        parents.dedup();
        assert_eq!(parents.len(), count);
    }
}
