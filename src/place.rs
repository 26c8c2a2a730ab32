//! Where the process was started, by its environment.

use zappa_rs_adapter::contract::variable;

use crate::error::{Error, Kind};

/// Where an app is served.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// A Web Function: AWS asks for an HTTP server at this address.
    WebFunction(Address),
    /// A Lambda function.
    Lambda,
    /// Any other machine.
    Here(Address),
}

/// A host and a port as the environment names them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Place {
    /// Decides by the variables that `variable` knows; an empty one counts as absent.
    pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        if let Some(endpoint) = variable(variable::HTTP_ENDPOINT) {
            return Address::from_endpoint(&endpoint).map(Self::WebFunction);
        }
        if variable(variable::RUNTIME_API).is_some() {
            return Ok(Self::Lambda);
        }
        let host = variable("HOST").unwrap_or_else(|| "127.0.0.1".to_owned());
        let port = match variable("PORT") {
            Some(port) => port.parse().map_err(|_| Error::new(Kind::Address { variable: "PORT", value: port }))?,
            None => 3000,
        };
        Ok(Self::Here(Address { host: unbracketed(&host).to_owned(), port }))
    }
}

impl Address {
    /// `host:port`, with or without `http://`, or the port alone.
    fn from_endpoint(endpoint: &str) -> Result<Self, Error> {
        let fault = || Error::new(Kind::Address { variable: variable::HTTP_ENDPOINT, value: endpoint.to_owned() });
        let authority = endpoint.strip_prefix("http://").unwrap_or(endpoint).trim_end_matches('/');
        let (host, port) = authority.rsplit_once(':').unwrap_or(("", authority));
        let host = if host.is_empty() { "127.0.0.1" } else { unbracketed(host) };
        Ok(Self { host: host.to_owned(), port: port.parse().map_err(|_| fault())? })
    }
}

fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(variables: &[(&str, &str)]) -> Result<Place, String> {
        let variable = |name: &str| variables.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
        Place::from_variables(variable).map_err(|error| error.to_string())
    }

    fn address(host: &str, port: u16) -> Address {
        Address { host: host.to_owned(), port }
    }

    #[test]
    fn the_environment_decides_in_order() {
        let endpoint = ("AWS_LAMBDA_HTTP_ENDPOINT", "127.0.0.1:8080");
        let api = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
        let port = ("PORT", "8000");
        assert_eq!(place(&[endpoint, api, port]), Ok(Place::WebFunction(address("127.0.0.1", 8080))));
        assert_eq!(place(&[api, port]), Ok(Place::Lambda));
        assert_eq!(place(&[port]), Ok(Place::Here(address("127.0.0.1", 8000))));
        assert_eq!(place(&[]), Ok(Place::Here(address("127.0.0.1", 3000))));
        assert_eq!(place(&[("AWS_LAMBDA_RUNTIME_API", ""), ("PORT", "")]), Ok(Place::Here(address("127.0.0.1", 3000))));
        assert_eq!(place(&[("HOST", "[::1]")]), Ok(Place::Here(address("::1", 3000))));
    }

    #[test]
    fn endpoints_are_read_in_every_form() {
        for (endpoint, host, port) in [
            ("127.0.0.1:8080", "127.0.0.1", 8080),
            ("http://127.0.0.1:8080/", "127.0.0.1", 8080),
            ("[::1]:80", "::1", 80),
            (":80", "127.0.0.1", 80),
            ("80", "127.0.0.1", 80),
        ] {
            assert_eq!(
                place(&[("AWS_LAMBDA_HTTP_ENDPOINT", endpoint)]),
                Ok(Place::WebFunction(address(host, port))),
                "{endpoint}"
            );
        }
    }

    #[test]
    fn a_wrong_value_is_named() {
        assert_eq!(place(&[("PORT", "http")]), Err("`PORT` is `http`, which is no port".to_owned()));
        assert_eq!(
            place(&[("AWS_LAMBDA_HTTP_ENDPOINT", "nowhere")]),
            Err("`AWS_LAMBDA_HTTP_ENDPOINT` is `nowhere`, which is no port".to_owned())
        );
    }
}
