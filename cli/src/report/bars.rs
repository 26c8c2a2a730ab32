//! Lines at the foot of a terminal that change while work goes on: one a region, drawn through the story so that they and
//! its lines never mix. Off a terminal there are none.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::story::Story;

/// How often a line that waits shows that it does.
const TICK: Duration = Duration::from_millis(120);
/// A line that waits.
const WAITING: &str = "{spinner} {msg}";
/// A line that counts bytes.
const SENDING: &str = "{spinner} {msg} [{bar:24}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec}";

/// The foot of a terminal.
pub(super) struct Bars {
    story: Arc<Story>,
    multi: Option<MultiProgress>,
    shown: Arc<AtomicUsize>,
}

impl Bars {
    /// Nothing is drawn before a line is asked for.
    pub(super) fn new(story: Arc<Story>, is_wanted: bool) -> Self {
        let multi = is_wanted.then(|| {
            let target = ProgressDrawTarget::term_like_with_hz(Box::new(Foot(Arc::clone(&story))), 10);
            MultiProgress::with_draw_target(target)
        });
        Self { story, multi, shown: Arc::default() }
    }

    /// Writes lines of the story above whatever stands at the foot.
    pub(super) fn write(&self, lines: &[u8]) {
        match &self.multi {
            Some(multi) if self.shown.load(Ordering::Relaxed) > 0 => multi.suspend(|| self.story.write(lines)),
            _ => self.story.write(lines),
        }
    }

    /// Lets somebody else have the terminal; nothing moves at its foot meanwhile.
    pub(super) fn away<T>(&self, work: impl FnOnce() -> T) -> T {
        let quiet = || {
            self.story.flush();
            work()
        };
        match &self.multi {
            Some(multi) => multi.suspend(quiet),
            None => quiet(),
        }
    }

    /// A new line at the foot.
    pub(super) fn line(&self) -> Option<Line> {
        let multi = self.multi.as_ref()?;
        self.shown.fetch_add(1, Ordering::Relaxed);
        let bar = multi.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template(WAITING) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Some(Line { bar, shown: Arc::clone(&self.shown) })
    }
}

/// A line at the foot; it goes when the work does.
#[derive(Debug)]
pub(super) struct Line {
    bar: ProgressBar,
    shown: Arc<AtomicUsize>,
}

impl Line {
    /// Says what is under way.
    pub(super) fn say(&self, text: String) {
        if self.bar.length().is_some() {
            self.bar.unset_length();
            if let Ok(style) = ProgressStyle::with_template(WAITING) {
                self.bar.set_style(style);
            }
        }
        self.bar.set_message(text);
    }

    /// So many bytes of so many are sent.
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

/// The terminal as indicatif wants it, behind the story.
struct Foot(Arc<Story>);

impl fmt::Debug for Foot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Foot")
    }
}

impl Foot {
    fn send(&self, text: &str) -> io::Result<()> {
        self.0.write(text.as_bytes());
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
