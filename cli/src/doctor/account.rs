//! The caller, and the regions that the account has enabled.

use super::Finding;
use crate::regions;

const IDENTITY: &str = "identity";
const REGION: &str = "region";

/// The answer of one region to the question who the caller is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// The account and the caller's ARN.
    Caller { account: String, arn: String },
    /// AWS does not know these credentials there, or says that the region is not enabled.
    Rejected { sentence: String, hint: String },
    /// Anything else, such as no answer.
    Failed { sentence: String, hint: String },
}

/// Who the caller is, by the first region that knows it.
pub(crate) fn identity(answers: &[(String, Answer)]) -> Finding {
    let callers = answers.iter().find_map(|(_, answer)| match answer {
        Answer::Caller { account, arn } => Some((account, arn)),
        _ => None,
    });
    if let Some((account, arn)) = callers {
        let sentence = format!("account {account} as {arn}");
        return if arn.ends_with(":root") {
            Finding::warning(
                IDENTITY,
                format!("{sentence}, the root user"),
                "deploy as a role or a user that may do less",
            )
        } else {
            Finding::ok(IDENTITY, sentence)
        };
    }
    match answers.first() {
        Some((_, Answer::Rejected { sentence, hint } | Answer::Failed { sentence, hint })) => {
            Finding::failed(IDENTITY, sentence, hint)
        }
        _ => Finding::skipped(IDENTITY, "no region is named"),
    }
}

/// Whether each of these regions can be used. One that does not know the caller, while another does, is not enabled.
pub(crate) fn regions(wanted: &[String], answers: &[(String, Answer)]) -> Vec<Finding> {
    let is_known = answers.iter().any(|(_, answer)| matches!(answer, Answer::Caller { .. }));
    let of_region = |region: &String| {
        let answer = answers.iter().find(|(name, _)| name == region).map(|(_, answer)| answer);
        let finding = match answer {
            Some(Answer::Caller { .. }) => Finding::ok(REGION, enabled(region)),
            _ if !is_known => Finding::skipped(REGION, "the caller is not known"),
            Some(Answer::Rejected { .. }) => Finding::failed(
                REGION,
                "the account has not enabled it, or its session is not valid there",
                format!("enable {region} in the account's settings, or take it out of `regions`"),
            ),
            Some(Answer::Failed { sentence, hint }) => Finding::failed(REGION, sentence, hint),
            None => Finding::skipped(REGION, "it was not asked"),
        };
        finding.in_region(region)
    };
    wanted.iter().map(of_region).collect()
}

fn enabled(region: &str) -> &'static str {
    let is_opt_in = regions::facts(region).is_some_and(|facts| facts.is_opt_in);
    if is_opt_in { "the account has enabled it" } else { "it answers" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    fn caller(arn: &str) -> Answer {
        Answer::Caller { account: "123456789012".to_owned(), arn: arn.to_owned() }
    }

    fn rejected() -> Answer {
        Answer::Rejected { sentence: "InvalidClientTokenId".to_owned(), hint: "check `--profile`".to_owned() }
    }

    fn answers(all: &[(&str, Answer)]) -> Vec<(String, Answer)> {
        all.iter().map(|(region, answer)| ((*region).to_owned(), answer.clone())).collect()
    }

    fn states(wanted: &[&str], all: &[(&str, Answer)]) -> Vec<State> {
        let wanted: Vec<String> = wanted.iter().map(|region| (*region).to_owned()).collect();
        regions(&wanted, &answers(all)).iter().map(|finding| finding.state).collect()
    }

    #[test]
    fn a_region_that_does_not_know_the_caller_is_not_enabled() {
        let user = caller("arn:aws:iam::123456789012:user/ci");
        let silent = Answer::Failed { sentence: "no answer".to_owned(), hint: "network".to_owned() };
        let all = [("eu-west-1", user.clone()), ("af-south-1", rejected()), ("eu-west-2", silent)];
        assert_eq!(states(&["eu-west-1", "af-south-1", "eu-west-2"], &all), [State::Ok, State::Failed, State::Failed]);
        // The other region was only asked for this.
        assert_eq!(states(&["af-south-1"], &[("af-south-1", rejected()), ("us-east-1", user)]), [State::Failed]);
        // Where no region knows the caller, it is the credentials.
        assert_eq!(states(&["af-south-1"], &[("af-south-1", rejected()), ("us-east-1", rejected())]), [State::Skipped]);
    }

    #[test]
    fn the_identity_is_that_of_any_region() {
        let found = identity(&answers(&[("af-south-1", rejected()), ("us-east-1", caller("arn:aws:iam::1:user/ci"))]));
        assert_eq!(found, Finding::ok("identity", "account 123456789012 as arn:aws:iam::1:user/ci"));
        let root = identity(&answers(&[("us-east-1", caller("arn:aws:iam::123456789012:root"))]));
        assert_eq!(root.state, State::Warning);
        let none = identity(&answers(&[("us-east-1", rejected())]));
        assert_eq!(none, Finding::failed("identity", "InvalidClientTokenId", "check `--profile`"));
    }
}
