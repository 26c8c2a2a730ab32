//! Log events of a stage, pure: which time to read, which events are new, what a line means, and which lines are wanted.
//!
//! It reads no clock and makes no call; `aws` fetches the events and `report` prints the lines.

mod entry;
mod event;
mod histogram;
mod invocation_report;
mod json_line;
mod lateness;
mod level;
mod line;
#[cfg(test)]
mod line_test;
mod lookback;
mod merge;
mod moment;
mod newest;
mod pace;
mod paging;
#[cfg(feature = "deploy")]
mod pattern;
mod seen;
mod selection;
mod statistics;
mod streams;
mod text_line;
mod together;
mod trigger;
mod window;

pub(crate) use entry::Entry;
pub(crate) use event::LogEvent;
pub(crate) use histogram::Histogram;
pub(crate) use level::Level;
pub(crate) use line::{Kind, Line};
pub(crate) use lookback::{Interval, Lookback};
pub(crate) use merge::Merge;
pub(crate) use moment::{Moment, rfc3339};
pub(crate) use newest::Newest;
pub(crate) use pace::{Pace, jittered};
pub(crate) use paging::{NextPage, next_page};
#[cfg(feature = "deploy")]
pub(crate) use pattern::{Pattern, PatternError};
pub(crate) use selection::Selection;
pub(crate) use statistics::Statistics;
pub(crate) use streams::Streams;
pub(crate) use text_line::is_panic;
pub(crate) use together::Together;
pub(crate) use trigger::{Told, Trigger, Triggers};
pub(crate) use window::{Sweep, Window};
