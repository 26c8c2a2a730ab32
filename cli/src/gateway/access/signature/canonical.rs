//! The canonical request: what a signature is made of.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request>

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use super::parse::Signature;
use crate::{
    digest::hexadecimal,
    gateway::arrival::{Arrival, text},
};

/// What is encoded: everything but the unreserved letters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The canonical form of a request.
pub(super) fn canonical_request(arrival: &Arrival, signature: &Signature) -> String {
    let payload = hexadecimal(&Sha256::digest(&arrival.body));
    let headers: String = signature.headers.iter().map(|name| header_line(arrival, name)).collect();
    format!(
        "{}\n{}\n{}\n{headers}\n{}\n{payload}",
        arrival.method,
        path(arrival.path()),
        query(arrival.query(), signature.is_in_query),
        signature.headers.join(";"),
    )
}

/// The path as it was sent, with each segment encoded once more: every service but S3 does that.
fn path(sent: &str) -> String {
    let normal = remove_dots(sent);
    normal.split('/').map(|segment| utf8_percent_encode(segment, ENCODED).to_string()).collect::<Vec<_>>().join("/")
}

/// Removes dot segments and repeated slashes (RFC 3986 §5.2.4).
fn remove_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let ends_as_folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    let end = if ends_as_folder && !kept.is_empty() { "/" } else { "" };
    format!("/{}{end}", kept.join("/"))
}

/// The pairs of the query, decoded and encoded again, sorted; without the signature itself, if it is in the query.
fn query(sent: &str, is_signature_there: bool) -> String {
    let encode = |text: &str| {
        let decoded: Vec<u8> = percent_decode_str(text).collect();
        percent_encoding::percent_encode(&decoded, ENCODED).to_string()
    };
    let pairs = sent.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<(String, String)> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(name, _)| !is_signature_there || *name != "X-Amz-Signature")
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// A header with all its values; without spaces around them, and one for several within.
fn header_line(arrival: &Arrival, name: &str) -> String {
    let values = arrival.headers.get_all(name).iter();
    let values: Vec<String> =
        values.map(|value| text(value).split_ascii_whitespace().collect::<Vec<_>>().join(" ")).collect();
    format!("{name}:{}\n", values.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normal_and_encoded_once_more() {
        for (sent, expected) in [
            ("/", "/"),
            ("", "/"),
            ("/dev/", "/dev/"),
            ("/a b", "/a%20b"),
            ("/a%20b", "/a%2520b"),
            ("/a//b/./c/../d", "/a/b/d"),
            ("/a/..", "/"),
            ("/a/b/..", "/a/"),
            ("/~x-y_z.1", "/~x-y_z.1"),
            ("/é", "/%C3%A9"),
        ] {
            assert_eq!(path(sent), expected, "{sent}");
        }
    }

    #[test]
    fn the_query_is_sorted_and_encoded_in_one_way() {
        for (sent, expected) in [
            ("", ""),
            ("b=2&a=1&a=0", "a=0&a=1&b=2"),
            ("x", "x="),
            ("a=%7e&b=c%2fd", "a=~&b=c%2Fd"),
            ("a=b+c", "a=b%2Bc"),
            ("X-Amz-Signature=1&X-Amz-Date=2", "X-Amz-Date=2"),
        ] {
            assert_eq!(query(sent, true), expected, "{sent}");
        }
        assert_eq!(query("X-Amz-Signature=1", false), "X-Amz-Signature=1");
    }
}
