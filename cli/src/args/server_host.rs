//! The host of `zappa-rs local`: a loopback address, or the name that the app is to see.

use std::{net::IpAddr, str::FromStr};

/// The host of the server: the loopback address to listen on, or the name that the app is to see. Nothing listens
/// beyond loopback.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ServerHost {
    /// Both addresses that `localhost` may mean.
    Localhost,
    /// One of them.
    Address(IpAddr),
    /// `localhost`, which the app sees as this name, in lower case.
    Name(String),
}

impl ServerHost {
    /// The one address to listen on; `None` for both of `localhost`.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(*address),
            Self::Localhost | Self::Name(_) => None,
        }
    }

    /// The name that the app is to see.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Localhost | Self::Address(_) => None,
        }
    }
}

/// Whether this is the name of a host as AWS takes it for a custom domain: labels of letters, digits and `-`, at least
/// two, and the last no number, which would be an address.
fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_letter = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let Some((_, last)) = text.rsplit_once('.') else { return false };
    text.len() <= 253 && text.split('.').all(is_label) && !last.starts_with(|first: char| first.is_ascii_digit())
}

impl FromStr for ServerHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("localhost") {
            return Ok(Self::Localhost);
        }
        match text.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) if address.is_loopback() => Ok(Self::Address(address)),
            Ok(_) => {
                Err("not a loopback address: the app would be open to your network without the gateway's protection"
                    .to_owned())
            }
            Err(_) if is_host_name(text) => Ok(Self::Name(text.to_ascii_lowercase())),
            Err(_) => {
                Err("expected `localhost`, `127.0.0.1`, `::1`, or a name without a port, such as `api.example.com`"
                    .to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_are_listened_on() {
        for (text, good) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("127.8.8.8", true),
            ("::1", true),
            ("[::1]", true),
            ("0.0.0.0", false),
            ("::", false),
            ("192.168.0.1", false),
            ("::ffff:192.168.0.1", false),
        ] {
            let parsed = text.parse::<ServerHost>();
            assert_eq!(parsed.is_ok(), good, "{text}");
            match parsed {
                Ok(host) => assert_eq!(host.name(), None, "{text}"),
                Err(reason) => assert!(reason.starts_with("not a loopback address"), "{text}: {reason}"),
            }
        }
    }

    #[test]
    fn a_name_is_seen_by_the_app_and_not_listened_on() {
        for text in
            ["api.example.com", "API.Example.com", "xn--bcher-kva.example", "a1.execute-api.eu-west-1.amazonaws.com"]
        {
            let host: ServerHost = text.parse().unwrap();
            assert_eq!((host.name(), host.address()), (Some(&*text.to_ascii_lowercase()), None));
        }
        let long = format!("{}.example", "a".repeat(64));
        for text in [
            "",
            ".",
            "example",
            "locahost",
            "api.example.com:443",
            "http://api.example.com",
            "api.example.com/",
            "a b.c",
            "-a.b",
            "a-.b",
            "a..b",
            ".a.b",
            "a.b.",
            "256.1.1.1",
            "127.0.1",
            "bücher.example",
            "*.example.com",
            "a_b.example",
            &long,
        ] {
            let reason = text.parse::<ServerHost>().unwrap_err();
            assert!(reason.contains("a name without a port, such as `api.example.com`"), "{text}: {reason}");
        }
    }
}
