//! What a domain leads to, by the outputs of a stage's stack.

use super::DomainRollout;
use crate::{
    aws::Stack,
    template::{DomainService, output},
};

impl DomainRollout<'_> {
    /// The id of the stage's API, or the host of its Function URL.
    pub(super) fn target<'s>(&self, stack: &'s Stack) -> Option<&'s str> {
        match self.service {
            DomainService::ApiGateway => stack.outputs.get(output::API_ID).map(String::as_str),
            DomainService::CloudFront => stack.outputs.get(output::URL).and_then(|url| host(url)),
        }
    }
}

/// The host of a URL.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split('/').next().filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_host_without_scheme_and_path() {
        assert_eq!(host("https://a1.lambda-url.eu-west-1.on.aws/"), Some("a1.lambda-url.eu-west-1.on.aws"));
        assert_eq!(host("https://a1.lambda-url.eu-west-1.on.aws"), Some("a1.lambda-url.eu-west-1.on.aws"));
        assert_eq!(host("https:///"), None);
        assert_eq!(host("a1"), None);
    }
}
