//! The change of a stack, built in one place: a dry run previews the very request that a deploy sends.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Phase, api_keys, ownership};
use crate::{
    aws::{self, Body, Capability, ChangeKind, DeploymentMode},
    names::Identity,
    plan::{self, KeyChanges},
    settings::Stage,
    template,
};

/// A change of the stage's stack to a template.
#[derive(Clone, Debug)]
pub(super) struct StackChange {
    stack: String,
    pub(super) kind: ChangeKind,
    /// The template's text.
    pub(super) text: String,
    /// Values of the template's parameters; `None` keeps the value that the stack has.
    parameters: BTreeMap<String, Option<String>>,
    tags: BTreeMap<String, String>,
    role_arn: Option<String>,
    name: String,
    capabilities: &'static [Capability],
    mode: DeploymentMode,
    /// Whether resources may be replaced, so that a change set is inspected before it is executed.
    pub(super) may_replace: bool,
}

impl StackChange {
    /// The change from the live template, or the creation of the stack where there is none. The phase decides the
    /// deployment mode.
    pub(super) fn new(
        identity: &Identity,
        stage: &Stage,
        live: Option<&Value>,
        template: &Value,
        phase: Phase,
        keys: &KeyChanges,
    ) -> Self {
        // A candidate changes nothing that serves, and what goes back to the live release keeps the values that are live.
        let unchanged = KeyChanges::default();
        let is_aside = matches!(phase, Phase::SendingCandidate | Phase::RollingBack);
        let keys = if is_aside { &unchanged } else { keys };
        Self {
            stack: identity.stack(),
            kind: if live.is_some() { ChangeKind::Update } else { ChangeKind::Create },
            text: template::serialize(template),
            parameters: api_keys::parameters(stage, live, template, keys),
            tags: ownership::tags(identity, stage),
            role_arn: stage.cloudformation_role_arn.clone(),
            // A name that no other change set of the stack has.
            name: format!("zappa-rs-{:016x}", fastrand::u64(..)),
            capabilities: capabilities(template),
            mode: deployment_mode(stage, phase, template),
            may_replace: live.is_some_and(|live| plan::may_replace(live, template)),
        }
    }

    /// Whether CloudFormation accepts the template inline; a longer one is sent by its URL in the bucket.
    pub(super) fn is_inline(&self) -> bool {
        self.text.len() <= template::MAX_INLINE_BYTES
    }

    /// The request, with the template by its URL or inline.
    pub(super) fn request<'a>(&'a self, url: Option<&'a str>) -> aws::Change<'a> {
        aws::Change {
            stack: &self.stack,
            kind: self.kind,
            body: url.map_or(Body::Inline(&self.text), Body::Url),
            parameters: &self.parameters,
            tags: &self.tags,
            role_arn: self.role_arn.as_deref(),
            name: &self.name,
            capabilities: self.capabilities,
            mode: self.mode,
        }
    }
}

/// The deployment mode of a phase: express for a candidate, which takes no traffic before its trial proves it ready. All other
/// phases end in what is live, and are express only where the settings want that. Nothing is where a function is not ready soon.
fn deployment_mode(stage: &Stage, phase: Phase, template: &Value) -> DeploymentMode {
    if plan::is_ready_soon(template) && (stage.express || phase == Phase::SendingCandidate) {
        DeploymentMode::Express
    } else {
        DeploymentMode::Standard
    }
}

