//! Ports for programs that can only be told which one to bind.

use std::{
    net::TcpListener,
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// Below the ports that systems give to outgoing connections and to listeners on port 0: Linux begins at 32768 and others at
/// 49152. A port that such a connection was given between our look and the program's start could not be bound.
const FIRST: u32 = 20_000;
const COUNT: u32 = 12_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Returns a free port of loopback, and no port twice in a process.
pub(crate) fn free() -> u16 {
    // Processes of one run have neighbouring ids; they begin far from each other.
    let start = process::id().wrapping_mul(97) % COUNT;
    (0..COUNT)
        .map(|_| FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT)
        .filter_map(|port| u16::try_from(port).ok())
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("one of these ports is free")
}
