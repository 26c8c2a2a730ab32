//! The API's own endpoint of a stage that leaves its domain: it is open before the domain is gone.

use serde_json::Value;

use crate::template::{claimed_domain, is_closed};

/// Whether a stage leaves a domain beside which its API has no open endpoint.
pub(crate) fn opens_endpoint(live: &Value, wanted: &Value) -> bool {
    is_closed(live) && claimed_domain(live).is_some_and(|domain| claimed_domain(wanted) != Some(domain))
}

/// Whether the endpoint of a wanted template has to stay open until the domain leads to the stage. It does already where the
/// endpoint was closed for the same domain.
pub(crate) fn awaits_domain(live: Option<&Value>, wanted: &Value) -> bool {
    let Some(domain) = claimed_domain(wanted).filter(|_| is_closed(wanted)) else { return false };
    !live.is_some_and(|live| is_closed(live) && claimed_domain(live) == Some(domain))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::{Steps, without_keys::steps},
        *,
    };

    fn template(version: &str, domain: Option<&str>, is_closed: bool) -> Value {
        json!({
            "Resources": {
                "Function": { "Type": "AWS::Lambda::Function", "Properties": { "Code": version } },
                version: { "Type": "AWS::Lambda::Version", "DeletionPolicy": "Retain" },
                "Live": { "Properties": { "FunctionVersion": { "Fn::GetAtt": [version, "Version"] } } },
                "HttpApi": { "Properties": { "DisableExecuteApiEndpoint": is_closed } },
                "HttpApiStage": { "Metadata": { "zappa-rs": { "Domain": domain } } },
            },
            "Outputs": { "Url": { "Value": "https://api.example.com/" } },
        })
    }

    const ONE: Option<&str> = Some("one.example");
    const OTHER: Option<&str> = Some("other.example");

    #[test]
    fn an_endpoint_waits_for_its_domain_once() {
        let closed = template("Versiona", ONE, true);
        assert!(awaits_domain(None, &closed));
        for (live, expected) in [
            (template("Versiona", None, false), true),
            (template("Versiona", ONE, false), true),
            (template("Versiona", OTHER, true), true),
            (closed.clone(), false),
        ] {
            assert_eq!(awaits_domain(Some(&live), &closed), expected, "{live}");
            assert!(!awaits_domain(Some(&live), &template("Versionb", ONE, false)));
        }
        // What a hook closes by itself is not the tool's.
        assert!(!awaits_domain(None, &template("Versiona", None, true)));
    }

    #[test]
    fn an_endpoint_is_opened_before_its_domain_is_left_and_not_twice() {
        let live = template("Versiona", ONE, true);
        for wanted in [template("Versiona", None, false), template("Versiona", OTHER, false)] {
            assert!(opens_endpoint(&live, &wanted));
            let Steps::Switch { then } = steps(Some(&live), &wanted) else { panic!() };
            let [opened, last] = then.as_slice() else { panic!("{then:?}") };
            assert_eq!(last, &wanted);
            assert_eq!(claimed_domain(opened).map(|claim| claim.name), ONE, "the domain still leads to the stage");
            assert!(!is_closed(opened));
            // Cut off after the first, the next run leaves the domain.
            assert!(!opens_endpoint(opened, &wanted));
            assert_eq!(steps(Some(opened), &wanted), Steps::Switch { then: vec![wanted.clone()] });
        }
        // With new code, the candidate stays beside it.
        let wanted = template("Versionb", None, false);
        let Steps::Try { first: Some(first), then } = steps(Some(&live), &wanted) else { panic!() };
        assert_eq!(then.len(), 2);
        assert!(is_closed(&first) && !is_closed(&then[0]) && then[0]["Resources"]["Versionb"].is_object());
        // The domain stays: one template opens or closes.
        for wanted in [template("Versiona", ONE, false), template("Versiona", ONE, true)] {
            assert!(!opens_endpoint(&live, &wanted));
        }
    }
}
