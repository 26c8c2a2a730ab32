//! The proxies of the environment: which one a request goes through, as the connector decides it, and by which variable.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
};

use hyper_util::client::proxy::matcher::Matcher;

use super::Error;

/// Where the connector looks for a proxy.
const VARIABLES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// The environment's proxies. The connector reads the same variables.
#[derive(Debug)]
pub(super) struct Proxies {
    matcher: Matcher,
    http: Option<&'static str>,
    https: Option<&'static str>,
}

/// A proxy that a request goes through.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Proxy {
    /// The variable that names it.
    pub(crate) variable: &'static str,
    /// Scheme, host and port, without user and password.
    pub(crate) address: String,
    /// Whether it is on this machine.
    pub(super) is_loopback: bool,
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy `{}` of `{}`", self.address, self.variable)
    }
}

impl Proxies {
    /// The proxies that the variables name.
    ///
    /// # Errors
    /// A proxy that the connector cannot use, and would pass by in silence.
    pub(super) fn from_environment(environment: &BTreeMap<OsString, OsString>) -> Result<Self, Error> {
        let value = |name: &str| environment.get(OsStr::new(name)).and_then(|value| value.to_str());
        // The first that is set decides, even if it is empty.
        let first = |names: [&'static str; 2]| names.into_iter().find(|name| value(name).is_some());
        let named = |names| first(names).filter(|name| value(name).is_some_and(|value| !value.is_empty()));
        check(environment)?;
        let all = named(["ALL_PROXY", "all_proxy"]);
        let http = named(["HTTP_PROXY", "http_proxy"]).or(all);
        let https = named(["HTTPS_PROXY", "https_proxy"]).or(all);
        let text = |name: Option<&'static str>| name.and_then(value).unwrap_or_default().to_owned();
        // `*` means every host; the matcher takes it for every name and for no IP address.
        if text(first(["NO_PROXY", "no_proxy"])).split(',').any(|host| host.trim() == "*") {
            return Ok(Self { matcher: Matcher::builder().build(), http: None, https: None });
        }
        let matcher =
            Matcher::builder().http(text(http)).https(text(https)).no(text(first(["NO_PROXY", "no_proxy"]))).build();
        Ok(Self { matcher, http, https })
    }

    /// No proxies at all.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { matcher: Matcher::builder().build(), http: None, https: None }
    }

    /// Whether no address is reached through a proxy.
    pub(super) fn is_empty(&self) -> bool {
        self.http.is_none() && self.https.is_none()
    }

    /// The proxy that a request to this address goes through, if one does.
    pub(super) fn of(&self, address: &http::Uri) -> Option<Proxy> {
        let variable = if address.scheme_str() == Some("http") { self.http } else { self.https }?;
        let intercept = self.matcher.intercept(address)?;
        let uri = intercept.uri();
        Some(Proxy { variable, address: endpoint(uri), is_loopback: is_loopback(uri) })
    }
}

/// The proxies of the environment: of encrypted connections, and of others.
///
/// # Errors
/// A proxy that connections cannot use.
pub(crate) fn proxies(environment: &BTreeMap<OsString, OsString>) -> Result<Vec<Proxy>, Error> {
    let all = Proxies::from_environment(environment)?;
    let (value, mut found) = (|name| environment.get(OsStr::new(name)).and_then(|value| value.to_str()), Vec::new());
    for variable in [all.https, all.http].into_iter().flatten() {
        let text = value(variable).unwrap_or_default();
        let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let address: http::Uri = text.parse().map_err(|_| Error::Proxy { variable })?;
        let proxy = Proxy { variable, address: endpoint(&address), is_loopback: is_loopback(&address) };
        if !found.contains(&proxy) {
            found.push(proxy);
        }
    }
    Ok(found)
}

/// Checks every variable that counts.
fn check(environment: &BTreeMap<OsString, OsString>) -> Result<(), Error> {
    let value = |name: &str| environment.get(OsStr::new(name)).map(|value| value.to_string_lossy()).unwrap_or_default();
    let is_overridden = ["HTTPS_PROXY", "https_proxy"].iter().any(|name| !value(name).is_empty());
    for variable in VARIABLES {
        let value = value(variable);
        if value.is_empty() || (is_overridden && variable.eq_ignore_ascii_case("ALL_PROXY")) {
            continue;
        }
        let address = if value.contains("://") { value.to_string() } else { format!("http://{value}") };
        let Some(address) = address.parse::<http::Uri>().ok().filter(|address| address.host().is_some()) else {
            return Err(Error::Proxy { variable });
        };
        let scheme = address.scheme_str().unwrap_or_default();
        if !matches!(scheme, "http" | "https") {
            return Err(Error::ProxyScheme { variable, scheme: scheme.to_owned() });
        }
    }
    Ok(())
}

/// Scheme, host and port, without what else an address may hold, such as a password.
pub(super) fn endpoint(address: &http::Uri) -> String {
    let port = address.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", address.scheme_str().unwrap_or("https"), address.host().unwrap_or_default())
}

