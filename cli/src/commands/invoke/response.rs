//! The HTTP response that the client of a gateway would get, from what the function returned.

use bytes::Bytes;
use http::Response;

use super::{
    answer::Answer,
    input::{Input, prefixed},
};
use crate::{
    gateway::{Gateway, arrival::Stamp, refusal::Refusal, response},
    report::Failure,
};

/// The delimiter between the prelude and the body of a streamed response.
const DELIMITER: &[u8] = &[0; 8];

/// The response to a request; `None` for another input, and for a function that failed.
///
/// # Errors
///
/// The gateway would not pass the response on.
pub(in crate::commands) fn of(
    answer: &Answer,
    input: &Input,
    (gateway, stamp): (&Gateway, &Stamp),
) -> Result<Option<Response<Bytes>>, Failure> {
    let Input::Http(arrival) = input else { return Ok(None) };
    if answer.function_error.is_some() {
        return Ok(None);
    }
    let arrival = prefixed(arrival, gateway);
    let delimiter = memchr::memmem::find(&answer.payload, DELIMITER).filter(|_| gateway.streaming);
    let parsed = match delimiter {
        Some(at) => response::prelude(gateway, &arrival.method, stamp, &answer.payload[..at])
            .map(|head| Response::from_parts(head, Bytes::copy_from_slice(&answer.payload[at + DELIMITER.len()..]))),
        None => response::parse(gateway, &arrival, stamp, &answer.payload),
    };
    let refused = |refusal: Refusal| {
        Failure::failed(anyhow::anyhow!("the gateway would refuse the response: {}", refusal.reason), None)
    };
    parsed.map(Some).map_err(refused)
}
