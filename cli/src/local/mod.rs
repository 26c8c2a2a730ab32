//! The embedded cloud of `zappa-rs local`: a gateway, a Lambda Runtime API and the processes behind it.

pub mod answer;
pub mod arrival;
mod body;
pub(crate) mod cloud;
pub(crate) mod credentials;
pub mod description;
pub(crate) mod env_file;
pub(crate) mod environment;
pub mod event;
mod extension;
mod extension_api;
mod instance;
mod instances;
mod invocation;
mod invoke_api;
pub mod limit;
mod line;
#[cfg(test)]
mod loss;
mod media;
mod output;
mod process;
pub mod refusal;
mod runtime_api;
#[cfg(test)]
mod sample;
pub(crate) mod server;
mod sharing;
mod stamp;
mod stream;
mod supervisor;
pub(crate) mod task_root;
pub(crate) mod watch;
mod wording;
