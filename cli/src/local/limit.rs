//! The sizes at which AWS says no.

use super::description::GatewayKind;

/// What Lambda takes and gives in one synchronous invocation: 6 MB and the room that AWS adds to it.
pub const LAMBDA_PAYLOAD: usize = 6_291_556;

/// What an ALB takes from a Lambda target, the whole JSON.
pub const ALB_ANSWER: usize = 1 << 20;

/// The longest body that a gateway reads, before Lambda's own limit is asked.
///
/// A server may stop reading after this many bytes and answer with
/// [`Refusal::body_too_large`](super::refusal::Refusal::body_too_large).
#[must_use]
pub fn request_body(kind: GatewayKind) -> usize {
    match kind {
        GatewayKind::Rest | GatewayKind::Http => 10 << 20,
        GatewayKind::FunctionUrl => LAMBDA_PAYLOAD,
        GatewayKind::Alb => 1 << 20,
    }
}

/// The longest request line and headers together. AWS documents none for Function URLs; theirs is API Gateway's here.
#[must_use]
pub(crate) fn request_head(kind: GatewayKind) -> usize {
    match kind {
        GatewayKind::Rest | GatewayKind::Http | GatewayKind::FunctionUrl => 10_240,
        GatewayKind::Alb => 64 << 10,
    }
}

/// The longest headers of an answer, names and values. AWS documents none for Function URLs; theirs is API Gateway's here.
#[must_use]
pub(crate) fn answer_head(kind: GatewayKind) -> Option<usize> {
    (kind != GatewayKind::Alb).then_some(10_240)
}
