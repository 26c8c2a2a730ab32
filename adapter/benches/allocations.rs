//! How often and how much memory is asked for, side by side with `lambda_http`: a Markdown table.
//!
//! `cargo bench -p zappa-rs-adapter --bench allocations`. Counts are exact and the same in every run, so one
//! warmed-up run of each is enough.

mod app;
mod peer;
mod report;
mod sample;

use allocation_counter::{AllocationInfo, measure};
use axum::body::Bytes;
use peer::Peer;
use report::Table;
use tokio::runtime::Runtime;

fn main() {
    let mut table = Table::new(&["allocations", "lambda_http", "goal"]);
    for (name, event, goal) in [
        (
            "HTTP API GET → request",
            Bytes::from_static(sample::HTTP_API_GET),
            "≤ 25",
        ),
        (
            "REST GET → request",
            Bytes::from_static(sample::REST_GET),
            "≤ 30",
        ),
        (
            "ALB GET → request",
            Bytes::from_static(sample::ALB_GET),
            "≤ 30",
        ),
        (
            "ALB GET multi-value → request",
            Bytes::from_static(sample::ALB_MULTI_GET),
            "≤ 30",
        ),
        ("4.5 MB text → request", sample::text_upload(), "≤ 11 MB"),
        ("4.5 MB base64 → request", sample::binary_upload(), "≤ 6 MB"),
    ] {
        let peer = counted(|| drop(peer::request(&event)));
        table.row(&[name.to_owned(), figures(&peer), goal.to_owned()]);
    }

    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without drivers");
    let app = app::router(Some(sample::cover()));
    for (name, event, goal) in [
        (
            "cycle, 200 B JSON answer",
            Bytes::from_static(sample::HTTP_API_GET),
            "",
        ),
        (
            "cycle, 4 MB binary answer",
            sample::cover_request(),
            "≤ 7 MB",
        ),
    ] {
        let peer = cycle(&runtime, &Peer::new(app.clone()), &event);
        table.row(&[name.to_owned(), figures(&peer), goal.to_owned()]);
    }
    table.print("Allocations");
}

fn cycle(runtime: &Runtime, peer: &Peer, event: &Bytes) -> AllocationInfo {
    counted(|| drop(runtime.block_on(peer.answer(event))))
}

/// What the second call asks for; the first fills what is kept for good.
fn counted(work: impl Fn()) -> AllocationInfo {
    work();
    measure(work)
}

/// Every call to the allocator that returns memory counts once, so a buffer as often as it grows; the bytes are the sum
/// of what these calls asked for, so a buffer that grows counts whole each time. The peak is what was held at once.
fn figures(counted: &AllocationInfo) -> String {
    let calls = counted.count_total;
    format!(
        "{calls}, {} (peak {})",
        size(counted.bytes_total),
        size(counted.bytes_max)
    )
}

fn size(bytes: u64) -> String {
    if bytes < 1_000_000 {
        format!("{:.1} KB", bytes as f64 / 1e3)
    } else {
        format!("{:.1} MB", bytes as f64 / 1e6)
    }
}
