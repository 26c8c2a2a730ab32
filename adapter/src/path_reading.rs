//! The readings of a path: all that routers, middleware and frameworks may take it for.
//!
//! axum's router compares a path as it was sent. Others decode it, once or twice, merge slashes, resolve dots, cut parameters
//! off or ignore case, and so does middleware in front of axum. Nothing here says which reading is right.

use percent_encoding::percent_decode_str;

/// How often a path is decoded. A gateway, middleware and a handler may each do it once.
const MAX_DECODED: usize = 3;

/// Visits the segments of each reading of an encoded path, some of them more than once; stops when `visit` returns `true`, and
/// returns whether it did. Case is left to `visit`.
pub(crate) fn any(path: &str, visit: &mut dyn FnMut(&[&str]) -> bool) -> bool {
    if is_plain(path) {
        return any_end(path, visit);
    }
    let wholes = decoded(path);
    wholes.iter().any(|whole| {
        let turned = whole.contains('\\').then(|| whole.replace('\\', "/"));
        [Some(whole.as_str()), turned.as_deref()].into_iter().flatten().any(|whole| any_of_whole(whole, visit))
    })
}

/// The readings of a path that differ in its end: a slash there begins an empty segment, as it does for axum, or none.
fn any_end(path: &str, visit: &mut dyn FnMut(&[&str]) -> bool) -> bool {
    let whole = path.strip_prefix('/').unwrap_or(path);
    let Some(start) = whole.strip_suffix('/') else { return visit(&split(whole)) };
    let mut segments = split(start);
    if visit(&segments) {
        return true;
    }
    segments.push("");
    visit(&segments)
}

/// The readings of a path that is decoded as a whole: its segments may be decoded once more by themselves, so that a slash in
/// them is none between segments.
fn any_of_whole(whole: &str, visit: &mut dyn FnMut(&[&str]) -> bool) -> bool {
    any_end(whole, &mut |segments| any_of_split(segments, visit))
}

fn any_of_split(segments: &[&str], visit: &mut dyn FnMut(&[&str]) -> bool) -> bool {
    let mut segments: Vec<String> = segments.iter().map(|segment| (*segment).to_owned()).collect();
    for _ in 0..=MAX_DECODED {
        if any_of_segments(&segments, visit) {
            return true;
        }
        let next: Vec<String> = segments.iter().map(|segment| decode(segment)).collect();
        if next == segments {
            break;
        }
        segments = next;
    }
    false
}

/// The readings of segments: with and without parameters, with dots and empty segments or without.
fn any_of_segments(segments: &[String], visit: &mut dyn FnMut(&[&str]) -> bool) -> bool {
    let all: Vec<&str> = segments.iter().map(String::as_str).collect();
    let cut: Vec<&str> = all.iter().map(|segment| segment.split(';').next().unwrap_or_default()).collect();
    let ended = ended(&all);
    [Some(&all), (cut != all).then_some(&cut), ended.as_ref()].into_iter().flatten().any(|segments| {
        let merged: Vec<&str> = segments.iter().copied().filter(|segment| !segment.is_empty()).collect();
        visit(segments) || visit(&merged) || any_resolved(segments, visit) || any_resolved(&merged, visit)
    })
}

/// The readings of segments whose dots are resolved. Dots at the end leave a slash there.
/// <https://www.rfc-editor.org/rfc/rfc3986#section-5.2.4>
fn any_resolved(segments: &[&str], visit: &mut dyn FnMut(&[&str]) -> bool) -> bool {
    let mut resolved = resolve(segments);
    if visit(&resolved) {
        return true;
    }
    let ends_with_dots = segments.last().is_some_and(|last| matches!(*last, "." | ".."));
    if !ends_with_dots || resolved.is_empty() {
        return false;
    }
    resolved.push("");
    visit(&resolved)
}

/// The segments before a `?`, `#` or NUL that was encoded; `None` without one.
fn ended<'a>(segments: &[&'a str]) -> Option<Vec<&'a str>> {
    let at = |segment: &str| segment.find(['?', '#', '\0']);
    let last = segments.iter().position(|segment| at(segment).is_some())?;
    let mut ended = segments.get(..=last)?.to_vec();
    let text = ended.pop()?;
    ended.extend(at(text).and_then(|end| text.get(..end)));
    Some(ended)
}

