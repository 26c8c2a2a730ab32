//! Benchmark of memory allocations, in comparison with `lambda_http`, as a Markdown table.
//!
//! `cargo bench -p zappa-rs-adapter --bench allocations`. Counts are exact and the same in every run, so one run of
//! each after a warm-up is enough.

mod app;
mod ours;
mod peer;
mod report;
mod sample;

use allocation_counter::{AllocationInfo, measure};
use ours::Ours;
use peer::Peer;
use report::Table;

/// The goals, in the order of the samples; a dash for none.
const REQUEST_GOALS: [&str; 6] = ["≤ 25", "≤ 30", "≤ 30", "≤ 30", "≤ 11 MB", "≤ 6 MB"];
const CYCLE_GOALS: [&str; 2] = ["-", "≤ 7 MB"];

fn main() {
    let app = app::router(Some(sample::cover()));
    let (peer, ours) = (Peer::new(app.clone()), Ours::new(app));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime with a timer");
    let mut table = Table::new(&["allocations", "lambda_http", "zappa-rs", "ratio", "goal"]);

    for ((name, event), goal) in sample::small().into_iter().chain(sample::large()).zip(REQUEST_GOALS) {
        let peer = count(|| drop(peer::request(&event)));
        let ours = count(|| ours.request(&event));
        table.row(&row(format!("{name} → request"), &peer, &ours, goal));
    }
    for ((name, event), goal) in sample::full_cycle().into_iter().zip(CYCLE_GOALS) {
        let peer = count(|| drop(runtime.block_on(peer.invoke(&event))));
        let ours = count(|| drop(runtime.block_on(ours.invoke(&event))));
        table.row(&row(format!("whole cycle, {name}"), &peer, &ours, goal));
    }
    let event = sample::batch();
    let parsing = count(|| {
        peer::parse_batch(&event);
    });
    let dispatch = count(|| drop(runtime.block_on(ours.invoke(&event))));
    table.row(&row("SQS batch of 10, parsing beside dispatch".to_owned(), &parsing, &dispatch, "-"));
    table.print("Allocations: how many, how much, how much at once");
}

/// Counts the allocations of the second call; the first fills caches.
fn count(work: impl Fn()) -> AllocationInfo {
    work();
    measure(work)
}

fn row(name: String, peer: &AllocationInfo, ours: &AllocationInfo, goal: &str) -> [String; 5] {
    let ratio = |of: fn(&AllocationInfo) -> u64| of(ours) as f64 / of(peer) as f64;
    let ratios = format!("{:.2}, {:.2}", ratio(|info| info.count_total), ratio(|info| info.bytes_total));
    [name, figures(peer), figures(ours), ratios, goal.to_owned()]
}

/// Formats counts. Each call to the allocator that returns memory counts once, so a buffer counts as often as it grows,
/// and its bytes count whole each time. The peak is the most that was allocated at once.
fn figures(counted: &AllocationInfo) -> String {
    let calls = counted.count_total;
    format!("{calls}, {} (peak {})", size(counted.bytes_total), size(counted.bytes_max))
}

fn size(bytes: u64) -> String {
    if bytes < 1_000_000 { format!("{:.1} KB", bytes as f64 / 1e3) } else { format!("{:.1} MB", bytes as f64 / 1e6) }
}
