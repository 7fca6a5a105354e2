//! The lanes of a run as lines of at most 79 columns: the picture, not the drawing.

use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};

use super::Blow;
use super::lanes::{Row, Scene};
use crate::event::Mode;
use crate::lang::Lang;
use crate::state::{Lane, LaneState, UnitInHand};
use crate::words::{duration, printable};

/// A line in pieces; each has a look.
pub type Line = Vec<(Style, String)>;

const PLAIN: Style = Style::new();
const STRONG: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const WARN: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Columns of the overall bar.
const BAR: usize = 24;

impl Scene {
    /// The lines, with at most `room` of them.
    pub fn lines(&self, room: usize, now: Instant) -> Vec<Line> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let head = match (self.lang, self.state.mode) {
            (Lang::En, Mode::Processes) => {
                ["#", "pid", "state", "image", "done", "deaths", "again"]
            }
            (Lang::En, Mode::Threads) => ["#", "pid*", "state", "image", "done", "deaths", "again"],
            (Lang::Es, Mode::Processes) => {
                ["#", "pid", "estado", "imagen", "hechas", "caídas", "repet."]
            }
            (Lang::Es, Mode::Threads) => {
                ["#", "pid*", "estado", "imagen", "hechas", "caídas", "repet."]
            }
        };
        let last = self.lang.pick("last event", "último suceso");
        let mut lines = vec![vec![(DIM, row(head, last))]];
        // The head, a line for lanes that are left out, and the bar.
        let shown = self.rows.len().min(room.saturating_sub(3).max(1));
        let lanes = self.state.lanes.iter().zip(&self.rows).take(shown);
        lines.extend(lanes.map(|(lane, row)| self.line(lane, row, now)));
        let left = self.rows.len() - shown;
        if left > 0 {
            let more = self.lang.pick("more", "más");
            lines.push(vec![(DIM, format!("   … {left} {more}"))]);
        }
        lines.push(self.bar(now));
        lines
    }

    fn line(&self, lane: &Lane<UnitInHand>, row: &Row, now: Instant) -> Line {
        let lang = self.lang;
        let hangs = matches!(row.struck, Some((Blow::Hang, _)));
        let (look, state) = match lane.state {
            LaneState::Starting => (WARN, lang.pick("starts", "arranca")),
            LaneState::Ready if lane.task.is_none() => (DIM, lang.pick("idle", "libre")),
            LaneState::Ready if hangs => (BAD, lang.pick("hangs", "colgado")),
            LaneState::Ready => (GOOD, lang.pick("works", "trabaja")),
            LaneState::Lost => (BAD, lang.pick("dead", "caído")),
            LaneState::Stopped => (DIM, lang.pick("ended", "fin")),
        };
        let note = match row.struck {
            Some((blow, at)) => {
                let since = now.saturating_duration_since(at).as_secs_f64();
                format!("{} {} s", blow.signal(), lang.number(since, 1))
            }
            None => row.note.clone(),
        };
        let again = if row.attempt > 1 { "↻ " } else { "" };
        let image = cropped(&format!("{again}{}", printable(&row.image)), 18);
        let pid = if lane.pid == 0 { String::new() } else { lane.pid.to_string() };
        let counts =
            [lane.done, lane.restarts as usize, lane.redone].map(|count| count.to_string());
        vec![
            (PLAIN, format!("{:>3} {pid:>7}  ", lane.slot)),
            (look, format!("{state:<7}")),
            (if again.is_empty() { PLAIN } else { WARN }, format!(" {image:<18}")),
            (PLAIN, format!(" {:>6}", counts[0])),
            (if lane.restarts > 0 { BAD } else { DIM }, format!(" {:>6}", counts[1])),
            (if lane.redone > 0 { WARN } else { DIM }, format!(" {:>6}", counts[2])),
            (if row.struck.is_some() { BAD } else { DIM }, format!("  {}", cropped(&note, 17))),
        ]
    }

    fn bar(&self, now: Instant) -> Line {
        let state = &self.state;
        let (done, redone) = (state.counts.done(), state.redone());
        let full = (done * BAR / state.total.max(1)).min(BAR);
        let seconds = self.end.unwrap_or(now).saturating_duration_since(self.start);
        let lang = self.lang;
        let deaths = lang.pick("deaths", "caídas");
        let again = lang.pick("again", "repetidas");
        let mut line = vec![
            (GOOD, format!("    {}", "█".repeat(full))),
            (DIM, "░".repeat(BAR - full)),
            (STRONG, format!(" {done}/{}", state.total)),
            (PLAIN, format!(" · {deaths} {} · {again} {redone}", state.losses.len())),
            (DIM, format!(" · {}", time(seconds, lang))),
        ];
        if state.counts.failed > 0 {
            line.push((
                BAD,
                format!(" · {} {}", state.counts.failed, lang.pick("lost", "perdidas")),
            ));
        }
        line
    }
}
fn time(time: Duration, lang: Lang) -> String {
    duration(time.as_secs_f64(), lang)
}

