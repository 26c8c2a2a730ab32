//! Progress bars and spinners at the foot of a terminal, one line a region. They are drawn through the line writer, so that they
//! and its lines never mix. Without a terminal there are none.

use std::{
    fmt, io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::line_writer::LineWriter;

/// The interval between two frames of a spinner.
const TICK: Duration = Duration::from_millis(120);
/// The template of a spinner.
const WAITING: &str = "{spinner} {prefix}{wide_msg}";
/// The template of a bar that counts bytes.
const SENDING: &str = "{spinner} {prefix}[{bar:24}] {binary_bytes}/{binary_total_bytes} {wide_msg}";

/// The bars at the foot of a terminal.
pub(super) struct Bars {
    writer: Arc<LineWriter>,
    multi: Option<MultiProgress>,
    shown: Arc<AtomicUsize>,
    /// Whether a question or a child process has the terminal.
    is_away: Arc<AtomicBool>,
    /// Lines that wait until the terminal is free again.
    held: Mutex<Option<Vec<u8>>>,
}

impl Bars {
    /// Creates the bars; nothing is drawn before the first line is added.
    pub(super) fn new(writer: Arc<LineWriter>, is_wanted: bool) -> Self {
        let is_away = Arc::default();
        let multi = is_wanted.then(|| MultiProgress::with_draw_target(target(&writer, &is_away)));
        Self { writer, multi, shown: Arc::default(), is_away, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes lines above the bars.
    pub(super) fn write(&self, lines: &[u8]) {
        if let Some(held) = self.held().as_mut() {
            held.extend_from_slice(lines);
            return;
        }
        match &self.multi {
            Some(multi) if self.shown.load(Ordering::Relaxed) > 0 => multi.suspend(|| self.writer.write(lines)),
            _ => self.writer.write(lines),
        }
    }

    /// Suspends the bars while a question or a child process uses the terminal: until the guard is dropped nothing is drawn, and
    /// lines wait.
    pub(super) fn away(&self) -> Away<'_> {
        if let Some(multi) = &self.multi {
            // The lines are cleared and stay so: a tick between two calls would draw them again.
            multi.suspend(|| self.is_away.store(true, Ordering::Relaxed));
            multi.set_draw_target(ProgressDrawTarget::hidden());
        }
        *self.held() = Some(Vec::new());
        self.writer.flush();
        Away(self)
    }

    /// Adds a line with a prefix.
    pub(super) fn line(&self, prefix: &str) -> Option<Line> {
        let multi = self.multi.as_ref()?;
        self.shown.fetch_add(1, Ordering::Relaxed);
        let bar = multi.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template(WAITING) {
            bar.set_style(style);
        }
        bar.set_prefix(prefix.to_owned());
        bar.enable_steady_tick(TICK);
        Some(Line { bar, shown: Arc::clone(&self.shown) })
    }
}

/// Resumes the bars when it is dropped.
pub(super) struct Away<'a>(&'a Bars);

impl Drop for Away<'_> {
    fn drop(&mut self) {
        let Self(bars) = self;
        let held = bars.held().take().unwrap_or_default();
        bars.writer.write(&held);
        bars.is_away.store(false, Ordering::Relaxed);
        if let Some(multi) = &bars.multi {
            multi.set_draw_target(target(&bars.writer, &bars.is_away));
        }
    }
}

fn target(writer: &Arc<LineWriter>, is_away: &Arc<AtomicBool>) -> ProgressDrawTarget {
    let foot = Foot { writer: Arc::clone(writer), is_away: Arc::clone(is_away) };
    ProgressDrawTarget::term_like_with_hz(Box::new(foot), 10)
}

/// One line at the foot; it is removed when the work ends.
#[derive(Debug)]
pub(super) struct Line {
    bar: ProgressBar,
    shown: Arc<AtomicUsize>,
}

impl Line {
    /// Shows the current step.
    pub(super) fn say(&self, text: String) {
        if self.bar.length().is_some() {
            self.bar.unset_length();
            if let Ok(style) = ProgressStyle::with_template(WAITING) {
                self.bar.set_style(style);
            }
        }
        self.bar.set_message(text);
    }

