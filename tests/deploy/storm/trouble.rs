//! The trouble: processes that are killed, and calls of AWS that go wrong.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::Run;
use crate::support::{
    call::Call,
    proxy::{Fault, Proxy},
};

/// A part of each ten seconds has a burst of faults, as of a service that is overloaded.
const BURST: std::ops::Range<u64> = 7..10;

/// Kills processes of the application until the run is over; how many.
pub(super) fn kill_processes(run: &Run) -> u32 {
    let mut random = run.random(2);
    let mut killed = 0;
    while !run.is_over() {
        thread::sleep(Duration::from_millis(random.u64(300..2000)));
        let living = living(run);
        if living.is_empty() || run.is_over() {
            continue;
        }
        let process = living[random.usize(..living.len())];
        killed += u32::from(kill_process(process, Signal::KILL).is_ok());
    }
    killed
}

/// The processes of the application that have begun something. Each holds a lock, so that no other process that has got the
/// number of one that ended is killed.
#[allow(
    clippy::incompatible_msrv,
    reason = "the tests run on the toolchain of the workspace, whatever a package promises"
)]
fn living(run: &Run) -> Vec<Pid> {
    let Ok(found) = fs::read_dir(run.folder.join("processes")) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = found.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let process = |path: PathBuf| {
        if File::open(&path).unwrap().try_lock().is_ok() {
            fs::remove_file(path).unwrap();
            return None;
        }
        Pid::from_raw(path.file_name()?.to_str()?.parse().ok()?)
    };
    paths.into_iter().filter_map(process).collect()
}

/// The faults of one proxy.
pub(super) struct Faults {
    run: Arc<Run>,
    random: Mutex<fastrand::Rng>,
    /// Of a hundred calls.
    percent: u32,
    percent_in_burst: u32,
    /// How often each call of an operation on an item went wrong in a row.
    in_a_row: Mutex<BTreeMap<String, u32>>,
    count: AtomicU32,
}

impl Faults {
    pub(super) fn new(run: &Arc<Run>, part: u64, percent: u32, percent_in_burst: u32) -> Arc<Self> {
        Arc::new(Self {
            run: Arc::clone(run),
            random: Mutex::new(run.random(part)),
            percent,
            percent_in_burst,
            in_a_row: Mutex::default(),
            count: AtomicU32::new(0),
        })
    }

    /// Starts a proxy with these faults.
    pub(super) fn start(self: &Arc<Self>, upstream: SocketAddr) -> Proxy {
        let faults = Arc::clone(self);
        Proxy::with(upstream, Duration::ZERO, move |call| faults.of(call))
    }

    /// How many calls were spoiled.
    pub(super) fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }

    /// Decides what becomes of a call.
    fn of(&self, call: &Call) -> Option<Fault> {
        let elapsed = self.run.elapsed()?;
        let percent = if BURST.contains(&(elapsed.as_secs() % 10)) { self.percent_in_burst } else { self.percent };
        let mut random = self.random.lock().unwrap();
        if random.u32(..100) >= percent || self.is_enough(call) {
            return None;
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        Some(match random.u32(..20) {
            0..8 => Fault::Throttle,
            8..13 => Fault::Internal,
            13..15 => Fault::Reset,
            15..18 => Fault::Lost,
            _ => Fault::Late(Duration::from_millis(random.u64(200..2500))),
        })
    }

    /// Whether the call that stores an idempotent result went wrong as often as the SDK tries it again. Where the result is not
    /// stored, the documentation says that the handler runs again, and nothing could be told from that.
    fn is_enough(&self, call: &Call) -> bool {
        if call.name() != "dynamodb:UpdateItem" {
            return false;
        }
        let mut in_a_row = self.in_a_row.lock().unwrap();
        let count = in_a_row.entry(call.subject.clone()).or_default();
        *count += 1;
        *count > 2
    }
}
