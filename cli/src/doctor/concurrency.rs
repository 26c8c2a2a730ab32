//! Lambda's concurrency: what the account has in a region, and what the settings reserve of it.

use super::Finding;

const NAME: &str = "concurrency";
/// What new accounts begin with.
const NEW_ACCOUNT: u32 = 10;
/// What Lambda keeps for functions that reserve nothing.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>
const MIN_UNRESERVED: u32 = 100;
const QUOTA: &str = "ask for more in Service Quotas: AWS Lambda, \"Concurrent executions\"";

/// The concurrency of a region.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Concurrency {
    /// How many instances the account may run at once.
    pub(crate) limit: u32,
    /// How many of these no function has reserved.
    pub(crate) unreserved: u32,
    /// How many the settings reserve, in all functions of the stage.
    pub(crate) wanted: u32,
    /// How many the deployed functions of the stage have reserved already.
    pub(crate) held: u32,
}

/// What the concurrency of a region means for the stage.
pub(crate) fn concurrency(facts: Concurrency) -> Finding {
    let Concurrency { limit, unreserved, wanted, held } = facts;
    let free = unreserved.saturating_add(held);
    let kept = MIN_UNRESERVED.min(limit);
    if wanted > 0 && free < wanted.saturating_add(kept) {
        let most = free.saturating_sub(kept);
        return Finding::warning(
            NAME,
            format!(
                "the settings reserve {wanted} of the account's {limit}, of which {most} can be reserved: Lambda keeps {kept} \
                 unreserved"
            ),
            format!("lower `reserved_concurrency`, or {QUOTA}"),
        );
    }
    if limit <= NEW_ACCOUNT {
        return Finding::warning(
            NAME,
            format!("the account runs {limit} instances at once, as new accounts do; requests beyond are throttled"),
            QUOTA,
        );
    }
    let reserved = if wanted == 0 { String::new() } else { format!("; the settings reserve {wanted}") };
    Finding::ok(NAME, format!("{limit} instances at once, {unreserved} of them unreserved{reserved}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_small_limit_and_a_reservation_that_does_not_fit_are_warnings() {
        for (limit, unreserved, wanted, held, state, part) in [
            (1000, 1000, 0, 0, State::Ok, "1000 instances at once, 1000 of them unreserved"),
            (1000, 900, 800, 0, State::Ok, "the settings reserve 800"),
            (1000, 900, 801, 0, State::Warning, "of which 800 can be reserved"),
            (1000, 100, 900, 900, State::Ok, "reserve 900"),
            (1000, 100, 901, 900, State::Warning, "of which 900"),
            (10, 10, 0, 0, State::Warning, "as new accounts do"),
            (10, 10, 1, 0, State::Warning, "of which 0 can be reserved: Lambda keeps 10"),
        ] {
            let finding = concurrency(Concurrency { limit, unreserved, wanted, held });
            assert_eq!(finding.state, state, "{finding:?}");
            assert!(finding.sentence.contains(part), "{finding:?}");
        }
    }
}
