//! Why a signature is refused, in AWS's words.

use std::fmt::Write as _;

use crate::gateway::GatewayKind;

/// A signature that is refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    /// What a REST API and a Function URL tell the client; an HTTP API has one sentence for all.
    pub(crate) message: String,
    /// The reason for the terminal.
    pub(crate) reason: String,
}

/// The type of the error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FaultKind {
    /// There is no signature.
    Missing,
    /// A part of it is missing or malformed.
    Incomplete,
    /// It is another's, or for another place, time or request.
    Invalid,
    /// The access key or its token is not known.
    UnknownKey,
}

impl FaultKind {
    /// The value of `x-amzn-ErrorType`.
    /// <https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden>
    pub(crate) fn error_type(self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete => "IncompleteSignatureException",
            Self::Invalid => "InvalidSignatureException",
            Self::UnknownKey => "UnrecognizedClientException",
        }
    }
}

impl Fault {
    pub(super) fn missing() -> Self {
        Self {
            kind: FaultKind::Missing,
            message: "Missing Authentication Token".to_owned(),
            reason: "the request has no signature of AWS; sign it with the credentials of the profile, as `curl \
                     --aws-sigv4` does"
                .to_owned(),
        }
    }

    /// There are no keys to verify it with.
    pub(crate) fn without_keys(reason: &str) -> Self {
        Self {
            kind: FaultKind::UnknownKey,
            message: "The security token included in the request is invalid.".to_owned(),
            reason: format!("the signature cannot be verified: {reason}"),
        }
    }

    pub(super) fn incomplete(message: String) -> Self {
        let reason = format!("the signature is incomplete: {message}");
        Self { kind: FaultKind::Incomplete, message, reason }
    }

    /// A header is not signed that has to be.
    pub(super) fn unsigned(header: &str) -> Self {
        let message = format!("{header} must be a 'SignedHeader' in the AWS Authorization.");
        let reason = format!("the signature leaves a header out: {message}");
        Self { kind: FaultKind::Invalid, message, reason }
    }

    pub(super) fn scope(message: String, reason: &str) -> Self {
        Self { kind: FaultKind::Invalid, message, reason: format!("the signature does not fit: {reason}") }
    }

    pub(super) fn time(message: String) -> Self {
        let reason = format!("{message}: the clocks of client and machine differ, or the request was signed before");
        Self { kind: FaultKind::Invalid, message, reason }
    }

    pub(super) fn unknown_key(access_key: &str) -> Self {
        Self {
            kind: FaultKind::UnknownKey,
            message: "The security token included in the request is invalid.".to_owned(),
            reason: format!(
                "the access key `{access_key}` or its session token is not that of the profile; `local` knows the keys of one \
                 profile alone"
            ),
        }
    }

    pub(super) fn mismatch(kind: GatewayKind, canonical: &str, to_sign: &str) -> Self {
        let mut message =
            "The request signature we calculated does not match the signature you provided. Check your AWS \
                           Secret Access Key and signing method. Consult the service documentation for details."
                .to_owned();
        if kind == GatewayKind::Rest {
            let _ = write!(
                message,
                "\n\nThe Canonical String for this request should have been\n'{canonical}'\n\nThe String-to-Sign should \
                 have been\n'{to_sign}'\n"
            );
        }
        let reason = format!("the signature is another than that of this request:\n{}", without_values(canonical));
        Self { kind: FaultKind::Invalid, message, reason }
    }
}

/// The headers whose values the terminal may show.
const SHOWN: [&str; 4] = ["content-type", "host", "x-amz-content-sha256", "x-amz-date"];

/// A canonical request for the terminal: signed headers and the session token of a query can be secrets.
fn without_values(canonical: &str) -> String {
    let mut lines: Vec<String> = canonical.lines().map(str::to_owned).collect();
    if let Some(query) = lines.get_mut(2) {
        let parts = query.split('&').map(|part| match part.split_once('=') {
            Some((name, _)) if name.eq_ignore_ascii_case("X-Amz-Security-Token") => format!("{name}=…"),
            _ => part.to_owned(),
        });
        *query = parts.collect::<Vec<_>>().join("&");
    }
    // Method, path and query come before the headers, and an empty line after them.
    for line in lines.iter_mut().skip(3).take_while(|line| !line.is_empty()) {
        if let Some((name, _)) = line.split_once(':').filter(|(name, _)| !SHOWN.contains(name)) {
            *line = format!("{name}:…");
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_shows_no_value_that_may_be_a_secret() {
        let canonical = "GET\n/items\na=1&X-Amz-Security-Token=secret\nhost:localhost\nx-amz-security-token:secret\n\
                         x-api-key:secret\n\nhost;x-amz-security-token;x-api-key\nhash";
        let fault = Fault::mismatch(GatewayKind::Http, canonical, "");
        assert!(!fault.reason.contains("secret\n") && !fault.reason.contains("=secret"), "{}", fault.reason);
        assert!(
            fault.reason.contains("host:localhost\nx-amz-security-token:…\nx-api-key:…\n\nhost;"),
            "{}",
            fault.reason
        );
        assert!(fault.reason.contains("a=1&X-Amz-Security-Token=…"), "{}", fault.reason);
    }
}
