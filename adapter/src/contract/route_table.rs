//! The paths of an API that are protected in their own way, in the form of the variable [`ROUTES`](super::variable::ROUTES).

use std::{collections::BTreeMap, fmt};

/// The protection of a path that asks its callers for nothing.
pub const PUBLIC: &str = "none";
/// The path of everything that no other path of the table is for.
pub const CATCH_ALL: &str = "*";

/// Which path of an API asks its callers for what. What a protection is, is the gateway's matter: here it is a word, and
/// [`PUBLIC`] is none.
///
/// A segment of a path is a text, a variable such as `{id}`, or, as the last one, a greedy variable such as `{proxy+}`, which
/// stands for the rest of a path and for no rest, too.
///
/// As text it is the paths with `;` between them, each `path=protection`, or `path#METHOD,METHOD=protection` for some of its
/// methods:
///
/// ```
/// use zappa_rs_adapter::contract::route_table::RouteTable;
///
/// let text = "*=none;/admin/{proxy+}=users;/items#GET,HEAD=none;/items=users";
/// let table = RouteTable::parse(text).unwrap();
/// assert_eq!(table.of("/about").of("GET"), "none");
/// assert_eq!(table.of("/admin/reports/7").of("GET"), "users");
/// assert_eq!(table.of("/items").of("POST"), "users");
/// assert_eq!(table.to_string(), text);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RouteTable {
    catch_all: Protections,
    paths: Vec<(String, Protections)>,
    root: Node,
}

/// What the methods of a path ask their callers for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Protections {
    /// Methods with a protection of their own.
    pub methods: Vec<(String, String)>,
    /// That of all others.
    pub others: String,
}

impl Protections {
    /// The same for all methods.
    #[must_use]
    pub fn of_all(protection: impl Into<String>) -> Self {
        Self { methods: Vec::new(), others: protection.into() }
    }

    /// The protection of a method, whatever its case: a router may ignore it.
    #[must_use]
    pub fn of(&self, method: &str) -> &str {
        let own = self.methods.iter().find(|(known, _)| known.eq_ignore_ascii_case(method));
        own.map_or(&self.others, |(_, protection)| protection)
    }
}

/// The paths below a path.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Node {
    texts: BTreeMap<String, Self>,
    variable: Option<Box<Self>>,
    /// The path that ends with a greedy variable here, by its index.
    rest: Option<usize>,
    /// The path that ends here, by its index.
    end: Option<usize>,
}

impl RouteTable {
    /// A table with the catch-all alone.
    #[must_use]
    pub fn new(catch_all: impl Into<String>) -> Self {
        Self { catch_all: Protections::of_all(catch_all), paths: Vec::new(), root: Node::default() }
    }

    /// Adds a path, which is in place of an earlier one with the same segments.
    pub fn add(&mut self, path: impl Into<String>, protections: Protections) {
        let path = path.into();
        self.root.add(&path, self.paths.len());
        self.paths.push((path, protections));
    }

