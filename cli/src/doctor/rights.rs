//! The caller's rights: whose policies are simulated, and what the decisions of IAM's policy simulator mean.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::{aws::Decision, suggestion::quote_list};

const NAME: &str = "rights";
/// How many actions a sentence lists.
const LISTED: usize = 5;
/// The condition keys of the policy for deploying.
const KNOWN_KEYS: [&str; 3] = ["aws:CalledVia", "aws:RequestedRegion", "iam:PassedToService"];

/// The identity whose policies are simulated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Principal {
    /// It may do everything.
    Root,
    /// A user, a group or a role by its ARN.
    Arn(String),
    /// A role by its name: the ARN of a session has no path, which the role's own ARN may have.
    Role { name: String, arn_without_path: String },
    /// A session that has no policies of IAM's alone, such as a federated user's.
    Other,
}

/// The principal behind a caller's ARN.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
pub(crate) fn principal(arn: &str) -> Principal {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, partition, service, _, account, resource] = fields.as_slice() else { return Principal::Other };
    match (*service, *resource) {
        ("iam", "root") => Principal::Root,
        ("iam", _) => Principal::Arn(arn.to_owned()),
        ("sts", session) => match session.strip_prefix("assumed-role/").and_then(|rest| rest.split_once('/')) {
            Some((name, _)) => Principal::Role {
                name: name.to_owned(),
                arn_without_path: format!("arn:{partition}:iam::{account}:role/{name}"),
            },
            None => Principal::Other,
        },
        _ => Principal::Other,
    }
}

/// What the simulator's decisions mean; `command` prints the policy.
pub(crate) fn rights(decisions: &[Decision], command: &str) -> Finding {
    let actions: BTreeSet<&str> = decisions.iter().map(|decision| decision.action.as_str()).collect();
    let denied: Vec<&Decision> = decisions.iter().filter(|decision| !decision.is_allowed()).collect();
    if denied.is_empty() {
        return Finding::ok(NAME, format!("a deploy's {} actions are allowed", actions.len()));
    }
    let (vague, certain): (Vec<&Decision>, Vec<&Decision>) = denied.iter().partition(|decision| is_vague(decision));
    if !certain.is_empty() {
        let sentence =
            format!("{} of a deploy's {} actions are not allowed: {}", count(&certain), actions.len(), list(&certain));
        let hint = if certain.iter().any(|decision| decision.is_explicit()) {
            format!(
                "`{command}` prints all that a deploy needs; a policy denies some of it, and a deny wins over every allow"
            )
        } else {
            format!("allow the caller what `{command}` prints")
        };
        return Finding::failed(NAME, sentence, hint);
    }
    let keys: BTreeSet<&str> = vague.iter().flat_map(|decision| unknown_keys(decision)).collect();
    let reason = if keys.is_empty() {
        "policies of the organization, whose conditions it may not take into account".to_owned()
    } else {
        quote_list(keys) + " in the caller's policies, which it does not know"
    };
    let sentence = format!(
        "{} of a deploy's {} actions are not allowed, as the simulator says for {reason}: {}",
        count(&vague),
        actions.len(),
        list(&vague)
    );
    Finding::unknown(NAME, sentence, format!("compare the caller's policies with what `{command}` prints"))
}

/// Whether a denial may be the simulator's own: it does not evaluate all conditions of an organization's policies, and knows no
/// condition key that it was not told.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html>
fn is_vague(decision: &Decision) -> bool {
    !decision.is_explicit() && (decision.is_by_organization || unknown_keys(decision).next().is_some())
}

/// The condition keys that the simulator was not told, without those of the policy for deploying: where these are left out, the
/// call does not have them.
fn unknown_keys(decision: &Decision) -> impl Iterator<Item = &str> {
    let keys = decision.missing_keys.iter().map(String::as_str);
    keys.filter(|key| !KNOWN_KEYS.iter().any(|known| known.eq_ignore_ascii_case(key)))
}

/// How many actions there are.
fn count(decisions: &[&Decision]) -> usize {
    decisions.iter().map(|decision| &decision.action).collect::<BTreeSet<_>>().len()
}

