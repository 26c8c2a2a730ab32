//! The test client of the feature `test`, in process and against a release binary.

#[path = "../support/examples.rs"]
mod examples;

mod binary;
mod gateways;
mod sources;
