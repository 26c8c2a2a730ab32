//! Host detection: whether the environment is a Web Function, Lambda or a standalone machine.

use zappa_rs_adapter::contract::variable;

use crate::{
    address::{self, Address},
    error::{Error, Kind},
};

/// The host of the process.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Host {
    /// A Web Function: AWS sends HTTP requests to this address.
    WebFunction(Address),
    /// A Lambda function.
    Lambda,
    /// Any other machine: a plain HTTP server at this address.
    Standalone(Address),
}

impl Host {
    /// Detects the host by the environment variables; an empty one counts as absent.
    pub(crate) fn detect(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
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
        Ok(Self::Standalone(Address { host: address::without_brackets(&host).to_owned(), port }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(variables: &[(&str, &str)]) -> Result<Host, String> {
        let variable = |name: &str| variables.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
        Host::detect(variable).map_err(|error| error.to_string())
    }

    fn address(host: &str, port: u16) -> Address {
        Address { host: host.to_owned(), port }
    }

    #[test]
    fn the_environment_decides_in_order() {
        let endpoint = ("AWS_LAMBDA_HTTP_ENDPOINT", "127.0.0.1:8080");
        let api = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
        let port = ("PORT", "8000");
        assert_eq!(detect(&[endpoint, api, port]), Ok(Host::WebFunction(address("127.0.0.1", 8080))));
        assert_eq!(detect(&[api, port]), Ok(Host::Lambda));
        assert_eq!(detect(&[port]), Ok(Host::Standalone(address("127.0.0.1", 8000))));
        assert_eq!(detect(&[]), Ok(Host::Standalone(address("127.0.0.1", 3000))));
        assert_eq!(
            detect(&[("AWS_LAMBDA_RUNTIME_API", ""), ("PORT", "")]),
            Ok(Host::Standalone(address("127.0.0.1", 3000)))
        );
        assert_eq!(detect(&[("HOST", "[::1]")]), Ok(Host::Standalone(address("::1", 3000))));
    }

    #[test]
    fn endpoints_are_parsed_in_every_form() {
        for (endpoint, host, port) in [
            ("127.0.0.1:8080", "127.0.0.1", 8080),
            ("http://127.0.0.1:8080/", "127.0.0.1", 8080),
            ("[::1]:80", "::1", 80),
            (":80", "127.0.0.1", 80),
            ("80", "127.0.0.1", 80),
        ] {
            assert_eq!(
                detect(&[("AWS_LAMBDA_HTTP_ENDPOINT", endpoint)]),
                Ok(Host::WebFunction(address(host, port))),
                "{endpoint}"
            );
        }
    }

    #[test]
    fn an_invalid_value_is_named() {
        assert_eq!(detect(&[("PORT", "http")]), Err("`PORT=http` is not a valid port".to_owned()));
        assert_eq!(
            detect(&[("AWS_LAMBDA_HTTP_ENDPOINT", "nowhere")]),
            Err("`AWS_LAMBDA_HTTP_ENDPOINT=nowhere` is not a valid port".to_owned())
        );
    }
}
