//! Lambda on this machine, for `zappa-rs local`: server, Runtime API, Invoke API, the processes of the function, and what
//! invokes it beside the gateway.

mod access;
mod async_queue;
mod batch;
mod body;
pub(crate) mod call;
pub(crate) mod clock;
pub(crate) mod cloud;
pub(crate) mod credentials;
pub(crate) mod description;
pub(crate) mod emulator;
mod ended;
pub(crate) mod env_file;
pub(crate) mod environment;
mod extension;
mod extension_api;
mod failure_record;
mod filter;
mod further;
mod instance;
mod instances;
mod invocation;
mod invoke_api;
mod line;
mod output;
pub(crate) mod poller;
mod process;
mod reply;
mod running;
mod runtime_api;
pub(crate) mod scheduler;
pub(crate) mod server;
mod sharing;
pub(crate) mod stamp;
mod stream;
mod stream_batch;
mod stream_event;
pub(crate) mod stream_poller;
mod stream_position;
mod supervisor;
pub(crate) mod task_root;
pub(crate) mod watch;
mod web_page;
mod websocket;

pub(crate) use self::access::{DEVELOPMENT_KEY_ID, check_key_set};
