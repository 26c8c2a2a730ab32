//! Rules that the types cannot express: combinations of settings, and AWS's limits. One file for each group of
//! settings.

mod access_log;
mod alarm;
mod arn;
mod authorizer;
mod authorizer_function;
mod broker;
mod build;
mod bypass;
mod capacity;
mod compute;
mod context_variable;
mod cors;
mod destination;
mod distribution;
mod domain;
mod encryption;
mod endpoint;
mod environment;
mod event;
mod event_pattern;
mod file_system;
mod function;
mod further_function;
mod gateway;
mod hook;
mod inherited;
mod issuer;
mod layer;
mod link;
mod mail;
mod name;
mod network;
mod permission;
mod place;
mod policy_condition;
mod policy_path;
mod policy_warning;
mod preview;
mod resource_policy;
mod route;
mod schedule;
mod schedule_payload;
mod schedule_time;
mod secret;
mod source;
mod source_name;
mod source_resource;
mod source_warning;
mod stack;
mod traffic;
mod usage_plan;
mod websocket;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Api, Project, Stage, fault::Fault, tree::Node};
use crate::{
    gateway::limit::{HTTP_TIMEOUT_SECONDS, REST_TIMEOUT_SECONDS},
    regions,
};

pub(super) use inherited::dropped_rules;
pub(crate) use name::{LIMIT as NAME_LIMIT, is_name, stage_name_fault};
pub(super) use name::{StageName, names};
pub(super) use place::across_regions;
pub(super) use preview::{inherited_expiry, shared_domain, shared_name};
pub(super) use usage_plan::{key_values, literal_values};

/// A stage in one of its regions, and where its values stand.
pub(super) struct Subject<'a> {
    pub(super) stage: &'a Stage,
    pub(super) name: &'a str,
    pub(super) project: &'a Project,
    pub(super) region: &'a str,
    pub(super) node: &'a Node,
    /// Settings that were left out because their shape is wrong: what they say is not known, so nothing follows from
    /// it.
    pub(super) faulty: &'a BTreeSet<String>,
}

/// Checks a stage in one of its regions.
pub(super) fn check(subject: &Subject<'_>, faults: &mut Vec<Fault>, warnings: &mut Vec<String>) {
    let mut rules = Rules { stage: subject.stage, region: subject.region, subject, faults };
    rules.place();
    rules.expires();
    rules.build();
    rules.hooks();
    rules.function();
    rules.functions();
    rules.capacity();
    rules.layers();
    rules.key();
    rules.vpc();
    rules.managed_instances();
    rules.tenancy();
    rules.file_system();
    rules.environment();
    rules.gateway();
    rules.authorizers();
    rules.usage_plans();
    rules.routes();
    rules.cors();
    rules.domain();
    rules.endpoint();
    rules.resource_policy();
    rules.default_endpoint();
    rules.websocket();
    rules.permission();
    rules.links();
    rules.secrets();
    rules.keep_warm();
    rules.schedules();
    rules.events();
    rules.asynchronous();
    rules.alarms();
    rules.traffic();
    rules.resources();
    rules.outputs();
    rules.tags();
    warnings.extend(warnings_of(subject));
}

/// How long Lambda runs the function for a request of any front end. The services accept more since 2026.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html>
const MAX_REQUEST_SECONDS: u32 = 900;

