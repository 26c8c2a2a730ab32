//! Rules for single paths as types: `[[stage.NAME.routes]]`, and what they mean for each path of the gateway.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zappa_rs_adapter::contract::route_table::{Protections, RouteTable};

use super::{
    Stage,
    authorizer::{Access, IAM, NONE},
    value::Throttle,
};

/// What the greedy variable of the paths is called that the tool adds.
pub(crate) const GREEDY: &str = "{proxy+}";

/// What the word of a protection ends with where callers need an API key too.
const AND_KEY: &str = "+key";

/// A rule for a path beside the catch-all, a table `[[stage.NAME.routes]]`.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    /// The path, such as `/items/{id}`, without stage and base path. `{proxy+}` at its end stands for the rest: `/admin/{proxy+}` is
    /// every path below `/admin`, and `/admin` too.
    pub(crate) path: String,
    /// The methods that the rule is for. Default: all. Methods that no rule of the path lists get its authorizer, and where
    /// the rules ask for nothing, the stage's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub(crate) methods: Vec<String>,
    /// Who may call the path: a name of `authorizers`, `iam` or `none`. Default: the stage's `authorizer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authorizer: Option<String>,
    /// Callers need an API key of one of the stage's `usage_plans` (REST API). Default: the stage's `api_key_required`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) api_key_required: Option<bool>,
    /// The most requests that the gateway lets through, for each method by itself. Default: the stage's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) throttle: Option<Throttle>,
}

/// What applies to requests of a path and method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rule<'a> {
    pub(crate) access: Access<'a>,
    pub(crate) is_key_required: bool,
    pub(crate) throttle: Option<Throttle>,
}

impl Rule<'_> {
    /// The word for what callers need, in the table of the adapter.
    fn word(&self) -> String {
        format!("{}{}", self.access.word(), if self.is_key_required { AND_KEY } else { "" })
    }
}

/// A path of the gateway beside the catch-all, and what applies to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PathRules<'a> {
    pub(crate) path: String,
    /// The methods that rules list.
    pub(crate) methods: Vec<(&'a str, Rule<'a>)>,
    /// All other methods.
    pub(crate) others: Rule<'a>,
}

impl<'a> PathRules<'a> {
    /// The methods with their rules; `ANY`, all others, is the last.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (&'a str, Rule<'a>)> {
        self.methods.iter().copied().chain([("ANY", self.others)])
    }
}

impl Access<'_> {
    /// The word for it in the settings.
    pub(crate) fn word(&self) -> &str {
        match self {
            Access::Public => NONE,
            Access::Iam => IAM,
            Access::Token(name, _) => name,
        }
    }
}

impl Stage {
    /// The paths of `routes`, each once; a path below which everything is has itself beside it.
    pub(crate) fn paths(&self) -> Vec<PathRules<'_>> {
        let mut paths: Vec<(String, Vec<&Route>)> = Vec::new();
        for route in &self.routes {
            match paths.iter_mut().find(|(path, _)| *path == route.path) {
                Some((_, routes)) => routes.push(route),
                None => paths.push((route.path.clone(), vec![route])),
            }
        }
        let parents = paths.iter().filter_map(|(path, routes)| Some((parent_of_greedy(path)?, routes.clone())));
        let parents = parents.filter(|(parent, _)| paths.iter().all(|(path, _)| path != parent));
        let parents: Vec<_> = parents.collect();
        paths.into_iter().chain(parents).map(|(path, routes)| self.rules_of(path, &routes)).collect()
    }

    fn rules_of<'a>(&'a self, path: String, routes: &[&'a Route]) -> PathRules<'a> {
        let rule = |route: &'a Route| Rule {
            access: self.access_of(route),
            is_key_required: self.asks_for_key(route),
            throttle: route.throttle,
        };
        let methods = routes.iter().flat_map(|route| route.methods.iter().map(|method| (method.as_str(), rule(route))));
        let any = routes.iter().find(|route| route.methods.is_empty()).map(|route| rule(route));
        let protected = routes.iter().map(|route| self.access_of(route)).find(|access| *access != Access::Public);
        let access = protected.unwrap_or_else(|| self.access());
        let is_key_required = self.api_key_required || routes.iter().any(|route| self.asks_for_key(route));
        let others = any.unwrap_or(Rule { access, is_key_required, throttle: None });
        PathRules { path, methods: methods.collect(), others }
    }

    /// Who may call what a route is for.
    pub(crate) fn access_of<'a>(&'a self, route: &'a Route) -> Access<'a> {
        route.authorizer.as_deref().map_or_else(|| self.access(), |name| self.access_by(name))
    }

    /// Whether callers of what a route is for need an API key.
    fn asks_for_key(&self, route: &Route) -> bool {
        route.api_key_required.unwrap_or(self.api_key_required)
    }

    /// The rules of everything that no route is for.
    pub(crate) fn catch_all(&self) -> Rule<'_> {
        Rule { access: self.access(), is_key_required: self.api_key_required, throttle: None }
    }

    /// What the paths of these rules ask callers for; the indices of the table are those of `paths`.
    pub(crate) fn route_table(&self, paths: &[PathRules<'_>]) -> RouteTable {
        let mut table = RouteTable::new(self.catch_all().word());
        for rules in paths {
            let methods = rules.methods.iter().map(|(method, rule)| ((*method).to_owned(), rule.word()));
            table.add(rules.path.clone(), Protections { methods: methods.collect(), others: rules.others.word() });
        }
        table
    }
}

