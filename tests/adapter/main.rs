//! Tests of the adapter's public API: real events through a service, against whole requests and responses.
//!
//! They are one binary, since each binary is linked on its own. The name of a test is a claim of the specification.

#[cfg(test)]
mod authorizer;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod client_address;
#[cfg(test)]
mod context;
#[cfg(test)]
mod cors;
#[cfg(test)]
mod custom_resource;
#[cfg(test)]
mod dispatch;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod identification;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod log;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod oddities;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod prefixes;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod queries;
#[cfg(test)]
mod records;
#[cfg(test)]
mod response_bodies;
#[cfg(test)]
mod response_headers;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod streaming;
