//! The embedded cloud of `zappa-rs local`: a gateway, a Lambda Runtime API and the processes behind it.

pub mod answer;
pub mod arrival;
pub mod description;
pub mod event;
pub mod limit;
#[cfg(test)]
mod loss;
mod media;
pub mod refusal;
#[cfg(test)]
mod sample;
mod wording;
