//! Rules of a domain in front of a Function URL, which CloudFront serves.

use super::{
    super::{Api, Stage, authorizer::Access, domain::Domain},
    Rules,
};
use crate::gateway::limit::CLOUDFRONT_TIMEOUT_SECONDS;

impl Rules<'_> {
    /// A distribution has one origin for all its paths, which is the Function URL of one stage in one region.
    pub(super) fn distribution(&mut self, domain: &Domain) {
        let stage = self.stage;
        if stage.base_path.is_some() {
            let is_given = self.subject.node.table().is_some_and(|table| table.contains_key("base_path"));
            let place: &[&str] = if is_given { &["base_path"] } else { &["domain", "base_path"] };
            let sentence = "the domain of a Function URL leads to one stage with all its paths; stages of `api = \"rest\"` and \
                            `api = \"http\"` share a domain by `base_path`";
            self.fault_at(place, sentence);
        }
        if !self.is_faulty(&["regions", "aws_region"]) && stage.regions.len() > 1 {
            let sentence = format!(
                "the domain of a Function URL leads to one region, and the stage is in {}: with `api = \"rest\"` or \
                 `api = \"http\"` it leads to several",
                stage.regions.len()
            );
            self.fault(["domain"], sentence);
        }
        if matches!(stage.access(), Access::Iam) {
            let sentence = "a Function URL that asks for signatures takes those for its own host alone, so it has no domain; \
                            `api = \"rest\"` and `api = \"http\"` have one";
            self.fault(["domain"], sentence);
        }
        if domain.mutual_tls.is_some() {
            let sentence = "in front of a Function URL there is no mutual TLS: the Function URL itself stays open to clients \
                            without a certificate; `api = \"rest\"` and `api = \"http\"` have it";
            self.fault(["domain", "mutual_tls"], sentence);
        }
    }
}

/// The warning about a response that CloudFront does not wait for.
pub(super) fn warning(stage: &Stage, name: &str) -> Option<String> {
    let is_long = stage.timeout_seconds > CLOUDFRONT_TIMEOUT_SECONDS;
    (stage.api == Api::FunctionUrl && stage.domain.is_some() && is_long).then(|| {
        format!(
            "stage `{name}`: behind the domain of a Function URL, CloudFront waits {CLOUDFRONT_TIMEOUT_SECONDS} seconds for the next \
             bytes of a response and not {}, then asks again for a GET, three times in all; with `streaming = true` the \
             function can send some in time, and the Function URL itself waits as long as the function",
            stage.timeout_seconds
        )
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use super::super::super::{Error, Settings, StageSelection};

    fn selection(text: &str) -> Result<StageSelection, Error> {
        Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new())?.choose(None)
    }

    fn sentences(text: &str) -> Vec<String> {
        match selection(text) {
            Ok(_) => Vec::new(),
            Err(error) => error.faults().iter().map(|fault| fault.sentence.clone()).collect(),
        }
    }

    fn stage(text: &str) -> String {
        format!("[stage.dev]\naws_region = \"eu-west-1\"\napi = \"function_url\"\n{text}\n")
    }

    #[test]
    fn a_domain_in_front_of_a_function_url_leads_to_one_region_and_one_stage() {
        for (text, expected) in [
            ("domain = { name = \"a.example\", base_path = \"x\" }", "leads to one stage with all its paths"),
            ("base_path = \"x\"\ndomain = \"a.example\"", "leads to one stage with all its paths"),
            ("domain = { name = \"a.example\", mutual_tls = { truststore_uri = \"s3://a/b\" } }", "no mutual TLS"),
            ("domain = { name = \"a.example\", routing = \"latency\" }", "and the stage is in one"),
            ("authorizer = \"iam\"\ndomain = \"a.example\"", "takes those for its own host alone"),
            (
                "domain = { name = \"a.example\", certificate_arn = \"arn:aws:acm:eu-west-1:1:certificate/a\" }",
                "takes one of `us-east-1`",
            ),
            (
                "domain = { name = \"a.example\", certificate_arn = { eu-west-1 = \"arn:aws:acm:eu-west-1:1:certificate/a\" } }",
                "no certificate for `us-east-1`, where CloudFront takes it from",
            ),
        ] {
            let found = sentences(&stage(text));
            assert!(found.len() == 1 && found[0].contains(expected), "{text}: {found:?}");
        }
        let several = "[stage.dev]\nregions = [\"eu-west-1\", \"us-east-1\"]\napi = \"function_url\"\n";
        for routing in ["", ", routing = \"latency\"", ", routing = \"simple\""] {
            let found = sentences(&format!("{several}domain = {{ name = \"a.example\"{routing} }}\n"));
            assert!(found.len() == 1 && found[0].contains("leads to one region, and the stage is in 2"), "{found:?}");
        }
        let given = "{ name = \"a.example\", certificate_arn = \"arn:aws:acm:us-east-1:1:certificate/a\" }";
        assert_eq!(sentences(&stage(&format!("domain = {given}"))), Vec::<String>::new());
    }

    #[test]
    fn a_response_that_cloudfront_does_not_wait_for_is_a_warning() {
        for (text, count) in [
            ("timeout_seconds = 120\ndomain = \"a.example\"", 0),
            ("timeout_seconds = 121\ndomain = \"a.example\"", 1),
            ("timeout_seconds = 121", 0),
        ] {
            let warnings = selection(&stage(text)).unwrap().warnings;
            assert_eq!(warnings.len(), count, "{warnings:?}");
            assert!(warnings.iter().all(|warning| warning.contains("CloudFront waits 120 seconds")), "{warnings:?}");
        }
    }
}
