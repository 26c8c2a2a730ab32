//! The facts about the account, asked in all regions at once.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{
    Context, access, bounded, domain, hint, late, log_role,
    machine::chain,
    rights::{self, Caller},
    sentence,
    stage::Resolved,
    subject::Subject,
};
use crate::{
    args::StageArgs,
    aws::{self, Access, Aws, Identification, SessionCredentials},
    doctor::{self, Answer, Concurrency, Finding},
    regions,
    report::Report,
};

const CREDENTIALS: &str = "credentials";
const CONCURRENCY: &str = "concurrency";
/// The checks that take credentials.
const REMOTE: [&str; 5] = ["clock", "identity", "region", "rights", CONCURRENCY];

/// Examines the account: credentials first, then who they are of, then what they may do there.
pub(super) async fn examine(
    subject: &Subject,
    access: &Access,
    network: &[Finding],
    args: &StageArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Vec<Finding> {
    if let Some(broken) = network.iter().find(|finding| finding.is_failed()) {
        let skipped = std::iter::once(CREDENTIALS).chain(REMOTE);
        return skipped.map(|name| Finding::skipped(name, format!("`{}` failed", broken.name))).collect();
    }
    let (aws, credentials) = match open(access, report).await {
        Ok(open) => open,
        Err(failed) => return skip_rest(failed),
    };
    let mut findings = vec![found(&credentials)];
    let wanted = subject.regions(args, cx);
    let asked = ask(&aws, &wanted).await;
    let clock = doctor::clock(asked.iter().find_map(|(_, found)| found.as_ref()?.skew));
    let answers: Vec<(String, Answer)> =
        asked.iter().map(|(region, found)| (region.clone(), answer(found.as_ref()))).collect();
    let caller = asked.iter().find_map(|(_, found)| found.as_ref()?.caller.as_ref().ok());
    let is_skewed = clock.is_failed();
    findings.push(clock);
    let Some(caller) = caller else {
        findings.push(if is_skewed {
            Finding::skipped("identity", "`clock` failed")
        } else {
            doctor::identity(&answers)
        });
        findings.extend(doctor::regions(&wanted, &answers));
        findings.extend(["rights", CONCURRENCY].map(|name| Finding::skipped(name, "the caller is not known")));
        return findings;
    };
    findings.push(doctor::identity(&answers));
    findings.extend(doctor::regions(&wanted, &answers));
    let is_open = |region: &String| {
        answers.iter().any(|(name, answer)| name == region && matches!(answer, Answer::Caller { .. }))
    };
    let open: Vec<String> = wanted.iter().filter(|region| is_open(region)).cloned().collect();
    let caller = Caller { caller, credentials: &credentials, aws: &aws };
    let (rights, concurrency) =
        tokio::join!(bounded("rights", rights::examine(subject, &caller, &open)), concurrency(subject, &aws, &open));
    findings.push(rights);
    findings.extend(concurrency);
    if let Ok(resolved) = &subject.stage {
        let examined = tokio::time::timeout(super::TIMEOUT, domain::examine(resolved, &aws, &open, &**report)).await;
        findings.extend(examined.unwrap_or_else(|_| Some(late("domain"))));
        findings.extend(log_role::examine(resolved, &aws, &open).await);
    }
    findings
}

/// Connects, and resolves the credentials.
async fn open(access: &Access, report: &Report) -> Result<(Aws, SessionCredentials), Finding> {
    let aws = access::connect(access, report).await;
    let aws = aws.map_err(|failure| Finding::failed(CREDENTIALS, sentence(&failure), hint(&failure)))?.quick();
    let credentials = tokio::time::timeout(super::TIMEOUT, aws.credentials()).await.map_err(|_| silent())?;
    let failed = |error: aws::Error| Finding::failed(CREDENTIALS, chain(&error), error.hint().unwrap_or_default());
    Ok((aws, credentials.map_err(failed)?))
}

/// Credentials that did not come in time: no command could go on without them.
fn silent() -> Finding {
    let sentence = format!("nothing has given credentials within {} s", super::TIMEOUT.as_secs());
    Finding::failed(CREDENTIALS, sentence, "name a profile with `--profile` or `profile_name`, or check the network")
}

/// Credentials that were found, by the end of their key.
fn found(credentials: &SessionCredentials) -> Finding {
    let expiry = credentials.expiry().map(|time| format!(", valid until {}", aws::rfc3339(time))).unwrap_or_default();
    Finding::ok(CREDENTIALS, format!("the access key that ends in {}{expiry}", credentials.key_end()))
}

fn skip_rest(failed: Finding) -> Vec<Finding> {
    let skipped = REMOTE.map(|name| Finding::skipped(name, "there are no credentials"));
    std::iter::once(failed).chain(skipped).collect()
}

/// Asks each region who the caller is, and one more where all of them have to be enabled first: it tells a region that is not
/// enabled from credentials that are not valid.
async fn ask(aws: &Aws, wanted: &[String]) -> Vec<(String, Option<Identification>)> {
    let is_opt_in = |region: &String| regions::facts(region).is_some_and(|facts| facts.is_opt_in);
    let mut asked = wanted.to_vec();
    if wanted.iter().all(is_opt_in) {
        asked.extend(wanted.first().and_then(|region| regions::enabled_by_default(region).next()).map(str::to_owned));
    }
    let ask = asked.into_iter().map(async |region| {
        let found = tokio::time::timeout(super::TIMEOUT, aws.in_region(&region).identify()).await.ok();
        (region, found)
    });
    join_all(ask).await
}

fn answer(found: Option<&Identification>) -> Answer {
    match found.map(|found| &found.caller) {
        Some(Ok(caller)) => Answer::Caller { account: caller.account.clone(), arn: caller.arn.clone() },
        Some(Err(error)) => {
            let (sentence, hint) = (chain(error), error.hint().unwrap_or_default());
            if error.is_region_disabled() || error.is_credentials() {
                Answer::Rejected { sentence, hint }
            } else {
                Answer::Failed { sentence, hint }
            }
        }
        None => {
            let late = late("identity");
            Answer::Failed { sentence: late.sentence, hint: late.hint.unwrap_or_default() }
        }
    }
}

/// The concurrency in each region.
async fn concurrency(subject: &Subject, aws: &Aws, regions: &[String]) -> Vec<Finding> {
    let check = regions.iter().map(async |region| {
        let region = aws.in_region(region);
        let stage = subject.stage.as_ref().ok();
        bounded(CONCURRENCY, concurrency_of(&region, stage)).await.in_region(region.name())
    });
    join_all(check).await
}

async fn concurrency_of(region: &aws::Region, resolved: Option<&Resolved>) -> Finding {
    let unknown = |error: &aws::Error| Finding::unknown(CONCURRENCY, chain(error), error.hint().unwrap_or_default());
    let reserved = resolved.map(|resolved| reserved(resolved, region.name())).unwrap_or_default();
    let held = join_all(reserved.iter().map(async |(function, _)| region.reserved_concurrency(function).await));
    let (limits, held) = tokio::join!(region.account_limits(), held);
    let held = held.into_iter().collect::<Result<Vec<u32>, _>>();
    match (limits, held) {
        (Ok(limits), Ok(held)) => doctor::concurrency(Concurrency {
            limit: limits.concurrent,
            unreserved: limits.unreserved,
            wanted: reserved.iter().map(|(_, count)| count).sum(),
            held: held.iter().sum(),
        }),
        (Err(error), _) | (_, Err(error)) => unknown(&error),
    }
}

/// The functions that reserve concurrency by the settings, and how much.
fn reserved(resolved: &Resolved, region: &str) -> Vec<(String, u32)> {
    let stage = &resolved.selection.stages[region];
    let main = stage.reserved_concurrency.map(|count| (resolved.identity.function(None), count));
    let further = stage.functions.iter().filter_map(|function| {
        Some((resolved.identity.function(Some(&function.name)), function.reserved_concurrency?))
    });
    main.into_iter().chain(further).collect()
}
