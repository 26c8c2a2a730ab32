//! Limits of the gateways: sizes and timeouts.

use std::time::Duration;

use super::GatewayKind;
use crate::lambda;

/// How many seconds a REST API waits for a buffered response.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
pub(crate) const REST_TIMEOUT_SECONDS: u32 = 29;
/// How many seconds an HTTP API waits.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
pub(crate) const HTTP_TIMEOUT_SECONDS: u32 = 30;

/// How many seconds CloudFront waits at most for the next bytes of an origin's response, without a higher quota.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>
pub(crate) const CLOUDFRONT_TIMEOUT_SECONDS: u32 = 120;

/// How many seconds a WebSocket API waits.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
pub(crate) const WEBSOCKET_TIMEOUT_SECONDS: u32 = 29;

/// How long a gateway waits for the function.
pub(crate) fn timeout(kind: GatewayKind) -> Duration {
    match kind {
        GatewayKind::Rest => Duration::from_secs(REST_TIMEOUT_SECONDS.into()),
        GatewayKind::Http => Duration::from_secs(HTTP_TIMEOUT_SECONDS.into()),
        // Only the function's own timeout ends these; a load balancer closes what is idle for a minute.
        GatewayKind::FunctionUrl => lambda::MAX_TIMEOUT,
        GatewayKind::Alb => Duration::from_secs(60),
    }
}

/// The maximum size of a Lambda target's response behind a load balancer, in bytes of JSON.
pub(crate) const ALB_RESPONSE: usize = 1 << 20;

/// The maximum size of a request body that a gateway reads, before Lambda's own limit applies.
///
/// A server may stop reading after this many bytes and respond with
/// [`Refusal::body_too_large`](super::refusal::Refusal::body_too_large).
#[must_use]
pub(crate) fn request_body(kind: GatewayKind) -> usize {
    match kind {
        GatewayKind::Rest | GatewayKind::Http => 10 << 20,
        GatewayKind::FunctionUrl => lambda::MAX_PAYLOAD,
        GatewayKind::Alb => 1 << 20,
    }
}

/// The maximum size of request line and headers together. AWS documents none for Function URLs; theirs is API Gateway's
/// here.
#[must_use]
pub(crate) fn request_head(kind: GatewayKind) -> usize {
    match kind {
        GatewayKind::Rest | GatewayKind::Http | GatewayKind::FunctionUrl => 10_240,
        GatewayKind::Alb => 64 << 10,
    }
}

/// The maximum size of a response's headers, names and values. AWS documents none for Function URLs; theirs is API
/// Gateway's here.
#[must_use]
pub(crate) fn answer_head(kind: GatewayKind) -> Option<usize> {
    (kind != GatewayKind::Alb).then_some(10_240)
}
