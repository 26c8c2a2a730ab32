//! Rules of the API's endpoint: where it is reached, and whether its own URL answers.

use super::{
    super::{Api, Stage, endpoint::EndpointKind},
    Rules,
};

/// The sentence of a private API that lets nobody in.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html>
const PRIVATE_NEEDS_POLICY: &str = "a private API lets nobody in without `resource_policy`, such as \
     `[[stage.NAME.resource_policy]]` with `conditions = { StringEquals = { \"aws:SourceVpce\" = \"vpce-…\" } }`";

impl Rules<'_> {
    /// Refuses an endpoint that the gateway or the domain cannot have.
    pub(super) fn endpoint(&mut self) {
        let stage = self.stage;
        let (kind, endpoints) = (stage.endpoint.kind(), stage.endpoint.vpc_endpoints());
        if self.is_faulty(&["endpoint"]) {
            return;
        }
        if kind != EndpointKind::Regional && stage.api != Api::Rest {
            self.fault(
                ["endpoint"],
                "only a REST API has another endpoint than a regional one; `api = \"rest\"` takes it",
            );
            return;
        }
        let is_id = |id: &&String| {
            id.strip_prefix("vpce-")
                .is_none_or(|rest| rest.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        };
        for id in endpoints.iter().filter(is_id) {
            let sentence = format!("`{id}` is not the id of a VPC endpoint, such as `vpce-0123456789abcdef0`");
            self.fault(["endpoint", "vpc_endpoints"], sentence);
        }
        if !endpoints.is_empty() && kind != EndpointKind::Private {
            self.fault(["endpoint", "vpc_endpoints"], "VPC endpoints are for `type = \"private\"`");
        }
        if kind == EndpointKind::Private && stage.resource_policy.is_empty() && !self.is_faulty(&["resource_policy"]) {
            self.fault(["endpoint"], PRIVATE_NEEDS_POLICY);
        }
        if kind == EndpointKind::Private && stage.domain.is_some() {
            let sentence =
                "a public domain cannot lead to a private API; leave `domain` out, or take a regional endpoint";
            self.fault(["endpoint"], sentence);
        }
        if kind == EndpointKind::Edge && stage.domain.is_some() {
            let sentence = "the domain is a regional one, in front of which CloudFront would be a detour; \
                            `endpoint = \"regional\"` goes with `domain`";
            self.fault(["endpoint"], sentence);
        }
    }

    /// Refuses to close an endpoint beside which there is no other.
    pub(super) fn default_endpoint(&mut self) {
        if self.stage.default_endpoint != Some(false) {
            return;
        }
        if self.stage.api == Api::FunctionUrl {
            let sentence = "a Function URL cannot be closed; the URLs of `api = \"rest\"` and `api = \"http\"` can, behind a `domain`";
            self.fault(["default_endpoint"], sentence);
        } else if self.stage.domain.is_none() && !self.is_faulty(&["domain"]) {
            let sentence =
                "`default_endpoint = false` closes the only URL of the stage; with `domain` there is another";
            self.fault(["default_endpoint"], sentence);
        }
    }
}

/// The warning of VPC endpoints, each of which is in one region, in a stage of several.
pub(super) fn warning(stage: &Stage, name: &str) -> Option<String> {
    let count = stage.regions.len();
    (count > 1 && !stage.endpoint.vpc_endpoints().is_empty()).then(|| {
        format!(
            "stage `{name}`: a VPC endpoint is in one region, and the stage in {count} with the same `vpc_endpoints`, which take no \
             table of regions; make a stage of each region, or leave `vpc_endpoints` out"
        )
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use super::super::{super::Settings, sentences_of};

    #[test]
    fn an_endpoint_that_cannot_be_is_a_fault() {
        let policy = "\nresource_policy = [{ conditions = { StringEquals = { \"aws:SourceVpce\" = \"vpce-1\" } } }]";
        for (stage, expected) in [
            ("api = \"http\"\nendpoint = \"edge\"", "only a REST API"),
            ("api = \"function_url\"\nendpoint = \"private\"", "only a REST API"),
            ("endpoint = \"private\"", "lets nobody in without `resource_policy`"),
            ("endpoint = { type = \"edge\", vpc_endpoints = [\"vpce-1\"] }", "are for `type = \"private\"`"),
            (
                &format!("endpoint = {{ type = \"private\", vpc_endpoints = [\"vpc-1\"] }}{policy}"),
                "`vpc-1` is not the id",
            ),
            (&format!("endpoint = \"private\"\ndomain = \"api.example.com\"{policy}"), "cannot lead to a private API"),
            ("endpoint = \"edge\"\ndomain = \"api.example.com\"", "goes with `domain`"),
        ] {
            let found = sentences_of(stage);
            assert!(found.iter().any(|sentence| sentence.contains(expected)), "{stage}: {found:?}");
        }
        for stage in [
            "endpoint = \"edge\"",
            "api = \"http\"\nendpoint = \"regional\"",
            &format!("endpoint = \"private\"{policy}"),
            &format!("endpoint = {{ type = \"private\", vpc_endpoints = [\"vpce-1\"] }}{policy}"),
        ] {
            assert_eq!(sentences_of(stage), [] as [&str; 0], "{stage}");
        }
    }

    #[test]
    fn vpc_endpoints_of_one_region_are_a_warning_in_several() {
        let of = |regions: &str, endpoint: &str| {
            let text = format!(
                "[stage.dev]\nregions = [{regions}]\nendpoint = {endpoint}\n\
                 resource_policy = [{{ conditions = {{ StringEquals = {{ \"aws:SourceVpce\" = \"vpce-1\" }} }} }}]\n"
            );
            let settings = Settings::parse(Path::new("x.toml"), text, &BTreeMap::new()).unwrap();
            settings.choose(None).unwrap().warnings
        };
        let both = "\"eu-west-1\", \"us-east-1\"";
        let found = of(both, "{ type = \"private\", vpc_endpoints = [\"vpce-1\"] }");
        assert!(found.len() == 1 && found[0].contains("a stage of each region"), "{found:?}");
        assert_eq!(of(both, "\"private\""), [] as [&str; 0]);
        assert_eq!(of("\"eu-west-1\"", "{ type = \"private\", vpc_endpoints = [\"vpce-1\"] }"), [] as [&str; 0]);
    }
}
