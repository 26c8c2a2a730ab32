//! The adapter from outside: real events through a service against whole requests and whole answers.
//!
//! One binary, since every further one is linked anew. A test's name is a claim of the specification; nothing here
//! reaches into the adapter's private rooms.

#[cfg(test)]
mod answer_bodies;
#[cfg(test)]
mod answer_headers;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod client_address;
#[cfg(test)]
mod context;
#[cfg(test)]
mod dispatch;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod identification;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod log;
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
mod sample;
#[cfg(test)]
mod streaming;
