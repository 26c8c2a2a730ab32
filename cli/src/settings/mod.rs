//! `zappa_settings.toml`: what it may say, how it is read, and everything that can be wrong with it.
//!
//! This room decides and is pure but for reading the file; it knows neither AWS nor a terminal.

mod model;

pub(crate) use model::{
    Api, Architecture, Builder, Count, KeepWarm, LogFormat, LogLevel, OnFailure, Project, Stage, Statement, Throttle,
    Tracing,
};
