//! Rules of CORS: origins as browsers send them, and what AWS and browsers accept.

use std::{collections::BTreeSet, net::Ipv6Addr};

use super::{
    super::{
        Api, Stage,
        authorizer::{Access, Authorizer},
        authorizer_function::SourcePart,
        cors::Cors,
        route::Rule,
    },
    Rules,
};
use crate::suggestion::{nearest, quote_list};

/// The methods that a request can have.
pub(super) const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
/// The methods that the `Cors` of a Function URL can have, as many as it takes.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html>
const FUNCTION_URL_METHODS: [&str; 6] = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];
/// The most origins or headers that it takes.
const FUNCTION_URL_ITEMS: usize = 100;
/// The most bytes of an origin that it takes.
const FUNCTION_URL_ORIGIN_BYTES: usize = 253;

impl Rules<'_> {
    pub(super) fn cors(&mut self) {
        let stage = self.stage;
        let Some(cors) = stage.cors().filter(|_| !self.is_faulty(&["cors"])) else { return };
        self.origins(&cors);
        self.methods(&cors);
        for (name, headers) in [("allowed_headers", &cors.allowed_headers), ("expose_headers", &cors.expose_headers)] {
            self.headers(name, headers);
        }
        if cors.allow_credentials {
            self.credentials(&cors);
        }
        if stage.api == Api::FunctionUrl {
            self.function_url_limits(&cors);
        }
    }

    fn origins(&mut self, cors: &Cors) {
        let origins = &cors.allowed_origins;
        if origins.is_empty() && !self.is_faulty(&["allowed_origins"]) {
            self.fault(["cors", "allowed_origins"], "`cors` needs an origin, such as `https://shop.example.com`");
        }
        let mut known = BTreeSet::new();
        for (index, origin) in origins.iter().enumerate() {
            let sentence = match origin_fault(origin) {
                None if !known.insert(origin) => Some(format!("origin `{origin}` is listed twice")),
                None if origin == "*" && origins.len() > 1 => {
                    Some("`*` is all origins already; keep it alone, or list the others".to_owned())
                }
                sentence => sentence,
            };
            if let Some(sentence) = sentence {
                self.fault(["cors", "allowed_origins", &index.to_string()], sentence);
            }
        }
    }

    fn methods(&mut self, cors: &Cors) {
        let is_function_url = self.stage.api == Api::FunctionUrl;
        let methods = &cors.allowed_methods;
        if methods.is_empty() && !self.is_faulty(&["allowed_methods"]) {
            self.fault(["cors", "allowed_methods"], "`cors` needs a method, such as `GET`, or `*` for all");
        }
        for (index, method) in methods.iter().enumerate() {
            let sentence = if method == "*" {
                (methods.len() > 1).then(|| "`*` is all methods already; keep it alone, or list the others".to_owned())
            } else if !METHODS.contains(&method.as_str()) {
                let meant = nearest(&method.to_ascii_uppercase(), METHODS)
                    .map(|meant| format!("; did you mean `{meant}`?"))
                    .unwrap_or_default();
                Some(format!("`{method}` is not a method of HTTP, which are in capital letters{meant}"))
            } else if is_function_url && !FUNCTION_URL_METHODS.contains(&method.as_str()) {
                let takes = quote_list(FUNCTION_URL_METHODS);
                Some(format!(
                    "a Function URL takes {takes}, or `*` alone, and not `{method}`; it answers preflights itself"
                ))
            } else if methods[..index].contains(method) {
                Some(format!("method `{method}` is listed twice"))
            } else {
                None
            };
            if let Some(sentence) = sentence {
                self.fault(["cors", "allowed_methods", &index.to_string()], sentence);
            }
        }
    }

    fn headers(&mut self, name: &str, headers: &[String]) {
        for (index, header) in headers.iter().enumerate() {
            if header != "*" && !is_header_name(header) {
                let sentence =
                    format!("`{header}` is not the name of a header, such as `content-type`; each stands by itself");
                self.fault(["cors", name, &index.to_string()], sentence);
            }
        }
    }

    /// With credentials a browser takes `*` for a name, and refuses it as an origin.
    /// <https://fetch.spec.whatwg.org/#cors-protocol-and-credentials>
    fn credentials(&mut self, cors: &Cors) {
        for (name, list, remedy) in [
            ("allowed_origins", &cors.allowed_origins, "list the origins that may send them"),
            ("allowed_methods", &cors.allowed_methods, "list the methods"),
            ("allowed_headers", &cors.allowed_headers, "list the headers"),
            ("expose_headers", &cors.expose_headers, "list the headers"),
        ] {
            if list.iter().any(|item| item == "*") {
                let sentence = format!("browsers do not accept `*` of `{name}` with credentials; {remedy}");
                self.fault(["cors", name], sentence);
            }
        }
    }

    fn function_url_limits(&mut self, cors: &Cors) {
        for (name, list) in [
            ("allowed_origins", &cors.allowed_origins),
            ("allowed_headers", &cors.allowed_headers),
            ("expose_headers", &cors.expose_headers),
        ] {
            if list.len() > FUNCTION_URL_ITEMS {
                let sentence = format!("a Function URL takes {FUNCTION_URL_ITEMS} at most, not {}", list.len());
                self.fault(["cors", name], sentence);
            }
        }
        if let Some(long) = cors.allowed_origins.iter().find(|origin| origin.len() > FUNCTION_URL_ORIGIN_BYTES) {
            let sentence = format!(
                "a Function URL takes origins of {FUNCTION_URL_ORIGIN_BYTES} bytes at most, not {}",
                long.len()
            );
            self.fault(["cors", "allowed_origins"], sentence);
        }
    }
}

