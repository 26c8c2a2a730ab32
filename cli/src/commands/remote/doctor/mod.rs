//! `zappa-rs doctor`: checks of the machine, the settings, the credentials and the account, each with its remedy.

mod account;
mod domain;
mod log_role;
mod machine;
mod rights;
mod subject;

use std::{sync::Arc, time::Duration};

use self::subject::Subject;
use super::{Context, access, check, rendering, stage};
use crate::{
    args::{DoctorArgs, SharedArgs},
    doctor::{self, Finding},
    report::{Failure, Report},
};

/// The bound of each check.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Runs `zappa-rs doctor`: all checks, those that depend on nothing of each other at once.
pub(crate) async fn run(
    DoctorArgs { stage }: &DoctorArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let subject = tokio::time::timeout(TIMEOUT, Subject::find(stage, cx)).await;
    let subject = subject.unwrap_or_else(|_| Ok(Subject::late()))?;
    let profile = stage::profile(stage.profile.as_deref(), subject.profile());
    let access = access::access(profile, stage, cx, report);
    let network = machine::network(&access, cx).await;
    let (mut findings, account) = tokio::join!(
        machine::toolchain(&subject, cx),
        account::examine(&subject, &access, &network, stage, cx, report)
    );
    findings.push(subject.finding.clone());
    findings.extend(network);
    findings.extend(account);
    if shared.json {
        report.document(&findings);
    } else {
        report.table(&[], &findings.iter().flat_map(doctor::rows).collect::<Vec<_>>());
    }
    match findings.iter().filter(|finding| finding.is_failed()).count() {
        0 => Ok(()),
        1 => Err(Failure::failed(anyhow::anyhow!("one check failed"), None)),
        count => Err(Failure::failed(anyhow::anyhow!("{count} checks failed"), None)),
    }
}

/// Waits for a check; one that takes too long is unknown.
async fn bounded(name: &'static str, check: impl Future<Output = Finding>) -> Finding {
    tokio::time::timeout(TIMEOUT, check).await.unwrap_or_else(|_| late(name))
}

/// The finding of a check that took too long.
fn late(name: &'static str) -> Finding {
    let sentence = format!("it was not found out within {} s", TIMEOUT.as_secs());
    Finding::unknown(
        name,
        sentence,
        "run the command again; if it stays so, check the network and the load of this machine",
    )
}

/// A failure as a finding: the error with its causes, and its hint.
fn sentence(failure: &Failure) -> String {
    let mut sentence = failure.message();
    let mut last = sentence.clone();
    for cause in failure.causes() {
        if cause != last {
            sentence = format!("{sentence}: {cause}");
        }
        last = cause;
    }
    sentence
}

/// The hint of a failure; every finding that is not right has one.
fn hint(failure: &Failure) -> String {
    failure.first_hint().unwrap_or("run the command again; `-v` prints more").to_owned()
}
