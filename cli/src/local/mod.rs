//! Lambda on this machine, for `zappa-rs local`: server, Runtime API, Invoke API and the processes of the function.

mod body;
pub(crate) mod cloud;
pub(crate) mod credentials;
pub(crate) mod description;
pub(crate) mod env_file;
pub(crate) mod environment;
mod extension;
mod extension_api;
mod instance;
mod instances;
mod invocation;
mod invoke_api;
mod line;
mod output;
mod process;
mod reply;
mod running;
mod runtime_api;
pub(crate) mod server;
mod sharing;
mod stamp;
mod stream;
mod supervisor;
pub(crate) mod task_root;
pub(crate) mod watch;
