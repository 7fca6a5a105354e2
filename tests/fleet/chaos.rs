//! Agents die at random, so does the server; outputs and journal are those of one machine.

use super::*;
use crate::nats::servers;

/// Numbers that are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

#[test]
fn whoever_dies_the_outputs_and_the_journal_are_those_of_one_machine() {
    let is_long = std::env::var_os("LOTE_LONG").is_some();
    let (pictures, kills, restarts) = if is_long { (2_000, 100, 10) } else { (200, 10, 2) };
    let down = Duration::from_millis(if is_long { 2_500 } else { 0 });
    let play = |program: &Path| {
        let began = Instant::now();
        let mut fleet = Fleet::new(program, pictures);
        fleet.alone("alone").assert_books();
        let mut agents: Vec<_> = (0..3).map(|number| fleet.agent(&format!("a{number}"))).collect();
        let (mut chance, mut lives, mut ends) = (Chance(7), 3, 0);
        let (mut killed, mut restarted) = (0, 0);
        let mut run = fleet.run("out").start();
        let outputs = pictures as usize * 2;
        while let Some(event) = run.next() {
            if !is_output(&event) {
                continue;
            }
            ends += 1;
            // The rest is left in peace, so that all faults have something to meet; the server hands out again
            // after half a minute what the dead had.
            if killed < kills && ends >= (killed + 1) * outputs * 6 / 10 / kills {
                let one = chance.below(agents.len());
                signal(agents[one].pid(), Signal::KILL);
                agents[one] = fleet.agent(&format!("a{lives}"));
                (killed, lives) = (killed + 1, lives + 1);
            }
            if restarted < restarts && ends >= (restarted + 1) * outputs * 6 / 10 / restarts {
                fleet.server.kill();
                // How long it is down is part of the trial.
                std::thread::sleep(down);
                fleet.server.restart();
                restarted += 1;
            }
        }
        let outcome = run.finish().code(0);
        outcome.assert_books();
        fleet.assert_same("alone", "out");
        assert_eq!((killed, restarted), (kills, restarts));
        assert_eq!(journalled(&fleet.workspace, "out"), (1, 1, outputs));
        println!(
            "fleet chaos: {}, {outputs} outputs, {killed} agents and {restarted} servers killed, {:.0} s",
            program.display(),
            began.elapsed().as_secs_f64()
        );
    };
    // Most of the time is waiting until the server hands out again what the dead had.
    std::thread::scope(|scope| {
        for program in servers() {
            scope.spawn(move || play(&program));
        }
    });
}
