//! Rules of the issuer of a `jwt`: a URL whose documents API Gateway can read over the internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where the documents of an issuer are, below its URL.
const WELL_KNOWN: &str = "/.well-known/";
/// Names that no server of the internet resolves. <https://www.rfc-editor.org/rfc/rfc6761>,
/// <https://www.rfc-editor.org/rfc/rfc6762>, <https://www.rfc-editor.org/rfc/rfc8375>
const LOCAL: [&str; 4] = ["home.arpa", "internal", "local", "localhost"];

/// The host of the issuers of Microsoft Entra.
const MICROSOFT: &str = "login.microsoftonline.com";

/// What is wrong with an issuer.
pub(super) fn fault(issuer: &str) -> Option<String> {
    let trimmed = issuer.trim();
    if trimmed != issuer {
        return Some(format!("`{issuer}` has a space before or behind it; write `{trimmed}`"));
    }
    if issuer.contains(['{', '}']) {
        let what = placeholder(issuer).map_or_else(|| "what is in braces".to_owned(), |text| format!("`{text}`"));
        return Some(format!(
            "{what} is a placeholder in the issuer `{issuer}`; write what your tokens have there in `iss`, such as the id of your tenant"
        ));
    }
    let rest = issuer.strip_prefix("https://").filter(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && !rest.contains(|letter: char| "?#@ ".contains(letter))
    });
    let Some(rest) = rest else {
        return Some(format!("`{issuer}` is not an issuer: it is a URL with `https://` and without `?`, `#` and `@`"));
    };
    if let Some((before, _)) = issuer.split_once(WELL_KNOWN) {
        return Some(format!(
            "`{issuer}` is a document of the issuer; the issuer is what the document has in `issuer`, such as `{before}`"
        ));
    }
    let host = rest.split('/').next().unwrap_or_default();
    if let Some(region) = region_of_login(host) {
        return Some(format!(
            "`{issuer}` has the login pages of a user pool, and is `iss` of no token: the issuer is \
             `https://cognito-idp.{region}.amazonaws.com/POOL`, and `cognito = [\"…\"]` in place of `jwt` names the pool itself"
        ));
    }
    None
}

/// Whether a host, with a port or without, may be one of the internet.
fn is_public(host: &str) -> bool {
    let (name, is_v6) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => (address, true),
        None => (host.split_once(':').map_or(host, |(name, _)| name), false),
    };
    match name.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => is_public_v4(address),
        Ok(IpAddr::V6(address)) => is_public_v6(address),
        Err(_) if is_v6 => false,
        Err(_) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            let is_local = |local: &str| name.ends_with(&format!(".{local}"));
            name.contains('.') && name != "home.arpa" && !LOCAL.into_iter().any(is_local)
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    // Shared by the customers of a provider: https://www.rfc-editor.org/rfc/rfc6598
    let is_shared = first == 100 && (64..128).contains(&second);
    let is_here = address.is_private() || address.is_loopback() || address.is_link_local();
    !is_here && !is_shared && first != 0 && !address.is_multicast() && !address.is_broadcast()
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(address) = address.to_ipv4_mapped() {
        return is_public_v4(address);
    }
    let is_here = address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local();
    !is_here && !address.is_unspecified() && !address.is_multicast()
}

