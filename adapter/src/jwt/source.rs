//! Where the keys of an issuer are: its discovery document, a key set at an address, or neither. Pure.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::Uri;
use serde_json::Value;

/// The path of the discovery document below the issuer
/// ([OpenID Connect Discovery §4](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig)).
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The address of what is fetched.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The discovery document of an issuer, which names the address of the key set.
    Discovery { issuer: String, url: Uri },
    /// The key set.
    KeySet(Uri),
}

impl Source {
    /// The discovery document of an issuer.
    ///
    /// # Errors
    /// The issuer is no address that keys may be fetched from.
    pub(super) fn of_issuer(issuer: &str) -> Result<Self, String> {
        let url = address(&format!("{}{DISCOVERY}", issuer.trim_end_matches('/')))?;
        Ok(Self::Discovery { issuer: issuer.to_owned(), url })
    }

    /// A key set at an address.
    ///
    /// # Errors
    /// It is no address that keys may be fetched from.
    pub(super) fn of_key_set(url: &str) -> Result<Self, String> {
        address(url).map(Self::KeySet)
    }
}

/// Reads the address of the key set from a discovery document, which was fetched from `url`.
///
/// # Errors
/// The document is another issuer's, or names no address that keys may be fetched from.
pub(super) fn key_set_url(document: &[u8], issuer: &str, url: &Uri) -> Result<Uri, String> {
    let document: Value = serde_json::from_slice(document).map_err(|error| format!("it is not JSON: {error}"))?;
    let text = |name| document.get(name).and_then(Value::as_str);
    // Another issuer's document would give it the right to sign.
    if text("issuer") != Some(issuer) {
        return Err(format!("its `issuer` is {:?} instead of `{issuer}`", text("issuer").unwrap_or_default()));
    }
    let found = address(text("jwks_uri").ok_or("it has no `jwks_uri`")?)?;
    if found.scheme() != url.scheme() {
        return Err(format!("its `jwks_uri` {found} has another scheme"));
    }
    Ok(found)
}

/// An address of HTTPS. Plain HTTP is for this machine alone: whoever answers in an issuer's place signs as they like.
fn address(url: &str) -> Result<Uri, String> {
    let uri: Uri = url.parse().map_err(|_| format!("`{url}` is not a URL"))?;
    let authority = uri.authority().ok_or_else(|| format!("`{url}` is not a URL with a scheme and a host"))?;
    if authority.as_str().contains('@') {
        return Err("the URL has a user name".to_owned());
    }
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_loopback(authority.host()) => Ok(uri),
        _ => Err(format!("`{url}` has to begin with `https://`; plain HTTP is for `localhost` alone")),
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
        || host.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_by_https_or_from_this_machine() {
        for url in ["https://id.example.com/keys", "http://localhost:8080/", "http://127.0.0.1:1", "http://[::1]:1/x"] {
            assert!(address(url).is_ok(), "{url}");
        }
        for url in [
            "http://id.example.com/keys",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "http://10.0.0.1/",
            "ftp://id.example.com/",
            "file:///etc/keys",
            "id.example.com",
            "/keys",
            "https://user:secret@id.example.com/",
            "http://localhost@id.example.com/",
            "",
        ] {
            assert!(address(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_discovery_document_is_below_the_issuer() {
        for (issuer, expected) in [
            ("https://a.example", "https://a.example/.well-known/openid-configuration"),
            ("https://a.example/", "https://a.example/.well-known/openid-configuration"),
            ("https://a.example/pool", "https://a.example/pool/.well-known/openid-configuration"),
        ] {
            let Source::Discovery { url, .. } = Source::of_issuer(issuer).unwrap() else { panic!("{issuer}") };
            assert_eq!(url, expected);
        }
        assert!(Source::of_issuer("accounts.example.com").is_err());
    }

    #[test]
    fn a_discovery_document_of_another_issuer_or_without_https_gives_no_keys() {
        let find = |document: &str, url: &'static str| {
            key_set_url(document.as_bytes(), "https://a.example", &Uri::from_static(url)).map(|url| url.to_string())
        };
        let document = r#"{"issuer":"https://a.example","jwks_uri":"https://keys.example/a"}"#;
        assert_eq!(find(document, "https://a.example/d").unwrap(), "https://keys.example/a");
        for (document, reason) in [
            (r#"{"issuer":"https://b.example","jwks_uri":"https://keys.example/a"}"#, "its `issuer`"),
            (r#"{"jwks_uri":"https://keys.example/a"}"#, "its `issuer`"),
            (r#"{"issuer":"https://a.example"}"#, "no `jwks_uri`"),
            (r#"{"issuer":"https://a.example","jwks_uri":"http://keys.example/a"}"#, "https://"),
            (r#"{"issuer":"https://a.example","jwks_uri":"http://localhost/a"}"#, "another scheme"),
            ("<html>", "not JSON"),
        ] {
            let error = find(document, "https://a.example/d").unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
