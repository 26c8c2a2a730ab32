//! What a stage asks its callers for, and the gateway of `--as` does not.

use crate::{
    gateway::GatewayKind,
    settings::{
        Stage,
        authorizer::{Access, Authorizer},
    },
};

/// The sentence about it; `None` where that gateway asks for all that the stage does.
pub(super) fn sentence(stage: &Stage, kind: GatewayKind) -> Option<String> {
    let accesses = || [stage.access()].into_iter().chain(stage.routes.iter().map(|route| stage.access_of(route)));
    let has = |is_unasked: fn(&Access<'_>) -> bool| accesses().any(|access| is_unasked(&access));
    let is_unasked = match kind {
        GatewayKind::Rest => false,
        GatewayKind::Http => stage.asks_for_keys() || stage.used_authorizers().any(|(_, it)| is_of_rest_alone(it)),
        GatewayKind::FunctionUrl => stage.asks_for_keys() || has(|access| matches!(access, Access::Token(..))),
        GatewayKind::Alb => stage.asks_for_keys() || has(|access| *access != Access::Public),
    };
    is_unasked.then(|| {
        format!(
            "{} does not ask callers for all that the settings of the stage ask for: it lets them in without",
            kind.noun()
        )
    })
}

/// Whether only a REST API asks as the settings say.
fn is_of_rest_alone(authorizer: &Authorizer) -> bool {
    authorizer.cognito.len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

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
