//! Rules of the custom domain.

use super::{
    super::{
        Api,
        domain::{CertificateArn, Domain, DomainSetting, Routing, SecurityPolicy},
    },
    Rules,
};
use crate::regions;

/// The longest name, and the longest part of one.
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

impl Rules<'_> {
    pub(super) fn domain(&mut self) {
        let Some(setting) = &self.stage.domain else { return };
        let is_table = matches!(setting, DomainSetting::Table(_));
        let domain = setting.table();
        let name: &[&str] = if is_table { &["domain", "name"] } else { &["domain"] };
        if let Some(sentence) = name_fault(&domain.name) {
            self.fault_at(name, sentence);
        }
        self.domain_base_path(&domain);
        if self.stage.api == Api::FunctionUrl {
            self.distribution(&domain);
        }
        self.domain_regions(&domain);
        self.certificate(&domain);
        self.domain_security(&domain);
        if let Some(id) = &domain.hosted_zone_id
            && !is_zone_id(id)
        {
            let sentence = format!("`{id}` is not the id of a hosted zone, such as `Z0123456789ABCDEFGHIJ`");
            self.fault(["domain", "hosted_zone_id"], sentence);
        }
    }

    fn domain_base_path(&mut self, domain: &Domain) {
        let Some(path) = &domain.base_path else { return };
        let given = self.stage.base_path.as_deref().unwrap_or_default();
        if given.trim_matches('/') != path.trim_matches('/') {
            self.fault(["domain", "base_path"], "`base_path` of the stage says another path; keep one of the two");
        }
    }

    fn domain_regions(&mut self, domain: &Domain) {
        if self.is_faulty(&["regions", "aws_region"]) {
            return;
        }
        let count = self.stage.regions.len();
        match domain.routing {
            _ if self.stage.api == Api::FunctionUrl && count > 1 => {}
            Some(Routing::Simple) if count > 1 => {
                let sentence = format!(
                    "`simple` sends clients to one region, and the stage is in {count}: `latency` and `failover` choose one"
                );
                self.fault(["domain", "routing"], sentence);
            }
            Some(routing @ (Routing::Latency | Routing::Failover)) if count < 2 => {
                let sentence = format!("`{}` chooses between regions, and the stage is in one", routing.word());
                self.fault(["domain", "routing"], sentence);
            }
            Some(Routing::Failover) if count > 2 => {
                let sentence = format!("`failover` knows a first and a second region, and the stage is in {count}");
                self.fault(["domain", "routing"], sentence);
            }
            Some(Routing::Failover) if self.stage.health_check.is_none() => {
                let sentence = "`failover` needs `health_check`, the path by which it knows whether a region answers";
                self.fault(["domain", "routing"], sentence);
            }
            _ => {}
        }
    }

    fn certificate(&mut self, domain: &Domain) {
        let one = self.region;
        let one = if self.stage.api == Api::FunctionUrl { regions::CLOUDFRONT } else { one };
        let (place, arn): (&[&str], &str) = match &domain.certificate_arn {
            None => return,
            Some(CertificateArn::One(_)) if self.stage.regions.len() > 1 && self.stage.api != Api::FunctionUrl => {
                let sentence = "a certificate is of one region, and the stage is in several: a table of regions and ARNs, or \
                                none, so that each is requested";
                self.fault(["domain", "certificate_arn"], sentence);
                return;
            }
            Some(CertificateArn::One(arn)) => (&["domain", "certificate_arn"], arn),
            Some(CertificateArn::ByRegion(arns)) => match arns.get(one) {
                Some(arn) => (&["domain", "certificate_arn", one], arn),
                None => {
                    let sentence = match self.stage.api {
                        Api::FunctionUrl => format!("no certificate for `{one}`, where CloudFront takes it from"),
                        Api::Rest | Api::Http => format!("no certificate for `{one}`, one of the stage's regions"),
                    };
                    self.fault(["domain", "certificate_arn"], sentence);
                    return;
                }
            },
        };
        if let Some(sentence) = certificate_fault(arn, one, self.stage.api == Api::FunctionUrl) {
            self.fault_at(place, sentence);
        }
    }

    fn domain_security(&mut self, domain: &Domain) {
        let is_tls13 = domain.security_policy == Some(SecurityPolicy::Tls13);
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html
        if is_tls13 && self.stage.api == Api::Http {
            let sentence = "an HTTP API cannot be behind a domain of `TLS_1_3` alone; `api = \"rest\"` can";
            self.fault(["domain", "security_policy"], sentence);
        }
        let Some(mutual) = &domain.mutual_tls else { return };
        if is_tls13 {
            self.fault(["domain", "security_policy"], "a domain with `mutual_tls` takes `TLS_1_2` only");
        }
        if !mutual
            .truststore_uri
            .strip_prefix("s3://")
            .and_then(|rest| rest.split_once('/'))
            .is_some_and(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
        {
            let sentence = format!("`{}` is not a truststore: `s3://bucket/key.pem`", mutual.truststore_uri);
            self.fault(["domain", "mutual_tls", "truststore_uri"], sentence);
        }
    }
}

/// What is wrong with a domain's name, which API Gateway takes in small letters.
fn name_fault(name: &str) -> Option<String> {
    if name.starts_with("*.") {
        return Some(format!("`{name}` is a wildcard; a stage has one name, such as `api{}`", &name[1..]));
    }
    if let Some((_, rest)) = name.split_once("://") {
        let host = rest.split('/').next().unwrap_or(rest);
        return Some(format!("`{name}` is a URL; the domain's name is `{host}`"));
    }
    let lower = name.to_ascii_lowercase();
    if lower != name {
        return Some(format!("`{name}` has capital letters; write `{lower}`"));
    }
    if !name.is_ascii() {
        return Some(format!("`{name}` has letters beside those of ASCII; write the name in its `xn--` form"));
    }
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let is_name = name.len() <= MAX_NAME && name.contains('.') && name.split('.').all(is_label);
    (!is_name).then(|| format!("`{name}` is not the name of a domain, such as `api.example.com`"))
}

/// What is wrong with a certificate's ARN for a regional domain name: it has to be of the same region.
fn certificate_fault(arn: &str, region: &str, is_distribution: bool) -> Option<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "acm", place, _, resource] = parts.as_slice() else {
        return Some(format!("`{arn}` is not the ARN of a certificate: `arn:aws:acm:{region}:ACCOUNT:certificate/ID`"));
    };
    if !resource.starts_with("certificate/") {
        return Some(format!("`{arn}` is not the ARN of a certificate: `arn:aws:acm:{region}:ACCOUNT:certificate/ID`"));
    }
    if *place != region {
        return Some(if is_distribution {
            format!("the certificate is in `{place}`; CloudFront, in front of a Function URL, takes one of `{region}`")
        } else {
            format!("the certificate is in `{place}`; a domain in `{region}` needs one of that region")
        });
    }
    let expected = regions::partition(region).name;
    (*partition != expected)
        .then(|| format!("the certificate is of the partition `{partition}`, and `{region}` of `{expected}`"))
}

fn is_zone_id(id: &str) -> bool {
    (2..=32).contains(&id.len())
        && id.starts_with('Z')
        && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
