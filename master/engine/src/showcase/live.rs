//! Draws lanes on a terminal, again and again in the same place.
//!
//! Nothing about the terminal is changed that would have to be put back: the cursor is always
//! visible and stands below the picture, so that the program may be ended at any moment.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Strike;
use super::lanes::Scene;
use super::table::Line;
use crate::event::Event;
use crate::lang::Lang;
use crate::report::Reporter;

/// The time from one picture to the next.
const FRAME: Duration = Duration::from_millis(80);

/// Whether standard error is a terminal that a picture can be drawn on.
pub fn is_possible() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
}

/// A run as it is drawn.
#[derive(Debug)]
pub struct Live {
    picture: SharedScene,
    stop: Option<Sender<()>>,
    drawing: Option<JoinHandle<()>>,
}

/// The picture, for those who know more than the events tell.
#[derive(Debug, Clone)]
pub struct SharedScene(Arc<Mutex<Scene>>);

impl SharedScene {
    /// Takes in that a worker is struck.
    pub fn strike(&self, strike: &Strike) {
        self.lock().strike(strike, Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, Scene> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    /// Draws on standard error from now on, until it is dropped; the last picture stays.
    pub fn new(lang: Lang) -> Self {
        let picture = SharedScene(Arc::new(Mutex::new(Scene::new(lang, Instant::now()))));
        let (stop, stopped) = channel();
        let shown = picture.clone();
        let drawing = thread::spawn(move || {
            let mut canvas = Screen::new();
            loop {
                let is_over = stopped.recv_timeout(FRAME) != Err(RecvTimeoutError::Timeout);
                canvas.draw(&shown.lock());
                if is_over {
                    return;
                }
            }
        });
        Self { picture, stop: Some(stop), drawing: Some(drawing) }
    }

    /// What is drawn.
    pub fn shared(&self) -> SharedScene {
        self.picture.clone()
    }
}

impl Reporter for Live {
    fn show(&mut self, event: &Event) {
        self.picture.lock().event(event, Instant::now());
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(drawing) = self.drawing.take() {
            // A picture that broke off is no reason to end anything else.
            let _ = drawing.join();
        }
    }
}

/// The place on the terminal.
struct Screen {
    in_colour: bool,
    /// How many lines the last picture had.
    height: usize,
}

impl Screen {
    fn new() -> Self {
        let choice = anstream::AutoStream::choice(&io::stderr());
        Self { in_colour: choice != anstream::ColorChoice::Never, height: 0 }
    }

    fn draw(&mut self, picture: &Scene) {
        let size = terminal_size::terminal_size_of(io::stderr());
        let (columns, rows) = size.map_or((80, 24), |(w, h)| (w.0.into(), h.0.into()));
        let lines = picture.lines(rows, Instant::now());
        let text = over(&lines, self.height, columns, self.in_colour);
        self.height = lines.len();
        // A terminal that has gone is no reason to end the run.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

/// What replaces a picture of `height` lines by these, without a flicker where the terminal knows
/// how to show it at once (mode 2026).
fn over(lines: &[Line], height: usize, columns: usize, in_colour: bool) -> String {
    let mut text = String::from("\x1b[?2026h");
    // Writing to a string cannot fail.
    if height > 0 {
        let _ = write!(text, "\x1b[{height}A\r");
    }
    for line in lines {
        // The last column is left free: not all terminals agree on what follows when it is filled.
        let mut room = columns.saturating_sub(1);
        for (style, piece) in line {
            let piece: String = piece.chars().take(room).collect();
            room -= piece.chars().count();
            let _ = if in_colour {
                write!(text, "{style}{piece}{style:#}")
            } else {
                write!(text, "{piece}")
            };
        }
        text.push_str("\x1b[K\r\n");
    }
    text.push_str("\x1b[J\x1b[?2026l");
    text
}

#[cfg(test)]
mod tests {
    use anstyle::{AnsiColor, Style};

    use super::*;

    #[test]
    fn a_picture_replaces_the_one_before_and_never_fills_a_line() {
        let red = AnsiColor::Red.on_default();
        let lines = [vec![(Style::new(), "abc".to_owned()), (red, "defghi".to_owned())], vec![]];
        let drawn = over(&lines, 3, 8, true);
        assert_eq!(
            drawn,
            "\x1b[?2026h\x1b[3A\rabc\x1b[31mdefg\x1b[0m\x1b[K\r\n\x1b[K\r\n\x1b[J\x1b[?2026l"
        );
        let drawn = over(&lines, 0, 80, false);
        assert_eq!(drawn, "\x1b[?2026habcdefghi\x1b[K\r\n\x1b[K\r\n\x1b[J\x1b[?2026l");
    }
}
