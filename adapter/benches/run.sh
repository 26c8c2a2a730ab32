#!/bin/sh
# Regenerates every figure of docs/benchmarks.md. Needs valgrind, wrk and cargo-lambda; leave the machine alone meanwhile.
set -eu
cd "$(dirname "$0")/../.."
uname -sr
grep -m1 'model name' /proc/cpuinfo || true
rustc --version
cargo build --release -p zappa-rs-adapter --examples
cargo build --release -p zappa-rs --example hello
cargo build --release -p zappa-rs-examples --example bench-ours
cargo bench -p zappa-rs-adapter --bench allocations
cargo bench -p zappa-rs-adapter --bench process
cargo bench -p zappa-rs-adapter --bench translation
adapter/benches/local.sh
