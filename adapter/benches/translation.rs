//! Benchmark of the translation of events and responses, in comparison with `lambda_http`.
//!
//! `cargo bench -p zappa-rs-adapter --bench translation [-- FILTER]`.

mod app;
mod ours;
mod peer;
mod sample;

use std::{hint::black_box, time::Duration};

use axum::body::Bytes;
use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use ours::Ours;
use peer::Peer;
use tokio::runtime::Runtime;

/// The same application on both sides.
struct Sides {
    peer: Peer,
    ours: Ours,
    runtime: Runtime,
}

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let app = app::router(Some(sample::cover()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime with a timer");
    let sides = Sides { peer: Peer::new(app.clone()), ours: Ours::new(app), runtime };

    for (name, event) in sample::small() {
        sides.request(criterion.benchmark_group(format!("request/{name}")), &event);
    }
    for (name, event) in sample::large() {
        let mut group = criterion.benchmark_group(format!("request/{name}"));
        group.sample_size(30).throughput(Throughput::Bytes(event.len() as u64));
        sides.request(group, &event);
    }
    for (name, event) in sample::full_cycle() {
        sides.cycle(criterion.benchmark_group(format!("cycle/{name}")), &event);
    }
    sides.batch(criterion.benchmark_group("batch/sqs-10"), &sample::batch());
    criterion.final_summary();
}

impl Sides {
    /// Measures the translation of an event to a request.
    fn request(&self, mut group: BenchmarkGroup<'_, WallTime>, event: &Bytes) {
        group.bench_function("lambda_http", |bencher| bencher.iter(|| peer::request(black_box(event))));
        group.bench_function("zappa-rs", |bencher| bencher.iter(|| self.ours.request(black_box(event))));
        group.finish();
    }

    /// Measures a batch of SQS: the parsing of its event alone, and the whole dispatch to a handler of single messages.
    fn batch(&self, mut group: BenchmarkGroup<'_, WallTime>, event: &Bytes) {
        group.bench_function("aws_lambda_events", |bencher| bencher.iter(|| peer::parse_batch(black_box(event))));
        group.bench_function("zappa-rs", |bencher| {
            bencher.to_async(&self.runtime).iter(|| self.ours.invoke(black_box(event)));
        });
        group.finish();
    }

    /// Measures a whole invocation.
    fn cycle(&self, mut group: BenchmarkGroup<'_, WallTime>, event: &Bytes) {
        group.bench_function("lambda_http", |bencher| {
            bencher.to_async(&self.runtime).iter(|| self.peer.invoke(black_box(event)));
        });
        group.bench_function("zappa-rs", |bencher| {
            bencher.to_async(&self.runtime).iter(|| self.ours.invoke(black_box(event)));
        });
        group.finish();
    }
}
