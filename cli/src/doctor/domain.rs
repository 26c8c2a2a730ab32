//! Whether the name of a stage's domain leads to the service that serves it.

use std::{collections::BTreeSet, net::IpAddr};

use super::Finding;

const NAME: &str = "domain";

/// What the name servers say of a domain and of its targets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    /// The domain's stack is there in so many of the stage's regions.
    pub(crate) stacks: usize,
    /// What the records have to point to, in the regions.
    pub(crate) targets: Vec<String>,
    /// The addresses of the domain's name.
    pub(crate) addresses: BTreeSet<IpAddr>,
    /// The addresses of the targets.
    pub(crate) expected: BTreeSet<IpAddr>,
    /// The service that serves it, such as `API Gateway`.
    pub(crate) service: &'static str,
    /// Whether the name servers answer with other addresses each time, as those of CloudFront do.
    pub(crate) varies: bool,
}

/// The finding about a domain.
pub(crate) fn domain(name: &str, resolved: &Resolved) -> Finding {
    let Resolved { stacks, targets, addresses, expected, service, varies } = resolved;
    if *stacks == 0 {
        return Finding::warning(NAME, format!("`{name}` is not made yet"), "`zappa-rs deploy` makes it");
    }
    let records = match targets.as_slice() {
        [] => "`zappa-rs status` shows its stack".to_owned(),
        targets => format!("its record has to point to {}", targets.join(" or ")),
    };
    if addresses.is_empty() {
        let sentence = format!("`{name}` has no address");
        return Finding::warning(
            NAME,
            sentence,
            format!(
                "{records}; a record that is new may take minutes, and the zone's name servers have to be those that the domain is registered with"
            ),
        );
    }
    if expected.is_empty() {
        let sentence = format!("where `{name}` should lead to was not found out");
        return Finding::unknown(NAME, sentence, records);
    }
    if addresses.is_disjoint(expected) && *varies {
        let sentence = format!("whether `{name}` leads to {service} was not found out: its addresses vary");
        return Finding::unknown(NAME, sentence, records);
    }
    if addresses.is_disjoint(expected) {
        let found: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let sentence = format!("`{name}` leads elsewhere, to {}", found.join(", "));
        return Finding::warning(
            NAME,
            sentence,
            format!("{records}; behind a proxy such as a CDN that is as it should be"),
        );
    }
    Finding::ok(NAME, format!("`{name}` leads to {service}"))
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    fn resolved(addresses: &[&str], expected: &[&str]) -> Resolved {
        let parse = |all: &[&str]| all.iter().map(|one| one.parse().unwrap()).collect();
        let targets = vec!["d-1.execute-api.eu-west-1.amazonaws.com".to_owned()];
        let (addresses, expected) = (parse(addresses), parse(expected));
        Resolved { stacks: 1, targets, addresses, expected, service: "API Gateway", varies: false }
    }

    #[test]
    fn a_name_has_to_lead_to_one_of_the_regions() {
        for (found, state) in [
            (Resolved::default(), State::Warning),
            (resolved(&[], &["192.0.2.1"]), State::Warning),
            (resolved(&["192.0.2.9"], &["192.0.2.1"]), State::Warning),
            (resolved(&["192.0.2.9"], &[]), State::Unknown),
            (resolved(&["192.0.2.1"], &["192.0.2.1", "192.0.2.2"]), State::Ok),
        ] {
            assert_eq!(domain("api.example.com", &found).state, state, "{found:?}");
        }
        let elsewhere = resolved(&["192.0.2.9"], &["192.0.2.1"]);
        let varies = Resolved { service: "CloudFront", varies: true, ..elsewhere };
        assert_eq!(domain("api.example.com", &varies).state, State::Unknown);
        let hint = domain("api.example.com", &resolved(&[], &[])).hint.unwrap();
        assert!(hint.contains("d-1.execute-api"), "{hint}");
    }
}