/// The warnings of a stage: what is allowed and probably not meant.
fn warnings_of(subject: &Subject<'_>) -> impl Iterator<Item = String> {
    let Subject { stage, name, region, .. } = subject;
    let wait = match stage.api {
        Api::Rest
            if !stage.streaming
                && (REST_TIMEOUT_SECONDS + 1..=MAX_REQUEST_SECONDS).contains(&stage.timeout_seconds) =>
        {
            Some(format!(
                "stage `{name}`: a REST API waits {REST_TIMEOUT_SECONDS} seconds and not {}; with `streaming = true` it waits as long as the function",
                stage.timeout_seconds
            ))
        }
        Api::Http if (HTTP_TIMEOUT_SECONDS + 1..=MAX_REQUEST_SECONDS).contains(&stage.timeout_seconds) => {
            Some(format!(
                "stage `{name}`: an HTTP API waits {HTTP_TIMEOUT_SECONDS} seconds and not {}; a Function URL waits as long as the function",
                stage.timeout_seconds
            ))
        }
        _ => None,
    };
    let long = (stage.timeout_seconds > MAX_REQUEST_SECONDS).then(|| {
        let waits = match stage.api {
            Api::Rest => format!("a REST API waits {REST_TIMEOUT_SECONDS} seconds, and streams for 15 minutes"),
            Api::Http => format!("an HTTP API waits {HTTP_TIMEOUT_SECONDS} seconds"),
            Api::FunctionUrl => "a Function URL waits 15 minutes".to_owned(),
        };
        format!(
            "stage `{name}`: of `timeout_seconds = {}`, what is above {MAX_REQUEST_SECONDS} serves only queues, streams and \
             asynchronous invocations, and not every region takes it; {waits}",
            stage.timeout_seconds
        )
    });
    let place = match regions::facts(region) {
        Some(facts) if facts.is_opt_in => {
            Some(format!("stage `{name}`: `{region}` has to be enabled for the account first"))
        }
        Some(_) => None,
        None => {
            let meant = regions::nearest(region).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            Some(format!("stage `{name}`: `{region}` is a region that this version does not know{meant}"))
        }
    };
    [wait, long, place]
        .into_iter()
        .flatten()
        .chain(alarm::warnings(stage, name))
        .chain(distribution::warning(stage, name))
        .chain(traffic::warnings(stage, name))
        .chain(authorizer::warnings(stage, name))
        .chain(usage_plan::warnings(subject))
        .chain(route::warnings(stage, name))
        .chain(cors::warnings(stage, name))
        .chain(endpoint::warning(stage, name))
        .chain(policy_warning::warnings(stage, name))
        .chain(bypass::warnings(stage, name))
        .chain(access_log::warnings(stage, name))
        .chain(source_warning::warnings(stage, name))
        .chain(source_warning::bucket_warnings(stage, name))
        .chain(schedule_payload::warnings(stage, name))
        .chain(mail::warnings(stage, name, region))
        .chain(network::warnings(stage, name))
        .chain(schedule_time::warnings(stage, name, Timestamp::now()))
}

struct Rules<'a> {
    stage: &'a Stage,
    region: &'a str,
    subject: &'a Subject<'a>,
    faults: &'a mut Vec<Fault>,
}

impl Rules<'_> {
    /// Adds an error of the value at this path of the stage.
    fn fault<const DEPTH: usize>(&mut self, path: [&str; DEPTH], sentence: impl Into<String>) {
        self.fault_at(&path, sentence);
    }

    fn fault_at(&mut self, path: &[&str], sentence: impl Into<String>) {
        self.faults.push(Fault::new(self.subject.node.place(path), sentence));
    }

    /// Whether one of these settings says something that is not known.
    fn is_faulty(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.subject.faulty.contains(*name))
    }
}

/// One of CloudFormation's functions.
fn is_intrinsic(expression: &serde_json::Map<String, serde_json::Value>) -> bool {
    expression.len() == 1 && expression.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
}

/// What is wrong with a stage of these lines.
#[cfg(test)]
fn sentences_of(stage: &str) -> Vec<String> {
    use super::{Error, Settings};
    let text = format!("[stage.dev]\naws_region = \"eu-west-1\"\n{stage}\n");
    let settings = Settings::parse(std::path::Path::new("x.toml"), text, &std::collections::BTreeMap::new());
    let error = settings.and_then(|settings| settings.choose(None)).err();
    error.iter().flat_map(Error::faults).map(|fault| fault.sentence.clone()).collect()
}

/// What a stage of these lines, which has no fault, is warned of.
#[cfg(test)]
fn warnings_of_lines(stage: &str) -> Vec<String> {
    use super::Settings;
    let text = format!("[stage.dev]\naws_region = \"eu-west-1\"\n{stage}\n");
    let settings = Settings::parse(std::path::Path::new("x.toml"), text, &std::collections::BTreeMap::new()).unwrap();
    settings.choose(None).unwrap_or_else(|error| panic!("{stage}: {:?}", error.faults())).warnings
}

#[cfg(test)]
mod tests;