/// Whether an address is one of this machine's own.
pub(super) fn is_loopback(address: &http::Uri) -> bool {
    let host = address.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> BTreeMap<OsString, OsString> {
        variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_and_not_passed_by() {
        let check = |variables: &[(&str, &str)]| {
            Proxies::from_environment(&environment(variables)).map(drop).map_err(|error| {
                assert!(error.is_usage(), "{error}");
                error.to_string()
            })
        };
        for value in ["", "http://proxy:3128", "proxy:3128", "http://user:pass@proxy:3128/", "https://proxy"] {
            assert_eq!(check(&[("HTTPS_PROXY", value)]), Ok(()), "{value}");
        }
        for value in ["::bad", "http://", "http:///x", "http://["] {
            let expected = "`https_proxy` is not a valid proxy URL";
            assert_eq!(check(&[("https_proxy", value)]), Err(expected.to_owned()), "{value}");
        }
        for name in ["HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY"] {
            let expected = format!("`{name}` names a proxy by `socks5://`, which is not supported");
            assert_eq!(check(&[(name, "socks5://user:secret@proxy:1080")]), Err(expected));
        }
        // It is asked only where none is named for the protocol.
        assert_eq!(check(&[("HTTPS_PROXY", "http://proxy:3128"), ("all_proxy", "socks5h://proxy:1080")]), Ok(()));
        assert_eq!(check(&[("NO_PROXY", "::bad")]), Ok(()));
    }

    #[test]
    fn a_request_goes_through_the_proxy_of_its_scheme_which_is_shown_without_its_password() {
        let aws = "https://sts.eu-west-1.amazonaws.com/";
        for (variables, address, expected) in [
            (
                &[("HTTPS_PROXY", "http://user:secret@proxy:3128/")][..],
                aws,
                "the proxy `http://proxy:3128` of `HTTPS_PROXY`",
            ),
            (&[("https_proxy", "127.0.0.1:9")], aws, "the proxy `http://127.0.0.1:9` of `https_proxy`"),
            (&[("HTTP_PROXY", "http://proxy:3128")], aws, "none"),
            (
                &[("HTTP_PROXY", "http://proxy:3128")],
                "http://127.0.0.1:4566/",
                "the proxy `http://proxy:3128` of `HTTP_PROXY`",
            ),
            (
                &[("all_proxy", "https://proxy"), ("http_proxy", "http://other:1")],
                aws,
                "the proxy `https://proxy` of `all_proxy`",
            ),
            (&[("HTTPS_PROXY", ""), ("https_proxy", "http://proxy:3128")], aws, "none"),
            (&[("HTTPS_PROXY", "http://proxy:3128"), ("NO_PROXY", ".amazonaws.com")], aws, "none"),
            (&[("HTTP_PROXY", "http://proxy:3128"), ("NO_PROXY", "a.example, *")], "http://127.0.0.1:4566/", "none"),
            (&[], aws, "none"),
        ] {
            let proxies = Proxies::from_environment(&environment(variables)).unwrap();
            let found = proxies.of(&address.parse().unwrap());
            assert_eq!(found.map_or("none".to_owned(), |proxy| proxy.to_string()), expected, "{variables:?}");
        }
    }

    #[test]
    fn the_proxies_of_the_environment_are_named_without_their_passwords() {
        for (variables, expected) in [
            (&[][..], &[][..]),
            (&[("all_proxy", "user:secret@proxy:3128")], &["the proxy `http://proxy:3128` of `all_proxy`"]),
            (
                &[("HTTPS_PROXY", "http://user:secret@proxy:1/"), ("http_proxy", "http://other:2")],
                &["the proxy `http://proxy:1` of `HTTPS_PROXY`", "the proxy `http://other:2` of `http_proxy`"],
            ),
            (&[("HTTPS_PROXY", "http://proxy:1"), ("NO_PROXY", "*")], &[]),
        ] {
            let found = proxies(&environment(variables)).unwrap();
            assert_eq!(found.iter().map(Proxy::to_string).collect::<Vec<_>>(), expected);
        }
        assert!(proxies(&environment(&[("HTTPS_PROXY", "socks5://a:secret@proxy:1")])).is_err());
    }

    #[test]
    fn an_endpoint_is_shown_without_credentials_and_paths() {
        for (address, expected, is_local) in [
            ("https://sts.eu-west-1.amazonaws.com/?a=b", "https://sts.eu-west-1.amazonaws.com", false),
            ("http://user:secret@localhost:4566/x", "http://localhost:4566", true),
            ("http://[::1]:4566/", "http://[::1]:4566", true),
            ("http://127.1.2.3/", "http://127.1.2.3", true),
            ("http://10.0.0.1/", "http://10.0.0.1", false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!((endpoint(&address).as_str(), is_loopback(&address)), (expected, is_local));
        }
    }
}