    /// Parses the text; `None` for one without a catch-all or with a part that this version does not know.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut catch_all = None;
        let mut paths: Vec<(String, Protections)> = Vec::new();
        for part in text.split(';') {
            let (route, protection) = part.split_once('=').filter(|(_, protection)| !protection.is_empty())?;
            let (path, methods) = route.split_once('#').map_or((route, None), |(path, methods)| (path, Some(methods)));
            if path == CATCH_ALL && methods.is_none() {
                catch_all = Some(protection);
                continue;
            }
            if !path.starts_with('/') {
                return None;
            }
            if paths.last().is_none_or(|(last, _)| last != path) {
                paths.push((path.to_owned(), Protections::of_all("")));
            }
            let (_, known) = paths.last_mut()?;
            match methods {
                None => known.others = protection.to_owned(),
                Some(methods) => {
                    let methods = methods.split(',').map(|method| (method.to_owned(), protection.to_owned()));
                    known.methods.extend(methods);
                }
            }
        }
        let mut table = Self::new(catch_all?);
        let is_whole = paths.iter().all(|(_, protections)| !protections.others.is_empty());
        for (path, protections) in paths {
            table.add(path, protections);
        }
        is_whole.then_some(table)
    }

    /// Whether every path asks for the same, so that there is nothing to confuse.
    #[must_use]
    pub fn is_uniform(&self) -> bool {
        let same = |protection: &str| protection == self.catch_all.others;
        self.paths.iter().all(|(_, protections)| {
            same(&protections.others) && protections.methods.iter().all(|(_, protection)| same(protection))
        })
    }

    /// The protections of a request's path: the most exact path of the table decides.
    #[must_use]
    pub fn of(&self, path: &str) -> &Protections {
        let segments: Vec<&str> = segments(path).collect();
        self.of_segments(&segments)
    }

    /// The protections of the segments of a request's path.
    #[must_use]
    pub fn of_segments(&self, segments: &[&str]) -> &Protections {
        self.at(self.root.find(segments, false))
    }

    /// The protections of a path or route that the gateway has, with its variables: `/items/{id}`, `$default`.
    #[must_use]
    pub fn of_route(&self, path: &str) -> &Protections {
        self.at(self.index_of_route(path))
    }

    /// The path of the table that a path of the gateway belongs to, as the number of its [`add`](Self::add); `None` is the
    /// catch-all.
    #[must_use]
    pub fn index_of_route(&self, path: &str) -> Option<usize> {
        if !path.starts_with('/') {
            return None;
        }
        let segments: Vec<&str> = segments(path).collect();
        self.root.find(&segments, true)
    }

    /// Visits the protections of a path in which upper and lower case are the same. An empty segment that others follow is a
    /// variable's, as axum has it, and none.
    pub fn visit_in_any_case<'a>(&'a self, segments: &[&str], visit: &mut dyn FnMut(&'a Protections)) {
        let mut found = |index: usize| visit(self.at(Some(index)));
        if !self.root.find_in_any_case(segments, &mut found) {
            visit(&self.catch_all);
        }
    }

    fn at(&self, index: Option<usize>) -> &Protections {
        index.and_then(|index| self.paths.get(index)).map_or(&self.catch_all, |(_, protections)| protections)
    }
}

impl Node {
    fn add(&mut self, path: &str, index: usize) {
        let mut node = self;
        for segment in segments(path) {
            if is_greedy(segment) {
                node.rest = Some(index);
                return;
            }
            node = match is_variable(segment) {
                true => node.variable.get_or_insert_default(),
                false => node.texts.entry(segment.to_owned()).or_default(),
            };
        }
        node.end = Some(index);
    }

    /// The most exact path for these segments; those of a route can be variables, too.
    fn find(&self, segments: &[&str], is_route: bool) -> Option<usize> {
        let Some((first, others)) = segments.split_first() else { return self.end.or(self.rest) };
        let text = self.texts.get(*first).and_then(|node| node.find(others, is_route));
        let is_none = first.is_empty() || is_route && is_greedy(first);
        let variable = || self.variable.as_ref().filter(|_| !is_none).and_then(|node| node.find(others, is_route));
        text.or_else(variable).or(self.rest)
    }

    /// Finds the most exact paths; whether there is one.
    fn find_in_any_case(&self, segments: &[&str], found: &mut dyn FnMut(usize)) -> bool {
        let Some((first, others)) = segments.split_first() else {
            let here = self.end.or(self.rest);
            here.into_iter().for_each(&mut *found);
            return here.is_some();
        };
        let mut is_found = false;
        for (text, node) in &self.texts {
            if equals_in_any_case(text, first) {
                is_found |= node.find_in_any_case(others, found);
            }
        }
        let mut of_variable = || self.variable.as_ref().is_some_and(|node| node.find_in_any_case(others, found));
        if !is_found && !first.is_empty() {
            is_found = of_variable();
        } else if first.is_empty() && !others.is_empty() {
            of_variable();
        }
        if !is_found {
            self.rest.into_iter().for_each(found);
            is_found = self.rest.is_some();
        }
        is_found
    }
}

/// Whether two texts differ in case alone, also in letters such as `ſ`, which becomes `S`.
fn equals_in_any_case(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
        || !other.is_ascii()
            && (one.to_lowercase() == other.to_lowercase() || one.to_uppercase() == other.to_uppercase())
}

/// The segments of a path; a slash at its end begins none.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').filter(move |_| !path.is_empty())
}

/// Whether a segment stands for one that a request can choose.
fn is_variable(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}

/// Whether a segment stands for the rest of a path.
fn is_greedy(segment: &str) -> bool {
    is_variable(segment) && segment.ends_with("+}")
}

