//! Settings and release to a CloudFormation template: a pure function, without clock, chance or environment.
//!
//! Everything that traffic meets calls the alias `live`; code and configuration are one immutable version behind it.

mod access_log;
pub(crate) mod alarm;
mod arn;
mod asynchronous;
mod attachment;
mod authorizer;
mod authorizer_function;
mod broker;
mod capacity;
mod cors;
mod custom_resource;
mod destination;
mod distribution;
mod domain;
mod domain_claim;
mod domain_health;
mod domain_service;
mod domain_stack;
mod endpoint;
mod exposure;
mod file_system;
mod function;
mod function_url;
#[cfg(test)]
mod golden;
mod handler;
mod http_api;
mod http_route;
mod idempotency;
mod keep_warm;
mod limit;
mod link;
mod link_encryption;
mod mapping;
mod metadata;
mod named_rule;
pub(crate) mod output;
mod push;
mod quota;
mod reference;
mod resource_policy;
mod rest_api;
mod rest_route;
mod rewritten;
mod role;
mod route;
mod sam;
mod schedule;
mod secret;
mod setting;
mod shape;
mod source;
mod source_permission;
mod stack_function;
mod stack_mapping;
mod stack_schedule;
mod target_group;
mod text;
mod traffic;
mod usage_plan;
mod version;
mod websocket_api;

use serde_json::{Map, Value, json};

use crate::{
    logical_id::{self, FunctionIds},
    names::{ArtifactKey, Identity},
    settings::{Api, Stage},
};

pub(crate) use access_log::has_rest_access_log;
pub(crate) use cors::with_idle_parts;
pub(crate) use custom_resource::{before_their_alias, function_of_custom};
pub(crate) use domain::{DomainMapping, DomainStack, DomainWish, base_path, url as domain_url};
pub(crate) use domain_claim::{DomainClaim, claimed_domain, keep_domain};
pub(crate) use domain_health::alarm_name as domain_alarm;
pub(crate) use domain_service::DomainService;
pub(crate) use domain_stack::TARGET as DOMAIN_TARGET;
pub(crate) use endpoint::{is_closed, keep_endpoint, opened};
pub(crate) use exposure::{Exposure, path_of};
pub(crate) use function::set_namespace;
pub(crate) use handler::{Handler, delivers_events, handlers};
pub(crate) use limit::exceeded;
pub(crate) use mapping::mapping_id;
pub(crate) use metadata::{METADATA, metadata_mut};
pub(crate) use quota::above_quota;
pub(crate) use reference::{circle, closing, dangling, needed_by, referenced, refers_to};
pub(crate) use rest_api::direct;
pub(crate) use rest_route::without_removed_paths;
pub(crate) use rewritten::accept;
pub(crate) use route::routes;
pub(crate) use sam::sam;
pub(crate) use schedule::{DISABLED, ENABLED, count as count_schedules, event as schedule_event, keep_state};
pub(crate) use setting::setting;
pub(crate) use shape::{read, shaped};
pub(crate) use stack_function::functions;
pub(crate) use stack_mapping::{StackMapping, mappings};
pub(crate) use stack_schedule::{StackSchedule, schedules};
pub(crate) use text::{MAX_BYTES, MAX_INLINE_BYTES, is_answer_of, may_be_lossy, restore, serialize, serialize_pretty};
pub(crate) use traffic::{add_policies, is_gradual, without_policies};
pub(crate) use usage_plan::{
    API_KEY_TYPE, USAGE_PLAN_TYPE, has_keys, has_plans, is_key_value, key_values, keys_in_plans, moved_keys,
    name_in_account, name_prefix, usage_plan_id, without_blocked_keys,
};
pub(crate) use version::{
    code_digest, code_key, keep_generation, live_version, next_generation, released_digest, with_code,
    without_candidates,
};

/// How the description of every template ends.
pub(crate) const DESCRIPTION_END: &str = ", deployed by zappa-rs";

/// Everything that a template depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a> {
    /// The names.
    pub(crate) identity: &'a Identity,
    /// The stage as it is in this region: variables put in.
    pub(crate) stage: &'a Stage,
    /// The region, whose S3 has an account-regional namespace or not.
    pub(crate) region: &'a str,
    /// The zip's key in the bucket.
    pub(crate) artifact: &'a ArtifactKey,
    /// The zip's SHA-256, in hexadecimal digits.
    pub(crate) sha256: &'a str,
}

/// Resources or outputs by name.
type Section = Map<String, Value>;

/// The table at a key, which is made where there is none; `None` if something else is there.
fn table_in<'a>(table: &'a mut Section, key: &str) -> Option<&'a mut Section> {
    table.entry(key).or_insert_with(|| json!({})).as_object_mut()
}

/// The logical id of what delivers a source's events to a function. That of the main one is not named, as it was before
/// there were others.
fn id_of(prefix: &str, function: Option<&str>, identity: &[&str]) -> String {
    let parts: Vec<&str> = function.into_iter().chain(identity.iter().copied()).collect();
    logical_id::named(prefix, &parts)
}

/// The template that `deploy` sends.
pub(crate) fn render(input: &Input<'_>) -> Value {
    let stage = input.stage;
    let mut resources = Section::new();
    role::add(input, &mut resources);
    function::add(input, &mut resources);
    match stage.api {
        Api::Rest => rest_api::add(input, &mut resources),
        Api::Http => http_api::add(input, &mut resources),
        Api::FunctionUrl => function_url::add(input, &mut resources),
    }
    access_log::add(input, &mut resources);
    target_group::add(input, &mut resources);
    domain_claim::add(input, &mut resources);
    websocket_api::add(input, &mut resources);
    idempotency::add(input, &mut resources);
    keep_warm::add(input, &mut resources);
    schedule::add(input, &mut resources);
    source::add(input, &mut resources);
    asynchronous::add(input, &mut resources);
    capacity::add(input, &mut resources);
    alarm::add(input, &mut resources);
    traffic::add(input, &mut resources);
    for (id, resource) in &stage.resources {
        resources.insert(id.clone(), resource.clone());
    }
    source::enable_buckets(input, &mut resources);
    push::set_triggers(input, &mut resources);
    let mut template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("{} {}{DESCRIPTION_END}", input.identity.project, input.identity.stage),
        "Metadata": {
            METADATA: {
                "Project": input.identity.project,
                "Stage": input.identity.stage,
                "CodeSha256": input.sha256,
            }
        },
        "Resources": resources,
        "Outputs": output::outputs(input),
    });
    let parameters: Section = schedule::parameter(input).into_iter().chain(usage_plan::parameters(input)).collect();
    if !parameters.is_empty() {
        template["Parameters"] = Value::Object(parameters);
    }
    stack_function::resolve_references(input, &mut template);
    version::add(input, &mut template);
    traffic::add_policies(&mut template);
    custom_resource::depend_on_aliases(stage, &mut template);
    template
}

/// The alias of the main function, as everything calls it that calls the function.
fn live() -> Value {
    json!({ "Ref": logical_id::LIVE })
}

/// The alias of a further function by its name, or of the main one.
fn live_of(function: Option<&str>) -> Value {
    json!({ "Ref": FunctionIds::of(function).live })
}

/// A permission for a service to call the alias of the main function.
fn permission(principal: &str, source_arn: &Value) -> Value {
    permission_of(None, principal, source_arn)
}

/// A permission for a service to call the alias of a further function by its name, or of the main one.
fn permission_of(function: Option<&str>, principal: &str, source_arn: &Value) -> Value {
    json!({
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": live_of(function),
            "Principal": principal,
            "SourceArn": source_arn,
        }
    })
}
