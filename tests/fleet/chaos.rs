//! Agents die at random, so does the server, and a link is cut; outputs and journal are those of one
//! machine.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::nats::servers;
use crate::support::cycle::Chance;
use crate::wire::Wire;

/// What goes wrong.
struct Faults {
    pictures: u32,
    kills: usize,
    restarts: usize,
    /// How long the server is down each time.
    down: Duration,
    /// How long a link is cut.
    cut: Duration,
}

const SHORT: Faults = Faults {
    pictures: 200,
    kills: 10,
    restarts: 2,
    down: Duration::ZERO,
    cut: Duration::from_secs(10),
};

const LONG: Faults = Faults {
    pictures: 2_000,
    kills: 100,
    restarts: 10,
    down: Duration::from_millis(2_500),
    cut: Duration::from_secs(30),
};

#[test]
fn whoever_dies_the_outputs_and_the_journal_are_those_of_one_machine() {
    let faults = if is_long() { &LONG } else { &SHORT };
    // Most of the time is waiting until the server hands out again what the dead had.
    std::thread::scope(|scope| {
        for program in servers() {
            scope.spawn(move || play(&program, faults));
        }
    });
}

fn play(program: &Path, faults: &Faults) {
    let began = Instant::now();
    let mut fleet = Fleet::new(program, faults.pictures);
    fleet.alone("alone").assert_books();
    let wire = Wire::to(fleet.server.port());
    // The first one's link is cut in between.
    let agent = |fleet: &Fleet, place: usize, life: usize| {
        let url = if place == 0 { wire.url() } else { fleet.server.url() };
        fleet.lote_at(&url, "agent -j 2").arg("--name").arg(format!("a{life}")).start()
    };
    let mut agents: Vec<_> = (0..3).map(|place| agent(&fleet, place, place)).collect();
    fleet.until_there(3);
    let (mut chance, is_cut) = (Chance(7), AtomicBool::new(false));
    let (mut ends, mut killed, mut restarted, mut was_cut) = (0, 0, 0, false);
    let outputs = faults.pictures as usize * 2;
    let folders = ["out/web", "out/gris"].map(|folder| fleet.workspace.path(folder));
    let made = Made::in_folders(folders.iter().map(std::path::PathBuf::as_path));
    let mut run = fleet.run("out").start();
    let (wire, is_cut) = (&wire, &is_cut);
    std::thread::scope(|scope| {
        while let Some(event) = run.next() {
            if !is_output(&event) {
                continue;
            }
            ends += 1;
            if !was_cut && ends * 10 >= outputs {
                // Who has not come by then would find nobody, say so and end.
                fleet.until_there(agents.len());
                was_cut = true;
                is_cut.store(true, Ordering::Relaxed);
                wire.cut();
                scope.spawn(move || {
                    // How long it is cut is part of the trial.
                    std::thread::sleep(faults.cut);
                    wire.mend();
                    is_cut.store(false, Ordering::Relaxed);
                });
            }
            // The rest is left in peace, so that all faults have something to meet; the server hands out
            // again after half a minute what the dead had.
            if killed < faults.kills && ends >= (killed + 1) * outputs * 6 / 10 / faults.kills {
                // Nobody can begin where the link is cut.
                let unreached = usize::from(is_cut.load(Ordering::Relaxed));
                let one = unreached + chance.below(agents.len() - unreached);
                signal(agents[one].pid(), Signal::KILL);
                killed += 1;
                agents[one] = agent(&fleet, one, 2 + killed);
            }
            if restarted < faults.restarts
                && ends >= (restarted + 1) * outputs * 6 / 10 / faults.restarts
            {
                // Who comes while the server is down says so and ends.
                fleet.until_there(agents.len() - usize::from(is_cut.load(Ordering::Relaxed)));
                fleet.server.kill();
                // How long it is down is part of the trial.
                std::thread::sleep(faults.down);
                fleet.server.restart();
                restarted += 1;
            }
        }
    });
    let outcome = run.finish().code(0);
    outcome.assert_books();
    fleet.assert_same("alone", "out");
    assert_eq!((killed, restarted, was_cut), (faults.kills, faults.restarts, true));
    assert_eq!(journalled(&fleet.workspace, "out"), (1, 1, outputs));
    let made = made.count();
    println!(
        "fleet chaos: {}, {outputs} outputs, {killed} agents and {restarted} servers killed, a link cut for {} s; \
         made {made} times, {:.3} each; {:.0} s",
        program.display(),
        faults.cut.as_secs(),
        made as f64 / outputs as f64,
        began.elapsed().as_secs_f64()
    );
    // Little is lost with each of the dead.
    assert!(made >= outputs && made * 4 <= outputs * 5, "{made} were made for {outputs}");
}
