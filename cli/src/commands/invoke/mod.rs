//! What `zappa-rs invoke` sends and prints, wherever the function runs: input, answer and latencies. It calls nothing.

pub(super) mod answer;
pub(super) mod input;
pub(super) mod latency;
