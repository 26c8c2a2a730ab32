//! The end of a run: nothing is missing, nothing is left, the order held, and the figures.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use super::{
    Run,
    journal::Journal,
    producer::{Sent, queue_len},
    trouble::Faults,
};
use crate::support::{emulator::Account, poll::poll_until, proxy::Proxy};

/// How long everything that was sent may take until it is done, once the trouble is over.
const TIMEOUT: Duration = Duration::from_secs(240);

/// Waits until everything is done that was sent, or is where failures go. Checks order, queues and payments.
pub(super) fn settle(
    run: &Run,
    account: &Account,
    sent: &Sent,
    failed: impl Fn() -> BTreeSet<(String, u32)>,
) -> Journal {
    let end = Instant::now() + TIMEOUT;
    loop {
        let mut missing = Journal::read(&run.folder).missing(sent);
        if !missing.is_empty() {
            let failed = failed();
            missing.retain(|&(source, number)| !failed.contains(&(source.to_owned(), number)));
        }
        if missing.is_empty() {
            break;
        }
        assert!(Instant::now() < end, "seed {}: {} were lost: {missing:?}", run.seed, missing.len());
        thread::sleep(Duration::from_millis(200));
    }
    for name in ["jobs", "payments", "steps.fifo", "audits"] {
        poll_until(&format!("the end of queue {name}"), TIMEOUT, || queue_len(account, name) == 0);
    }
    assert_eq!(queue_len(account, "dead"), 0, "seed {}: dead letters", run.seed);
    let journal = Journal::read(&run.folder);
    for source in ["steps", "clicks"] {
        assert_eq!(journal.disorder(source, sent), [""; 0], "seed {}", run.seed);
    }
    assert_eq!(journal.overpaid(), [""; 0], "seed {}", run.seed);
    journal
}

/// The figures of a run.
pub(super) fn report(
    run: &Run,
    sent: &Sent,
    journal: &Journal,
    killed: u32,
    proxies: &[(&str, &Proxy, &Faults)],
) -> String {
    let (seconds, count, doubled) = (run.duration.as_secs(), sent.len(), sent.doubled);
    let mut lines =
        vec![format!("{seconds} s: {count} tasks sent, {doubled} of them twice; {killed} processes killed; none lost")];
    for (source, tasks) in &sent.tasks {
        let (deliveries, repeated) = (journal.deliveries(source), journal.repeated(source));
        lines.push(format!("{source}: {} sent, {deliveries} deliveries, {repeated} done again", tasks.len()));
    }
    for (whose, proxy, faults) in proxies {
        lines.push(format!("calls of {whose}: {} of {} went wrong", faults.count(), proxy.calls().len()));
    }
    lines.join("\n")
}
