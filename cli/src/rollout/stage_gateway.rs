//! The gateway of a stage, for requests that are sent to the function without it.

use std::collections::BTreeMap;

use crate::{
    gateway::{Gateway, GatewayKind, limit},
    names::Identity,
    settings::{Api, Stage},
};

/// The gateway that the stage's template describes, under an API id of the caller's.
pub(crate) fn gateway_of(identity: &Identity, stage: &Stage, region: &str, api_id: &str) -> Gateway {
    let default = || "$default".to_owned();
    let (kind, api_stage) = match stage.api {
        // A response for a gateway that does not stream is whole, whoever asks for it.
        _ if stage.streaming => (GatewayKind::Http, default()),
        Api::Rest => (GatewayKind::Rest, identity.stage.clone()),
        Api::Http => (GatewayKind::Http, default()),
        Api::FunctionUrl => (GatewayKind::FunctionUrl, default()),
    };
    Gateway {
        kind,
        api_id: api_id.to_owned(),
        stage: api_stage,
        base_path: None,
        host: None,
        binary_media_types: stage.binary_media_types.clone(),
        streaming: false,
        multi_value_headers: false,
        routes: Vec::new(),
        stage_variables: BTreeMap::new(),
        timeout: limit::timeout(kind),
        region: region.to_owned(),
        account_id: "000000000000".to_owned(),
    }
}
