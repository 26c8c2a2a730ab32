//! The only module that names the AWS SDK.
//!
//! It asks and does, one function per need of a command, and answers in the tool's own types. It decides nothing about
//! a deploy and prints nothing. Every call is retried and every wait is bounded here, so nobody above needs a loop.

mod alias;
mod backoff;
mod bucket;
mod bucket_events;
mod call;
#[cfg(test)]
pub(crate) mod canned;
mod cause;
mod certificates;
mod change;
mod change_set;
mod connection;
mod connector;
mod credentials;
mod error;
mod event_source_mapping;
mod feature;
mod file_part;
mod function;
mod hint;
mod history;
mod inquiry;
mod invocation;
mod kinesis;
mod live_tail;
mod logs;
mod metrics;
mod mfa;
mod notice;
mod object;
mod operation_event;
mod operator;
mod parameter;
mod predicate;
mod profile;
mod proxy;
mod query;
mod queue;
mod region;
mod response_date;
mod route;
mod schedule;
mod schedule_field;
mod secret;
mod send;
mod shard;
mod simulation;
mod stack;
mod stack_event;
mod stack_resource;
mod table_stream;
mod time;
mod timeout;
mod topic;
mod unfinished;
mod upload;
mod wait;
mod xml;

pub(crate) use alias::Alias;
pub(crate) use backoff::Backoff;
pub(crate) use bucket::Bucket;
pub(crate) use bucket_events::BucketEvents;
pub(crate) use change::{
    Action, Body, Capability, Change, ChangeKind, ChangeSet, DeploymentMode, Replacement, ResourceChange,
};
pub(crate) use connection::{Access, Aws};
pub(crate) use credentials::SessionCredentials;
pub(crate) use error::Error;
pub(crate) use event_source_mapping::EventSourceMapping;
pub(crate) use function::{FunctionFacts, Invoked};
pub(crate) use inquiry::Identification;
pub(crate) use invocation::FunctionCall;
pub(crate) use kinesis::KinesisRecord;
pub(crate) use live_tail::{LiveSession, MAX_LIVE_GROUPS};
pub(crate) use logs::LogRequest;
pub(crate) use mfa::Device;
pub(crate) use notice::Notices;
pub(crate) use object::{Object, ObjectVersion};
pub(crate) use proxy::{Proxy, proxies};
pub(crate) use queue::{MessageAttribute, QueueMessage};
pub(crate) use region::{Caller, Region};
pub(crate) use schedule::{Schedule, ScheduleChange};
pub(crate) use secret::StoredValue;
pub(crate) use send::Operation;
pub(crate) use shard::{ShardStart, StreamShard};
pub(crate) use simulation::{ContextKey, Decision, Simulation};
pub(crate) use stack::{Stack, StackStatus};
pub(crate) use stack_event::StackEvent;
pub(crate) use stack_resource::StackResource;
pub(crate) use table_stream::ChangeRecord;
pub(crate) use time::rfc3339;
pub(crate) use upload::Upload;
pub(crate) use wait::{EventCursor, SettledStack};
