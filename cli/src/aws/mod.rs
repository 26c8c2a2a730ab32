//! The only room that names the AWS SDK.
//!
//! It asks and does, one function per need of a command, and answers in the tool's own types. It decides nothing about
//! a deploy and prints nothing. Every call is retried and every wait is bounded here, so nobody above needs a loop.

mod bucket;
#[cfg(test)]
mod canned;
mod change;
mod change_set;
mod connection;
mod error;
mod function;
mod hint;
mod history;
mod logs;
mod metrics;
mod object;
mod pace;
mod piece;
mod settled;
mod stack;
mod upload;

pub(crate) use bucket::{Bucket, Found};
pub(crate) use change::{
    Action, Body, Capability, Change, ChangeKind, ChangeSet, ChangedProperty, Replacement, ResourceChange,
};
pub(crate) use connection::{Access, Aws, Caller, Region};
pub(crate) use error::Error;
pub(crate) use function::{FunctionFacts, Invoked};
pub(crate) use metrics::Counts;
pub(crate) use object::{Object, ObjectFacts};
pub(crate) use settled::{Mark, Settled, StackEvent};
pub(crate) use stack::{Resource, Stack, StackStatus};
pub(crate) use upload::Upload;
