//! What a demonstration has shown, from what was counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::Half;
use lote_engine::event::Mode;
use lote_engine::lang::Lang;
use lote_engine::showcase::Comparison;
use lote_engine::state::RunState;
use lote_engine::words::duration;

/// Columns of what a line is about, and of each mode's figure.
const LABEL: usize = 34;
const COLUMN: usize = 21;

const STRONG: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Both halves, as a table.
pub(super) struct Verdict<'a> {
    pub(super) halves: &'a [Half; 2],
    /// Outputs of an image.
    pub(super) filters: usize,
    /// How long a hanging worker was waited for.
    pub(super) timeout: Duration,
    pub(super) lang: Lang,
}

impl Verdict<'_> {
    /// Whether workers died in both modes and every output of every run is what it should be.
    pub(super) fn is_proved(&self) -> bool {
        self.holds() && self.died()
    }

    fn holds(&self) -> bool {
        let digest = &self.halves[0].calm.digest;
        self.halves.iter().all(|half| {
            half.comparisons.iter().all(Comparison::holds)
                && [&half.calm, &half.struck].iter().all(|act| act.digest == *digest)
        })
    }

    fn died(&self) -> bool {
        self.halves.iter().all(|half| !half.struck.seen.losses.is_empty())
    }

    /// Writes it to standard output.
    pub(super) fn print(&self) {
        // The reader may have left.
        let _ = anstream::stdout().write_all(self.render().as_bytes());
    }

    fn render(&self) -> String {
        let lang = self.lang;
        let mut text = format!("\n{STRONG}{}{STRONG:#}\n", lang.pick("Verdict", "Veredicto"));
        let names = self.halves.each_ref().map(|half| match (half.mode, lang) {
            (Mode::Processes, Lang::En) => format!("{} processes", half.slots),
            (Mode::Processes, Lang::Es) => format!("{} procesos", half.slots),
            (Mode::Threads, Lang::En) => format!("{} threads", half.slots),
            (Mode::Threads, Lang::Es) => format!("{} hilos", half.slots),
        });
        row(&mut text, DIM, "", &names);
        self.costs(&mut text);
        self.outputs(&mut text);
        self.digests(&mut text);
        let (style, conclusion) = self.conclusion();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n{style}{conclusion}{style:#}");
        text
    }

    /// What the crashes were and what they cost.
    fn costs(&self, text: &mut String) {
        let lang = self.lang;
        let seen = self.halves.each_ref().map(|half| &half.struck.seen);
        let deaths = lang.pick("workers that died", "procesos caídos");
        row(text, Style::new(), deaths, &seen.map(|seen| seen.losses.len().to_string()));
        let reasons = seen.iter().flat_map(|seen| &seen.losses).map(|loss| &loss.reason);
        let reasons: BTreeMap<_, _> = reasons.map(|reason| (reason.to_string(), reason)).collect();
        for (english, reason) in reasons {
            let count =
                seen.map(|seen| seen.losses.iter().filter(|loss| loss.reason == *reason).count());
            let waited = duration(self.timeout.as_secs_f64(), lang);
            let label = match (english.as_str(), lang) {
                ("timeout", Lang::En) => format!("  hung (SIGSTOP), deadline {waited}"),
                ("timeout", Lang::Es) => format!("  colgado (SIGSTOP), plazo {waited}"),
                _ => format!("  {}", reason.say(lang)),
            };
            row(text, DIM, &label, &count.map(|count| count.to_string()));
        }
        let again = lang.pick("images begun again", "imágenes empezadas de nuevo");
        row(text, Style::new(), again, &seen.map(|seen| seen.redone().to_string()));
        let most = lang.pick("  by one death, at most", "  por una caída, como mucho");
        row(text, Style::new(), most, &seen.map(|seen| most_by_one(seen).to_string()));
        let spent = lang.pick("worker time thrown away", "tiempo de proceso perdido");
        let spent_by = seen.map(|seen| duration(seen.thrown_away_ms / 1000.0, lang));
        row(text, Style::new(), spent, &spent_by);
        let replaced = lang.pick("slowest replacement", "sustitución más lenta");
        let slowest = seen.map(|seen| {
            let replaced = seen.losses.iter().filter_map(|loss| loss.replaced_ms);
            let slowest = replaced.fold(0.0, f64::max);
            format!("{} ms", lang.number(slowest, 0))
        });
        row(text, Style::new(), replaced, &slowest);
        let calm = lang.pick("time, undisturbed", "tiempo, sin molestar");
        let times = self.halves.each_ref().map(|half| duration(half.calm.seconds, lang));
        row(text, Style::new(), calm, &times);
        let struck = lang.pick("time, with the crashes", "tiempo, con las caídas");
        let times = self.halves.each_ref().map(|half| duration(half.struck.seconds, lang));
        row(text, Style::new(), struck, &times);
    }

    /// What became of the outputs.
    fn outputs(&self, text: &mut String) {
        let lang = self.lang;
        let struck = self.halves.each_ref().map(|half| half.comparisons[1]);
        let look = |is_good| if is_good { GOOD } else { BAD };
        let equal = struck.map(|outputs| format!("{} / {}", outputs.equal, outputs.outputs));
        let all = struck.iter().all(Comparison::holds);
        row(text, look(all), lang.pick("identical outputs", "salidas idénticas"), &equal);
        let lost = struck.map(|outputs| outputs.missing.to_string());
        let none = struck.iter().all(|outputs| outputs.missing == 0);
        row(text, look(none), lang.pick("lost outputs", "salidas perdidas"), &lost);
        let other = struck.map(|outputs| outputs.different.to_string());
        let none = struck.iter().all(|outputs| outputs.different == 0);
        row(text, look(none), lang.pick("different outputs", "salidas distintas"), &other);
    }

    /// One number for all outputs of each run.
    fn digests(&self, text: &mut String) {
        let lang = self.lang;
        let outputs = self.halves[0].comparisons[0].outputs;
        let filters = self.filters;
        // Writing to a string cannot fail.
        let _ = match lang {
            Lang::En => writeln!(
                text,
                "\nSHA-256 of {outputs} outputs ({filters} filters): sha256sum */* | sha256sum"
            ),
            Lang::Es => writeln!(
                text,
                "\nSHA-256 de {outputs} salidas ({filters} filtros): sha256sum */* | sha256sum"
            ),
        };
        let [processes, threads] = self.halves;
        for (name, act) in [
            (lang.pick("procs. calm", "procs. calma"), &processes.calm),
            (lang.pick("threads calm", "hilos calma"), &threads.calm),
            (lang.pick("procs. struck", "procs. caídas"), &processes.struck),
            (lang.pick("threads struck", "hilos caídas"), &threads.struck),
        ] {
            let style = if act.digest == processes.calm.digest { GOOD } else { BAD };
            let _ = writeln!(text, "{name:<14} {style}{}{style:#}", act.digest);
        }
    }

    fn conclusion(&self) -> (Style, String) {
        let most = self.halves.each_ref().map(|half| most_by_one(&half.struck.seen));
        match (self.holds(), self.died(), self.lang) {
            (true, true, Lang::En) => (
                GOOD,
                format!(
                    "Nothing was lost. A death cost at most {} in processes, {} in threads.",
                    images(most[0], self.lang),
                    most[1],
                ),
            ),
            (true, true, Lang::Es) => (
                GOOD,
                format!(
                    "No se perdió nada. Una caída costó como mucho {} en procesos, {} en hilos.",
                    images(most[0], self.lang),
                    most[1],
                ),
            ),
            (true, false, lang) => (
                BAD,
                lang.pick(
                    "Nothing was proved: no worker died. Try more --images.",
                    "No se ha demostrado nada: no cayó ningún proceso. Prueba con más --images.",
                )
                .to_owned(),
            ),
            (false, _, lang) => {
                let es = "Faltan salidas o difieren.";
                (BAD, lang.pick("Outputs are missing or differ.", es).to_owned())
            }
        }
    }
}

fn row(text: &mut String, style: Style, label: &str, [one, other]: &[String; 2]) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{style}{label:<LABEL$}{one:>COLUMN$}{other:>COLUMN$}{style:#}");
}

fn most_by_one(seen: &RunState) -> usize {
    seen.losses.iter().map(|loss| loss.interrupted).max().unwrap_or_default()
}

fn images(count: usize, lang: Lang) -> String {
    match (count, lang) {
        (1, Lang::En) => "1 image".to_owned(),
        (_, Lang::En) => format!("{count} images"),
        (1, Lang::Es) => "1 imagen".to_owned(),
        (_, Lang::Es) => format!("{count} imágenes"),
    }
}
