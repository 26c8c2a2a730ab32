//! The compression of a REST API's responses.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html>

use std::io::Write as _;

use bytes::Bytes;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use http::{
    HeaderValue, Response,
    header::{CONTENT_ENCODING, CONTENT_LENGTH},
};

use crate::gateway::{Gateway, arrival::Arrival};

/// Compresses a body that is long enough, for a client that accepts it. One that the application compressed stays.
pub(super) fn compress(gateway: &Gateway, arrival: &Arrival, response: &mut Response<Bytes>) {
    let is_long = |least| usize::try_from(least).is_ok_and(|least| response.body().len() >= least.max(1));
    if !gateway.compression.is_some_and(is_long) || response.headers().contains_key(CONTENT_ENCODING) {
        return;
    }
    let Some(coding) = arrival.header("accept-encoding").and_then(|accepted| choose(&accepted)) else { return };
    let Some(packed) = pack(coding, response.body()) else { return };
    *response.body_mut() = packed;
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    response.headers_mut().remove(CONTENT_LENGTH);
}

/// The coding that the client accepts: `gzip` before `deflate`.
fn choose(accepted: &str) -> Option<&'static str> {
    let accepts = |coding: &str| {
        accepted.split(',').any(|one| {
            let (name, quality) = one.split_once(';').unwrap_or((one, ""));
            let is_refused = quality.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
            name.trim().eq_ignore_ascii_case(coding) && !is_refused
        })
    };
    ["gzip", "deflate"].into_iter().find(|coding| accepts(coding))
}

/// The body in a coding.
fn pack(coding: &str, body: &[u8]) -> Option<Bytes> {
    let packed = match coding {
        "gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(body).and_then(|()| encoder.finish())
        }
        _ => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(body).and_then(|()| encoder.finish())
        }
    };
    packed.ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::gateway::{GatewayKind, sample};

    #[test]
    fn a_long_body_is_compressed_for_a_client_that_accepts_it() {
        let mut gateway = sample::gateway(GatewayKind::Rest);
        let text = "a".repeat(1000);
        let answer = |gateway: &Gateway, accepted: &str, coded: bool| {
            let mut arrival = sample::get("/dev/x");
            arrival.headers = sample::headers(&[("accept-encoding", accepted)]);
            let mut response = Response::new(Bytes::from(text.clone()));
            if coded {
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
            }
            compress(gateway, &arrival, &mut response);
            let coding = response.headers().get(CONTENT_ENCODING).map(|coding| coding.to_str().unwrap().to_owned());
            (coding, response.into_body())
        };
        assert_eq!(answer(&gateway, "gzip", false), (None, Bytes::from(text.clone())), "without the setting");
        gateway.compression = Some(1000);
        for (accepted, coded, expected) in [
            ("gzip", false, Some("gzip")),
            ("br, GZIP;q=0.5", false, Some("gzip")),
            ("deflate, gzip;q=0", false, Some("deflate")),
            ("br", false, None),
            ("identity", false, None),
            ("gzip", true, Some("br")),
        ] {
            let (coding, body) = answer(&gateway, accepted, coded);
            assert_eq!(coding.as_deref(), expected, "{accepted}");
            let mut found = String::new();
            match coding.as_deref() {
                Some("gzip") => drop(flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut found).unwrap()),
                Some("deflate") => drop(flate2::read::ZlibDecoder::new(&body[..]).read_to_string(&mut found).unwrap()),
                _ => found = String::from_utf8(body.to_vec()).unwrap(),
            }
            assert_eq!(found, text, "{accepted}");
        }
        gateway.compression = Some(1001);
        assert_eq!(answer(&gateway, "gzip", false).0, None, "too short");
    }
}
