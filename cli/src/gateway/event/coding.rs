//! Compressed requests, which a REST API unpacks where it hands the body on as text.
//!
//! Facts: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-make-request-with-compressed-payload.html>.

use std::{
    borrow::Cow,
    io::{self, Read},
};

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};

use super::GatewayError;
use crate::gateway::arrival::Arrival;

/// The body without the coding that `Content-Encoding` names, at most `limit` bytes of it.
pub(super) fn decompress(arrival: &Arrival, limit: usize) -> Result<Cow<'_, [u8]>, (GatewayError, String)> {
    let codings = arrival.headers.get_all("content-encoding").iter().map(crate::gateway::arrival::text);
    let codings: Vec<String> = codings
        .flat_map(|value| value.split(',').map(|one| one.trim().to_ascii_lowercase()).collect::<Vec<_>>())
        .collect();
    let mut body = Cow::Borrowed(&arrival.body[..]);
    if body.is_empty() {
        return Ok(body);
    }
    // What was applied last is undone first.
    for coding in codings.iter().rev().filter(|coding| !matches!(coding.as_str(), "" | "identity")) {
        let unpacked = match coding.as_str() {
            "gzip" => read(GzDecoder::new(&*body), limit),
            // Clients write both forms under this name.
            "deflate" => read(ZlibDecoder::new(&*body), limit).or_else(|_| read(DeflateDecoder::new(&*body), limit)),
            other => {
                let reason =
                    format!("a REST API unpacks `gzip` and `deflate`, not `{other}`; send one of them or none");
                return Err((GatewayError::Coding, reason));
            }
        };
        let unpacked =
            unpacked.map_err(|error| (GatewayError::Coding, format!("the request's body is not {coding}: {error}")))?;
        if unpacked.len() > limit {
            let reason = format!("the request's body is over {limit} bytes unpacked, the gateway's limit");
            return Err((GatewayError::BodyTooLarge, reason));
        }
        body = Cow::Owned(unpacked);
    }
    Ok(body)
}

/// Reads to the end, or one byte past the limit.
fn read(coded: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    coded.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;
    use crate::gateway::sample;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut coder = GzEncoder::new(Vec::new(), Compression::fast());
        coder.write_all(bytes).unwrap();
        coder.finish().unwrap()
    }

    fn arrival(coding: &str, body: &[u8]) -> Arrival {
        let mut arrival = sample::post("/dev/x", Some("text/plain"), body);
        arrival.headers.extend(sample::headers(&[("content-encoding", coding)]));
        arrival
    }

    #[test]
    fn known_codings_are_undone() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(b"text").unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::fast());
        raw.write_all(b"text").unwrap();
        for (coding, body) in [
            ("gzip", gzip(b"text")),
            ("GZIP", gzip(b"text")),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", raw.finish().unwrap()),
            ("identity", b"text".to_vec()),
            ("gzip, gzip", gzip(&gzip(b"text"))),
        ] {
            assert_eq!(&*decompress(&arrival(coding, &body), 100).unwrap(), b"text", "{coding}");
        }
        assert_eq!(&*decompress(&arrival("gzip", b""), 100).unwrap(), b"");
    }

    #[test]
    fn what_cannot_be_unpacked_is_refused() {
        let (cut, bomb) = (gzip(b"text"), gzip(&[b'a'; 1000]));
        for (coding, body, error) in [
            ("br", &b"text"[..], GatewayError::Coding),
            ("gzip", b"text", GatewayError::Coding),
            ("deflate", b"text", GatewayError::Coding),
            ("gzip", &cut[..cut.len() - 4], GatewayError::Coding),
            ("gzip", &bomb, GatewayError::BodyTooLarge),
        ] {
            assert_eq!(decompress(&arrival(coding, body), 100).unwrap_err().0, error, "{coding}");
        }
    }
}