impl fmt::Display for RouteTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{CATCH_ALL}={}", self.catch_all.others)?;
        for (path, protections) in &self.paths {
            let mut by_protection: Vec<(&str, Vec<&str>)> = Vec::new();
            for (method, protection) in &protections.methods {
                match by_protection.iter_mut().find(|(known, _)| known == protection) {
                    Some((_, methods)) => methods.push(method),
                    None => by_protection.push((protection, vec![method])),
                }
            }
            for (protection, methods) in by_protection {
                write!(f, ";{path}#{}={protection}", methods.join(","))?;
            }
            write!(f, ";{path}={}", protections.others)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "*=none;/=iam;/admin/{proxy+}=users;/admin/logo=none;/users/{id}=users;/users/{id}/orders=iam;\
                        /users/me=none;/items#GET,HEAD=none;/items=users";

    #[test]
    fn the_most_exact_path_decides() {
        let table = RouteTable::parse(TEXT).unwrap();
        for (path, expected) in [
            ("/", "iam"),
            ("", "iam"),
            ("/x", "none"),
            ("/admin", "users"),
            ("/admin/", "users"),
            ("/admin/x/y", "users"),
            ("/admin/logo", "none"),
            ("/admin/logo/x", "users"),
            ("/users", "none"),
            ("/users/7", "users"),
            ("/users//orders", "none"),
            ("/users/7/orders", "iam"),
            ("/users/7/carts", "none"),
            ("/users/me", "none"),
            ("/users/me/orders", "iam"),
            ("/items", "users"),
        ] {
            assert_eq!(table.of(path).others, expected, "{path}");
        }
        assert_eq!(table.of("/items").of("get"), "none");
        assert_eq!(table.of("/items").of("POST"), "users");
    }

    #[test]
    fn a_route_belongs_to_the_path_that_would_take_its_requests() {
        let table = RouteTable::parse(TEXT).unwrap();
        for (route, expected) in [
            ("$default", "none"),
            ("/{proxy+}", "none"),
            ("/", "iam"),
            ("/admin", "users"),
            ("/admin/{proxy+}", "users"),
            ("/admin/logo/{proxy+}", "users"),
            ("/users/{proxy+}", "none"),
            ("/users/{name}/orders", "iam"),
            ("/users/{id}/{proxy+}", "none"),
            ("/users/me/orders", "iam"),
        ] {
            assert_eq!(table.of_route(route).others, expected, "{route}");
        }
        assert_eq!(table.index_of_route("/users/{id}"), Some(3));
    }

    #[test]
    fn every_path_that_differs_in_case_alone_is_visited() {
        let table = RouteTable::parse("*=none;/Keys=users;/keys=iam;/sets/{id}=users").unwrap();
        let visited = |segments: &[&str]| {
            let mut all = Vec::new();
            table.visit_in_any_case(segments, &mut |protections| all.push(protections.others.as_str()));
            all
        };
        assert_eq!(visited(&["KEYS"]), ["users", "iam"]);
        assert_eq!(visited(&["\u{212a}eys"]), ["users", "iam"]);
        assert_eq!(visited(&["\u{17f}ets", "7"]), ["users"]);
        assert_eq!(visited(&["keys", "x"]), ["none"]);
    }

    #[test]
    fn an_empty_segment_in_the_middle_is_a_variables_too() {
        let table =
            RouteTable::parse("*=none;/c/{id}/x=users;/d/{proxy+}=iam;/d/{id}/x=keys;/{all}/admin=iam").unwrap();
        let visited = |segments: &[&str]| {
            let mut all = Vec::new();
            table.visit_in_any_case(segments, &mut |protections| all.push(protections.others.as_str()));
            all
        };
        assert_eq!(visited(&["c", "", "x"]), ["users", "none"]);
        assert_eq!(visited(&["d", "", "x"]), ["keys", "iam"]);
        assert_eq!(visited(&["", "admin"]), ["iam", "none"]);
        // At the end of a path it is no variable's.
        assert_eq!(visited(&["c", ""]), ["none"]);
        assert_eq!(visited(&["d", ""]), ["iam"]);
    }

    #[test]
    fn a_text_that_is_not_understood_whole_is_no_table() {
        assert_eq!(RouteTable::parse(TEXT).unwrap().to_string(), TEXT);
        for text in ["", "*", "*=", "/a=x", "*=none;/a", "*=none;/a#GET=x", "*=none;a=x", "*=none;;/a=x", "*#GET=x"] {
            assert_eq!(RouteTable::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_table_is_uniform_until_a_path_asks_for_something_else() {
        for (text, expected) in [
            ("*=users", true),
            ("*=users;/a=users;/b#GET=users;/b=users", true),
            ("*=users;/a=none", false),
            ("*=users;/a#GET=iam;/a=users", false),
        ] {
            assert_eq!(RouteTable::parse(text).unwrap().is_uniform(), expected, "{text}");
        }
    }
}
