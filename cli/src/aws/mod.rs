//! The only room that names the AWS SDK: calls with their retries, their bounds and their errors, and nothing decided.

mod bucket;
mod change;
mod client;
mod error;
mod function;
mod object;
mod operator;
mod settle;
mod stack;
mod time;

pub(crate) use bucket::Bucket;
pub(crate) use change::{Body, Change, ChangeKind, Replacement};
pub(crate) use client::{Access, Aws, Caller, Region};
pub(crate) use error::Error;
pub(crate) use function::{FunctionFacts, Invoked};
pub(crate) use object::{Object, Upload};
pub(crate) use settle::{Settled, StackEvent};
pub(crate) use stack::Stack;
pub(crate) use time::rfc3339;