/// The path that a greedy path begins with.
pub(crate) fn parent_of_greedy(path: &str) -> Option<String> {
    let (parent, last) = path.rsplit_once('/')?;
    (is_greedy(last) && !parent.is_empty()).then(|| parent.to_owned())
}

/// Whether a segment of a path is a variable.
pub(crate) fn is_variable(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}

/// Whether a segment of a path is a variable for the rest of it.
pub(crate) fn is_greedy(segment: &str) -> bool {
    is_variable(segment) && segment.ends_with("+}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(authorizer: Option<&str>, routes: &[(&str, &[&str], Option<&str>)]) -> Stage {
        let route = |(path, methods, authorizer): &(&str, &[&str], Option<&str>)| Route {
            path: (*path).to_owned(),
            methods: methods.iter().map(|method| (*method).to_owned()).collect(),
            authorizer: authorizer.map(str::to_owned),
            api_key_required: None,
            throttle: None,
        };
        Stage {
            authorizer: authorizer.map(str::to_owned),
            authorizers: [("users".to_owned(), super::super::authorizer::Authorizer::default())].into(),
            routes: routes.iter().map(route).collect(),
            ..Stage::default()
        }
    }

    #[test]
    fn methods_that_no_route_lists_are_never_weaker() {
        let (none, users) = (Some("none"), Some("users"));
        for (authorizer, routes, expected) in [
            (None, &[("/a", &["GET"][..], users)][..], "*=none;/a#GET=users;/a=users"),
            (None, &[("/a", &["GET"], none), ("/a", &["POST"], users)], "*=none;/a#GET=none;/a#POST=users;/a=users"),
            (users, &[("/a", &["GET"], none)], "*=users;/a#GET=none;/a=users"),
            (users, &[("/a", &["GET"], None), ("/a", &[], none)], "*=users;/a#GET=users;/a=none"),
            (Some("iam"), &[("/a", &[], users)], "*=iam;/a=users"),
        ] {
            let stage = stage(authorizer, routes);
            assert_eq!(stage.route_table(&stage.paths()).to_string(), expected);
        }
    }

    #[test]
    fn a_key_is_part_of_the_protection() {
        let of = |stage_asks: bool, routes: &[(&[&str], Option<bool>)]| {
            let mut stage = stage(None, &routes.iter().map(|(methods, _)| ("/a", *methods, None)).collect::<Vec<_>>());
            stage.api_key_required = stage_asks;
            for (route, (_, asks)) in stage.routes.iter_mut().zip(routes) {
                route.api_key_required = *asks;
            }
            stage.route_table(&stage.paths()).to_string()
        };
        assert_eq!(of(false, &[(&["GET"], Some(true))]), "*=none;/a#GET=none+key;/a=none+key");
        assert_eq!(of(true, &[(&["GET"], Some(false))]), "*=none+key;/a#GET=none;/a=none+key");
        assert_eq!(
            of(false, &[(&["GET"], None), (&["PUT"], Some(true))]),
            "*=none;/a#GET=none;/a#PUT=none+key;/a=none+key"
        );
        assert_eq!(of(false, &[(&["GET"], Some(true)), (&[], Some(false))]), "*=none;/a#GET=none+key;/a=none");
        assert_eq!(of(true, &[(&[], None)]), "*=none+key;/a=none+key");
    }

    #[test]
    fn a_path_of_everything_below_has_itself_beside_it() {
        let both = stage(None, &[("/a/{proxy+}", &["GET"], Some("iam"))]);
        let paths = both.paths();
        assert_eq!(paths.iter().map(|rules| rules.path.as_str()).collect::<Vec<_>>(), ["/a/{proxy+}", "/a"]);
        assert_eq!(paths[0].methods, paths[1].methods);
        let own = stage(None, &[("/a/{proxy+}", &[], Some("iam")), ("/a", &[], Some("none"))]);
        assert_eq!(own.route_table(&own.paths()).to_string(), "*=none;/a/{proxy+}=iam;/a=none");
    }
}