/// Why API Gateway lets nobody in by an issuer: it does not reach it, or a token of a well-known provider has another `iss` than
/// what the provider shows. On a laptop the first may be meant.
pub(super) fn warning(issuer: &str) -> Option<String> {
    let rest = issuer.strip_prefix("https://")?;
    let authority = rest.split('/').next().unwrap_or_default();
    if !is_public(authority) {
        return Some(format!(
            "API Gateway reads its keys over the internet, where `{authority}` is not reached; `zappa-rs local` can use it, and so can \
             the layer `JwtLayer` in the app"
        ));
    }
    let (host, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
    let host = host.to_ascii_lowercase();
    // https://auth0.com/docs/get-started/applications/application-settings
    if host.ends_with(".auth0.com") && path.is_none() {
        return Some(format!(
            "`iss` of Auth0's tokens ends with a slash, and is compared by letters; write `{issuer}/`"
        ));
    }
    if host != MICROSOFT {
        return None;
    }
    // https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens#validate-the-issuer
    let tenant = path?.split('/').next()?;
    let id = match tenant {
        "common" | "organizations" => "the id of your tenant",
        "consumers" => "the id of the tenant of all personal accounts, `9188040d-6c67-4c5b-b112-36a304b66dad`,",
        _ => return None,
    };
    Some(format!(
        "`{tenant}` is where users sign in, and `iss` of no token: {id} is in its place, as in `https://{MICROSOFT}/TENANT/v2.0`"
    ))
}

/// The region of the login pages of a user pool.
fn region_of_login(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let (_, region) = host.strip_suffix(".amazoncognito.com")?.split_once(".auth.")?;
    Some(region.to_owned())
}

/// A part of a text that is to be replaced, with its braces.
fn placeholder(text: &str) -> Option<&str> {
    let from = text.split_at(text.find('{')?).1;
    Some(from.split_at(from.find('}')? + 1).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_issuer_is_a_fault() {
        for (issuer, expected) in [
            ("http://x.example.com", "is not an issuer"),
            ("https://", "is not an issuer"),
            ("https:///a", "is not an issuer"),
            ("https://x.example.com/?a", "is not an issuer"),
            ("https://x.example.com/#a", "is not an issuer"),
            ("https://me@x.example.com", "is not an issuer"),
            (" https://x.example.com", "a space before or behind it; write `https://x.example.com`"),
            ("https://x.example.com ", "a space before or behind it; write `https://x.example.com`"),
            ("https://login.microsoftonline.com/{tenantid}/v2.0", "`{tenantid}` is a placeholder"),
            ("https://{tenant}.auth0.com/", "`{tenant}` is a placeholder"),
            ("https://login.microsoftonline.com/tenant}/v2.0", "braces"),
            (
                "https://shop.auth.eu-west-1.amazoncognito.com",
                "the issuer is `https://cognito-idp.eu-west-1.amazonaws.com/POOL`",
            ),
            ("https://shop.auth.eu-west-1.amazoncognito.com/oauth2", "`cognito = [\"…\"]`"),
            ("https://id.example.com/a/.well-known/openid-configuration", "such as `https://id.example.com/a`"),
            ("https://id.example.com/.well-known/jwks.json", "such as `https://id.example.com`"),
        ] {
            let found = fault(issuer).unwrap_or_default();
            assert!(found.contains(expected), "{issuer}: {found}");
        }
        for issuer in [
            "https://id.example.com",
            "https://tenant.eu.auth0.com/",
            "https://login.example.com:8443/a/v2.0",
            "https://203.0.113.7",
            "https://[2001:db8::1]/a",
            "https://notlocal.example.com",
        ] {
            assert_eq!(fault(issuer), None, "{issuer}");
        }
    }

    #[test]
    fn an_issuer_that_lets_nobody_in_on_aws_is_a_warning() {
        for (issuer, expected) in [
            ("https://localhost", Some("`localhost` is not reached")),
            ("https://localhost:8443/realms/a", Some("`localhost:8443` is not reached")),
            ("https://LOCALHOST.", Some("not reached")),
            ("https://keycloak/realms/a", Some("`keycloak` is not reached")),
            ("https://id.corp.internal", Some("not reached")),
            ("https://mac.local", Some("not reached")),
            ("https://127.0.0.1", Some("not reached")),
            ("https://10.0.0.1", Some("not reached")),
            ("https://169.254.169.254", Some("not reached")),
            ("https://192.168.0.1:8080", Some("not reached")),
            ("https://100.64.0.1", Some("not reached")),
            ("https://0.0.0.0", Some("not reached")),
            ("https://[::1]:8080", Some("not reached")),
            ("https://[fd00::1]", Some("not reached")),
            ("https://[fe80::1]", Some("not reached")),
            ("https://[::ffff:10.0.0.1]", Some("not reached")),
            ("https://[x]", Some("not reached")),
            ("https://login.microsoftonline.com/common/v2.0", Some("`common`")),
            ("https://login.microsoftonline.com/organizations/v2.0", Some("the id of your tenant")),
            ("https://login.microsoftonline.com/consumers/v2.0", Some("9188040d-6c67-4c5b-b112-36a304b66dad")),
            ("https://LOGIN.microsoftonline.com/common", Some("`common`")),
            ("https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0", None),
            ("https://shop.auth0.com", Some("write `https://shop.auth0.com/`")),
            ("https://shop.eu.auth0.com", Some("write `https://shop.eu.auth0.com/`")),
            ("https://shop.eu.auth0.com/", None),
            ("https://id.example.com/common", None),
            ("https://auth0.com.example.com", None),
        ] {
            assert_eq!(fault(issuer), None, "{issuer}");
            let found = warning(issuer);
            assert_eq!(found.is_some(), expected.is_some(), "{issuer}: {found:?}");
            let found = found.unwrap_or_default();
            assert!(expected.is_none_or(|expected| found.contains(expected)), "{issuer}: {found}");
        }
    }
}