/// The first actions, each with one of its resources.
fn list(decisions: &[&Decision]) -> String {
    let mut by_action: BTreeMap<&str, &Decision> = BTreeMap::new();
    for decision in decisions {
        by_action.entry(&decision.action).or_insert(decision);
    }
    let listed = by_action.values().take(LISTED).map(|decision| {
        let on = if decision.resource == "*" { String::new() } else { format!(" on `{}`", decision.resource) };
        format!("`{}`{on}", decision.action)
    });
    let list = listed.collect::<Vec<_>>().join(", ");
    match by_action.len().saturating_sub(LISTED) {
        0 => list,
        more => format!("{list}, and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn the_session_of_a_role_is_simulated_as_the_role() {
        let role = |partition: &str, name: &str| Principal::Role {
            name: name.to_owned(),
            arn_without_path: format!("arn:{partition}:iam::123456789012:role/{name}"),
        };
        for (arn, expected) in [
            ("arn:aws:iam::123456789012:root", Principal::Root),
            (
                "arn:aws:iam::123456789012:user/team/ci",
                Principal::Arn("arn:aws:iam::123456789012:user/team/ci".to_owned()),
            ),
            ("arn:aws:sts::123456789012:assumed-role/deploy/session@x", role("aws", "deploy")),
            ("arn:aws-cn:sts::123456789012:assumed-role/deploy/i-1", role("aws-cn", "deploy")),
            ("arn:aws:sts::123456789012:federated-user/ann", Principal::Other),
            ("nonsense", Principal::Other),
        ] {
            assert_eq!(principal(arn), expected, "{arn}");
        }
    }

    fn decision(action: &str, resource: &str, decision: &str) -> Decision {
        Decision {
            action: action.to_owned(),
            resource: resource.to_owned(),
            decision: decision.to_owned(),
            is_by_organization: false,
            missing_keys: Vec::new(),
        }
    }

    #[test]
    fn denied_actions_are_listed_with_the_command_that_prints_the_policy() {
        let command = "zappa-rs policy deploy dev";
        let allowed = [decision("s3:PutObject", "arn:aws:s3:::a", "allowed")];
        assert_eq!(rights(&allowed, command), Finding::ok("rights", "a deploy's 1 actions are allowed"));
        let mut all = allowed.to_vec();
        all.push(decision("lambda:Tag", "arn:f", "implicitDeny"));
        all.push(decision("lambda:Tag", "arn:g", "implicitDeny"));
        all.push(decision("lambda:List", "*", "implicitDeny"));
        let finding = rights(&all, command);
        assert_eq!(
            finding.sentence,
            "2 of a deploy's 3 actions are not allowed: `lambda:List`, `lambda:Tag` on `arn:f`"
        );
        assert_eq!(
            (finding.state, finding.hint.as_deref()),
            (State::Failed, Some("allow the caller what `zappa-rs policy deploy dev` prints"))
        );
        all.extend((0..9).map(|number| decision(&format!("s3:X{number}"), "*", "explicitDeny")));
        let finding = rights(&all, command);
        assert!(finding.sentence.ends_with(", and 6 more") && finding.hint.unwrap().contains("a deny wins"));
    }

    #[test]
    fn a_denial_that_the_simulator_cannot_know_is_unknown() {
        let command = "zappa-rs policy deploy dev";
        let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        let denied = decision("s3:PutObject", "*", "implicitDeny");
        let tagged = Decision { missing_keys: keys(&["aws:PrincipalTag/team", "aws:calledvia"]), ..denied.clone() };
        let finding = rights(std::slice::from_ref(&tagged), command);
        assert_eq!(finding.state, State::Unknown);
        assert!(finding.sentence.contains("for `aws:PrincipalTag/team` in the caller's policies"), "{finding:?}");
        let organization = Decision { is_by_organization: true, ..denied.clone() };
        let finding = rights(&[organization], command);
        assert!(finding.state == State::Unknown && finding.sentence.contains("of the organization"), "{finding:?}");
        let own = Decision { missing_keys: keys(&["aws:CalledVia", "iam:PassedToService"]), ..denied };
        assert_eq!(rights(&[own, tagged.clone()], command).state, State::Failed);
        let explicit = Decision { decision: "explicitDeny".to_owned(), ..tagged };
        assert_eq!(rights(&[explicit], command).state, State::Failed);
    }

    #[test]
    fn every_condition_key_of_the_policy_is_known() {
        let text = [
            include_str!("../policy/mod.rs"),
            include_str!("../policy/service.rs"),
            include_str!("../policy/direct.rs"),
        ];
        let production = text.map(|text| text.split("#[cfg(test)]").next().unwrap_or_default()).concat();
        for begin in ["\"aws:", "\"iam:PassedTo"] {
            for (at, _) in production.match_indices(begin) {
                let key = production[at + 1..].split('"').next().unwrap();
                assert!(KNOWN_KEYS.contains(&key), "{key}");
            }
        }
    }
}