/// Methods that a page may use without the gateway's leave. <https://fetch.spec.whatwg.org/#cors-safelisted-method>
const SAFELISTED_METHODS: [&str; 3] = ["GET", "HEAD", "POST"];
/// Headers that no script sets, or that need no leave. <https://fetch.spec.whatwg.org/#forbidden-request-header>,
/// <https://fetch.spec.whatwg.org/#cors-safelisted-request-header>
const BROWSERS_HEADERS: [&str; 9] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "content-language",
    "cookie",
    "host",
    "origin",
    "referer",
    "user-agent",
];
/// The header that `*` does not stand for. <https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name>
const AUTHORIZATION: &str = "authorization";

/// Warnings of preflights that refuse what the stage asks its callers for.
pub(super) fn warnings(stage: &Stage, name: &str) -> Vec<String> {
    let Some(cors) = stage.cors() else { return Vec::new() };
    let paths = stage.paths();
    let rules = paths.iter().flat_map(|path| path.rules()).map(|(_, rule)| rule).chain([stage.catch_all()]);
    let headers: BTreeSet<String> = rules.flat_map(headers_of).collect();
    let is_listed = |header: &str| {
        let stands_for =
            |listed: &String| listed == "*" && header != AUTHORIZATION || listed.eq_ignore_ascii_case(header);
        cors.allowed_headers.iter().any(stands_for)
    };
    let headers = headers.iter().filter(|header| !is_listed(header)).map(|header| {
        let wildcard = if is_listed("*") { ", for which `*` does not stand" } else { "" };
        format!(
            "stage `{name}`: `allowed_headers` of `cors` lacks `{header}`{wildcard}: the stage asks its callers for it, and no browser \
             sends it then; list it if pages use it"
        )
    });
    let methods: BTreeSet<&String> = stage.routes.iter().flat_map(|route| &route.methods).collect();
    let is_refused = |method: &&&String| {
        let is_listed = cors.allowed_methods.iter().any(|listed| listed == "*" || listed == **method);
        !is_listed && !SAFELISTED_METHODS.contains(&method.as_str())
    };
    let methods = methods.iter().filter(is_refused).map(|method| {
        format!(
            "stage `{name}`: `allowed_methods` of `cors` lacks `{method}`, which `routes` list, and no page of another origin can use \
             it then; list it if pages use it"
        )
    });
    headers.chain(methods).collect()
}

