//! What a stage asks its callers for, and the gateway of `--as` does not.

use crate::{
    gateway::GatewayKind,
    settings::{Stage, authorizer::Access},
};

/// The sentence about it; `None` where that gateway asks for all that the stage does.
pub(super) fn sentence(stage: &Stage, kind: GatewayKind) -> Option<String> {
    let accesses = || [stage.access()].into_iter().chain(stage.routes.iter().map(|route| stage.access_of(route)));
    let has = |is_unasked: fn(&Access<'_>) -> bool| accesses().any(|access| is_unasked(&access));
    let is_unasked = match kind {
        GatewayKind::Rest => false,
        GatewayKind::Http => stage.asks_for_keys(),
        GatewayKind::FunctionUrl => stage.asks_for_keys() || has(|access| matches!(access, Access::Token(..))),
        GatewayKind::Alb => stage.asks_for_keys() || has(|access| *access != Access::Public),
    };
    is_unasked.then(|| format!("{} does not ask callers for everything that the stage's settings ask for", kind.noun()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::authorizer::Authorizer;

    #[test]
    fn what_a_gateway_cannot_ask_for_is_told() {
        let stage = |authorizer: Option<&str>, key: bool| Stage {
            authorizer: authorizer.map(str::to_owned),
            api_key_required: key,
            authorizers: [("users".to_owned(), Authorizer::default())].into(),
            ..Stage::default()
        };
        let told = |stage: &Stage| {
            let kinds = [GatewayKind::Rest, GatewayKind::Http, GatewayKind::FunctionUrl, GatewayKind::Alb];
            kinds.map(|kind| sentence(stage, kind).is_some())
        };
        assert_eq!(told(&stage(None, false)), [false; 4]);
        assert_eq!(told(&stage(Some("none"), false)), [false; 4]);
        assert_eq!(told(&stage(Some("iam"), false)), [false, false, false, true]);
        assert_eq!(told(&stage(Some("users"), false)), [false, false, true, true]);
        assert_eq!(told(&stage(None, true)), [false, true, true, true]);
    }
}
