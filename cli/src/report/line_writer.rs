//! A buffered writer of lines for many threads, which one thread writes to the stream.
//!
//! Without a terminal, lines are batched for a moment and written at once, so that logging does not slow a request. It must not
//! know what a line means.

use std::{
    io::Write,
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use crate::world::Stream;

/// The interval of a batch without a terminal.
const GATHERING: Duration = Duration::from_millis(20);
/// The size of the buffer above which writers wait for the stream.
const FULL: usize = 4 << 20;

/// The stream and its thread.
pub(crate) struct LineWriter {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    wanted: Condvar,
    emptied: Condvar,
}

#[derive(Default)]
struct State {
    buffer: Vec<u8>,
    writing: bool,
    urgent: bool,
    closed: bool,
}

impl LineWriter {
    /// Starts the thread.
    pub(crate) fn new(stream: Stream) -> Self {
        let shared = Arc::new(Shared { state: Mutex::default(), wanted: Condvar::new(), emptied: Condvar::new() });
        let reader = Arc::clone(&shared);
        let thread = std::thread::spawn(move || reader.drain_into(stream));
        Self { shared, thread: Some(thread) }
    }

    /// Adds whole lines.
    pub(crate) fn write(&self, lines: &[u8]) {
        let mut state = self.shared.lock();
        while state.buffer.len() > FULL {
            state = wait(&self.shared.emptied, state);
        }
        let was_empty = state.buffer.is_empty();
        state.buffer.extend_from_slice(lines);
        drop(state);
        if was_empty {
            self.shared.wanted.notify_one();
        }
    }

    /// Returns when everything is written.
    pub(crate) fn flush(&self) {
        let mut state = self.shared.lock();
        while !state.buffer.is_empty() || state.writing {
            state.urgent = true;
            self.shared.wanted.notify_one();
            state = wait(&self.shared.emptied, state);
        }
    }
}

impl Drop for LineWriter {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wanted.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was already shown, and there is no line left to lose.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drain_into(&self, mut stream: Stream) {
        let mut lines = Vec::new();
        let mut state = self.lock();
        loop {
            while state.buffer.is_empty() {
                if state.closed {
                    return;
                }
                state = wait(&self.wanted, state);
            }
            if !stream.is_terminal && !state.urgent && !state.closed {
                state = self
                    .wanted
                    .wait_timeout_while(state, GATHERING, |state| {
                        !state.urgent && !state.closed && state.buffer.len() < FULL
                    })
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
            mem::swap(&mut lines, &mut state.buffer);
            state.writing = true;
            drop(state);
            // The error of a closed stderr cannot be printed.
            let _ = stream.writer.write_all(&lines).and_then(|()| stream.writer.flush());
            lines.clear();
            state = self.lock();
            state.writing = false;
            state.urgent = false;
            self.emptied.notify_all();
        }
    }
}

fn wait<'a>(condition: &Condvar, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
    condition.wait(state).unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{io, sync::mpsc};

    use super::*;

    struct Sent(mpsc::Sender<Vec<u8>>);

    impl Write for Sent {
        fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
            self.0.send(lines.to_vec()).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            Ok(lines.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_arrive_whole_in_order_and_none_is_lost_at_the_end() {
        let (sender, receiver) = mpsc::channel();
        let writer = LineWriter::new(Stream::new(Sent(sender), false));
        let mut expected = Vec::new();
        for number in 0..10_000 {
            let line = format!("line {number}\n");
            expected.extend_from_slice(line.as_bytes());
            writer.write(line.as_bytes());
        }
        drop(writer);
        let writes: Vec<_> = receiver.iter().collect();
        assert!(writes.len() < 1_000, "{} writes are not gathered", writes.len());
        assert_eq!(writes.concat(), expected);
    }

    #[test]
    fn flush_returns_after_the_line_is_written() {
        let (sender, receiver) = mpsc::channel();
        let writer = LineWriter::new(Stream::new(Sent(sender), false));
        writer.write(b"first\n");
        writer.flush();
        assert_eq!(receiver.try_recv().unwrap(), b"first\n");
    }
}
