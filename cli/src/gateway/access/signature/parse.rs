//! The parts of a signature: of the header `Authorization`, or of the query of a presigned URL.

use std::{borrow::Cow, collections::BTreeSet};

use http::header::{AUTHORIZATION, DATE};
use percent_encoding::percent_decode_str;
use sha2::{Digest as _, Sha256};

use super::{ALGORITHM, MAX_EXPIRES, fault::Fault};
use crate::gateway::{
    arrival::{Arrival, text},
    date,
};

/// The headers that a signature is read from.
const SINGLE: [&str; 3] = ["authorization", "x-amz-date", "x-amz-security-token"];
/// The parameters of a presigned URL.
const PARAMETERS: [&str; 7] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
];
/// How the names of AWS's own headers begin: a signature covers each that a request has.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request>
const OF_AWS: &str = "x-amz-";

/// A signature, as the client sent it.
#[derive(Debug, PartialEq)]
pub(super) struct Signature {
    pub(super) access_key: String,
    /// `20270131`.
    pub(super) day: String,
    pub(super) region: String,
    pub(super) service: String,
    /// The names of the signed headers, in lower case.
    pub(super) headers: Vec<String>,
    pub(super) bytes: Vec<u8>,
    /// `20270131T025950Z`, and the same in seconds since 1970.
    pub(super) time: String,
    pub(super) seconds: u64,
    pub(super) session_token: Option<String>,
    /// For how many seconds a signature in the query is valid.
    pub(super) expires: Option<u64>,
    /// Whether it is in the query.
    pub(super) is_in_query: bool,
}

impl Signature {
    /// Finds the signature of a request.
    pub(super) fn parse(arrival: &Arrival) -> Result<Self, Fault> {
        for name in SINGLE {
            if let Some(reason) = arrival.ambiguity(name) {
                let values = arrival.headers.get_all(name).iter().map(text).collect::<Vec<_>>().join(",");
                return Err(Fault { reason, ..no_pair(&values) });
            }
        }
        let signature = match arrival.header(AUTHORIZATION) {
            Some(header) => Self::of_header(arrival, &header)?,
            None if query(arrival, "X-Amz-Signature").is_some() => {
                if let Some(name) = repeated(arrival) {
                    let reason = format!(
                        "the query has `{name}` more than once, and AWS does not say which one counts; sign with one"
                    );
                    let message = format!("AWS query-string parameters must include '{name}' once.");
                    return Err(Fault { reason, ..Fault::incomplete(message) });
                }
                Self::of_query(arrival)?
            }
            None => return Err(Fault::missing()),
        };
        signature.check_headers(arrival)?;
        Ok(signature)
    }

    /// Checks that the headers are signed which have to be: `host`, and all that are AWS's own.
    fn check_headers(&self, arrival: &Arrival) -> Result<(), Fault> {
        let is_signed = |name: &str| self.headers.iter().any(|signed| signed == name);
        if !is_signed("host") {
            return Err(Fault::unsigned("'Host' or ':authority'"));
        }
        let mut own = arrival.headers.keys().map(http::HeaderName::as_str).filter(|name| name.starts_with(OF_AWS));
        match own.find(|name| !is_signed(name)) {
            Some(name) => Err(Fault::unsigned(&format!("'{}'", in_title_case(name)))),
            None => Ok(()),
        }
    }

    /// The scope of the credentials.
    pub(super) fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.day, self.region, self.service)
    }

    fn of_header(arrival: &Arrival, header: &str) -> Result<Self, Fault> {
        let rest = match header.split_once(' ') {
            Some((ALGORITHM, rest)) => rest,
            Some((_, rest)) => return Err(no_pair(rest)),
            None => return Err(no_pair(header)),
        };
        let mut found = [None, None, None];
        const NAMES: [&str; 3] = ["Credential", "Signature", "SignedHeaders"];
        for pair in rest.split(',').map(str::trim) {
            let (name, value) = pair.split_once('=').ok_or_else(|| no_pair(pair))?;
            if let Some(place) = NAMES.iter().position(|known| *known == name) {
                found[place] = Some(value);
            }
        }
        let header = |name: &str| arrival.header(name).map(Cow::into_owned);
        let time = header("x-amz-date").or_else(|| arrival.header(DATE).map(Cow::into_owned));
        let [Some(credential), Some(signature), Some(headers)] = found else {
            let missing = NAMES.iter().zip(found).filter(|(_, value)| value.is_none());
            let sentences: Vec<_> =
                missing.map(|(name, _)| format!("Authorization header requires '{name}' parameter.")).collect();
            return Err(Fault::incomplete(sentences.join(" ")));
        };
        let Some(time) = time else {
            return Err(Fault::incomplete(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".to_owned(),
            ));
        };
        let parts = Parts { credential, signature, headers, time };
        Ok(Self { session_token: header("x-amz-security-token"), ..parts.read()? })
    }

    fn of_query(arrival: &Arrival) -> Result<Self, Fault> {
        let value = |name: &str| {
            query(arrival, name)
                .ok_or_else(|| Fault::incomplete(format!("AWS query-string parameters must include '{name}'.")))
        };
        if value("X-Amz-Algorithm")? != ALGORITHM {
            return Err(Fault::incomplete(format!("Unsupported AWS 'algorithm': only {ALGORITHM} is.")));
        }
        let (credential, signature) = (value("X-Amz-Credential")?, value("X-Amz-Signature")?);
        let (headers, time) = (value("X-Amz-SignedHeaders")?, value("X-Amz-Date")?);
        let expires = value("X-Amz-Expires")?;
        let expires = lifetime(&expires).map_err(|message| Fault::incomplete(message.to_owned()))?;
        let parts = Parts { credential: &credential, signature: &signature, headers: &headers, time };
        let session_token = query(arrival, "X-Amz-Security-Token");
        Ok(Self { session_token, expires: Some(expires), is_in_query: true, ..parts.read()? })
    }
}

