//! Events to requests and answers to bytes, side by side with `lambda_http` in one run.
//!
//! `cargo bench -p zappa-rs-adapter --bench translation [-- FILTER]`.

mod app;
mod peer;
mod sample;

use std::{hint::black_box, time::Duration};

use axum::body::Bytes;
use criterion::{Criterion, Throughput};
use peer::Peer;
use tokio::runtime::Runtime;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    requests(&mut criterion);
    large_requests(&mut criterion);
    cycles(&mut criterion);
    criterion.final_summary();
}

fn requests(criterion: &mut Criterion) {
    for (name, event) in [
        ("HTTP API GET", sample::HTTP_API_GET),
        ("REST GET", sample::REST_GET),
        ("ALB GET", sample::ALB_GET),
        ("ALB GET multi-value", sample::ALB_MULTI_GET),
    ] {
        let event = Bytes::from_static(event);
        let mut group = criterion.benchmark_group(format!("request/{name}"));
        group.bench_function("lambda_http", |bencher| {
            bencher.iter(|| peer::request(black_box(&event)))
        });
        group.finish();
    }
}

fn large_requests(criterion: &mut Criterion) {
    for (name, event) in [
        ("4.5 MB text", sample::text_upload()),
        ("4.5 MB base64", sample::binary_upload()),
    ] {
        let mut group = criterion.benchmark_group(format!("request/{name}"));
        group
            .sample_size(30)
            .throughput(Throughput::Bytes(event.len() as u64));
        group.bench_function("lambda_http", |bencher| {
            bencher.iter(|| peer::request(black_box(&event)))
        });
        group.finish();
    }
}

fn cycles(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without drivers");
    let app = app::router(Some(sample::cover()));
    let peer = Peer::new(app);
    cycle(
        criterion,
        &runtime,
        &peer,
        "200 B JSON answer",
        &Bytes::from_static(sample::HTTP_API_GET),
    );
    cycle(
        criterion,
        &runtime,
        &peer,
        "4 MB binary answer",
        &sample::cover_request(),
    );
}

fn cycle(criterion: &mut Criterion, runtime: &Runtime, peer: &Peer, name: &str, event: &Bytes) {
    let mut group = criterion.benchmark_group(format!("cycle/{name}"));
    group.bench_function("lambda_http", |bencher| {
        bencher
            .to_async(runtime)
            .iter(|| peer.answer(black_box(event)))
    });
    group.finish();
}
