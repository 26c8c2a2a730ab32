//! `zappa_settings.toml`: its model, how it is read, and all its rules.
//!
//! The way through the room: text → tree with places (`tree`) → held against the schema of the types (`shape`) → merged
//! with what it extends (`merge`) → variables put in (`variable`) → types (`model`) → what types cannot say (`rule`).
//! It decides and is pure but for reading the file; it knows neither AWS nor a terminal.

mod access_log;
pub(crate) mod alarm;
pub(crate) mod anonymous_access;
pub(crate) mod authorizer;
pub(crate) mod authorizer_function;
mod broker;
mod by_region;
mod capacity;
mod choice;
mod compute;
mod cors;
mod definition;
mod destination;
mod domain;
pub(crate) mod endpoint;
mod environment;
mod fault;
mod file_system;
mod found;
mod function;
pub(crate) mod function_reference;
mod hook;
pub(crate) mod iot;
mod lifetime;
mod link;
mod link_kind;
mod load;
mod mail;
mod merge;
mod model;
mod network;
mod outside;
pub(crate) mod pattern;
#[cfg(test)]
mod reference;
mod remedy;
mod resolve;
pub(crate) mod resource_policy;
pub(crate) mod route;
mod rule;
pub(crate) mod schema;
mod search;
mod selection;
mod shape;
mod shared_key;
mod source;
mod source_kind;
mod target_group;
mod traffic;
mod tree;
mod trigger;
mod usage_plan;
mod value;
mod variable;
pub(crate) mod websocket;
mod zappa;

pub(crate) use alarm::Alarms;
pub(crate) use broker::{Authentication, KafkaCluster};
pub(crate) use by_region::ByRegion;
pub(crate) use capacity::{Provisioned, ProvisionedRange};
pub(crate) use compute::Tenancy;
pub(crate) use cors::{Cors, CorsSetting};
pub(crate) use definition::Definition;
pub(crate) use destination::DestinationKind;
#[cfg(test)]
pub(crate) use domain::{CertificateArn, DomainSetting};
pub(crate) use domain::{Domain, MutualTls, Routing, SecurityPolicy};
pub(crate) use environment::{VERSION, VERSION_DIGITS, environment};
pub(crate) use fault::{Diagnostic, Error};
pub(crate) use file_system::{FileSystem, FileSystemKind};
pub(crate) use function::{Function, MAIN};
pub(crate) use hook::{Hook, HookCommand, Hooks};
pub(crate) use lifetime::Lifetime;
pub(crate) use link::{Link, Target};
pub(crate) use load::{FILE_NAME, Settings};
pub(crate) use mail::ReceiptRule;
pub(crate) use model::{Project, Stage};
pub(crate) use network::Vpc;
pub(crate) use resolve::Key;
pub(crate) use rule::{NAME_LIMIT, is_name, stage_name_fault};
pub(crate) use selection::StageSelection;
pub(crate) use source::{EventSource, Schedule, StartingPosition};
pub(crate) use source_kind::SourceKind;
pub(crate) use traffic::{Traffic, TrafficKind};
pub(crate) use trigger::Trigger;
pub(crate) use usage_plan::{ApiKey, Period, UsagePlan};
pub(crate) use value::{
    Api, Architecture, Builder, KeepWarm, LogFormat, OnFailure, Statement, Throttle, Tracing, Variable,
};
pub(crate) use websocket::WebSocket;