/// What both forms have.
struct Parts<'a> {
    credential: &'a str,
    signature: &'a str,
    headers: &'a str,
    time: String,
}

impl Parts<'_> {
    fn read(self) -> Result<Signature, Fault> {
        let credential: Vec<&str> = self.credential.split('/').collect();
        let [access_key, day, region, service, "aws4_request"] = credential[..] else {
            return Err(Fault::incomplete(
                "Credential must have exactly 5 slash-delimited elements, e.g. \
                 keyid/date/region/service/aws4_request."
                    .to_owned(),
            ));
        };
        let seconds = date::parse_basic(&self.time).filter(|_| self.time.starts_with(day)).ok_or_else(|| {
            Fault::incomplete("Date must be in ISO-8601 'basic format', of the day of the Credential.".to_owned())
        })?;
        let headers: Vec<String> = self.headers.split(';').map(str::to_owned).collect();
        Ok(Signature {
            access_key: access_key.to_owned(),
            day: day.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            headers,
            bytes: bytes(self.signature),
            time: self.time,
            seconds,
            session_token: None,
            expires: None,
            is_in_query: false,
        })
    }
}

/// The seconds for which a signature in the query is valid. The words are those of Amazon S3: those of API Gateway are in no
/// documentation.
fn lifetime(text: &str) -> Result<u64, &'static str> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit());
    if text.strip_prefix('-').is_some_and(is_number) {
        return Err("X-Amz-Expires must be non-negative");
    }
    if !is_number(text) {
        return Err("X-Amz-Expires should be a number");
    }
    // Only a number with too many digits is none here.
    text.parse().ok().filter(|seconds| *seconds <= MAX_EXPIRES).ok_or(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
    )
}

/// `X-Amz-Date` for `x-amz-date`.
fn in_title_case(name: &str) -> String {
    let part = |part: &str| part[..1].to_ascii_uppercase() + &part[1..];
    name.split('-').filter(|part| !part.is_empty()).map(part).collect::<Vec<_>>().join("-")
}

/// The bytes of hexadecimal digits; none, which no signature is, where it has other letters.
fn bytes(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks_exact(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    if digits.len().is_multiple_of(2) { pairs.map(byte).collect::<Option<_>>().unwrap_or_default() } else { Vec::new() }
}

/// A header that is no signature, such as a bearer token, of which AWS shows a hash.
fn no_pair(pair: &str) -> Fault {
    let hash = base64_simd::STANDARD.encode_to_string(Sha256::digest(pair.as_bytes()));
    Fault::incomplete(format!(
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): \
         '{hash}'."
    ))
}

/// A parameter of AWS that the query has more than once, in any spelling.
fn repeated(arrival: &Arrival) -> Option<&'static str> {
    let mut seen = BTreeSet::new();
    let names = arrival.query().split('&').map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name));
    let names = names.map(|name| percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase());
    let name = names.filter(|name| name.starts_with(OF_AWS)).find(|name| !seen.insert(name.clone()))?;
    // A name of the client's own is not repeated.
    Some(PARAMETERS.into_iter().find(|known| known.eq_ignore_ascii_case(&name)).unwrap_or("X-Amz-…"))
}

/// A parameter of the query, decoded.
fn query(arrival: &Arrival, name: &str) -> Option<String> {
    let mut pairs = arrival.query().split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}