/// The capabilities to acknowledge (`CAPABILITY_*`).
pub(super) fn capabilities(template: &Value) -> &'static [Capability] {
    if plan::names_iam(template) { &[Capability::NamedIam] } else { &[Capability::Iam] }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::settings::Settings;

    fn identity() -> Identity {
        Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None }
    }

    #[test]
    fn only_a_candidate_that_becomes_ready_soon_is_sent_in_express_mode() {
        let plain = json!({ "Resources": { "Function": { "Properties": {} } } });
        let in_vpc =
            json!({ "Resources": { "Function": { "Properties": { "VpcConfig": { "SubnetIds": ["subnet-1"] } } } } });
        let mode = |is_express: bool, phase, template: &Value| {
            deployment_mode(&Stage { express: is_express, ..Stage::default() }, phase, template)
        };
        for phase in [Phase::Creating, Phase::SendingCandidate, Phase::Switching, Phase::RollingBack] {
            let is_candidate = phase == Phase::SendingCandidate;
            let expected = if is_candidate { DeploymentMode::Express } else { DeploymentMode::Standard };
            assert_eq!(mode(false, phase, &plain), expected, "{phase:?}");
            assert_eq!(mode(false, phase, &in_vpc), DeploymentMode::Standard, "{phase:?}");
            assert_eq!(mode(true, phase, &plain), DeploymentMode::Express, "{phase:?}");
            assert_eq!(mode(true, phase, &in_vpc), DeploymentMode::Standard, "{phase:?}");
        }
    }

    #[test]
    fn a_stack_without_a_live_template_is_created_and_any_other_updated() {
        let table = |name: &str| json!({ "Resources": { "T": { "Type": "X::Y", "Properties": { "Name": name } } } });
        let stage = Stage { cloudformation_role_arn: Some("arn:role".to_owned()), ..Stage::default() };
        let change = |live: Option<&Value>| {
            StackChange::new(&identity(), &stage, live, &table("a"), Phase::Switching, &KeyChanges::default())
        };
        for (live, kind, may_replace) in [
            (None, ChangeKind::Create, false),
            (Some(table("a")), ChangeKind::Update, false),
            (Some(table("b")), ChangeKind::Update, true),
        ] {
            let change = change(live.as_ref());
            assert_eq!((change.kind, change.may_replace), (kind, may_replace), "{live:?}");
            let request = change.request(None);
            assert_eq!((request.stack, request.role_arn), ("shop-dev", Some("arn:role")));
            assert!(request.tags.contains_key("zappa-rs:stage"));
        }
    }

    #[test]
    fn a_parameter_keeps_its_value_where_both_templates_have_it() {
        let template = |names: &[&str]| {
            let parameters: serde_json::Map<String, Value> =
                names.iter().map(|name| ((*name).to_owned(), json!({ "Type": "String" }))).collect();
            json!({ "Parameters": parameters, "Resources": {} })
        };
        let wanted = template(&["A", "B"]);
        for (live, expected) in [
            (None, &[][..]),
            (Some(json!({ "Resources": {} })), &[]),
            (Some(template(&["B", "C"])), &["B"]),
            (Some(wanted.clone()), &["A", "B"]),
        ] {
            let change = StackChange::new(
                &identity(),
                &Stage::default(),
                live.as_ref(),
                &wanted,
                Phase::Switching,
                &KeyChanges::default(),
            );
            let sent: Vec<(&str, Option<&str>)> =
                change.parameters.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
            let expected: Vec<(&str, Option<&str>)> = expected.iter().map(|name| (*name, None)).collect();
            assert_eq!(sent, expected, "{live:?}");
        }
    }

    #[test]
    fn the_value_of_a_key_is_sent_where_the_stack_has_none_or_another() {
        let text = "[project]\nname = \"shop\"\n[stage.dev]\naws_region = \"eu-west-1\"\napi_key_required = true\n\
             usage_plans = { free = { keys = [{ name = \"app\", value = \"0123456789abcdefghij\" }] } }\n";
        let settings = Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new()).unwrap();
        let selection = settings.choose(None).unwrap();
        let stage = selection.primary();
        let name = template::key_values(stage).into_keys().next().unwrap();
        let wanted = json!({ "Parameters": { name.as_str(): { "NoEcho": true } }, "Resources": {} });
        let before = json!({ "Resources": {} });
        let changed = KeyChanges { parameters: [name.clone()].into(), ..KeyChanges::default() };
        let value = Some(Some("0123456789abcdefghij".to_owned()));
        for (live, keys, phase, expected) in [
            (None, &KeyChanges::default(), Phase::Creating, &value),
            (Some(&before), &KeyChanges::default(), Phase::SendingCandidate, &value),
            (Some(&wanted), &KeyChanges::default(), Phase::Switching, &Some(None)),
            (Some(&wanted), &changed, Phase::SendingCandidate, &Some(None)),
            (Some(&wanted), &changed, Phase::RollingBack, &Some(None)),
            (Some(&wanted), &changed, Phase::Switching, &value),
        ] {
            let change = StackChange::new(&identity(), stage, live, &wanted, phase, keys);
            assert_eq!(change.parameters.get(&name), expected.as_ref(), "{live:?} {phase:?}");
            assert!(!change.text.contains("0123456789"));
        }
    }

    #[test]
    fn a_template_above_the_inline_limit_is_sent_by_its_url() {
        let template = |bytes: usize| json!({ "Description": "x".repeat(bytes) });
        let change = |bytes| {
            StackChange::new(
                &identity(),
                &Stage::default(),
                None,
                &template(bytes),
                Phase::Creating,
                &KeyChanges::default(),
            )
        };
        assert!(change(10).is_inline());
        let long = change(template::MAX_INLINE_BYTES);
        assert!(!long.is_inline());
        assert!(matches!(long.request(Some("https://b/t.json")).body, Body::Url("https://b/t.json")));
        assert!(matches!(long.request(None).body, Body::Inline(_)));
    }
}
