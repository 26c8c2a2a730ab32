//! Sampling, by OpenTelemetry's variables `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`.
//!
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration>

use opentelemetry::{TraceId, trace::SpanKind};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, ShouldSample as _};

/// The sampler, and its part that decides about traces that begin here.
#[derive(Clone, Debug)]
pub(super) struct Sampling {
    root: Sampler,
    follows_parent: bool,
}

impl Sampling {
    #[cfg(test)]
    pub(super) fn always() -> Self {
        Self { root: Sampler::AlwaysOn, follows_parent: true }
    }

    /// Parses the values of the two variables.
    ///
    /// # Errors
    /// The value that is not one of the specification, with those that are.
    pub(super) fn parse(sampler: Option<&str>, argument: Option<&str>) -> Result<Self, String> {
        let sampler = sampler.unwrap_or("parentbased_always_on");
        let (follows_parent, root) = match sampler.strip_prefix("parentbased_") {
            Some(root) => (true, root),
            None => (false, sampler),
        };
        let root = match root {
            "always_on" => Sampler::AlwaysOn,
            "always_off" => Sampler::AlwaysOff,
            "traceidratio" => {
                let argument = argument.unwrap_or("1.0");
                let ratio = argument.parse().ok().filter(|ratio: &f64| (0.0..=1.0).contains(ratio));
                let ratio = ratio.ok_or_else(|| {
                    format!("`OTEL_TRACES_SAMPLER_ARG={argument}` is not a ratio; it is a number from 0.0 to 1.0")
                })?;
                Sampler::TraceIdRatioBased(ratio)
            }
            _ => {
                return Err(format!(
                    "`OTEL_TRACES_SAMPLER={sampler}` is not available; there are `always_on`, `always_off` and \
                    `traceidratio`, each also as `parentbased_…`"
                ));
            }
        };
        Ok(Self { root, follows_parent })
    }

    pub(super) fn sampler(&self) -> Sampler {
        match self.follows_parent {
            true => Sampler::ParentBased(Box::new(self.root.clone())),
            false => self.root.clone(),
        }
    }

    /// Whether a trace is sampled that begins here.
    pub(super) fn samples_root(&self, trace_id: TraceId) -> bool {
        let result = self.root.should_sample(None, trace_id, "", &SpanKind::Server, &[], &[]);
        result.decision == SamplingDecision::RecordAndSample
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sampler_of_the_specification_is_parsed() {
        let id = TraceId::from_hex("5759e988bd862e3fe1be46a994272793").unwrap();
        for (sampler, argument, samples) in [
            (None, None, true),
            (Some("always_on"), None, true),
            (Some("always_off"), None, false),
            (Some("traceidratio"), None, true),
            (Some("traceidratio"), Some("0"), false),
            (Some("parentbased_traceidratio"), Some("1"), true),
            (Some("parentbased_traceidratio"), Some("0.0"), false),
            (Some("parentbased_always_off"), None, false),
        ] {
            let sampling = Sampling::parse(sampler, argument).unwrap();
            assert_eq!(sampling.samples_root(id), samples, "{sampler:?} {argument:?}");
        }
    }

    #[test]
    fn a_wrong_value_is_named() {
        let error = Sampling::parse(Some("xray"), None).unwrap_err();
        assert!(error.contains("OTEL_TRACES_SAMPLER=xray"), "{error}");
        for argument in ["2", "-1", "NaN", "half"] {
            let error = Sampling::parse(Some("parentbased_traceidratio"), Some(argument)).unwrap_err();
            assert!(error.contains(&format!("OTEL_TRACES_SAMPLER_ARG={argument}")), "{error}");
        }
    }
}