/// Resolves `.` and `..`.
fn resolve<'a>(segments: &[&'a str]) -> Vec<&'a str> {
    let mut resolved = Vec::with_capacity(segments.len());
    for segment in segments {
        match *segment {
            "." => {}
            ".." => drop(resolved.pop()),
            segment => resolved.push(segment),
        }
    }
    resolved
}

/// The path, and what it is decoded once and several times.
fn decoded(path: &str) -> Vec<String> {
    let mut all = vec![path.to_owned()];
    while let Some(last) = all.last().filter(|last| all.len() <= MAX_DECODED && last.contains('%')) {
        let next = decode(last);
        if next == *last {
            break;
        }
        all.push(next);
    }
    all
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Whether a path has one reading: no byte of it is one that readings differ in.
fn is_plain(path: &str) -> bool {
    path.starts_with('/')
        && !path.contains("//")
        && !path.contains("/.")
        && !path.bytes().any(|byte| matches!(byte, b'%' | b';' | b'\\'))
}

/// The segments of a path without a slash at its start; nothing has none.
fn split(path: &str) -> Vec<&str> {
    if path.is_empty() { Vec::new() } else { path.split('/').collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(path: &str) -> Vec<String> {
        let mut all = Vec::new();
        assert!(!any(path, &mut |segments| {
            all.push(segments.join("|"));
            false
        }));
        all.sort();
        all.dedup();
        all
    }

    #[test]
    fn a_plain_path_has_one_reading_and_one_more_for_a_slash_at_its_end() {
        for (path, expected) in [
            ("/", &[""][..]),
            ("/admin", &["admin"]),
            ("/admin/", &["admin", "admin|"]),
            ("/a/b.c/d-e", &["a|b.c|d-e"]),
        ] {
            assert_eq!(readings(path), expected, "{path}");
        }
    }

    #[test]
    fn empty_segments_and_a_slash_at_the_end_are_read_as_they_are_too() {
        for (path, expected) in [
            ("//admin", "|admin"),
            ("/a//b", "a||b"),
            ("/a//b/", "a||b"),
            ("/a//b/", "a||b|"),
            ("/a%2F%2Fb", "a||b"),
            ("/a/b%2F", "a|b|"),
            ("/a/b;/", "a|b|"),
            ("/x/../a/.", "a|"),
            ("/a/b/..", "a|"),
            ("/a/b/%2e%2e", "a|"),
            ("/a/%3Fx", "a|"),
        ] {
            assert!(readings(path).contains(&expected.to_owned()), "{path}: {:?}", readings(path));
        }
    }

    #[test]
    fn every_way_to_write_a_path_is_read_as_it_too() {
        for path in [
            "/%61dmin/x",
            "/%2561dmin/x",
            "/%25%36%31dmin/x",
            "//admin/x",
            "/admin//x",
            "/admin/x//",
            "/./admin/x",
            "/a/../admin/x",
            "/a/b/../../admin/x",
            "/../admin/x",
            "/a/%2e%2e/admin/x",
            "/a/..%2fadmin/x",
            "/a%2F..%2Fadmin%2Fx",
            "/a/%252e%252e%252fadmin/x",
            "/a//../../admin/x",
            "/admin;v=1/x",
            "/admin%3Bv=1/x;y",
            "/admin%2Fx",
            "/\\admin\\x",
            "/a\\..\\admin/x",
            "/admin%5Cx",
            "/admin/x%3Fy/z",
            "/admin/x%23",
            "/admin/x%00.png",
            "/a;/../admin/x",
            "/;x/admin/x",
        ] {
            assert!(readings(path).contains(&"admin|x".to_owned()), "{path}: {:?}", readings(path));
        }
    }

    #[test]
    fn a_slash_that_only_a_segment_is_decoded_to_is_part_of_it() {
        let all = readings("/%61dmin/x%2Fy");
        for expected in ["admin|x/y", "admin|x|y", "%61dmin|x%2Fy"] {
            assert!(all.contains(&expected.to_owned()), "{expected}: {all:?}");
        }
    }

    #[test]
    fn it_stops_at_the_first_that_is_wanted() {
        let mut count = 0;
        assert!(any("/a//b/%2e%2e/c;d", &mut |_| {
            count += 1;
            count == 2
        }));
        assert_eq!(count, 2);
    }
}