/// The head of the table, in the columns of its lines.
fn row([number, pid, state, image, done, deaths, again]: [&str; 7], note: &str) -> String {
    format!("{number:>3} {pid:>7}  {state:<7} {image:<18} {done:>6} {deaths:>6} {again:>6}  {note}")
}

/// The text in at most `columns` columns; what is left out is told by a mark.
fn cropped(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    text.chars().take(columns - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Strike;
    use super::super::events::{self, worker};
    use super::*;
    use crate::event::{Event, WorkerState};

    fn text(lanes: &Scene, room: usize, now: Instant) -> String {
        let join = |line: Line| line.into_iter().map(|(_, text)| text).collect::<String>();
        let lines: Vec<_> = lanes.lines(room, now).into_iter().map(join).collect();
        for line in &lines {
            assert!(line.chars().count() <= 79, "{line}");
        }
        lines.join("\n")
    }

    fn task(worker: u32, unit: usize, attempt: u32) -> Event {
        events::task(worker, unit, attempt, format!("gradient-{unit:03}.jpg"))
    }

    /// Two processes, of which the first has died and been replaced, and the second hangs.
    fn scene(lang: Lang) -> (Scene, Instant) {
        let start = Instant::now();
        let mut lanes = Scene::new(lang, start);
        let (images, outputs, skipped) = (24, 96, 0);
        let planned = Event::Planned {
            images,
            outputs,
            skipped,
            mode: Mode::Processes,
            workers: 2,
            left_out: Box::default(),
        };
        for event in [
            planned,
            worker(1, 4_194_303, WorkerState::Ready, None),
            worker(2, 902, WorkerState::Ready, None),
            task(1, 1, 1),
            task(2, 2, 1),
            worker(1, 4_194_303, WorkerState::Lost, Some("SIGSEGV")),
            worker(1, 4_194_304, WorkerState::Ready, None),
            task(1, 1, 2),
        ] {
            lanes.event(&event, start);
        }
        let image = "gradient-002.jpg".to_owned();
        lanes.strike(&Strike { worker: 2, pid: 902, blow: Blow::Hang, image }, start);
        (lanes, start + Duration::from_millis(1500))
    }

    #[test]
    fn a_lane_shows_its_process_its_image_and_what_has_befallen_it() {
        let (lanes, now) = scene(Lang::En);
        insta::assert_snapshot!(text(&lanes, 24, now), @r"
          #     pid  state   image                done deaths  again  last event
          1 4194304  works   ↻ gradient-001.jpg      0      1      1  SIGSEGV → 31 ms
          2     902  hangs   gradient-002.jpg        0      0      0  SIGSTOP 1.5 s
            ░░░░░░░░░░░░░░░░░░░░░░░░ 0/96 · deaths 1 · again 1 · 1.50 s
        ");
        let (lanes, now) = scene(Lang::Es);
        insta::assert_snapshot!(text(&lanes, 24, now), @r"
          #     pid  estado  imagen             hechas caídas repet.  último suceso
          1 4194304  trabaja ↻ gradient-001.jpg      0      1      1  SIGSEGV → 31 ms
          2     902  colgado gradient-002.jpg        0      0      0  SIGSTOP 1,5 s
            ░░░░░░░░░░░░░░░░░░░░░░░░ 0/96 · caídas 1 · repetidas 1 · 1,50 s
        ");
    }

    #[test]
    fn lanes_that_find_no_room_are_counted() {
        let mut lanes = Scene::new(Lang::En, Instant::now());
        let (images, outputs, skipped, mode, workers) = (10, 10, 0, Mode::Threads, 40);
        let left_out = Box::default();
        let planned = Event::Planned { images, outputs, skipped, mode, workers, left_out };
        lanes.event(&planned, lanes.start);
        let shown = text(&lanes, 10, lanes.start);
        assert_eq!(shown.lines().count(), 10);
        assert!(shown.contains("\n   … 33 more\n"), "{shown}");
    }
}
