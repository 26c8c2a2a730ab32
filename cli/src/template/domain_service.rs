//! The service of AWS that serves a domain: API Gateway or CloudFront.

use serde::{Deserialize, Serialize};

use crate::{regions, settings::Api};

/// Which service serves a domain, and so what its stack has.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum DomainService {
    /// A domain name of API Gateway, which leads to REST and HTTP APIs of its region.
    #[default]
    ApiGateway,
    /// A distribution of CloudFront, which leads to one Function URL.
    CloudFront,
}

impl DomainService {
    /// The service of a stage's domain.
    pub(crate) fn of(api: Api) -> Self {
        match api {
            Api::Rest | Api::Http => Self::ApiGateway,
            Api::FunctionUrl => Self::CloudFront,
        }
    }

    /// The region of the domain's stack, for a stage in `region`.
    pub(crate) fn region(self, region: &str) -> &str {
        match self {
            Self::ApiGateway => region,
            Self::CloudFront => regions::CLOUDFRONT,
        }
    }

    /// As AWS writes it.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::ApiGateway => "API Gateway",
            Self::CloudFront => "CloudFront",
        }
    }

    pub(super) fn is_api_gateway(&self) -> bool {
        *self == Self::ApiGateway
    }
}
