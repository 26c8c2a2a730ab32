//! The gateway of a stage, for requests that are sent to the function without it.

use std::collections::BTreeMap;

use crate::{
    gateway::{Gateway, GatewayKind, access::AccessTable, limit},
    names::Identity,
    settings::{Api, Stage},
    template,
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
    // Where the API's own endpoint is closed, every request comes by the domain.
    let domain = stage.domain().filter(|_| stage.closes_endpoint());
    let base_path = domain.as_ref().and_then(|_| stage.base_path.clone());
    Gateway {
        kind,
        api_id: api_id.to_owned(),
        stage: api_stage,
        base_path,
        host: domain.map(|domain| domain.name),
        binary_media_types: stage.binary_media_types.clone(),
        streaming: false,
        multi_value_headers: false,
        routes: template::routes(stage, kind).into_iter().collect(),
        stage_variables: BTreeMap::new(),
        compression: None,
        cors: None,
        access: AccessTable::default(),
        timeout: limit::timeout(kind),
        region: region.to_owned(),
        account_id: "000000000000".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::DomainSetting;

    #[test]
    fn requests_come_by_the_domain_where_the_endpoint_is_closed() {
        let identity = Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None };
        let of = |default_endpoint, base_path: Option<&str>| {
            let stage = Stage {
                domain: Some(DomainSetting::Name("api.example.com".to_owned())),
                base_path: base_path.map(str::to_owned),
                default_endpoint,
                ..Stage::default()
            };
            let gateway = gateway_of(&identity, &stage, "eu-west-1", "check");
            (gateway.root(), gateway.host)
        };
        let domain = Some("api.example.com".to_owned());
        assert_eq!(of(None, Some("shop")), ("/dev/".to_owned(), None));
        assert_eq!(of(Some(false), None), ("/".to_owned(), domain.clone()));
        assert_eq!(of(Some(false), Some("/shop/")), ("/shop/".to_owned(), domain));
    }
}