    /// Shows how many bytes are sent.
    pub(super) fn count(&self, sent: u64, size: u64) {
        if self.bar.length() != Some(size) {
            self.bar.set_length(size);
            if let Ok(style) = ProgressStyle::with_template(SENDING) {
                self.bar.set_style(style);
            }
        }
        self.bar.set_position(sent);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.shown.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The terminal for indicatif, which draws through the line writer.
struct Foot {
    writer: Arc<LineWriter>,
    is_away: Arc<AtomicBool>,
}

impl fmt::Debug for Foot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Foot")
    }
}

impl Foot {
    fn send(&self, text: &str) -> io::Result<()> {
        if !self.is_away.load(Ordering::Relaxed) {
            self.writer.write(text.as_bytes());
        }
        Ok(())
    }

    fn moved(&self, by: usize, letter: char) -> io::Result<()> {
        if by > 0 { self.send(&format!("\x1b[{by}{letter}")) } else { Ok(()) }
    }
}

impl TermLike for Foot {
    fn width(&self) -> u16 {
        console::Term::stderr().size().1
    }

    fn move_cursor_up(&self, by: usize) -> io::Result<()> {
        self.moved(by, 'A')
    }

    fn move_cursor_down(&self, by: usize) -> io::Result<()> {
        self.moved(by, 'B')
    }

    fn move_cursor_right(&self, by: usize) -> io::Result<()> {
        self.moved(by, 'C')
    }

    fn move_cursor_left(&self, by: usize) -> io::Result<()> {
        self.moved(by, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.send(&format!("{text}\r\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.send(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.send("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Mutex, PoisonError},
    };

    use super::*;
    use crate::world::Stream;

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Screen {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn bars(is_wanted: bool) -> (Bars, Arc<LineWriter>, Screen) {
        let screen = Screen::default();
        let writer = Arc::new(LineWriter::new(Stream::new(screen.clone(), true)));
        (Bars::new(Arc::clone(&writer), is_wanted), writer, screen)
    }

    #[test]
    fn lines_of_the_story_stay_whole_while_the_foot_moves() {
        let (bars, writer, screen) = bars(true);
        std::thread::scope(|scope| {
            for region in ["eu-west-1  ", "us-east-1  "] {
                let bars = &bars;
                scope.spawn(move || {
                    let line = bars.line(region).unwrap();
                    for number in 0..40 {
                        line.count(number, 40);
                        line.say(format!("step {number}"));
                        bars.write(format!("{region}said {number}\n").as_bytes());
                    }
                });
            }
        });
        writer.flush();
        let text = screen.text();
        for region in ["eu-west-1  ", "us-east-1  "] {
            for number in 0..40 {
                assert!(text.contains(&format!("{region}said {number}\n")), "{region}{number}: {text:?}");
            }
        }
        assert!(text.contains("step 0"), "{text:?}");
        // The last frame was cleared.
        assert!(text.ends_with("\x1b[2K") || text.ends_with('\n'), "{text:?}");
    }

    #[test]
    fn a_suspended_foot_is_empty() {
        let (bars, writer, screen) = bars(true);
        let line = bars.line("").unwrap();
        line.say("working".to_owned());
        bars.write(b"said\n");
        let away = bars.away();
        let found = screen.text();
        assert!(found.contains("said\n") && found.ends_with("\x1b[2K"), "{found:?}");
        // Other regions continue, and nothing of it is drawn.
        line.say("working on".to_owned());
        bars.write(b"meanwhile\n");
        std::thread::sleep(TICK * 3);
        writer.flush();
        assert_eq!(screen.text(), found);
        drop(away);
        line.say("back".to_owned());
        drop(line);
        writer.flush();
        let text = screen.text();
        assert!(text[found.len()..].starts_with("meanwhile\n"), "{text:?}");
    }

    #[test]
    fn off_a_terminal_there_is_no_foot() {
        let (bars, writer, screen) = bars(false);
        assert!(bars.line("").is_none());
        bars.write(b"plain\n");
        writer.flush();
        assert_eq!(screen.text(), "plain\n");
    }
}