/// The headers that a rule asks callers for, in lower case.
fn headers_of(rule: Rule<'_>) -> Vec<String> {
    let of_authorizer = |authorizer: &Authorizer| -> Vec<String> {
        if !authorizer.is_function() {
            return vec![AUTHORIZATION.to_owned()];
        }
        let sources = authorizer.identity().into_iter().filter(|source| source.kind == SourcePart::Header);
        let names = sources.map(|source| source.name.to_ascii_lowercase());
        names.filter(|name| !BROWSERS_HEADERS.contains(&name.as_str())).collect()
    };
    let mut headers = match rule.access {
        Access::Token(_, authorizer) => of_authorizer(authorizer),
        Access::Public | Access::Iam => Vec::new(),
    };
    headers.extend(rule.is_key_required.then(|| "x-api-key".to_owned()));
    headers
}

/// Only the letters that header names have in practice: the templates put the names into quotes and lists.
fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Why no browser sends a text as an origin: it sends scheme, host and port in one spelling, and it is compared by letters.
/// <https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin>
fn origin_fault(text: &str) -> Option<String> {
    if text == "*" {
        return None;
    }
    if text == "null" {
        return Some(
            "`null` is the origin of every local file and every sandboxed frame, whatever its author; list origins with a host"
                .to_owned(),
        );
    }
    if text.contains('*') {
        return Some(format!(
            "`{text}` has a wildcard, which AWS does not take; list each origin, or `*` alone for all"
        ));
    }
    let shown = text.escape_debug();
    let Some((scheme, rest)) = text.split_once("://") else {
        let is_host = is_host(text.split(['/', ':']).next().unwrap_or_default());
        let meant = if is_host { format!("; write `https://{}`", end_of_authority(text).0) } else { String::new() };
        return Some(format!("`{shown}` has no scheme{meant}"));
    };
    let (authority, behind) = end_of_authority(rest);
    let lower = format!("{scheme}://{authority}").to_ascii_lowercase();
    let is_scheme = scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let (host, port) = host_and_port(authority);
    if !is_scheme || !is_host(host) || port.is_some_and(|port| port.parse::<u16>().is_err()) {
        let punycode = if authority.is_ascii() { "" } else { "; write its host in the `xn--` form" };
        return Some(format!("`{shown}` is not an origin, such as `https://shop.example.com`{punycode}"));
    }
    if !behind.is_empty() {
        let what = if behind == "/" { "a slash at its end" } else { "more than scheme, host and port" };
        return Some(format!("`{shown}` has {what}, which no origin has; write `{lower}`"));
    }
    if lower != text {
        return Some(format!("browsers send origins in lower case: write `{lower}`"));
    }
    match (scheme, port) {
        ("https", Some("443")) | ("http", Some("80")) => {
            Some(format!("browsers leave the usual port out: write `{scheme}://{host}`"))
        }
        _ => None,
    }
}

/// What is before the path, and what follows.
fn end_of_authority(text: &str) -> (&str, &str) {
    text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()))
}

/// The host and the port of an authority.
fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        // The last part of an IPv6 address.
        Some((_, last)) if last.ends_with(']') => (authority, None),
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    host.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    })
}

#[cfg(test)]
mod tests {
    use super::{super::warnings_of_lines, *};

    #[test]
    fn an_origin_is_what_browsers_send() {
        for text in [
            "*",
            "https://shop.example.com",
            "http://localhost:5173",
            "http://127.0.0.1:8080",
            "http://[::1]:3000",
            "http://[::1]",
            "https://xn--bcher-kva.example",
            "capacitor://localhost",
            "chrome-extension://abcdefghijklmnop",
            "https://a.example:80",
        ] {
            assert_eq!(origin_fault(text), None, "{text}");
        }
    }

