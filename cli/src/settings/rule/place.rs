//! Rules of regions, and of the names of stack and bucket.

use std::collections::BTreeMap;

use super::{
    super::{Stage, fault::Fault, tree::Node},
    Rules, is_name,
    name::LIMIT,
};
use crate::regions;

impl Rules<'_> {
    pub(super) fn place(&mut self) {
        let stage = self.stage;
        let one = self.region;
        if !regions::is_plausible(one) {
            let sentence = match regions::nearest(one) {
                Some(meant) => format!("`{one}` is not an AWS region; did you mean `{meant}`?"),
                None => format!("`{one}` is not an AWS region, such as `eu-west-1`"),
            };
            let index = stage.regions.iter().position(|region| region == one).unwrap_or_default();
            self.fault(["regions", &index.to_string()], sentence);
        }
        if let Some(canary) = &stage.canary_region
            && !stage.regions.contains(canary)
            && !self.is_faulty(&["regions", "aws_region"])
        {
            let sentence = format!("`canary_region` is `{canary}`, which is none of the stage's regions");
            self.fault(["canary_region"], sentence);
        }
        if let Some(name) = &stage.function_name
            && (!is_name(name) || name.len() > LIMIT)
        {
            let sentence =
                format!("`function_name` has letters, digits and `-`, a letter first, and {LIMIT} of them at most");
            self.fault(["function_name"], sentence);
        }
        if let Some(sentence) = stage.s3_bucket.as_deref().and_then(bucket_fault) {
            self.fault(["s3_bucket"], sentence);
        }
        if stage.profile_name.as_ref().is_some_and(String::is_empty) {
            self.fault(["profile_name"], "`profile_name` is the name of a profile of your AWS configuration");
        }
    }
}

/// Checks what only all regions together show.
pub(in super::super) fn across_regions(
    regions: &[String],
    stages: &BTreeMap<String, Stage>,
    node: &Node,
    faults: &mut Vec<Fault>,
) {
    for (index, region) in regions.iter().enumerate() {
        if regions[..index].contains(region) {
            let at = node.place(&["regions", &index.to_string()]);
            faults.push(Fault::new(at, format!("region `{region}` is named twice")));
        }
    }
    let Some(first) = regions.first() else { return };
    if let Some(other) = regions.iter().find(|region| regions::partition(region) != regions::partition(first)) {
        let sentence = format!("`{first}` and `{other}` have no accounts in common; make a stage of each");
        faults.push(Fault::new(node.place(&["regions"]), sentence));
    }
    let function_name = node.table().and_then(|table| table.get("function_name")).and_then(|entry| entry.node.text());
    if function_name.is_some_and(|name| name.contains("${region}")) {
        let sentence = "`function_name` cannot have `${region}`: a stage has one name in all its regions, by which its stack \
                        is found";
        faults.push(Fault::new(node.place(&["function_name"]), sentence));
    }
    let mut buckets = stages.values().filter_map(|stage| stage.s3_bucket.as_deref());
    if let Some(bucket) = buckets.next()
        && stages.len() > 1
        && buckets.any(|other| other == bucket)
    {
        let sentence = format!("a bucket is in one region and the stage in {}: `{bucket}-${{region}}`", stages.len());
        faults.push(Fault::new(node.place(&["s3_bucket"]), sentence));
    }
}

/// What bucket names cannot begin and end with.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
const RESERVED_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// The part of a bucket's name that S3 keeps for itself.
fn reserved_part(name: &str) -> Option<&'static str> {
    let prefix = RESERVED_PREFIXES.into_iter().find(|prefix| name.starts_with(prefix));
    prefix.or_else(|| RESERVED_SUFFIXES.into_iter().find(|suffix| name.ends_with(suffix)))
}

/// The rule of bucket names that S3 refuses this one by.
fn bucket_fault(name: &str) -> Option<String> {
    let is_edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_plain = (3..=63).contains(&name.len())
        && is_edge(name.as_bytes().first())
        && is_edge(name.as_bytes().last())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte));
    if !is_plain {
        let sentence = "`s3_bucket` has 3 to 63 lower-case letters, digits, `-` and `.`, and begins and ends with a letter or digit";
        return Some(sentence.to_owned());
    }
    if name.contains("..") {
        return Some(format!("`s3_bucket` is `{name}`, which has two `.` in a row; S3 takes no such name"));
    }
    if is_like_address(name) {
        return Some(format!("`s3_bucket` is `{name}`, which looks like an IP address; S3 takes no such name"));
    }
    reserved_part(name).map(|part| format!("S3 reserves bucket names with `{part}`"))
}

/// Four numbers, whatever their size, as S3's own clients recognize an IP address.
fn is_like_address(name: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').count() == 4 && name.split('.').all(is_number)
}
