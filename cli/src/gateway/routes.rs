//! The routes of a gateway, as a tree of path segments.

use std::{borrow::Cow, collections::BTreeMap};

use percent_encoding::percent_decode_str;

use super::Route;

/// The path of an HTTP API's route for everything that no other route takes.
const DEFAULT_ROUTE: &str = "$default";

/// What a gateway routes to the function. A request's route is found by its segments, however many routes there are.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Routes {
    root: Node,
    default: Option<Route>,
}

/// Where the paths of routes have come to.
#[derive(Clone, Debug, Default, PartialEq)]
struct Node {
    /// The routes that end here.
    routes: Vec<Route>,
    /// What follows, by the next segment.
    literals: BTreeMap<String, Self>,
    /// What follows after `{name}`. The names are in the routes, which may differ in them.
    variable: Option<Box<Self>>,
    /// The routes whose last segment, here, is `{name+}`.
    greedy: Vec<Route>,
}

/// The routes of one path.
#[derive(Debug)]
pub(super) struct Found<'t, 'p> {
    pub(super) routes: &'t [Route],
    /// The values of the variables, encoded as in the path, in the order of the path.
    pub(super) values: Vec<&'p str>,
}

/// How a gateway reads the path of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reading {
    /// A REST API: encoded, and a slash at its end does not count.
    Rest,
    /// An HTTP API: decoded already, and a slash at its end counts.
    Http,
}

/// A search for a path, with what it has found so far.
struct Search<'p, A> {
    reading: Reading,
    /// Which routes count.
    accepts: A,
    values: Vec<&'p str>,
}

/// A segment of a route's path.
enum Segment<'r> {
    Literal(&'r str),
    Variable(&'r str),
    Greedy(&'r str),
}

impl<'r> Segment<'r> {
    fn new(segment: &'r str) -> Self {
        let name = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}'));
        match name.map(|name| (name, name.strip_suffix('+'))) {
            Some((_, Some(name))) => Self::Greedy(name),
            Some((name, None)) => Self::Variable(name),
            None => Self::Literal(segment),
        }
    }
}

impl Routes {
    /// Whether everything is routed to the function.
    pub(crate) fn is_empty(&self) -> bool {
        self.root == Node::default() && self.default.is_none()
    }

    /// The route for everything that no other one takes.
    pub(super) fn default_route(&self) -> Option<&Route> {
        self.default.as_ref()
    }

    /// Finds the routes of the path that fits best among those with a route that `accepts` takes: at each segment a literal
    /// is preferred to a variable, and a variable to a greedy one.
    pub(super) fn find<'p>(
        &self,
        path: &'p str,
        reading: Reading,
        accepts: impl Fn(&Route) -> bool,
    ) -> Option<Found<'_, 'p>> {
        let mut search = Search { reading, accepts, values: Vec::new() };
        let routes = self.root.find(Some(path.strip_prefix('/')?), &mut search)?;
        Some(Found { routes, values: search.values })
    }
}

impl FromIterator<Route> for Routes {
    fn from_iter<I: IntoIterator<Item = Route>>(routes: I) -> Self {
        let mut all = Self::default();
        for route in routes {
            match route.path.strip_prefix('/').map(str::to_owned) {
                Some(path) => all.root.insert(&path, route),
                None if route.path == DEFAULT_ROUTE => all.default = Some(route),
                None => {}
            }
        }
        all
    }
}

impl Node {
    fn insert(&mut self, path: &str, route: Route) {
        let mut node = self;
        for segment in path.split('/') {
            node = match Segment::new(segment) {
                Segment::Literal(literal) => node.literals.entry(literal.to_owned()).or_default(),
                Segment::Variable(_) => node.variable.get_or_insert_default(),
                Segment::Greedy(_) => return node.greedy.push(route),
            };
        }
        node.routes.push(route);
    }

    /// Looks below this node for what is left of a path; `None` if its last segment is behind it.
    fn find<'p, A: Fn(&Route) -> bool>(&self, left: Option<&'p str>, search: &mut Search<'p, A>) -> Option<&[Route]> {
        let ends = left.is_none() || search.reading == Reading::Rest && left == Some("");
        if ends && self.routes.iter().any(&search.accepts) {
            return Some(&self.routes);
        }
        let left = left?;
        let (segment, following) = left.split_once('/').map_or((left, None), |(segment, rest)| (segment, Some(rest)));
        let literal = match search.reading {
            Reading::Rest => percent_decode_str(segment).decode_utf8_lossy(),
            Reading::Http => Cow::Borrowed(segment),
        };
        if let Some(found) = self.literals.get(&*literal).and_then(|node| node.find(following, search)) {
            return Some(found);
        }
        if let Some(node) = self.variable.as_deref().filter(|_| !segment.is_empty()) {
            search.values.push(segment);
            if let Some(found) = node.find(following, search) {
                return Some(found);
            }
            search.values.pop();
        }
        if left.is_empty() || !self.greedy.iter().any(&search.accepts) {
            return None;
        }
        search.values.push(left);
        Some(&self.greedy)
    }
}

impl Route {
    /// The names of its variables, in the order of its path.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').filter_map(|segment| match Segment::new(segment) {
            Segment::Variable(name) | Segment::Greedy(name) => Some(name),
            Segment::Literal(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::gateway::sample;

    #[test]
    fn a_route_is_found_without_looking_at_the_others() {
        let literals = (0..1000).map(|number| sample::route(&format!("GET /items-{number}/{{id}}")));
        let routes: Routes = literals.chain([sample::route("GET /{other}/{id}/more")]).collect();
        let looked_at = Cell::new(0);
        let accepts = |_: &Route| {
            looked_at.set(looked_at.get() + 1);
            true
        };
        let found = routes.find("/items-500/7", Reading::Http, accepts).unwrap();
        assert_eq!((found.routes[0].path.as_str(), found.values), ("/items-500/{id}", vec!["7"]));
        assert_eq!(looked_at.get(), 1);
    }

    #[test]
    fn a_search_that_turns_back_forgets_the_values() {
        let routes: Routes = ["GET /a/{x}/b", "GET /{y}/c/d", "GET /{z+}"].map(sample::route).into_iter().collect();
        for (path, route, values) in [
            ("/a/c/b", "/a/{x}/b", &["c"][..]),
            ("/a/c/d", "/{y}/c/d", &["a"]),
            ("/a/c/e", "/{z+}", &["a/c/e"]),
            ("/a/c/b/", "/{z+}", &["a/c/b/"]),
        ] {
            let found = routes.find(path, Reading::Http, |_| true).unwrap();
            assert_eq!((found.routes[0].path.as_str(), &*found.values), (route, values), "{path}");
        }
    }

    #[test]
    fn routes_of_one_path_may_name_their_variables_differently() {
        let routes: Routes = ["GET /pets/{id}", "PUT /pets/{name}"].map(sample::route).into_iter().collect();
        let found = routes.find("/pets/7", Reading::Http, |route| route.method.as_deref() == Some("PUT")).unwrap();
        assert_eq!(found.routes.len(), 2);
        assert_eq!(found.routes[1].variables().collect::<Vec<_>>(), ["name"]);
    }
}