    #[test]
    fn what_no_browser_sends_is_a_fault_with_what_was_meant() {
        for (text, expected) in [
            ("https://shop.example.com/", "a slash at its end, which no origin has; write `https://shop.example.com`"),
            ("https://shop.example.com/app", "more than scheme, host and port"),
            ("https://shop.example.com?x=1", "write `https://shop.example.com`"),
            ("shop.example.com", "has no scheme; write `https://shop.example.com`"),
            ("shop.example.com/", "has no scheme; write `https://shop.example.com`"),
            ("localhost:5173", "has no scheme; write `https://localhost:5173`"),
            ("", "has no scheme"),
            ("https://*.example.com", "has a wildcard"),
            ("https://*", "has a wildcard"),
            ("null", "every local file"),
            ("https://Shop.example.com", "in lower case: write `https://shop.example.com`"),
            ("https://shop.example.com:443", "the usual port out: write `https://shop.example.com`"),
            ("http://localhost:80", "write `http://localhost`"),
            ("https://shop.example.com:", "is not an origin"),
            ("https://shop.example.com:99999", "is not an origin"),
            ("https://user@shop.example.com", "is not an origin"),
            ("https://shop example.com", "is not an origin"),
            ("https://shop.example.com'", "is not an origin"),
            ("https://shop.example.com\", \"https://evil.example", "is not an origin"),
            ("https://a.example https://b.example", "is not an origin"),
            ("https://a.example,b.example", "is not an origin"),
            ("https://bücher.example", "in the `xn--` form"),
            ("https://[::1", "is not an origin"),
            ("://a.example", "is not an origin"),
            ("https://", "is not an origin"),
        ] {
            let found = origin_fault(text).unwrap_or_else(|| panic!("{text} is taken"));
            assert!(found.contains(expected), "{text}: {found}");
        }
    }

    #[test]
    fn cors_that_refuses_what_access_asks_for_is_a_warning() {
        let jwt = "authorizers = { u = { jwt = { issuer = \"https://id.example.com\", audience = [\"a\"] } } }";
        let function =
            "authorizers = { u = { function = \"s\", identity_sources = [\"header.X-Session\", \"header.Cookie\"] } }";
        let key = "api_key_required = true\nusage_plans = { free = { keys = [\"app\"] } }";
        for (stage, cors, expected) in [
            (jwt, "allowed_headers = [\"content-type\"]", Some("`authorization`")),
            (jwt, "allowed_headers = [\"Authorization\"]", None),
            (jwt, "allowed_headers = [\"*\"]", Some("`authorization`")),
            (jwt, "max_age_seconds = 5", None),
            (function, "allowed_headers = [\"authorization\"]", Some("`x-session`")),
            (function, "allowed_headers = [\"X-SESSION\"]", None),
            (function, "allowed_headers = [\"*\"]", None),
        ] {
            for asked in ["authorizer = \"u\"", "routes = [{ path = \"/a\", authorizer = \"u\" }]"] {
                let lines = format!("{asked}\n{stage}\ncors = {{ {cors} }}");
                let found = warnings_of_lines(&lines);
                assert_eq!(found.len(), usize::from(expected.is_some()), "{lines}: {found:?}");
                assert!(expected.is_none_or(|expected| found[0].contains(expected)), "{lines}: {found:?}");
            }
        }
        for (stage, cors, expected) in [
            (key, "allowed_headers = [\"content-type\"]", Some("`x-api-key`")),
            (key, "allowed_headers = [\"X-Api-Key\"]", None),
            (key, "allowed_headers = [\"*\"]", None),
            ("routes = [{ path = \"/a\", methods = [\"PUT\"] }]", "allowed_methods = [\"GET\"]", Some("`PUT`")),
            ("routes = [{ path = \"/a\", methods = [\"PUT\"] }]", "allowed_methods = [\"*\"]", None),
            ("routes = [{ path = \"/a\", methods = [\"PUT\"] }]", "allow_credentials = false", None),
            // Browsers send these without asking for the method.
            ("routes = [{ path = \"/a\", methods = [\"HEAD\", \"POST\"] }]", "allowed_methods = [\"GET\"]", None),
        ] {
            let lines = format!("{stage}\ncors = {{ {cors} }}");
            let found = warnings_of_lines(&lines);
            assert_eq!(found.len(), usize::from(expected.is_some()), "{lines}: {found:?}");
            assert!(expected.is_none_or(|expected| found[0].contains(expected)), "{lines}: {found:?}");
        }
    }
}
