//! The output of a process: passed on line by line, with its tail kept for `LogType: Tail`.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::progress::Progress;

/// The size of the log tail that Lambda returns.
const TAIL_BYTES: usize = 4096;
/// A line that is longer is passed on in pieces.
const MAX_LINE_BYTES: usize = 256 << 10;

/// The last of what a process wrote.
#[derive(Debug, Default)]
pub(crate) struct Output {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: Vec<u8>,
    total: u64,
}

impl Output {
    /// How much was written so far.
    pub(crate) fn position(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).total
    }

    /// What was written since `position`, the last 4 KB at most.
    pub(crate) fn since(&self, position: u64) -> Vec<u8> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let written = usize::try_from(state.total.saturating_sub(position)).unwrap_or(usize::MAX);
        let kept = written.min(TAIL_BYTES).min(state.last.len());
        state.last[state.last.len() - kept..].to_vec()
    }

    /// Passes lines on until the other end is closed by every process that has it.
    pub(crate) async fn follow(self: Arc<Self>, mut pipe: impl AsyncRead + Unpin, progress: Arc<dyn Progress>) {
        let mut buffer = Vec::with_capacity(8 << 10);
        loop {
            match pipe.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            let whole = memchr::memrchr(b'\n', &buffer).map_or(0, |end| end + 1);
            let whole = if whole == 0 && buffer.len() > MAX_LINE_BYTES { buffer.len() } else { whole };
            if whole > 0 {
                self.add(&buffer[..whole]);
                progress.output(&buffer[..whole]);
                buffer.drain(..whole);
            }
        }
        if !buffer.is_empty() {
            buffer.push(b'\n');
            self.add(&buffer);
            progress.output(&buffer);
        }
    }

    fn add(&self, lines: &[u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.total += lines.len() as u64;
        state.last.extend_from_slice(lines);
        let surplus = state.last.len().saturating_sub(TAIL_BYTES);
        // Moving 4 KB for every line would cost more than keeping a few of them.
        if surplus > TAIL_BYTES {
            state.last.drain(..surplus);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_what_was_written_since_and_four_kilobytes_at_most() {
        let output = Output::default();
        output.add(b"before\n");
        let position = output.position();
        output.add(b"during\n");
        assert_eq!(output.since(position), b"during\n");
        output.add(&[b'x'; 20_000]);
        assert_eq!(output.since(position), [b'x'; 4096]);
        assert!(output.since(output.position()).is_empty());
    }
}
