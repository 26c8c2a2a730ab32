//! Headers of a function's response on their way to the client.

use std::str::FromStr;

use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};

use super::{
    Malformed,
    field::{Pairs, scalar},
};
use serde_json::Value;

/// What REST APIs and Function URLs rename to `x-amzn-Remapped-…`, from the table in
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>; `Content-Length`,
/// which that table calls generated, arrives as both.
const REMAPPED: &[&str] = &[
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "max-forwards",
    "server",
    "user-agent",
    "www-authenticate",
];

/// What the same table says is dropped.
const DROPPED: &[&str] =
    &["expect", "host", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade", "via"];

/// The hop-by-hop headers, which describe another connection and are set by the server.
const HOP_BY_HOP: &[&str] =
    &["connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

/// More than any client reads; a `HeaderMap` ends the task at about 24 000.
const MAX_HEADERS: usize = 4096;

/// One map of single values.
pub(super) fn single(pairs: Pairs) -> Result<HeaderMap, Malformed> {
    check_count(pairs.0.len())?;
    let mut headers = HeaderMap::new();
    for (name, value) in pairs.0 {
        let text = scalar(&name, value)?;
        headers.append(parse_name(&name)?, value_of(&name, &text)?);
    }
    Ok(headers)
}

/// One map of lists.
pub(super) fn multiple(pairs: Pairs) -> Result<HeaderMap, Malformed> {
    let mut headers = HeaderMap::new();
    for (name, values) in pairs.0 {
        let Value::Array(values) = values else {
            return Err(Malformed(format!("has `{name}` in `multiValueHeaders` without a list: `{values}`")));
        };
        let key = parse_name(&name)?;
        check_count(headers.len() + values.len())?;
        for value in values {
            let text = scalar(&name, value)?;
            headers.append(key.clone(), value_of(&name, &text)?);
        }
    }
    Ok(headers)
}

fn check_count(count: usize) -> Result<(), Malformed> {
    if count > MAX_HEADERS {
        return Err(Malformed(format!("has {count} headers or more, and at most {MAX_HEADERS} are taken")));
    }
    Ok(())
}

/// Names and values of a head, within what the gateway passes on.
pub(super) fn check_size(headers: &HeaderMap, most: usize) -> Result<(), Malformed> {
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > most {
        return Err(Malformed(format!("has headers of {size} bytes, the gateway takes {most}")));
    }
    Ok(())
}

/// Joins a map of single values and one of lists; a pair that is in both counts once.
pub(super) fn merge(single: &HeaderMap, mut multiple: HeaderMap) -> HeaderMap {
    for (name, value) in single {
        if !multiple.get_all(name).iter().any(|other| other == value) {
            multiple.append(name, value.clone());
        }
    }
    multiple
}

/// Appends `set-cookie` for each cookie.
pub(super) fn cookies(headers: &mut HeaderMap, cookies: &[String]) -> Result<(), Malformed> {
    for cookie in cookies {
        headers.append("set-cookie", value_of("set-cookie", cookie)?);
    }
    Ok(())
}

/// Renames and drops as REST APIs and Function URLs do.
pub(super) fn remap(headers: &HeaderMap, method: &Method) -> HeaderMap {
    let mut remapped = HeaderMap::with_capacity(headers.len());
    let length = length(headers, method);
    for (name, value) in headers.iter().filter(|(name, _)| !DROPPED.contains(&name.as_str())) {
        if length.is_some() && name == CONTENT_LENGTH {
            continue;
        }
        let renamed = REMAPPED.contains(&name.as_str()).then(|| format!("x-amzn-remapped-{name}"));
        let renamed = renamed.and_then(|renamed| HeaderName::from_str(&renamed).ok());
        remapped.append(renamed.unwrap_or_else(|| name.clone()), value.clone());
    }
    remapped.extend(length.map(|length| (CONTENT_LENGTH, length)));
    remapped
}

/// The `Content-Length` of a response to HEAD: the length that a GET's body would have, which only the function knows.
fn length(headers: &HeaderMap, method: &Method) -> Option<HeaderValue> {
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let length = lengths.next().filter(|_| *method == Method::HEAD && lengths.next().is_none())?;
    length.as_bytes().iter().all(u8::is_ascii_digit).then(|| length.clone())
}

/// Takes out what the server writes itself.
pub(super) fn without_hops(headers: &mut HeaderMap, method: &Method) {
    let length = length(headers, method);
    for name in HOP_BY_HOP {
        headers.remove(*name);
    }
    headers.extend(length.map(|length| (CONTENT_LENGTH, length)));
}

/// Fills in the type.
pub(super) fn set_default_type(headers: &mut HeaderMap, media: &'static str) {
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(media));
}

fn parse_name(name: &str) -> Result<HeaderName, Malformed> {
    HeaderName::from_str(name).map_err(|_| Malformed(format!("has a header whose name HTTP does not allow: `{name}`")))
}

fn value_of(name: &str, text: &str) -> Result<HeaderValue, Malformed> {
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| Malformed(format!("has a header `{name}` whose value HTTP does not allow: {text:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    fn pairs(json: &str) -> Pairs {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn single_values_may_be_numbers_and_flags() {
        let headers =
            single(pairs(r#"{"X-A":"b","x-n":1,"x-f":true,"Set-Cookie":"a=1","set-cookie":"b=2","x-u":"é"}"#));
        let expected = sample::headers(&[
            ("x-a", "b"),
            ("x-n", "1"),
            ("x-f", "true"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("x-u", "é"),
        ]);
        assert_eq!(headers.unwrap(), expected);
    }

    #[test]
    fn wrong_values_are_named() {
        for (json, reason) in [
            (r#"{"a":["b"]}"#, "has a header `a` whose value is not a string: `[\"b\"]`"),
            (r#"{"a":null}"#, "has a header `a` whose value is not a string: `null`"),
            (r#"{"a b":"c"}"#, "has a header whose name HTTP does not allow: `a b`"),
            (r#"{"a":"b\nc"}"#, "has a header `a` whose value HTTP does not allow: \"b\\nc\""),
        ] {
            assert_eq!(single(pairs(json)).unwrap_err().0, reason);
        }
        let wrong = multiple(pairs(r#"{"a":"b"}"#)).unwrap_err();
        assert_eq!(wrong.0, "has `a` in `multiValueHeaders` without a list: `\"b\"`");
    }

    #[test]
    fn lists_win_over_equal_single_values() {
        let one = single(pairs(r#"{"a":"1","b":"2"}"#)).unwrap();
        let many = multiple(pairs(r#"{"a":["0","1"],"c":["3"]}"#)).unwrap();
        assert_eq!(merge(&one, many), sample::headers(&[("a", "0"), ("a", "1"), ("c", "3"), ("b", "2")]));
    }

    #[test]
    fn names_are_remapped_or_dropped() {
        for name in REMAPPED {
            let headers = remap(&sample::headers(&[(name, "x"), (name, "y")]), &Method::HEAD);
            let renamed = format!("x-amzn-remapped-{name}");
            assert_eq!(headers, sample::headers(&[(&renamed, "x"), (&renamed, "y")]));
        }
        for name in DROPPED {
            assert!(remap(&sample::headers(&[(name, "x")]), &Method::GET).is_empty(), "{name}");
        }
        let kept = sample::headers(&[("content-type", "a/b"), ("set-cookie", "a=1"), ("content-encoding", "br")]);
        assert_eq!(remap(&kept, &Method::GET), kept);
    }
}
