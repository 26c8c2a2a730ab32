//! Paths of a resource policy, `STAGE/METHOD/PATH`: whether they can match a request of the stage.

use std::collections::BTreeSet;

use super::{super::route::is_variable, route::GATEWAY_METHODS};
use crate::suggestion::nearest;

/// What is wrong with a path of the policy of this stage.
pub(super) fn path_fault(stage: &str, path: &str) -> Option<String> {
    if let Some(meant) = without_variables(path) {
        return Some(format!(
            "`{path}` has a variable as in `routes`, where a policy has plain text, so that it matches no request; write `{meant}`"
        ));
    }
    if path.starts_with('/') || path.contains(':') {
        return Some(format!(
            "`{path}` is no path of the policy: it begins with the stage, as `{stage}/GET/items/*`, or is `*`"
        ));
    }
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    if first == stage && rest.is_none() {
        return Some(format!("`{path}` names no method and no path; `{stage}/*` is all of the stage"));
    }
    if GATEWAY_METHODS.contains(&first) {
        return Some(format!("`{path}` begins with a method in the place of the stage; write `{stage}/{path}`"));
    }
    if !can_begin(path, &format!("{stage}/")) {
        return Some(format!(
            "`{path}` is of another stage, so that it matches no request: paths of this one begin with `{stage}/`, which \
             `${{stage}}/` is in every stage"
        ));
    }
    let method = rest?.split('/').next().unwrap_or_default();
    method_fault(first, method, rest?).or_else(|| {
        let is_possible = |method: &str| can_begin(path, &format!("{stage}/{method}/"));
        (!GATEWAY_METHODS.into_iter().any(is_possible) && !lacks_path(path))
            .then(|| format!("`{path}` matches no request of the stage, such as `{stage}/GET/items`"))
    })
}

/// A path with `*` in place of the variables of `routes`; `None` without any.
fn without_variables(path: &str) -> Option<String> {
    let segments: Vec<&str> = path.split('/').collect();
    let plain = segments.iter().map(|segment| if is_variable(segment) { "*" } else { segment });
    segments.iter().any(|segment| is_variable(segment)).then(|| plain.collect::<Vec<&str>>().join("/"))
}

/// Whether a path ends with its method: the path of the root ends with a slash.
pub(super) fn lacks_path(path: &str) -> bool {
    path.split_once('/').is_some_and(|(_, method)| GATEWAY_METHODS.contains(&method))
}

/// What is wrong with the method of a path, which `rest` begins with. A star of the stage may stand for the method, too.
fn method_fault(stage: &str, method: &str, rest: &str) -> Option<String> {
    let capitals = method.to_ascii_uppercase();
    if method.contains(['*', '?']) || GATEWAY_METHODS.contains(&method) {
        return None;
    }
    let after = &rest[method.len()..];
    if GATEWAY_METHODS.contains(&capitals.as_str()) {
        return Some(format!("methods are in capital letters: `{stage}/{capitals}{after}`"));
    }
    if stage.contains('*') {
        return None;
    }
    if let Some(meant) = nearest(&capitals, GATEWAY_METHODS) {
        return Some(format!("`{method}` is no method; did you mean `{stage}/{meant}{after}`?"));
    }
    Some(format!(
        "`{method}` is in the place of the method, so that `{stage}/{rest}` matches no request: write `{stage}/*/{rest}` for all \
         methods"
    ))
}

/// Whether a pattern of IAM, in which `*` stands for any text and `?` for a letter, matches a text that begins so.
fn can_begin(pattern: &str, text: &str) -> bool {
    let pattern = pattern.as_bytes();
    let with_empty_stars = |positions: BTreeSet<usize>| {
        let mut all = positions.clone();
        for start in positions {
            all.extend((start..pattern.len()).take_while(|position| pattern[*position] == b'*').map(|star| star + 1));
        }
        all
    };
    let mut positions = with_empty_stars([0].into());
    for letter in text.bytes() {
        let next = positions.iter().filter_map(|position| match pattern.get(*position)? {
            b'*' => Some(*position),
            b'?' => Some(position + 1),
            wanted => (*wanted == letter).then_some(position + 1),
        });
        positions = with_empty_stars(next.collect());
    }
    !positions.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_matches_no_request_of_the_stage_is_a_fault() {
        for (path, expected) in [
            ("/items", "begins with the stage, as `dev/GET/items/*`"),
            ("arn:aws:execute-api:x", "begins with the stage"),
            ("dev", "`dev/*` is all of the stage"),
            ("prod/GET/x", "is of another stage"),
            ("prod*", "is of another stage"),
            ("de/*", "is of another stage"),
            ("dev?/GET/x", "matches no request"),
            ("items/*", "is of another stage"),
            ("GET/items", "write `dev/GET/items`"),
            ("dev/items", "write `dev/*/items`"),
            ("dev/items/7", "write `dev/*/items/7`"),
            ("dev/get/items", "capital letters: `dev/GET/items`"),
            ("*/get/items", "capital letters: `*/GET/items`"),
            ("dev/GETT/items", "did you mean `dev/GET/items`?"),
            ("dev/ANY/items", "write `dev/*/ANY/items`"),
            ("dev/TRACE/items", "`TRACE`"),
            ("dev/G?/items", "matches no request"),
            ("dev//items", "is in the place of the method"),
            ("dev/*/admin/{proxy+}", "write `dev/*/admin/*`"),
            ("dev/GET/items/{id}", "write `dev/GET/items/*`"),
            ("dev/GET/items/{id}/parts/{part}", "write `dev/GET/items/*/parts/*`"),
            ("{proxy+}", "write `*`"),
        ] {
            let found = path_fault("dev", path).unwrap_or_default();
            assert!(found.contains(expected), "{path}: {found}");
        }
    }

    #[test]
    fn a_path_that_can_match_is_none() {
        for path in [
            "*",
            "**",
            "dev*",
            "dev/*",
            "d*/GET/x",
            "d?v/GET/x",
            "*/items",
            "*/GET/",
            "dev/GET/",
            "dev/GET/*",
            "dev/P*/items",
            "dev/PU?/items",
            "dev/*/items",
            "dev/*items",
            "dev/GET",
        ] {
            assert_eq!(path_fault("dev", path), None, "{path}");
        }
        assert!(lacks_path("dev/GET") && !lacks_path("dev/GET/") && !lacks_path("dev/*"));
    }
}
